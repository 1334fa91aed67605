package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var sendAgentMessageTool = define(mcptool.Meta{
	Name:        "send_agent_message",
	Title:       "Send a message to an agent",
	Description: "Ask a running agent a question or tell it something, and wait for its answer. It costs the agent's credits. After the wait get_agent_message gets the answer: do not send again.",
	Toolset:     Messages,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "message": "Hello", "sessionkey": "user-42", "wait": false}`}},
}, sendAgentMessage)

func sendAgentMessage(ctx context.Context, call *Call, in newMessage) (MessageResult, error) {
	sent, err := call.send(ctx, in)
	if err != nil {
		return MessageResult{}, err
	}
	known := wiro.Message{GUID: sent.GUID, AgentToken: sent.AgentToken, Status: sent.Status, SessionKey: in.session()}
	if in.Wait != nil && !*in.Wait {
		result := call.messageResult(known, in.GUID, "")
		result.State = stateSubmitted
		return result, nil
	}
	// The agent works on it from here on: its guid and token are returned in every case.
	return call.followMessage(ctx, in.Timeout, in.Team, known, sent.Follow, func(message wiro.Message, said string, err error) MessageResult {
		result := call.messageResult(message, in.GUID, said)
		if err != nil {
			result.Note = strings.TrimSpace(call.cause(err) + " The agent goes on by itself: do not send the message again.")
		}
		result.Message.Question = "" // the caller just asked it
		call.addCredits(ctx, &result, in.GUID, in.Team)
		return result
	}), nil
}

// send gives a message to the agent, with its files.
func (c *Call) send(ctx context.Context, in newMessage) (wiro.SentMessage, error) {
	if in.Message == "" && len(in.Files) == 0 {
		return wiro.SentMessage{}, mcptool.Problemf("send_agent_message needs message, attachments, or both.")
	}
	if err := callbackAddress("callbackurl", in.Callback); err != nil {
		return wiro.SentMessage{}, err
	}
	message := wiro.NewMessage{UserAgentGUID: in.GUID, Message: in.Message, SessionKey: in.Session, CallbackURL: in.Callback}
	files, release, err := c.attachments(ctx, in.Files)
	if err != nil {
		return wiro.SentMessage{}, err
	}
	message.Attachments = files
	timeout := in.Timeout
	if len(files) > 0 { // sending them takes its time, apart from the wait for the answer
		timeout = new(uploadTimeout.Seconds())
	}
	return submitInTeam(ctx, c, "UserAgent/Message/Send", in.GUID, in.Team, timeout, func(ctx context.Context, w *wiro.Client) (wiro.SentMessage, error) {
		defer release() // it may be sent after the call has ended
		return w.Messages.Send(ctx, message)
	})
}

// maxAttachments bounds what one message opens: each URL holds a connection until it is sent.
const maxAttachments = 20

// attachments describe the files that a message carries; release gives them up, sent or not.
func (c *Call) attachments(ctx context.Context, sources []string) (files []wiro.File, release func(), err error) {
	if len(sources) == 0 {
		return nil, func() {}, nil
	}
	if len(sources) > maxAttachments {
		return nil, nil, mcptool.Problemf("attachments: at most %d files go with a message. Nothing was sent.", maxAttachments)
	}
	if err := c.proveKey(ctx); err != nil {
		return nil, nil, err
	}
	var releases []func()
	release = func() {
		for _, f := range releases {
			f()
		}
	}
	for i, text := range sources {
		if err := ctx.Err(); err != nil {
			release()
			return nil, nil, err
		}
		name := "" // its own
		if media.IsDataURI(text) {
			name = fmt.Sprintf("attachment-%d", i+1)
		}
		file, done, err := c.source(context.WithoutCancel(ctx), fmt.Sprintf("attachments[%d]", i), text, name) // what is being sent is finished
		if err != nil {
			release()
			return nil, nil, err
		}
		files, releases = append(files, file), append(releases, done)
	}
	return files, release, nil
}

type newMessage struct {
	agentGUID
	teamOf
	Message  string   `json:"message,omitempty" doc:"what to say"`
	Files    []string `json:"attachments,omitempty" doc:"files: URL, data: URI or local path"`
	Session  string   `json:"sessionkey,omitempty" default:"default" doc:"conversation"`
	Callback string   `json:"callbackurl,omitempty" doc:"Wiro POSTs the answer there"`
	Wait     *bool    `json:"wait,omitempty" default:"true" doc:"false returns at once"`
	Timeout  *float64 `json:"timeout_seconds,omitempty" min:"0" max:"600" doc:"how long to wait"`
}

func (m newMessage) session() string {
	if m.Session == "" {
		return "default"
	}
	return m.Session
}

// followMessage waits for the answer to a message within the caller's time, reporting it as
// it grows. Its result is made of the message as it stood last, at worst as it is known, what Wiro
// told users of a failure, and why the wait ended before the message.
func (c *Call) followMessage(ctx context.Context, timeout *float64, team string, known wiro.Message,
	follow func(context.Context, func(wiro.Message, error), ...func(wiro.MessageUpdate)),
	result func(message wiro.Message, said string, err error) MessageResult,
) MessageResult {
	p := c.StartProgress()
	c.Cleanup(p.Stop)
	limited, end := c.LimitWait(ctx, timeout)
	c.Cleanup(end)
	var (
		message wiro.Message
		said    string
	)
	followed := func(err error) MessageResult {
		if message.GUID == "" {
			message.GUID, message.AgentToken = known.GUID, known.AgentToken
			message.Status = cmp.Or(message.Status, known.Status)
		}
		message.AgentToken = cmp.Or(message.AgentToken, known.AgentToken)
		message.SessionKey = cmp.Or(message.SessionKey, known.SessionKey)
		return result(message, said, c.WaitError(limited, err))
	}
	if mcptool.LooksOnce(timeout) {
		var err error
		if message, err = c.inTeam(team).Messages.Get(ctx, wiro.MessageRef{GUID: known.GUID, Token: known.AgentToken}); err == nil && !message.Status.Over() {
			err = context.DeadlineExceeded
		}
		return followed(err)
	}
	return MessageResult{later: &mcptool.Later{
		Start: func(then func(error)) {
			follow(limited, func(last wiro.Message, err error) {
				message = last
				then(err)
			}, func(u wiro.MessageUpdate) {
				said = u.Error
				messageProgress(p, u)
			})
		},
		Result: func(err error) (any, error) { return followed(err), nil },
	}}
}

// messageProgress reports how far an answer is: its words, and the end of what is said.
func messageProgress(p *mcptool.Progress, u wiro.MessageUpdate) {
	const shown = 400
	answer, thinking := joinParts(u.Output.Answer), joinParts(u.Output.Thinking)
	switch {
	case answer != "":
		p.Update(float64(1+wordCount([]string{answer})), 0, mcptool.Tail(answer, 1<<10, shown))
	case thinking != "":
		p.Update(0.9, 0, "thinking: "+mcptool.Tail(thinking, 1<<10, shown))
	case u.Status == wiro.MessageQueued:
		p.Update(0.1, 0, "queued")
	case u.Status == wiro.MessageStarted || u.Status == wiro.MessageOutput:
		p.Update(0.5, 0, "the agent works on it")
	}
}

// messageRef names a message. Its agent says which team it is of.
type messageRef struct {
	Agent string `json:"useragentguid,omitempty" alias:"guid,agentguid,agent" doc:"its agent"`
	teamOf
	GUID  string `json:"messageguid,omitempty" doc:"from send_agent_message"`
	Token string `json:"agenttoken,omitempty" doc:"instead of the guid"`
}

func (r messageRef) ref() wiro.MessageRef { return wiro.MessageRef{GUID: r.GUID, Token: r.Token} }

var getAgentMessageTool = define(mcptool.Meta{
	Name:        "get_agent_message",
	Title:       "Get a message to an agent",
	Description: "A message to an agent with its answer, as far as it came.",
	Toolset:     Messages,
	Examples:    []mcptool.Example{{Arguments: `{"messageguid": "m1"}`}},
}, getAgentMessage)

func getAgentMessage(ctx context.Context, call *Call, in messageLook) (MessageResult, error) {
	message, err := inTeam(ctx, call, in.Agent, in.Team, func(w *wiro.Client) (wiro.Message, error) { return w.Messages.Get(ctx, in.ref()) })
	if err != nil {
		return MessageResult{}, err
	}
	message.GUID, message.AgentToken = cmp.Or(message.GUID, in.GUID), cmp.Or(message.AgentToken, in.Token)
	resultOf := func(message wiro.Message, said string, err error) MessageResult {
		result := call.messageResult(message, in.Agent, said)
		if err != nil {
			result.Note = call.cause(err)
		}
		call.addCredits(ctx, &result, in.Agent, in.Team)
		return result
	}
	if in.Wait <= 0 || message.Status.Over() {
		return resultOf(message, "", nil), nil
	}
	ref := wiro.MessageRef{GUID: message.GUID, Token: message.AgentToken}
	follow := func(ctx context.Context, then func(wiro.Message, error), onUpdate ...func(wiro.MessageUpdate)) {
		call.inTeam(in.Team).Messages.Follow(ctx, ref, then, onUpdate...)
	}
	return call.followMessage(ctx, &in.Wait, in.Team, message, follow, resultOf), nil
}

type messageLook struct {
	messageRef
	Wait float64 `json:"wait_seconds,omitempty" min:"0" max:"600" doc:"wait for its end"`
}

var listAgentMessagesTool = define(mcptool.Meta{
	Name:           "list_agent_messages",
	Title:          "List messages to an agent",
	Description:    "Show a conversation with an agent, newest first: each message and the start of its answer. get_agent_message has the whole.",
	Toolset:        Messages,
	TruncationHint: "Page with limit and before.",
	Examples:       []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "sessionkey": "default", "limit": 50}`}},
}, listAgentMessages)

func listAgentMessages(ctx context.Context, call *Call, in historyQuery) (MessageList, error) {
	history, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (wiro.History, error) {
		return w.Messages.History(ctx, wiro.HistoryQuery{
			UserAgentGUID: in.GUID, SessionKey: in.Session, Limit: in.Limit, Before: in.Before,
		})
	})
	if err != nil {
		return MessageList{}, err
	}
	return call.messageList(history, in), nil
}

type historyQuery struct {
	agentGUID
	teamOf
	Session string `json:"sessionkey,omitempty" default:"default" doc:"conversation"`
	Limit   int    `json:"limit,omitempty" min:"1" max:"200" default:"50" doc:"how many"`
	Before  string `json:"before,omitempty" doc:"messageguid: lists those before it"`
}

var listAgentSessionsTool = define(mcptool.Meta{
	Name:        "list_agent_sessions",
	Title:       "List conversations with an agent",
	Description: "The sessions with an agent: how many messages each has and what was asked last.",
	Toolset:     Extras,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, listAgentSessions)

func listAgentSessions(ctx context.Context, call *Call, in conversations) (SessionList, error) {
	sessions, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) ([]wiro.Conversation, error) {
		return w.Messages.Sessions(ctx, in.GUID)
	})
	if err != nil {
		return SessionList{}, err
	}
	return call.sessionList(sessions, in.GUID), nil
}

type conversations struct {
	agentGUID
	teamOf
}

var cancelAgentMessageTool = define(mcptool.Meta{
	Name:        "cancel_agent_message",
	Title:       "Cancel a message to an agent",
	Description: "Stop a message to an agent that waits or is being answered. What the agent did already stays done.",
	Toolset:     Extras,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"agenttoken": "t1"}`}},
}, cancelAgentMessage)

// wasCanceled reports whether a message cannot be canceled because it is canceled already.
func wasCanceled(err error) bool {
	refusal, ok := errors.AsType[*wiro.APIError](err)
	return ok && refusal.Reason == wiro.ReasonMessageNotCancellable && refusal.Detail == string(wiro.MessageCanceled)
}

func cancelAgentMessage(ctx context.Context, call *Call, in messageRef) (MessageAction, error) {
	_, err := inTeam(ctx, call, in.Agent, in.Team, func(w *wiro.Client) (struct{}, error) { return struct{}{}, w.Messages.Cancel(ctx, in.ref()) })
	switch {
	case wasCanceled(err):
		return MessageAction{ActionResult: mcptool.Done("It was canceled already."), GUID: in.GUID, Token: in.Token}, nil
	case reasonOf(err) == wiro.ReasonMessageNotCancellable:
		arguments := map[string]any{"messageguid": in.GUID}
		if in.GUID == "" {
			arguments = map[string]any{"agenttoken": in.Token}
		}
		return MessageAction{}, mcptool.Problemf("The message is over: there is nothing to cancel.").
			WithNext("get_agent_message", "read how it ended", arguments)
	case err != nil:
		return MessageAction{}, err
	}
	return MessageAction{ActionResult: mcptool.Done("Canceled."), GUID: in.GUID, Token: in.Token}, nil
}

var deleteAgentMessagesTool = define(mcptool.Meta{
	Name:        "delete_agent_messages",
	Title:       "Delete messages to an agent",
	Description: "Delete messages of a conversation (items), or your part of a whole conversation (sessionkey). Cannot be undone.",
	Toolset:     Extras,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "items": [{"messageguid": "m1", "side": "both"}]}`}},
}, deleteAgentMessages)

func deleteAgentMessages(ctx context.Context, call *Call, in deletion) (MessageAction, error) {
	switch {
	case (len(in.Items) > 0) == (in.Session != ""):
		return MessageAction{}, mcptool.Problemf("delete_agent_messages needs either items, the messages to delete, or sessionkey, a whole conversation.").
			WithNext("list_agent_sessions", "find the conversation", agentRef(in.GUID))
	case in.Session != "":
		_, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (struct{}, error) {
			return struct{}{}, w.Messages.DeleteSession(ctx, in.GUID, in.Session)
		})
		if err != nil {
			return MessageAction{}, err
		}
		message := fmt.Sprintf("Your messages of the conversation %q are deleted, with their answers.", in.Session)
		return MessageAction{ActionResult: mcptool.Done(message), Agent: in.GUID}, nil
	}
	items := make([]wiro.MessageSide, len(in.Items))
	for i, item := range in.Items {
		items[i] = wiro.MessageSide{GUID: item.GUID, Side: item.Side}
		if item.Side == "" {
			items[i].Side = wiro.SideBoth
		}
	}
	_, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (struct{}, error) {
		return struct{}{}, w.Messages.Delete(ctx, in.GUID, items)
	})
	if err != nil {
		return MessageAction{}, err
	}
	message := mcptool.Count(len(items), "message") + " deleted. Wiro passes over guids that it does not know; list_agent_messages shows what is left."
	return MessageAction{ActionResult: mcptool.Done(message), Agent: in.GUID}, nil
}

type deletion struct {
	agentGUID
	teamOf
	Items   []deletedSide `json:"items,omitempty" doc:"messages to delete"`
	Session string        `json:"sessionkey,omitempty" doc:"conversation to delete, instead of items"`
}

type deletedSide struct {
	GUID string `json:"messageguid"`
	Side string `json:"side,omitempty" enum:"user,agent,both" default:"both" doc:"the question, the answer, or both"`
}
