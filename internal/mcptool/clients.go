package mcptool

import (
	"cmp"
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
	Wait   time.Duration // how long tools wait if neither the caller nor the operator says; DefaultWait if 0
	Limit  time.Duration // longest wait that it listens to, with a margin; 0 if none is known
	Links  bool          // takes resource_link blocks
	Images bool          // shows image blocks to its model or user
	Audio  bool          // takes audio blocks

	// Declines means that the client declines questions to its user by itself, at once, if it runs
	// without one.
	Declines bool
	Source   string // where this is known from
}

// InProcess is the Client.Name of a call in this process, which waits as long as its context.
const InProcess = "wiro-mcp in-process"

// clientProfiles are the clients that are known, the first that matches counts. What a client
// is not known to take it does not get: clients throw a whole result away over one block that
// they do not expect (@ai-sdk/mcp 1.0.10 and 1.0.30, Kiro and the Codex app over a
// resource_link), although the run is paid. A client that gives up on a call and repeats it
// depends on the run being found again, so a wait is longer than DefaultWait only for clients
// that are known to listen for longer.
var clientProfiles = []ClientProfile{
	{Name: InProcess, Wait: longestWait, Links: true},
	{Name: "claude-code", Wait: 4 * time.Minute, Links: true, Images: true, Source: "its documentation (MCP_TOOL_TIMEOUT): hours; a remote server that is silent for 5 minutes is given up, and progress counts"},
	{Name: "claude-ai", Wait: DefaultWait, Limit: DefaultWait, Images: true, Source: "Claude Desktop and claude.ai: limits of 60 s in many reports, which progress does not extend"},
	{Name: "claude-user", Wait: DefaultWait, Limit: DefaultWait, Images: true, Source: "claude.ai's User-Agent"},
	{Name: "chatgpt", Wait: DefaultWait, Limit: DefaultWait, Source: "limits of 60 s in reports"},
	{Name: "openai-mcp", Wait: DefaultWait, Limit: DefaultWait, Source: "ChatGPT's User-Agent"},
	{Name: "visual studio code", Wait: 2 * time.Minute, Links: true, Images: true, Source: "no limit was found; content types as its MCP documentation lists them"},
	{Name: "inspector", Links: true, Images: true, Audio: true, Source: "MCP Inspector shows every content type of the protocol"},
	{Name: "gemini-cli", Links: true, Images: true, Audio: true, Source: "turns every content block into a part"},
	{Name: "cursor", Wait: 2 * time.Minute, Images: true, Source: "limits of minutes in reports; its MCP documentation shows images"},
	{Name: "codex", Images: true, Declines: true, Source: "openai/codex#33404: the app fails on resource_link; codex exec 0.169 declines within milliseconds"},
}

// Profile is what is known of the client; the zero ClientProfile for an unknown one.
func (i ClientInfo) Profile() ClientProfile { return profileOf(i) }

// profileOf returns what is known of a client; the zero ClientProfile if nothing is.
func profileOf(info ClientInfo) ClientProfile {
	name, agent := strings.ToLower(info.Name), strings.ToLower(cmp.Or(info.UserAgent, info.Name))
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

// headless is how soon no user answers a question: a client does that has nobody to ask.
const headless = time.Second

// AnswersByItself reports whether an answer to a question is the client's and not its user's: a
// cancel, and of some clients a decline, that comes sooner than a user can give it, or an action
// that the protocol does not have.
func (i ClientInfo) AnswersByItself(action mcp.ElicitationResponseAction, took time.Duration) bool {
	switch action {
	case mcp.ElicitationResponseActionAccept:
		return false
	case mcp.ElicitationResponseActionDecline:
		return took < headless && profileOf(i).Declines
	case mcp.ElicitationResponseActionCancel:
		return took < headless
	}
	return true
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
