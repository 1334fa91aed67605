package wiro

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// MessageUpdate is news of an answer that is being waited for. Each carries all that is known.
type MessageUpdate struct {
	Status MessageStatus
	Output AgentOutput // everything said so far
	Error  string      // of a message that failed: Wiro's sentence for users
}

// WaitMessage follows a message to its end and tells update, which may be nil, of everything
// new. It sends nothing. When ctx ends first, it returns the message as it stood last with an
// error that wraps ctx's; the agent goes on, and waiting again is safe.
//
// A message that failed or was canceled is no error: see Message.Status.
//
// Wiro docs: Agent WebSocket; Agent Messaging.
func (c *Client) WaitMessage(ctx context.Context, ref MessageRef, update func(MessageUpdate)) (Message, error) {
	if err := ref.check(); err != nil {
		return Message{}, err
	}
	if ref.Token == "" { // the socket wants it
		message, err := c.Message(ctx, ref)
		if err != nil || message.Status.Over() {
			return message, err
		}
		ref.Token = string(message.AgentToken)
	}
	return c.waitMessage(ctx, ref, update, false)
}

// WaitSent is WaitMessage for a message that was just sent: should Wiro not know it yet, it
// gives it a moment.
func (c *Client) WaitSent(ctx context.Context, sent SentMessage, update func(MessageUpdate)) (Message, error) {
	return c.waitMessage(ctx, MessageRef{GUID: string(sent.GUID), Token: string(sent.AgentToken)}, update, true)
}

func (c *Client) waitMessage(ctx context.Context, ref MessageRef, update func(MessageUpdate), young bool) (Message, error) {
	if update == nil {
		update = func(MessageUpdate) {}
	}
	news := messageNews{tell: update}
	byToken := MessageRef{Token: ref.Token}
	if ref.Token == "" {
		byToken = ref
	}
	message, err := follow(ctx, c, follower[Message]{
		token:    ref.Token,
		register: map[string]string{"type": "agent_info", "agenttoken": ref.Token},
		look:     func(ctx context.Context) (Message, error) { return c.Message(ctx, byToken) },
		over:     func(m Message) bool { return m.Status.Over() },
		looked:   news.look,
		event:    news.event,
		young:    young,
		poll:     c.briskPoll(),
	})
	return news.complete(message), err
}

// briskPoll are the pauses between looks at what takes seconds, where no socket serves it:
// answers, and agents that start or stop.
func (c *Client) briskPoll() []time.Duration {
	pauses := c.options.Poll
	return []time.Duration{min(pauses[0], time.Second), min(pauses[len(pauses)-1], 2*time.Second)}
}

// messageNews gathers what events and looks say, and tells what changed.
type messageNews struct {
	tell func(MessageUpdate)
	now  MessageUpdate
}

// messageOrder is how a message goes on. A look may be behind the events.
var messageOrder = []MessageStatus{MessageQueued, MessageStarted, MessageOutput, MessageEnded, MessageFailed, MessageCanceled}

func (n *messageNews) look(m Message) {
	said := m.Output()
	further := slices.Index(messageOrder, m.Status) > slices.Index(messageOrder, n.now.Status)
	longer := len(said.Raw) > len(n.now.Output.Raw)
	if further {
		n.now.Status = m.Status
	}
	if longer {
		n.now.Output = said
	}
	if further || longer {
		n.tell(n.now)
	}
}

// event takes a frame in and reports whether it is the last one.
func (n *messageNews) event(f frame) (last bool) {
	status := MessageStatus(f.Type)
	switch status {
	case MessageStarted:
	case MessageOutput, MessageEnded:
		n.output(f.Message)
	case MessageFailed:
		n.failed(f.Message)
	case MessageCanceled: // its message is a technical reason, not part of the answer
	case "agent_subscribed":
		status = MessageStatus(f.Status)
		if !slices.Contains(messageOrder, status) { // an unknown token: nothing will come, so look
			return true
		}
		n.snapshot(status, string(f.DebugOutput))
	default:
		return false
	}
	n.now.Status = status
	n.tell(n.now)
	return status.Over()
}

// snapshot takes in what was missed before the subscription stood.
func (n *messageNews) snapshot(status MessageStatus, said string) {
	switch status {
	case MessageFailed, MessageCanceled: // what it says then is a reason
	default:
		if len(said) > len(n.now.Output.Raw) {
			n.now.Output = Message{Status: status, DebugOutput: Text(said)}.Output()
		}
	}
}

func (n *messageNews) output(message json.RawMessage) {
	var output AgentOutput
	if json.Unmarshal(message, &output) == nil {
		n.now.Output = output
	}
}

// failed takes in either form of an error: a sentence, or an output that is no answer.
func (n *messageNews) failed(message json.RawMessage) {
	var output AgentOutput
	if json.Unmarshal(message, &output) == nil {
		n.now.Error = string(output.Raw)
	}
}

// complete fills in what events told and the last look did not yet carry.
func (n *messageNews) complete(m Message) Message {
	if !m.Status.Over() && n.now.Status != "" {
		m.Status = n.now.Status
	}
	if len(n.now.Output.Raw) > len(m.Output().Raw) {
		m.Metadata = n.now.Output
	}
	return m
}
