package wiro

import (
	"context"
	"errors"
	"strings"
)

var (
	messageSend          = endpoint("UserAgent/Message/Send", submit, slow)
	messageDetail        = endpoint("UserAgent/Message/Detail", read, quick)
	messageHistory       = endpoint("UserAgent/Message/History", read, quick)
	messageSessions      = endpoint("UserAgent/Message/Sessions", read, quick)
	messageCancel        = endpoint("UserAgent/Message/Cancel", write, quick)
	messageDelete        = endpoint("UserAgent/Message/Delete", write, quick)
	messageDeleteSession = endpoint("UserAgent/Message/DeleteSession", write, quick)
	messageSystemInsert  = endpoint("UserAgent/Message/SystemInsert", submit, quick)
)

// MessageStatus is where a message to an agent stands.
//
// Wiro docs: Agent Messaging (Message Statuses).
type MessageStatus string

// The statuses of a message, in the order in which they pass. The last three are final.
const (
	MessageQueued   MessageStatus = "agent_queue"
	MessageStarted  MessageStatus = "agent_start"
	MessageOutput   MessageStatus = "agent_output"
	MessageEnded    MessageStatus = "agent_end"
	MessageFailed   MessageStatus = "agent_error"
	MessageCanceled MessageStatus = "agent_cancel"
)

// Over reports whether nothing more will happen.
func (s MessageStatus) Over() bool {
	return s == MessageEnded || s == MessageFailed || s == MessageCanceled
}

// Message is a message to an agent with its answer.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
type Message struct {
	GUID         Text             `json:"guid"`
	UUID         Text             `json:"uuid"` // of the sender
	User         *Person          `json:"user"` // the sender; nil for what Wiro wrote itself
	AgentToken   Text             `json:"agenttoken"`
	SessionKey   Text             `json:"sessionkey"`
	Content      Text             `json:"content"`     // what was asked
	Response     Text             `json:"response"`    // the answer, once it is over
	DebugOutput  Text             `json:"debugoutput"` // what has been said so far, or what went wrong
	Status       MessageStatus    `json:"status"`
	Metadata     AgentOutput      `json:"metadata"`
	Attachments  List[Attachment] `json:"attachments"`
	DeleteStatus Int              `json:"deletestatus"` // 1: the question is deleted, 2: the answer, 3: both
	CreatedAt    Time             `json:"createdat"`
	StartedAt    Time             `json:"startedat"`
	EndedAt      Time             `json:"endedat"`
}

// Output is what the agent has said, as far as it came. Of a message that failed or was
// canceled that is what was heard of it before; Response and DebugOutput hold the reason then.
func (m Message) Output() AgentOutput {
	if len(m.Metadata.Answer)+len(m.Metadata.Thinking) > 0 || m.Status == MessageFailed || m.Status == MessageCanceled {
		return m.Metadata
	}
	o := m.Metadata
	o.Raw = m.Response
	if o.Raw == "" {
		o.Raw = m.DebugOutput
	}
	o.Thinking, o.Answer, o.IsThinking = splitThinking(string(o.Raw))
	return o
}

// Attachment is a file that came with a message.
type Attachment struct {
	URL  Text `json:"url"`
	Name Text `json:"name"`
	Type Text `json:"type"`
	Size Int  `json:"size"` // bytes
}

// AgentOutput is what an agent has said so far, all of it, and how fast.
//
// Wiro docs: Agent WebSocket (Streaming Metrics, Thinking Model Support).
type AgentOutput struct {
	Type       Text       `json:"type"` // progressGenerate; system for a message that Wiro wrote itself
	Task       Text       `json:"task"`
	Speed      Text       `json:"speed"`
	SpeedUnit  Text       `json:"speedType"`
	Elapsed    Text       `json:"elapsedTime"` // such as 8.1s
	Tokens     Int        `json:"tokenCount"`
	Words      Int        `json:"wordCount"`
	Raw        Text       `json:"raw"` // with <think> tags
	Thinking   List[Text] `json:"thinking"`
	Answer     List[Text] `json:"answer"`
	IsThinking Bool       `json:"isThinking"`
}

// UnmarshalJSON also takes bare text as the raw output, and JSON inside a string.
func (o *AgentOutput) UnmarshalJSON(data []byte) error {
	type plain AgentOutput
	*o = AgentOutput{}
	err := unmarshalOr(data, (*plain)(o), func(text string) {
		if inner := strings.TrimSpace(text); !strings.HasPrefix(inner, "{") || o.UnmarshalJSON([]byte(inner)) != nil {
			o.Raw = Text(text)
		}
	})
	switch {
	case o.Raw != "" && len(o.Thinking)+len(o.Answer) == 0:
		o.Thinking, o.Answer, o.IsThinking = splitThinking(string(o.Raw))
	case o.Raw == "":
		for _, part := range o.Answer {
			o.Raw += part
		}
	}
	return err
}

// splitThinking parts a raw output into what the model thought and what it answered; open
// reports a thought that is not finished.
func splitThinking(raw string) (thinking, answer List[Text], open Bool) {
	keep := func(list List[Text], text string) List[Text] {
		if text = strings.TrimSpace(text); text == "" {
			return list
		}
		return append(list, Text(text))
	}
	for raw != "" {
		said, rest, thinks := strings.Cut(raw, "<think>")
		answer = keep(answer, said)
		thought, after, closed := strings.Cut(rest, "</think>")
		thinking = keep(thinking, thought)
		open = Bool(thinks && !closed)
		raw = after
	}
	return thinking, answer, open
}

// MessageRef names a message by its guid or by the token that SendMessage returned.
type MessageRef struct {
	GUID  string `json:"messageguid,omitempty"`
	Token string `json:"agenttoken,omitempty"`
}

func (r MessageRef) check() error {
	if strings.TrimSpace(r.GUID) == "" && strings.TrimSpace(r.Token) == "" {
		return &InputError{Field: "messageguid", Reason: "or agenttoken must be given"}
	}
	return nil
}

// NewMessage is a message to send. The agent remembers what was said in the same session;
// "" is the session "default". CallbackURL, which may be empty, is told of the end.
type NewMessage struct {
	UserAgentGUID string `json:"useragentguid"`
	Message       string `json:"message"`
	SessionKey    string `json:"sessionkey,omitempty"`
	CallbackURL   string `json:"callbackurl,omitempty"`
}

// SentMessage names a message that an agent has begun to work on.
type SentMessage struct {
	GUID       Text          `json:"messageguid"`
	AgentToken Text          `json:"agenttoken"`
	Status     MessageStatus `json:"status"`
}

// SendMessage gives a running agent a message and returns at once: WaitSent waits for the
// answer. It is never sent twice. It fails where the agent does not run or has no credits.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Send.
func (c *Client) SendMessage(ctx context.Context, m NewMessage) (SentMessage, error) {
	if err := allGiven("useragentguid", m.UserAgentGUID, "message", m.Message); err != nil {
		return SentMessage{}, err
	}
	sent, err := call[SentMessage](ctx, c, messageSend, m)
	if err == nil && sent.GUID == "" && sent.AgentToken == "" {
		err = c.uncertain(messageSend, errors.New(messageSend.path+": the answer names no message"))
	}
	return sent, err
}

// Message returns a message as it stands. One that does not exist matches ErrNotFound.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
func (c *Client) Message(ctx context.Context, ref MessageRef) (Message, error) {
	if err := ref.check(); err != nil {
		return Message{}, err
	}
	answer, err := call[struct {
		Data *Message `json:"data"`
	}](ctx, c, messageDetail, ref)
	if err != nil {
		return Message{}, err
	}
	if answer.Data == nil {
		return Message{}, missing(messageDetail, "message")
	}
	return *answer.Data, nil
}

// HistoryQuery pages a session's messages, newest first. Limit is Wiro's own 50 where 0, 200
// at most; Before is the guid of the last message of the page before.
type HistoryQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	SessionKey    string `json:"sessionkey,omitempty"` // "default" where empty
	Limit         int    `json:"limit,omitempty"`
	Before        string `json:"before,omitempty"`
}

// History is a page of a session's messages, newest first.
type History struct {
	Messages List[Message] `json:"messages"`
	Count    Int           `json:"count"` // on this page
	HasMore  Bool          `json:"hasmore"`
}

// Messages returns a session's messages, newest first.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/History.
func (c *Client) Messages(ctx context.Context, q HistoryQuery) (History, error) {
	if err := given("useragentguid", q.UserAgentGUID); err != nil {
		return History{}, err
	}
	answer, err := call[struct {
		Data History `json:"data"`
	}](ctx, c, messageHistory, q)
	return answer.Data, err
}

// Session is a conversation with an agent.
type Session struct {
	Key         Text `json:"sessionkey"`
	Messages    Int  `json:"messagecount"`
	UpdatedAt   Time `json:"updatedat"`
	LastMessage Text `json:"lastmessage"` // what was asked last
}

// Sessions lists the conversations with an agent.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Sessions.
func (c *Client) Sessions(ctx context.Context, guid string) ([]Session, error) {
	if err := given("useragentguid", guid); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Data struct {
			Sessions List[Session] `json:"sessions"`
		} `json:"data"`
	}](ctx, c, messageSessions, byUserAgent{guid})
	return answer.Data.Sessions, err
}

// CancelMessage stops a message that is not over. One that still waited in the queue ends
// without an event on the socket.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Cancel.
func (c *Client) CancelMessage(ctx context.Context, ref MessageRef) error {
	if err := ref.check(); err != nil {
		return err
	}
	return act(ctx, c, messageCancel, ref)
}

// The sides of a message that DeleteMessages deletes.
const (
	SideUser  = "user"  // the question
	SideAgent = "agent" // the answer
	SideBoth  = "both"
)

// MessageSide is a message, or a side of it, to delete.
type MessageSide struct {
	GUID string `json:"messageguid"`
	Side string `json:"side"` // SideUser, SideAgent or SideBoth
}

// DeleteMessages hides messages, or a side of them, for good. Wiro leaves out what does not
// exist without saying so.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Delete.
func (c *Client) DeleteMessages(ctx context.Context, guid string, items []MessageSide) error {
	if err := given("useragentguid", guid); err != nil {
		return err
	}
	if len(items) == 0 {
		return &InputError{Field: "items", Reason: "names no message to delete"}
	}
	return act(ctx, c, messageDelete, struct {
		byUserAgent
		Items []MessageSide `json:"items"`
	}{byUserAgent{guid}, items})
}

// DeleteSession deletes the caller's messages of a session for good.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/DeleteSession.
func (c *Client) DeleteSession(ctx context.Context, guid, session string) error {
	if err := allGiven("useragentguid", guid, "sessionkey", session); err != nil {
		return err
	}
	return act(ctx, c, messageDeleteSession, struct {
		byUserAgent
		SessionKey string `json:"sessionkey"`
	}{byUserAgent{guid}, session})
}

// SystemMessage is a finished message to put into a conversation. OwnerUUID must be that of
// the agent's owner. SessionKey "" is the session that was used last.
type SystemMessage struct {
	UserAgentGUID string `json:"useragentguid"`
	OwnerUUID     string `json:"uuid"`
	Content       string `json:"content"`
	SessionKey    string `json:"sessionkey,omitempty"`
}

// InsertedMessage names a message that InsertMessage put in, and the session it went to.
type InsertedMessage struct {
	GUID       Text `json:"messageguid"`
	SessionKey Text `json:"sessionkey"`
}

// InsertMessage puts a finished message into a conversation as if the agent had said it; no
// model is called and no credits are used.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/SystemInsert.
func (c *Client) InsertMessage(ctx context.Context, m SystemMessage) (InsertedMessage, error) {
	if err := allGiven("useragentguid", m.UserAgentGUID, "uuid", m.OwnerUUID, "content", m.Content); err != nil {
		return InsertedMessage{}, err
	}
	return call[InsertedMessage](ctx, c, messageSystemInsert, m)
}
