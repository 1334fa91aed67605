package mcptool

import (
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// ClientInfo is how a client names itself.
type ClientInfo struct {
	Name, Version string // of clientInfo; over HTTP the User-Agent, if the request has no clientInfo
	UserAgent     string
	Protocol      string // the version that was agreed; "" if unknown
}

// ClientProfile is what is known of a client beyond what it declares.
type ClientProfile struct {
	Name   string        // part of the client's name or User-Agent, lower case
	Before string        // versions below this only; "" for all
	Wait   time.Duration // a call that takes longer is given up; 0 if unknown
	Links  bool          // takes resource_link blocks
	Images bool          // shows image blocks to its model or user
	Audio  bool          // takes audio blocks
	Source string        // where this is known from
}

// clientProfiles are the clients that are known, the first that matches counts. What a client
// is not known to take it does not get: clients throw a whole result away over one block that
// they do not expect (@ai-sdk/mcp 1.0.10 and 1.0.30, Kiro and the Codex app over a
// resource_link), although the run is paid.
var clientProfiles = []ClientProfile{
	{Name: "claude-code", Links: true, Images: true, Source: "Claude Code 2.x, tried"},
	{Name: "claude-ai", Wait: 45 * time.Second, Images: true, Source: "Claude Desktop and claude.ai: reports of limits of 60 s"},
	{Name: "claude-user", Wait: 45 * time.Second, Images: true, Source: "claude.ai's User-Agent"},
	{Name: "chatgpt", Wait: 45 * time.Second, Source: "reports of limits of 60 s"},
	{Name: "openai-mcp", Wait: 45 * time.Second, Source: "ChatGPT's User-Agent"},
	{Name: "visual studio code", Links: true, Images: true, Source: "its MCP documentation"},
	{Name: "inspector", Links: true, Images: true, Audio: true, Source: "MCP Inspector, its source"},
	{Name: "gemini-cli", Links: true, Images: true, Audio: true, Source: "its source: every block becomes a part"},
	{Name: "cursor", Images: true, Source: "its MCP documentation"},
	{Name: "codex", Images: true, Source: "openai/codex#33404: the app fails on resource_link"},
}

// profileOf returns what is known of a client; the zero ClientProfile if nothing is.
func profileOf(info ClientInfo) ClientProfile {
	name, agent := strings.ToLower(info.Name), strings.ToLower(info.UserAgent)
	for _, p := range clientProfiles {
		version := info.Version
		switch {
		case strings.Contains(name, p.Name):
			if version == "" {
				version = versionIn(name, p.Name)
			}
		case strings.Contains(agent, p.Name):
			version = versionIn(agent, p.Name)
		default:
			continue
		}
		if p.Before == "" || older(version, p.Before) {
			return p
		}
	}
	return ClientProfile{}
}

// takesLinks reports whether a client gets resource_link blocks: they exist since 2025-06-18.
func (i ClientInfo) takesLinks() bool {
	return i.Protocol >= mcp.ProtocolVersion20250618 && profileOf(i).Links
}

// versionIn is the version that follows a name in a User-Agent, as in "name/1.2.3".
func versionIn(agent, name string) string {
	_, rest, _ := strings.Cut(agent, name)
	_, rest, found := strings.Cut(rest, "/")
	if !found {
		return ""
	}
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789."))]
}

// older reports whether a version is below another one. An unknown version is.
func older(version, limit string) bool {
	have, want := strings.Split(version, "."), strings.Split(limit, ".")
	for i := range want {
		var h int
		if i < len(have) {
			h, _ = strconv.Atoi(have[i]) // what is no number counts as 0
		}
		if w, _ := strconv.Atoi(want[i]); h != w {
			return h < w
		}
	}
	return false
}
