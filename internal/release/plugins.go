package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"
	"github.com/tailscale/hujson"

	"github.com/wiroai/wiro-mcp-go/internal/install"
)

// manifests are the files that clients read from the repository itself, by their paths.
func manifests(p *project) (map[string][]byte, error) {
	files := map[string][]byte{}
	var faults []error
	add := func(path, name string, data any) {
		text, err := render(name, data)
		files[path], faults = text, append(faults, err)
	}
	add("gemini-extension.json", "gemini-extension.json", p)
	add("plugins/claude/.claude-plugin/plugin.json", "plugin-claude.json", p)
	add("plugins/cursor/.cursor-plugin/plugin.json", "plugin-cursor.json", p)
	add("plugins/codex/.codex-plugin/plugin.json", "plugin-codex.json", p)
	for path, client := range map[string]string{
		"plugins/claude/.mcp.json": "claude-code", "plugins/cursor/mcp.json": "cursor", "plugins/codex/.mcp.json": "codex",
	} {
		list, err := servers(client)
		faults = append(faults, err)
		add(path, "servers.json", struct{ Servers string }{list})
	}
	type marketplace struct {
		*project
		Client string
	}
	add(".claude-plugin/marketplace.json", "marketplace.json", marketplace{p, "claude"})
	add(".cursor-plugin/marketplace.json", "marketplace.json", marketplace{p, "cursor"})
	add(".agents/plugins/marketplace.json", "marketplace-codex.json", p)
	text, err := serverJSON(p, "")
	files["server.json"] = text
	return files, errors.Join(append(faults, err)...)
}

// servers is the list of servers with ours, as JSON, in the form that a client of the table of
// clients takes. Secrets come from what the plugin asks its user for, or from the environment.
func servers(client string) (string, error) {
	c, found := install.Find(client)
	if !found {
		return "", fmt.Errorf("the table of clients has no %s", client)
	}
	server := install.Server{Command: "npx", Args: []string{"-y", npmPackage}}
	shared := true
	switch client {
	case "claude-code": // its plugins ask for the secrets, and keep them in the keychain
		server.Key, server.Secret, shared = "${user_config.api_key}", "${user_config.api_secret}", false
	case "cursor": // a variable that is not set would reach the server as a placeholder
	default:
		server.Key, server.Secret = "-", "-" // written as references to the environment
	}
	text, err := c.Entry(server, shared)
	if err != nil {
		return "", err
	}
	var file map[string]any
	if client == "codex" {
		err = toml.Unmarshal([]byte(text), &file)
	} else {
		var standard []byte
		if standard, err = hujson.Standardize([]byte(text)); err == nil { // without trailing commas
			err = json.Unmarshal(standard, &file)
		}
	}
	if err != nil {
		return "", err
	}
	return toJSON(file[c.Path[0]])
}
