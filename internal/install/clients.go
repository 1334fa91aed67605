package install

import (
	"path/filepath"
	"slices"
	"strings"
)

// Server is what a client is told to launch or to connect to.
type Server struct {
	Command string   // absolute path of the binary
	Args    []string // usually none
	URL     string   // of a hosted server, instead of Command
	Key     string   // Wiro API key; empty leaves it to the environment or to OAuth
	Secret  string   // only where the project signs requests
}

// Client is an MCP client: where it keeps its servers, and in which form.
type Client struct {
	ID    string // such as "claude-code"
	Title string // such as "Claude Code"

	// Global lists where the user's own configuration may be, by operating system ("" is any),
	// the usual place first. {home}, {config}, {appdata}, {library} and {code} stand for folders.
	Global map[string][]string
	// Project is the configuration below a project's folder; empty if the client has none.
	Project string
	// Path leads to the entry of a server, without its name.
	Path []string
	// Detect lists folders or files that exist where the client is installed.
	Detect []string
	// Variable is how an entry refers to an environment variable, with NAME in place of its
	// name; empty if it cannot.
	Variable string
	// After is what the user does once the file is written.
	After string
	// Links add a hosted server by a click; LinkEntry is what they carry.
	Links []Link

	command string // adds a hosted server in a terminal, with {url} and {key} left open

	file   editor
	local  func(Server, object) object // the entry that launches the binary, given its environment
	remote func(Server, object) object // the entry of a hosted server, given its headers; nil if it has none
	inputs bool                        // secrets are asked for by the client itself, through ${input:…}
	list   string                      // the environment is a list of names under this key, for secrets that the client keeps
}

// editor changes one entry of a configuration file.
type editor interface {
	set(doc []byte, path []string, value object) ([]byte, error)
	remove(doc []byte, path []string) ([]byte, error)
	get(doc []byte, path []string) ([]byte, error)             // as it is written; nil if there is none
	put(doc []byte, path []string, raw []byte) ([]byte, error) // what get returned
	entry(doc []byte, path []string) (object, error)           // decoded, in its order
	decode(doc []byte) (map[string]any, error)
}

// ServerName is the name of the entry in every client.
const ServerName = "wiro"

// toolTimeout is how long clients that let it be set are told to wait for a call, in seconds.
const toolTimeout = 600

// Clients is every client that is known, in the order in which they are listed.
var Clients = []Client{
	{
		ID: "claude-code", Title: "Claude Code", Path: []string{"mcpServers"}, Project: ".mcp.json",
		Global: anywhere("{home}/.claude.json"), Detect: []string{"{home}/.claude", "{home}/.claude.json"},
		Variable: "${NAME}", After: "Start Claude Code again; /mcp shows the server.",
		command: `claude mcp add --transport http wiro {url} --header "Authorization: Bearer {key}"`,
		file:    jsonFile{}, local: typed("stdio"), remote: http("http"),
	},
	{
		ID: "claude-desktop", Title: "Claude Desktop", Path: []string{"mcpServers"},
		Global: map[string][]string{
			"darwin": {"{library}/Claude/claude_desktop_config.json"}, "windows": {"{appdata}/Claude/claude_desktop_config.json"},
			"": {"{config}/Claude/claude_desktop_config.json"},
		},
		Detect: []string{"{library}/Claude", "{appdata}/Claude", "{config}/Claude"},
		After:  "Quit Claude Desktop completely and start it again.",
		file:   jsonFile{}, local: plain,
	},
	{
		ID: "cursor", Title: "Cursor", Path: []string{"mcpServers"}, Project: ".cursor/mcp.json",
		Global: anywhere("{home}/.cursor/mcp.json"), Detect: []string{"{home}/.cursor"},
		Variable: "${env:NAME}", After: "Cursor loads it at once: Settings, MCP.",
		Links: []Link{{"Cursor", "cursor://anysphere.cursor-deeplink/mcp/install?name=wiro&config={base64}"}},
		file:  jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "vscode", Title: "VS Code", Path: []string{"servers"}, Project: ".vscode/mcp.json",
		Global: anywhere("{code}/mcp.json"), Detect: []string{"{code}"},
		After: "VS Code asks for the key when it starts the server, and keeps it.",
		Links: []Link{{"VS Code", "vscode:mcp/install?{named}"}, {"VS Code Insiders", "vscode-insiders:mcp/install?{named}"}},
		file:  jsonFile{}, local: typed("stdio"), remote: http("http"), inputs: true,
	},
	{
		ID: "visual-studio", Title: "Visual Studio", Path: []string{"servers"}, Project: ".mcp.json",
		Global: map[string][]string{"windows": {"{home}/.mcp.json"}}, Detect: []string{"{appdata}/Microsoft/VisualStudio"},
		After: "Visual Studio asks for the key when it starts the server.",
		Links: []Link{{"Visual Studio", "https://aka.ms/vs/mcp-install?{named}"}},
		file:  jsonFile{}, local: typed("stdio"), remote: http(""), inputs: true,
	},
	{
		ID: "devin", Title: "Devin Desktop (was Windsurf)", Path: []string{"mcpServers"}, Project: ".devin/mcp_config.json",
		Global: map[string][]string{
			"windows": {"{appdata}/devin/mcp_config.json", "{home}/.codeium/windsurf/mcp_config.json"},
			"":        {"{config}/devin/mcp_config.json", "{home}/.codeium/windsurf/mcp_config.json"},
		},
		Detect:   []string{"{config}/devin", "{appdata}/devin", "{home}/.codeium/windsurf"},
		Variable: "${env:NAME}", After: "Refresh the list of MCP servers in its settings.",
		file: jsonFile{}, local: plain,
		remote: func(s Server, headers object) object {
			return object{{"transport", "http"}, {"url", s.URL}}.with("headers", headers)
		},
	},
	{
		ID: "antigravity", Title: "Antigravity", Path: []string{"mcpServers"},
		Global: anywhere("{home}/.gemini/config/mcp_config.json"), Detect: []string{"{home}/.gemini/config"},
		After: "Refresh the list of MCP servers in its settings.",
		file:  jsonFile{}, local: plain,
		remote: func(s Server, headers object) object { return object{{"serverUrl", s.URL}}.with("headers", headers) },
	},
	{
		ID: "gemini-cli", Title: "Gemini CLI", Path: []string{"mcpServers"}, Project: ".gemini/settings.json",
		Global: anywhere("{home}/.gemini/settings.json"), Detect: []string{"{home}/.gemini/settings.json", "{home}/.gemini/tmp"},
		Variable: "$NAME", After: "Start Gemini CLI again; in a folder that is not trusted it shows the server as disabled.",
		file: jsonFile{}, command: `gemini mcp add -s user --transport http --header "Authorization: Bearer {key}" wiro {url}`,
		local: func(s Server, environment object) object {
			return append(plain(s, environment), member{"timeout", toolTimeout * 1000})
		},
		remote: http("http"),
	},
	{
		ID: "codex", Title: "Codex", Path: []string{"mcp_servers"}, Project: ".codex/config.toml",
		Global: anywhere("{codex}/config.toml"), Detect: []string{"{codex}"},
		After: "Start Codex again; codex mcp list shows the server.",
		file:  tomlFile{}, list: "env_vars", command: "codex mcp add wiro --url {url} --bearer-token-env-var WIRO_API_KEY",
		local: func(s Server, environment object) object {
			return object{{"command", s.Command}}.with("args", s.Args).with("tool_timeout_sec", toolTimeout).with("env", environment)
		},
		remote: func(s Server, headers object) object {
			entry := object{{"url", s.URL}}
			if s.Key != "" || headers != nil { // without a key it signs in
				entry = entry.with("bearer_token_env_var", "WIRO_API_KEY")
			}
			return entry.with("tool_timeout_sec", toolTimeout)
		},
	},
	{
		ID: "opencode", Title: "OpenCode", Path: []string{"mcp"}, Project: "opencode.json",
		Global: anywhere("{config}/opencode/opencode.jsonc", "{config}/opencode/opencode.json"), Detect: []string{"{config}/opencode"},
		Variable: "{env:NAME}", After: "Start OpenCode again; opencode mcp list shows the server.",
		file: jsonFile{}, local: openCode, remote: openCodeRemote,
	},
	{
		ID: "kilo-code", Title: "Kilo Code", Path: []string{"mcp"}, Project: "kilo.json",
		Global: anywhere("{config}/kilo/kilo.json"), Detect: []string{"{config}/kilo"},
		Variable: "{env:NAME}", After: "Start Kilo Code again.",
		file: jsonFile{}, local: openCode, remote: openCodeRemote,
	},
	{
		ID: "grok-build", Title: "Grok Build", Path: []string{"mcp_servers"},
		Global: anywhere("{home}/.grok/config.toml"), Detect: []string{"{home}/.grok"},
		After: "Start Grok Build again.",
		file:  tomlFile{},
		local: func(s Server, environment object) object {
			return object{{"command", s.Command}}.with("args", s.Args).with("tool_timeout_sec", toolTimeout).with("env", environment)
		},
		remote: func(s Server, headers object) object {
			return object{{"url", s.URL}, {"tool_timeout_sec", toolTimeout}}.with("headers", headers)
		},
	},
	{
		ID: "zed", Title: "Zed", Path: []string{"context_servers"}, Project: ".zed/settings.json",
		Global: map[string][]string{"windows": {"{appdata}/Zed/settings.json"}, "": {"{config}/zed/settings.json"}},
		Detect: []string{"{config}/zed", "{appdata}/Zed"},
		After:  "Zed loads it at once: Agent panel, settings.",
		file:   jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "cline", Title: "Cline", Path: []string{"mcpServers"},
		Global: anywhere("{code}/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
		Detect: []string{"{code}/globalStorage/saoudrizwan.claude-dev"},
		After:  "Cline loads it at once.",
		file:   jsonFile{},
		local: func(s Server, environment object) object {
			return append(plain(s, environment), member{"timeout", toolTimeout}, member{"disabled", false})
		},
		remote: func(s Server, headers object) object {
			return append(http("streamableHttp")(s, headers), member{"timeout", toolTimeout}, member{"disabled", false})
		},
	},
	{
		ID: "roo-code", Title: "Roo Code", Path: []string{"mcpServers"}, Project: ".roo/mcp.json",
		Global: anywhere("{code}/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"),
		Detect: []string{"{code}/globalStorage/rooveterinaryinc.roo-cline"}, Variable: "${env:NAME}",
		After: "Roo Code loads it at once.",
		file:  jsonFile{}, local: plain, remote: http("streamable-http"),
	},
	{
		ID: "goose", Title: "Goose", Path: []string{"extensions"},
		Global: map[string][]string{"windows": {"{appdata}/Block/goose/config/config.yaml"}, "": {"{config}/goose/config.yaml"}},
		Detect: []string{"{config}/goose", "{appdata}/Block/goose"},
		After:  "Start a new Goose session.",
		Links: []Link{{"Goose", "goose://extension?type=streamable_http&url={url}&id=wiro&name=Wiro&description=AI%20models%20and%20agents" +
			"&timeout=600&header=Authorization%3D{authorization}"}},
		file: yamlFile{}, list: "env_keys",
		local: func(s Server, environment object) object {
			return object{
				{"name", "Wiro"}, {"type", "stdio"}, {"enabled", true}, {"cmd", s.Command}, {"args", slices.Concat([]string{}, s.Args)},
				{"timeout", toolTimeout},
			}.with("envs", environment)
		},
		remote: func(s Server, headers object) object {
			return object{
				{"name", "Wiro"}, {"type", "streamable_http"}, {"enabled", true}, {"uri", s.URL}, {"timeout", toolTimeout},
			}.with("headers", headers)
		},
	},
	{
		ID: "copilot-cli", Title: "Copilot CLI", Path: []string{"mcpServers"}, Project: ".mcp.json",
		Global: anywhere("{home}/.copilot/mcp-config.json"), Detect: []string{"{home}/.copilot"},
		After: "Start Copilot CLI again; /mcp show lists the server.",
		file:  jsonFile{},
		local: func(s Server, environment object) object {
			return append(typed("local")(s, environment), member{"tools", []string{"*"}})
		},
		remote: func(s Server, headers object) object {
			return append(http("http")(s, headers), member{"tools", []string{"*"}})
		},
	},
	{
		ID: "kiro", Title: "Kiro", Path: []string{"mcpServers"}, Project: ".kiro/settings/mcp.json",
		Global: anywhere("{home}/.kiro/settings/mcp.json"), Detect: []string{"{home}/.kiro"},
		Variable: "${NAME}", After: "Kiro loads it at once.",
		Links: []Link{{"Kiro", "https://kiro.dev/launch/mcp/add?name=wiro&config={json}"}},
		file:  jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "lm-studio", Title: "LM Studio", Path: []string{"mcpServers"},
		Global: anywhere("{home}/.lmstudio/mcp.json"), Detect: []string{"{home}/.lmstudio"},
		After: "LM Studio loads it at once: Program, mcp.json.",
		Links: []Link{{"LM Studio", "lmstudio://add_mcp?name=wiro&config={base64}"}},
		file:  jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "amp", Title: "Amp", Path: []string{"amp.mcpServers"},
		Global: anywhere("{config}/amp/settings.json"), Detect: []string{"{config}/amp"},
		Variable: "${NAME}", After: "Start Amp again.",
		file: jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "warp", Title: "Warp", Path: []string{"mcpServers"}, Project: ".warp/.mcp.json",
		Global: anywhere("{home}/.warp/.mcp.json"), Detect: []string{"{home}/.warp"},
		After: "Warp loads it at once.",
		file:  jsonFile{}, local: plain, remote: http(""),
	},
	{
		ID: "librechat", Title: "LibreChat", Path: []string{"mcpServers"}, Project: "librechat.yaml",
		After: "Restart LibreChat.",
		file:  yamlFile{}, Variable: "${NAME}",
		local: func(s Server, environment object) object {
			return append(typed("stdio")(s, environment), member{"timeout", toolTimeout * 1000})
		},
		remote: func(s Server, _ object) object { // every user gives a key of their own
			return object{
				{"type", "streamable-http"}, {"url", s.URL}, {"timeout", toolTimeout * 1000},
				{"headers", object{{"Authorization", "Bearer {{WIRO_API_KEY}}"}}},
				{"customUserVars", object{{"WIRO_API_KEY", object{
					{"title", "Wiro API key"},
					{"description", "From https://wiro.ai/panel/project; KEY:SECRET if the project signs its requests"},
				}}}},
			}
		},
	},
}

// Find returns a client by its id.
func Find(id string) (Client, bool) {
	i := slices.IndexFunc(Clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return Clients[i], true
}

func openCode(s Server, environment object) object {
	return object{{"type", "local"}, {"command", append([]string{s.Command}, s.Args...)}, {"enabled", true}}.with("environment", environment)
}

func openCodeRemote(s Server, headers object) object {
	return object{{"type", "remote"}, {"url", s.URL}, {"enabled", true}}.with("headers", headers)
}

// plain is the entry that most clients take.
func plain(s Server, environment object) object {
	return object{{"command", s.Command}}.with("args", slices.Concat([]string{}, s.Args)).with("env", environment)
}

// typed is plain with a type in front.
func typed(kind string) func(Server, object) object {
	return func(s Server, environment object) object {
		return append(object{{"type", kind}}, plain(s, environment)...)
	}
}

// http is the entry of a hosted server, with a type where the client wants one.
func http(kind string) func(Server, object) object {
	return func(s Server, headers object) object {
		return object{}.with("type", kind).with("url", s.URL).with("headers", headers)
	}
}

func anywhere(paths ...string) map[string][]string { return map[string][]string{"": paths} }

// System is the machine that clients are looked for on.
type System struct {
	OS     string // as in runtime.GOOS
	Home   string
	Getenv func(string) string
}

// paths fills the folders in. A folder that this system does not have drops the path.
func (s System) paths(patterns []string) []string {
	folders := map[string]string{
		"{home}":   s.Home,
		"{config}": s.or("XDG_CONFIG_HOME", filepath.Join(s.Home, ".config")),
		"{codex}":  s.or("CODEX_HOME", filepath.Join(s.Home, ".codex")),
	}
	switch s.OS {
	case "windows":
		folders["{appdata}"] = s.or("APPDATA", filepath.Join(s.Home, "AppData", "Roaming"))
		folders["{code}"] = filepath.Join(folders["{appdata}"], "Code", "User")
	case "darwin":
		folders["{library}"] = filepath.Join(s.Home, "Library", "Application Support")
		folders["{code}"] = filepath.Join(folders["{library}"], "Code", "User")
	default:
		folders["{code}"] = filepath.Join(folders["{config}"], "Code", "User")
	}
	var paths []string
	for _, pattern := range patterns {
		name, rest, _ := strings.Cut(pattern, "/")
		if folder := folders[name]; folder != "" {
			paths = append(paths, filepath.Join(folder, filepath.FromSlash(rest)))
		}
	}
	return paths
}

func (s System) or(variable, otherwise string) string {
	if s.Getenv != nil {
		if value := s.Getenv(variable); value != "" {
			return value
		}
	}
	return otherwise
}

// FindByName returns the client whose MCP name, as it gives it at initialize, is this one, such
// as "cursor-vscode" or "Visual Studio Code".
func FindByName(name string) (Client, bool) {
	name = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "_", "-"))
	for _, alias := range []struct{ part, id string }{
		{"cursor", "cursor"}, {"claude-code", "claude-code"}, {"claude-ai", "claude-desktop"}, {"claude-desktop", "claude-desktop"},
		{"visual-studio-code", "vscode"}, {"vscode", "vscode"}, {"windsurf", "devin"}, {"devin", "devin"}, {"antigravity", "antigravity"},
		{"gemini-cli", "gemini-cli"}, {"codex", "codex"}, {"opencode", "opencode"}, {"kilo", "kilo-code"}, {"grok", "grok-build"}, {"zed", "zed"}, {"roo", "roo-code"},
		{"cline", "cline"}, {"goose", "goose"}, {"copilot", "copilot-cli"}, {"kiro", "kiro"}, {"lm-studio", "lm-studio"},
		{"lmstudio", "lm-studio"}, {"amp", "amp"}, {"warp", "warp"}, {"librechat", "librechat"},
	} {
		if strings.HasPrefix(name, alias.part) || strings.Contains(name, "-"+alias.part) {
			return Find(alias.id)
		}
	}
	return Client{}, false
}

// Place names the client's configuration file for people.
func (c Client) Place() string {
	var usual []string
	for _, system := range []string{"", "darwin", "windows"} {
		if paths := c.Global[system]; len(paths) > 0 {
			path := paths[0]
			for folder, name := range map[string]string{
				"{home}": "~", "{config}": "~/.config", "{codex}": "~/.codex", "{appdata}": "%APPDATA%",
				"{library}": "~/Library/Application Support", "{code}": "the user folder of VS Code",
			} {
				path = strings.Replace(path, folder, name, 1)
			}
			usual = append(usual, path)
		}
	}
	if len(usual) == 0 {
		return c.Project
	}
	return strings.Join(usual, ", or ")
}
