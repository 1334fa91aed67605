package mcptool

import (
	"strings"
	"time"
)

// ClientProfile is what is known of an MCP client beside what it declares.
type ClientProfile struct {
	Match  string        // part of its name or User-Agent, in lower case
	Wait   time.Duration // how long tools wait where neither the caller nor the operator says; defaultWait where 0
	Images bool          // shows image blocks to its model or user
	Limit  time.Duration // longest wait that it listens to, with a margin; 0 where none is known
}

// InProcess is the Client.Name of a call in this process, which waits as long as its context.
const InProcess = "wiro-mcp in-process"

// Clients are the clients whose behavior is known. The first that matches counts. A client that
// gives up on a call and repeats it depends on the run being found again, so that a wait is
// longer than defaultWait only where a client is known to listen for longer.
var Clients = []ClientProfile{
	{Match: InProcess, Wait: longestWait},
	// Claude Code: hours; a remote server that is silent for 5 minutes is given up on, and
	// progress counts as a sign of life. Its documentation (MCP_TOOL_TIMEOUT), and as observed.
	{Match: "claude-code", Wait: 4 * time.Minute, Images: true},
	// Claude Desktop and claude.ai: about 60 s in many reports, 4 minutes in newer ones; progress
	// does not help.
	{Match: "claude-ai", Wait: defaultWait, Limit: defaultWait, Images: true},
	{Match: "claude-user", Wait: defaultWait, Limit: defaultWait, Images: true},
	// ChatGPT and OpenAI's MCP client: about 60 s in reports.
	{Match: "chatgpt", Wait: defaultWait, Limit: defaultWait},
	{Match: "openai-mcp", Wait: defaultWait, Limit: defaultWait},
	// Cursor: minutes in reports.
	{Match: "cursor", Wait: 2 * time.Minute, Images: true},
	// VS Code: no limit was found.
	{Match: "visual studio code", Wait: 2 * time.Minute, Images: true},
}

// Profile is what is known of the client; the zero ClientProfile for one that nobody knows.
func (c Client) Profile() ClientProfile {
	name := strings.ToLower(c.Name)
	for _, p := range Clients {
		if strings.Contains(name, p.Match) {
			return p
		}
	}
	return ClientProfile{}
}
