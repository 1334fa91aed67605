package wiro

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// MessageUpdate is something new about an answer that is being waited for. Each carries all that
// is known.
type MessageUpdate struct {
	Status  MessageStatus
	Output  AgentOutput // everything said so far
	Error   string      // of a message that failed: Wiro's sentence for users
	Message *Message    // the message, on the last update of Updates; else nil
}

// Wait follows a message to its end and returns it. It sends nothing, so that it costs nothing
// and may be repeated. It calls onUpdate, if given, with everything new, from the goroutine that
// called Wait.
//
// If ctx ends first, Wait returns the message as it stood last with an error that wraps ctx's;
// the agent goes on. A message that failed or was canceled is no error: see Message.Status.
// ErrNotFound means that there is no such message.
//
// Wiro docs: Agent WebSocket; Agent Messaging.
func (s *MessagesService) Wait(ctx context.Context, ref MessageRef, onUpdate ...func(MessageUpdate)) (Message, error) {
	if message, over, err := s.look(ctx, &ref); over {
		return message, err
	}
	return s.wait(ctx, ref, notifier(onUpdate), false)
}

// Follow is Wait that returns at once, for programs that wait for thousands: while nothing happens
// to the message, no goroutine waits for it. It calls then, once, with what Wait returns. Then and
// onUpdate are called from goroutines of Follow, one at a time; a panic of onUpdate is an error.
func (s *MessagesService) Follow(ctx context.Context, ref MessageRef, then func(Message, error), onUpdate ...func(MessageUpdate)) {
	go func() {
		message, over := Message{}, true // unless look says otherwise
		err := guarded(func() (err error) {
			message, over, err = s.look(ctx, &ref)
			return err
		})
		if over {
			then(message, err)
			return
		}
		s.follow(ctx, ref, notifier(onUpdate), false, then)
	}()
}

// look reads the record of a message whose token is not known, which the WebSocket needs. It
// reports whether there is nothing to wait for.
func (s *MessagesService) look(ctx context.Context, ref *MessageRef) (message Message, over bool, err error) {
	if err := ref.check(); err != nil || ref.Token != "" {
		return message, err != nil, err
	}
	message, err = s.Get(ctx, *ref)
	ref.Token = message.AgentToken
	return message, err != nil || message.Status.Over(), err
}

// Updates follows a message to its end like Wait, and returns everything new about it. The last
// update carries the message; an error, with the last update, ends it early. Leaving the loop
// ends the wait, not the answer.
//
//	for update, err := range client.Messages.Updates(ctx, ref) {
func (s *MessagesService) Updates(ctx context.Context, ref MessageRef) iter.Seq2[MessageUpdate, error] {
	return messageUpdates(ctx, func(ctx context.Context, notify func(MessageUpdate)) (Message, error) {
		return s.Wait(ctx, ref, notify)
	})
}

func messageUpdates(ctx context.Context, wait func(context.Context, func(MessageUpdate)) (Message, error)) iter.Seq2[MessageUpdate, error] {
	return updates(ctx, wait, func(u *MessageUpdate, m Message) { u.Status, u.Output, u.Message = m.Status, m.Output(), &m })
}

// Wait follows the message to its end and returns it. It is Messages.Wait for a message that was
// just sent: if Wiro does not know the message yet, it gives it a moment.
func (m SentMessage) Wait(ctx context.Context, onUpdate ...func(MessageUpdate)) (Message, error) {
	if m.client == nil {
		return Message{}, &InputError{Field: "message", Reason: "must come from Send; Messages.Wait waits for a message by its token"}
	}
	return m.client.Messages.wait(ctx, m.Ref(), notifier(onUpdate), true)
}

// Follow is Wait that returns at once. See Messages.Follow.
func (m SentMessage) Follow(ctx context.Context, then func(Message, error), onUpdate ...func(MessageUpdate)) {
	if m.client == nil {
		go func() { then(m.Wait(ctx)) }() // which is an error
		return
	}
	m.client.Messages.follow(ctx, m.Ref(), notifier(onUpdate), true, then)
}

// Updates follows the message like Wait, and returns everything new about it. See
// Messages.Updates.
func (m SentMessage) Updates(ctx context.Context) iter.Seq2[MessageUpdate, error] {
	return messageUpdates(ctx, func(ctx context.Context, notify func(MessageUpdate)) (Message, error) { return m.Wait(ctx, notify) })
}

func (s *MessagesService) wait(ctx context.Context, ref MessageRef, notify func(MessageUpdate), justCreated bool) (Message, error) {
	tracker, message := &messageTracker{notify: notify}, new(Message)
	err := watch(ctx, s.client, s.watcher(ref, tracker, message, justCreated))
	return tracker.complete(*message), err
}

func (s *MessagesService) follow(ctx context.Context, ref MessageRef, notify func(MessageUpdate), justCreated bool, then func(Message, error)) {
	tracker, message := &messageTracker{notify: notify}, new(Message)
	watchLater(ctx, s.client, s.watcher(ref, tracker, message, justCreated), func(err error) { then(tracker.complete(*message), err) })
}

func (s *MessagesService) watcher(ref MessageRef, tracker *messageTracker, last *Message, justCreated bool) *watcher[Message] {
	byToken := MessageRef{Token: ref.Token}
	if ref.Token == "" {
		byToken = ref
	}
	return &watcher[Message]{
		subject:     "message",
		token:       ref.Token,
		last:        last,
		register:    map[string]string{"type": "agent_info", "agenttoken": ref.Token},
		poll:        func(ctx context.Context) (Message, error) { return s.Get(ctx, byToken) },
		done:        func(m Message) bool { return m.Status.Over() },
		onPoll:      tracker.onPoll,
		event:       tracker.event,
		quietEnd:    tracker.quietEnd,
		justCreated: justCreated,
		intervals:   s.client.shortPollIntervals(),
	}
}

// shortPollIntervals are the pauses between polls of what takes seconds, while no WebSocket
// serves it: answers, and agents that start or stop.
func (c *Client) shortPollIntervals() []time.Duration {
	intervals := c.shared.options.PollIntervals
	return []time.Duration{min(intervals[0], time.Second), min(intervals[len(intervals)-1], 2*time.Second)}
}

// messageTracker gathers what events and polls say of a message and notifies of what changed.
type messageTracker struct {
	notify func(MessageUpdate)
	now    MessageUpdate
}

// messageOrder ranks the statuses as they pass. A poll may be behind the events.
var messageOrder = []MessageStatus{MessageQueued, MessageStarted, MessageOutput, MessageEnded, MessageFailed, MessageCanceled}

func (t *messageTracker) onPoll(m Message) {
	output := m.Output()
	further := slices.Index(messageOrder, m.Status) > slices.Index(messageOrder, t.now.Status)
	longer := len(output.Raw) > len(t.now.Output.Raw)
	if further {
		t.now.Status = m.Status
	}
	if longer {
		t.now.Output = output
	}
	if further || longer {
		t.notify(t.now)
	}
}

// quietEnd reports whether the message may be canceled without an event: while it is queued.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Cancel.
func (t *messageTracker) quietEnd() bool { return t.now.Status == "" || t.now.Status == MessageQueued }

// event takes an event in and reports whether it is the last one.
func (t *messageTracker) event(e wire.Event) (last bool) {
	status := MessageStatus(e.Type)
	switch status {
	case MessageStarted:
	case MessageOutput, MessageEnded:
		t.output(e.Message)
	case MessageFailed:
		t.failed(e.Message)
	case MessageCanceled: // its message is a technical reason, not part of the answer
	case "agent_subscribed":
		status = MessageStatus(e.Status)
		if !slices.Contains(messageOrder, status) { // an unknown token: no event will come, so poll
			return true
		}
		t.snapshot(status, e.DebugOutput)
	default:
		return false
	}
	t.now.Status = status
	t.notify(t.now)
	return status.Over()
}

// snapshot takes in what was said before the subscription was in place.
func (t *messageTracker) snapshot(status MessageStatus, said string) {
	switch status {
	case MessageFailed, MessageCanceled: // it is a reason then
	default:
		if len(said) > len(t.now.Output.Raw) {
			t.now.Output = Message{Status: status, DebugOutput: said}.Output()
		}
	}
}

func (t *messageTracker) output(message json.RawMessage) {
	var output AgentOutput
	if wire.Decode(message, &output) == nil {
		t.now.Output = output
	}
}

// failed takes in either form of an error: a sentence, or an output that is no answer.
func (t *messageTracker) failed(message json.RawMessage) {
	var output AgentOutput
	if wire.Decode(message, &output) == nil {
		t.now.Error = output.Raw
	}
}

// complete adds what events told and the last poll did not carry yet.
func (t *messageTracker) complete(m Message) Message {
	if !m.Status.Over() && t.now.Status != "" {
		m.Status = t.now.Status
	}
	if len(t.now.Output.Raw) > len(m.Output().Raw) {
		m.Metadata = t.now.Output
	}
	return m
}
