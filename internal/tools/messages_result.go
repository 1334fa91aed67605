package tools

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// MessageResult is a message to an agent and its answer.
type MessageResult struct {
	State      string              `json:"state"`               // submitted, running, completed, failed or cancelled
	Answer     string              `json:"answer" text:"lines"` // as far as it came
	Thinking   string              `json:"thinking,omitempty" text:"lines"`
	Message    MessageInfo         `json:"message"`
	Used       *float64            `json:"creditsUsed,omitempty"` // by the message, once the agent's ledger says so
	Left       *float64            `json:"creditsLeft,omitempty"` // of the agent
	Error      string              `json:"error,omitempty" text:"lines"`
	Note       string              `json:"note,omitempty" text:"lines"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`

	later *mcptool.Later // it is still to come, and the rest is empty
}

// Waits is nil if the result is there.
func (r MessageResult) Waits() *mcptool.Later { return r.later }

// MessageInfo is what identifies a message and what it took.
type MessageInfo struct {
	GUID     string   `json:"messageguid,omitempty"`
	Token    string   `json:"agenttoken,omitempty"`
	Session  string   `json:"sessionkey,omitempty"`
	Status   string   `json:"status,omitempty"` // Wiro's own
	Question string   `json:"question,omitempty" text:"lines"`
	By       string   `json:"by,omitempty"`
	Sent     string   `json:"sentAt,omitempty"`
	Seconds  float64  `json:"durationSeconds,omitempty"` // from the agent's start to the end, if it did not count
	Elapsed  string   `json:"elapsed,omitempty"`         // as the agent counted it
	Speed    string   `json:"speed,omitempty"`
	Files    []string `json:"attachments,omitempty"` // URLs
}

func messageInfo(m wiro.Message) MessageInfo {
	said := m.Output()
	info := MessageInfo{
		GUID: m.GUID, Token: m.AgentToken, Session: m.SessionKey, Status: string(m.Status),
		Question: mcptool.Clip(question(m), 2000), By: m.User.Name(), Sent: moment(m.CreatedAt), Elapsed: elapsed(said.Elapsed),
		Speed: strings.TrimSpace(said.Speed + " " + said.SpeedUnit),
	}
	if info.Elapsed == "" && !m.StartedAt.IsZero() && m.EndedAt.After(m.StartedAt) {
		info.Seconds = m.EndedAt.Sub(m.StartedAt).Seconds()
	}
	for _, file := range m.Attachments {
		info.Files = append(info.Files, file.URL)
	}
	return info
}

// deleted stands for a side of a message that was deleted: Wiro keeps it and marks it.
const deleted = "[deleted]"

func question(m wiro.Message) string {
	if m.DeleteStatus&1 != 0 {
		return deleted
	}
	return m.Content
}

// saidIn is what the agent said in a message: its answer and, apart, its thinking.
func saidIn(m wiro.Message) (answer, thinking string) {
	if m.DeleteStatus&2 != 0 {
		return deleted, ""
	}
	output := m.Output()
	return joinParts(output.Answer), joinParts(output.Thinking)
}

// elapsed writes a time as an agent counts it: "8.1s", or a bare number of milliseconds.
func elapsed(text string) string {
	if ms, err := strconv.ParseFloat(text, 64); err == nil {
		return mcptool.Seconds(ms / 1000)
	}
	return text
}

func messageState(s wiro.MessageStatus) string {
	switch s {
	case wiro.MessageEnded:
		return stateCompleted
	case wiro.MessageFailed:
		return stateFailed
	case wiro.MessageCanceled:
		return stateCancelled
	}
	return stateRunning
}

// outOfCredits is all that an agent says once its credits are used up.
//
// Wiro docs: Agent Overview (Credit Consumption).
const outOfCredits = "[SYSTEM_CREDIT_LIMIT_REACHED]"

// messageResult renders a message to an agent, if that is known. Said is the sentence for users
// that came with a failure, where it was heard.
func (c *Call) messageResult(m wiro.Message, agent, said string) MessageResult {
	r := MessageResult{State: messageState(m.Status), Message: messageInfo(m)}
	r.Answer, r.Thinking = saidIn(m)
	switch r.State {
	case stateRunning:
		arguments := map[string]any{"messageguid": r.Message.GUID, "wait_seconds": 30}
		if r.Message.GUID == "" {
			arguments = map[string]any{"agenttoken": r.Message.Token, "wait_seconds": 30}
		}
		if agent != "" {
			arguments["useragentguid"] = agent
		}
		r.NextAction = c.Next("get_agent_message", "get the answer; do not send the message again", arguments)
	case stateCompleted:
		if strings.Contains(r.Answer, outOfCredits) {
			r.Note = "The agent has no credits left: " + c.toolName("buy_agent_credits") + " (Pro), or wait for the next period."
		}
	case stateFailed:
		if r.Error = said; r.Error == "" {
			r.Error = m.DebugOutput
		}
		if r.Error = mcptool.Tail(redactText(r.Error), 12, 1500); strings.Trim(r.Error, ".… ") == "" { // "..." is an answer that is none
			r.Error = "The agent gave no answer and no reason."
		}
	}
	return r
}

// addCredits looks in the agent's ledger for what a message used, and what is left. The agent
// reports its use a moment later, so that the ledger may not say yet.
//
// Wiro docs: Agent Transactions; Agent Overview (Credit Consumption).
func (c *Call) addCredits(ctx context.Context, r *MessageResult, agent, team string) {
	if agent == "" || r.Message.GUID == "" || r.State == stateRunning || r.State == stateSubmitted {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, creditsTimeout)
	defer cancel()
	ledger, err := c.inTeam(team).Billing.Transactions(ctx, wiro.TransactionQuery{UserAgentGUID: agent, Limit: ledgerLook})
	if err != nil {
		return
	}
	r.Left = ledger.Summary.Remaining
	for _, t := range ledger.Transactions {
		if t.MessageGUID == r.Message.GUID && t.Type == "deduct" && t.Amount != nil {
			used := -*t.Amount
			if r.Used != nil {
				used += *r.Used
			}
			r.Used = &used
		}
	}
}

const creditsTimeout = 5 * time.Second // the answer is there, and does not wait longer for what it took

// creditLine is "It used 10 credits; 990 credits are left."
func (r MessageResult) creditLine() string {
	switch {
	case r.Used != nil && r.Left != nil:
		return fmt.Sprintf("It used %s; %s are left.", credits(r.Used), credits(r.Left))
	case r.Used != nil:
		return fmt.Sprintf("It used %s.", credits(r.Used))
	case r.Left != nil:
		return fmt.Sprintf("The agent has %s left.", credits(r.Left))
	}
	return ""
}

// Text is the answer first, then what it took. That a message failed or was canceled comes before
// what was said of an answer.
func (r MessageResult) Text() string {
	var b strings.Builder
	broken := r.State == stateFailed || r.State == stateCancelled
	if broken {
		b.WriteString(r.summary())
		if r.Error != "" {
			b.WriteString("\n" + r.Error)
		}
		if r.Answer != "" || r.Thinking != "" {
			b.WriteString("\nIt had said until then:\n\n")
		}
	}
	if r.Answer != "" {
		b.WriteString(r.Answer + "\n\n")
	}
	if r.Thinking != "" {
		b.WriteString(quoteThinking(r.Thinking) + "\n\n")
	}
	if !broken {
		b.WriteString(r.summary())
	}
	text := strings.TrimRight(b.String(), "\n")
	for _, line := range []string{r.creditLine(), r.Note} {
		if line != "" {
			text += "\n" + line
		}
	}
	return mcptool.TextWithNext(text, r.NextAction)
}

func (r MessageResult) summary() string {
	m := r.Message
	named := fmt.Sprintf("message %s (session %s, token %s)", m.GUID, m.Session, m.Token)
	switch r.State {
	case stateSubmitted:
		return "Sent: " + named + "."
	case stateRunning:
		doing := "is being answered"
		if m.Status == string(wiro.MessageQueued) {
			doing = "waits for the agent"
		}
		text := fmt.Sprintf("Still running: %s %s.", named, doing)
		if r.Answer != "" {
			text += " The answer above is not complete."
		}
		return text
	case stateFailed:
		return "Failed: " + named + "."
	case stateCancelled:
		return "Canceled: " + named + "."
	}
	text := "Completed: " + named
	switch {
	case m.Elapsed != "":
		text += ", took " + m.Elapsed
	case m.Seconds > 0:
		text += ", took " + mcptool.Seconds(m.Seconds)
	}
	if m.Speed != "" {
		text += " (" + m.Speed + ")"
	}
	if m.Sent != "" {
		text += ", sent " + m.Sent
	}
	if m.By != "" {
		text += " by " + m.By
	}
	text += "."
	if m.Question != "" {
		text += fmt.Sprintf("\nThe question was: %q", mcptool.Clip(m.Question, 300))
	}
	for _, file := range m.Files {
		text += "\nWith the file " + file
	}
	return text
}

// MessageList is a part of a conversation.
type MessageList struct {
	Session    string              `json:"sessionkey"`
	Messages   []MessageRow        `json:"messages"`
	More       bool                `json:"hasMore"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// MessageRow is a message as lists show it.
type MessageRow struct {
	GUID     string `json:"messageguid"`
	Token    string `json:"agenttoken,omitempty"` // of one that is not over
	State    string `json:"state"`
	Sent     string `json:"sentAt,omitempty"`
	By       string `json:"by,omitempty"`
	Question string `json:"question,omitempty" text:"lines"`
	Answer   string `json:"answer,omitempty"` // its start
	Whole    bool   `json:"whole"`            // nothing of the answer is cut
}

func (c *Call) messageList(h wiro.History, in historyQuery) MessageList {
	const start = 400
	list := MessageList{Session: in.Session, Messages: make([]MessageRow, 0, len(h.Messages)), More: h.HasMore}
	if list.Session == "" {
		list.Session = "default"
	}
	for _, m := range h.Messages {
		answer, _ := saidIn(m)
		row := MessageRow{
			GUID: m.GUID, State: messageState(m.Status), Sent: moment(m.CreatedAt), By: m.User.Name(),
			Question: mcptool.Clip(question(m), 200), Answer: mcptool.Clip(answer, start),
		}
		row.Whole = row.Answer == plaintext.CollapseSpace(answer)
		if row.State == stateRunning {
			row.Token = m.AgentToken
		}
		list.Messages = append(list.Messages, row)
	}
	if list.More && len(list.Messages) > 0 {
		list.NextAction = c.NextPage("older messages", "before", list.Messages[len(list.Messages)-1].GUID)
	}
	return list
}

// Text is two lines a message, newest first.
func (l MessageList) Text() string {
	if len(l.Messages) == 0 {
		return fmt.Sprintf("No messages in the conversation %q. list_agent_sessions names the others.", l.Session)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Conversation %q, newest first:\n", l.Session)
	for _, m := range l.Messages {
		b.WriteString("- " + mcptool.Row(m.GUID, m.Sent, m.State, m.By, mcptool.Labeled("token", m.Token)))
		if m.Question != "" {
			b.WriteString("\n  asked: " + m.Question)
		}
		if m.Answer != "" {
			b.WriteString("\n  answered: " + m.Answer)
		}
		b.WriteString("\n")
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// SessionList is the conversations with an agent.
type SessionList struct {
	Sessions   []SessionRow        `json:"sessions"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// SessionRow is a conversation.
type SessionRow struct {
	Session  string `json:"sessionkey"`
	Messages int    `json:"messages"`
	Updated  string `json:"updatedAt,omitempty"`
	Last     string `json:"lastQuestion,omitempty"`
}

func (c *Call) sessionList(sessions []wiro.Conversation, guid string) SessionList {
	list := SessionList{Sessions: make([]SessionRow, 0, len(sessions))}
	for _, s := range sessions {
		list.Sessions = append(list.Sessions, SessionRow{s.Key, int(s.Messages), moment(s.UpdatedAt), mcptool.Clip(s.LastMessage, 120)})
	}
	if len(sessions) > 0 {
		list.NextAction = c.Next("list_agent_messages", "read it", map[string]any{"useragentguid": guid, "sessionkey": sessions[0].Key})
	}
	return list
}

// Text is a line a conversation.
func (l SessionList) Text() string {
	if len(l.Sessions) == 0 {
		return "No conversations with this agent yet. send_agent_message begins one."
	}
	var b strings.Builder
	b.WriteString(mcptool.Count(len(l.Sessions), "conversation") + ":\n")
	for _, s := range l.Sessions {
		fmt.Fprintf(&b, "- %s · %s · %s · %q\n", s.Session, mcptool.Count(s.Messages, "message"), s.Updated, s.Last)
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// MessageAction is something done to messages.
type MessageAction struct {
	mcptool.ActionResult
	Agent string `json:"useragentguid,omitempty"`
	GUID  string `json:"messageguid,omitempty"`
	Token string `json:"agenttoken,omitempty"`
}
