package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"text/template"
)

const npmPackage = "@wiro-ai/wiro-mcp-go"

// project is what every manifest says, once.
type project struct {
	Version         string
	Name            string
	Title           string
	Description     string // at most 100 characters: the MCP registry takes no more
	LongDescription string
	Author          string
	Website         string
	Repository      string
	Privacy         string
	Keywords        []string
	Examples        []string // prompts to begin with
	Package         string   // on npm
	Image           string
	Registry        string // name in the MCP registry
	Platforms       []platform
	Settings        []setting
}

// setting is a setting that launchers let people fill in.
type setting struct {
	Variable, ID, Type, Title, Description string
	Default                                any // "" where there is none: an unfilled field must not reach the server as a placeholder
	Secret, Required                       bool
}

// platform is a system that the binary is built for, in the words of Go and of Node.
type platform struct{ GOOS, GOARCH, Node, CPU string }

func (p platform) String() string { return p.Node + "-" + p.CPU }

// executable is the binary's file name.
func (p platform) executable() string {
	if p.GOOS == "windows" {
		return "wiro-mcp.exe"
	}
	return "wiro-mcp"
}

// Secrets are the settings that are secret.
func (p *project) Secrets() []setting {
	var secrets []setting
	for _, s := range p.Settings {
		if s.Secret {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// BundleName is the file name of the bundle. The MCP registry wants "mcp" in its address.
func (p *project) BundleName() string { return "wiro-mcp_" + p.Version + ".mcpb" }

// newProject describes a version, the newest of CHANGELOG.md where it is empty.
func newProject(root, version string) (*project, error) {
	if version == "" {
		changelog, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
		if err != nil {
			return nil, err
		}
		heading := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+\S*)`).FindSubmatch(changelog)
		if heading == nil {
			return nil, errors.New("CHANGELOG.md has no heading of a version, such as ## 1.2.3")
		}
		version = string(heading[1])
	}
	if !regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`).MatchString(version) {
		return nil, fmt.Errorf("%q is not a version such as 1.2.3 or 1.2.3-rc.1", version)
	}
	return &project{
		Version:         version,
		Name:            "wiro",
		Title:           "Wiro",
		Description:     "Find, price and run AI models for images, video, audio, 3D and text, and run agents.",
		LongDescription: "Finds a model on Wiro, shows its parameters and what a run will cost, runs it once, waits, and shows what it made. Talks with agents and searches the documentation.",
		Author:          "Wiro",
		Website:         "https://wiro.ai",
		Repository:      "https://github.com/wiroai/wiro-mcp-go",
		Privacy:         "https://wiro.ai/privacy-policy",
		Keywords:        []string{"mcp", "ai", "image", "video", "audio", "models", "agents"},
		Examples:        []string{"Make an image of a lighthouse at dawn", "Which models make video from a picture, and what do they cost?", "Why did my last task fail?"},
		Package:         npmPackage,
		Image:           "ghcr.io/wiroai/wiro-mcp-go",
		Registry:        "io.github.wiroai/wiro-mcp",
		Platforms: []platform{
			{"linux", "amd64", "linux", "x64"}, {"linux", "arm64", "linux", "arm64"},
			{"darwin", "amd64", "darwin", "x64"}, {"darwin", "arm64", "darwin", "arm64"},
			{"windows", "amd64", "win32", "x64"}, {"windows", "arm64", "win32", "arm64"},
		},
		Settings: []setting{
			{Variable: "WIRO_API_KEY", ID: "api_key", Type: "string", Title: "Wiro API key", Description: "Key of your project: https://wiro.ai/panel/project", Secret: true, Required: true},
			{Variable: "WIRO_API_SECRET", ID: "api_secret", Type: "string", Title: "Wiro API secret", Description: "Only if your project signs its requests", Default: "", Secret: true},
			{Variable: "WIRO_TOOLSETS", ID: "toolsets", Type: "string", Title: "Toolsets", Description: "default, all, or a list such as models,tasks,docs", Default: "default"},
			{Variable: "WIRO_READ_ONLY", ID: "read_only", Type: "boolean", Title: "Read only", Description: "Offer only tools that change nothing", Default: false},
		},
	}, nil
}

//go:embed templates
var templates embed.FS

// render fills a template in, and lays the JSON out evenly.
func render(name string, data any) ([]byte, error) {
	functions := template.FuncMap{"json": toJSON, "servers": servers}
	t, err := template.New(name).Funcs(functions).Option("missingkey=error").ParseFS(templates, "templates/"+name)
	if err != nil {
		return nil, err
	}
	var text, indented bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return nil, err
	}
	if err := json.Indent(&indented, bytes.TrimSpace(text.Bytes()), "", "  "); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

func toJSON(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return b.String(), err
}
