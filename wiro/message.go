package wiro

import (
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// MessageStatus is where a message to an agent stands.
//
// Wiro docs: Agent Messaging (Message Statuses).
type MessageStatus string

// The statuses of a message in the order in which they pass. The last three are final.
const (
	MessageQueued   MessageStatus = "agent_queue"
	MessageStarted  MessageStatus = "agent_start"
	MessageOutput   MessageStatus = "agent_output"
	MessageEnded    MessageStatus = "agent_end"
	MessageFailed   MessageStatus = "agent_error"
	MessageCanceled MessageStatus = "agent_cancel"
)

// Over reports whether nothing more will happen to the message.
func (s MessageStatus) Over() bool {
	return s == MessageEnded || s == MessageFailed || s == MessageCanceled
}

// Message is a message to an agent with its answer.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
type Message struct {
	GUID         string        `json:"guid"`
	UUID         string        `json:"uuid"` // of the sender
	User         *User         `json:"user"` // the sender; nil for what Wiro wrote itself
	AgentToken   string        `json:"agenttoken"`
	SessionKey   string        `json:"sessionkey"`
	Content      string        `json:"content"`     // the question
	Response     string        `json:"response"`    // the answer, once it is over; of a message that failed the reason
	DebugOutput  string        `json:"debugoutput"` // the answer so far; of a message that failed the reason
	Status       MessageStatus `json:"status"`
	Metadata     AgentOutput   `json:"metadata"`
	Attachments  []Attachment  `json:"attachments"`
	DeleteStatus int64         `json:"deletestatus"` // 1: the question is deleted, 2: the answer, 3: both
	CreatedAt    time.Time     `json:"createdat,omitzero"`
	StartedAt    time.Time     `json:"startedat,omitzero"`
	EndedAt      time.Time     `json:"endedat,omitzero"`
}

// Output is what the agent has answered so far. For a message that failed or was canceled it is
// what was heard before; Response and DebugOutput hold the reason.
func (m Message) Output() AgentOutput {
	if len(m.Metadata.Answer)+len(m.Metadata.Thinking) > 0 || m.Status == MessageFailed || m.Status == MessageCanceled {
		return m.Metadata
	}
	o := m.Metadata
	o.Raw = m.Response
	if o.Raw == "" {
		o.Raw = m.DebugOutput
	}
	o.Thinking, o.Answer, o.IsThinking = splitThinking(o.Raw)
	return o
}

// Attachment is a file that came with a message.
type Attachment struct {
	URL  string `json:"url"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"` // bytes
}

// AgentOutput is everything that an agent has said so far, and how fast.
//
// Wiro docs: Agent WebSocket (Streaming Metrics, Thinking Model Support).
type AgentOutput struct {
	Type       string   `json:"type"` // progressGenerate; system for a message that Messages.Insert wrote
	Task       string   `json:"task"`
	Speed      string   `json:"speed"`
	SpeedUnit  string   `json:"speedType"`
	Elapsed    string   `json:"elapsedTime"` // such as 8.1s
	Tokens     int64    `json:"tokenCount"`
	Words      int64    `json:"wordCount"`
	Raw        string   `json:"raw" wire:"text,json"` // with <think> tags
	Thinking   []string `json:"thinking"`
	Answer     []string `json:"answer"`
	IsThinking bool     `json:"isThinking"` // a thought is not finished yet
}

var _ = wire.AfterDecode(func(o *AgentOutput) {
	switch {
	case o.Raw != "" && len(o.Thinking)+len(o.Answer) == 0:
		o.Thinking, o.Answer, o.IsThinking = splitThinking(o.Raw)
	case o.Raw == "":
		o.Raw = strings.Join(o.Answer, "")
	}
})

// splitThinking splits a raw output into what the model thought and what it answered. Open
// reports a thought that is not finished.
func splitThinking(raw string) (thinking, answer []string, open bool) {
	keep := func(list []string, text string) []string {
		if text = strings.TrimSpace(text); text == "" {
			return list
		}
		return append(list, text)
	}
	for raw != "" {
		said, rest, thinks := strings.Cut(raw, "<think>")
		answer = keep(answer, said)
		thought, after, closed := strings.Cut(rest, "</think>")
		thinking = keep(thinking, thought)
		open = thinks && !closed
		raw = after
	}
	return thinking, answer, open
}
