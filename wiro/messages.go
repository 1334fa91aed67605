package wiro

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	messageSend          = wire.Endpoint("UserAgent/Message/Send", wire.NonIdempotent, wire.LongTimeout).Follows("messageguid", "agenttoken")
	messageDetail        = wire.Endpoint("UserAgent/Message/Detail", wire.Safe, wire.ShortTimeout)
	messageHistory       = wire.Endpoint("UserAgent/Message/History", wire.Safe, wire.ShortTimeout)
	messageSessions      = wire.Endpoint("UserAgent/Message/Sessions", wire.Safe, wire.ShortTimeout)
	messageCancel        = wire.Endpoint("UserAgent/Message/Cancel", wire.Idempotent, wire.ShortTimeout)
	messageDelete        = wire.Endpoint("UserAgent/Message/Delete", wire.Idempotent, wire.ShortTimeout)
	messageDeleteSession = wire.Endpoint("UserAgent/Message/DeleteSession", wire.Idempotent, wire.ShortTimeout)
	messageSystemInsert  = wire.Endpoint("UserAgent/Message/SystemInsert", wire.NonIdempotent, wire.ShortTimeout).Receipts("messageguid")
)

// MessagesService talks with deployed agents. For an agent of a team, call it on a client from
// WithTeam: Wiro refuses otherwise. A message costs the agent credits, as
// UserAgent.ActionCosts says; the wallet is not charged.
//
// Wiro docs: Agent Messaging.
type MessagesService service

// NewMessage is a message to send. Message may be empty if there are Attachments.
type NewMessage struct {
	UserAgentGUID string `json:"useragentguid"`
	Message       string `json:"message"`
	SessionKey    string `json:"sessionkey,omitempty"`  // the agent remembers what was said in a session; "default" if empty
	CallbackURL   string `json:"callbackurl,omitempty"` // where a WebhookHandler receives a POST once the message is over; none if empty
	// Attachments are files for the agent, MaxUpload bytes each at most. They make the request
	// multipart: one file is its field attachment, several are fields attachments[].
	Attachments []File `json:"-"`
}

func (m NewMessage) check() error {
	if len(m.Attachments) == 0 {
		return requireAll("useragentguid", m.UserAgentGUID, "message", m.Message)
	}
	for i, file := range m.Attachments {
		if file.Size > MaxUpload {
			return &InputError{Field: fmt.Sprintf("attachments[%d]", i), Reason: "is larger than the 100 MB that Wiro takes"}
		}
	}
	return require("useragentguid", m.UserAgentGUID)
}

// form is the message as the fields of a multipart form.
func (m NewMessage) form() []wire.Field {
	form := []wire.Field{{Name: "useragentguid", Value: m.UserAgentGUID}}
	for _, text := range []wire.Field{{Name: "message", Value: m.Message}, {Name: "sessionkey", Value: m.SessionKey}, {Name: "callbackurl", Value: m.CallbackURL}} {
		if text.Value != "" {
			form = append(form, text)
		}
	}
	name := "attachment"
	if len(m.Attachments) > 1 {
		name = "attachments[]"
	}
	for _, file := range m.Attachments {
		form = append(form, file.field(name))
	}
	return form
}

// SentMessage is a message that an agent has accepted. Wait returns its answer.
type SentMessage struct {
	GUID       string        `json:"messageguid"`
	AgentToken string        `json:"agenttoken"` // names the message on the WebSocket
	Status     MessageStatus `json:"status"`

	client *Client
}

// Ref names the message.
func (m SentMessage) Ref() MessageRef { return MessageRef{GUID: m.GUID, Token: m.AgentToken} }

// Send gives a message to a running agent and returns at once: SentMessage.Wait waits for the
// answer. The message is sent once; ErrUnknownOutcome means that it may have arrived: History
// shows it. Wiro refuses with ReasonAgentNotRunning (APIError.Extra has agentstatus) or
// ReasonNoCredits (agentbalance).
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Send.
func (s *MessagesService) Send(ctx context.Context, m NewMessage) (SentMessage, error) {
	if err := m.check(); err != nil {
		return SentMessage{}, err
	}
	var sent SentMessage
	var err error
	if len(m.Attachments) == 0 {
		sent, err = call[SentMessage](ctx, s.client, messageSend, m)
	} else {
		upload := messageSend
		upload.Timeout = uploadTimeout
		sent, err = callForm[SentMessage](ctx, s.client, upload, m.form())
	}
	if err == nil && sent.GUID == "" && sent.AgentToken == "" {
		err = s.client.invalidResponse(messageSend, "names no message", nil)
	}
	sent.client = s.client
	return sent, err
}

// MessageRef names a message by its GUID or by the token that Send returned.
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

// Get returns a message as it stands. ErrNotFound means that there is none.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
func (s *MessagesService) Get(ctx context.Context, ref MessageRef) (Message, error) {
	if err := ref.check(); err != nil {
		return Message{}, err
	}
	answer, err := call[struct {
		Data *Message `json:"data"`
	}](ctx, s.client, messageDetail, ref)
	if err != nil {
		return Message{}, err
	}
	if answer.Data == nil {
		return Message{}, notFound(messageDetail, "message")
	}
	return *answer.Data, nil
}

// HistoryQuery pages the messages of a session, newest first.
type HistoryQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	SessionKey    string `json:"sessionkey,omitempty"` // "default" if empty
	Limit         int    `json:"limit,omitempty"`      // 50 if 0, 200 at most
	Before        string `json:"before,omitempty"`     // GUID of the last message of the page before
}

// History is a page of a session's messages, newest first.
type History struct {
	Messages []Message `json:"messages"`
	Count    int64     `json:"count"` // on this page
	HasMore  bool      `json:"hasmore"`
}

// History returns a page of a session's messages, newest first. In a private session of a
// team's agent they are those of the caller alone.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/History.
func (s *MessagesService) History(ctx context.Context, query HistoryQuery) (History, error) {
	if err := require("useragentguid", query.UserAgentGUID); err != nil {
		return History{}, err
	}
	answer, err := call[struct {
		Data History `json:"data"`
	}](ctx, s.client, messageHistory, query)
	return answer.Data, err
}

// All iterates over a session's messages, newest first, and fetches pages of query.Limit as it
// goes. It ends with the first error.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/History (Pagination).
func (s *MessagesService) All(ctx context.Context, query HistoryQuery) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			page, err := s.History(ctx, query)
			if err != nil {
				yield(Message{}, err)
				return
			}
			for _, message := range page.Messages {
				if !yield(message, nil) {
					return
				}
			}
			if !page.HasMore || len(page.Messages) == 0 {
				return
			}
			last := page.Messages[len(page.Messages)-1].GUID
			if last == "" || last == query.Before {
				return // the next page would be this one again
			}
			query.Before = last
		}
	}
}

// Conversation is a session of messages with an agent.
type Conversation struct {
	Key         string    `json:"sessionkey"`
	Messages    int64     `json:"messagecount"`
	UpdatedAt   time.Time `json:"updatedat,omitzero"`
	LastMessage string    `json:"lastmessage"` // the last question
}

// Sessions returns the conversations with an agent.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Sessions.
func (s *MessagesService) Sessions(ctx context.Context, userAgentGUID string) ([]Conversation, error) {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Data struct {
			Sessions []Conversation `json:"sessions"`
		} `json:"data"`
	}](ctx, s.client, messageSessions, byUserAgent{userAgentGUID})
	return answer.Data.Sessions, err
}

// Cancel stops a message that is not over yet; else Wiro refuses with
// ReasonMessageNotCancellable. A message that was still queued ends without an event and without
// a webhook.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Cancel.
func (s *MessagesService) Cancel(ctx context.Context, ref MessageRef) error {
	if err := ref.check(); err != nil {
		return err
	}
	return do(ctx, s.client, messageCancel, ref)
}

// The sides of a message that Delete deletes.
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

// Delete hides messages, or one side of them, for good. Wiro skips unknown messages and sides
// without a word: History shows what is left.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Delete.
func (s *MessagesService) Delete(ctx context.Context, userAgentGUID string, items []MessageSide) error {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return err
	}
	if len(items) == 0 {
		return &InputError{Field: "items", Reason: "names no message to delete"}
	}
	return do(ctx, s.client, messageDelete, struct {
		byUserAgent
		Items []MessageSide `json:"items"`
	}{byUserAgent{userAgentGUID}, items})
}

// DeleteSession deletes the caller's messages of a session for good. Those of other members of
// a team stay.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/DeleteSession.
func (s *MessagesService) DeleteSession(ctx context.Context, userAgentGUID, session string) error {
	if err := requireAll("useragentguid", userAgentGUID, "sessionkey", session); err != nil {
		return err
	}
	return do(ctx, s.client, messageDeleteSession, struct {
		byUserAgent
		SessionKey string `json:"sessionkey"`
	}{byUserAgent{userAgentGUID}, session})
}

// SystemMessage is a finished message to put into a conversation.
type SystemMessage struct {
	UserAgentGUID string `json:"useragentguid"`
	OwnerUUID     string `json:"uuid"` // UserAgent.OwnerUUID
	Content       string `json:"content"`
	SessionKey    string `json:"sessionkey,omitempty"` // the session that was used last if empty
}

// InsertedMessage names a message that Insert wrote, and the session that it went to.
type InsertedMessage struct {
	GUID       string `json:"messageguid"`
	SessionKey string `json:"sessionkey"`
}

// Insert puts a finished message into a conversation as if the agent had said it. It calls no
// model and uses no credits. It is sent once; ErrUnknownOutcome means that the message may be
// there.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/SystemInsert.
func (s *MessagesService) Insert(ctx context.Context, m SystemMessage) (InsertedMessage, error) {
	if err := requireAll("useragentguid", m.UserAgentGUID, "uuid", m.OwnerUUID, "content", m.Content); err != nil {
		return InsertedMessage{}, err
	}
	return call[InsertedMessage](ctx, s.client, messageSystemInsert, m)
}
