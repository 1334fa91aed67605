package emulator

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Stages of a message to an agent. AgentOutput comes any number of times; AgentEnd,
// AgentError and AgentCancel are the last.
//
// A Behavior of "UserAgent/Message/Send" works on messages as it does on tasks: FailWith
// makes the agent fail with a string, NoOutputs with the object of an answer that is none;
// HoldAt, AwaitSubscriber, Seconds, DropSocketAt, RefuseSocket, LoseFinalEvent, Silent,
// Duplicate and Garbage as they say. HoldAt and FailWith work on "UserAgent/Start" too:
// AgentQueue keeps an agent queued, AgentStart keeps it starting.
//
// Wiro docs: Agent Messaging, Message Lifecycle.
const (
	AgentQueue  Stage = "agent_queue"
	AgentStart  Stage = "agent_start"
	AgentOutput Stage = "agent_output"
	AgentEnd    Stage = "agent_end"
	AgentError  Stage = "agent_error"
	AgentCancel Stage = "agent_cancel"
)

func (a *agents) installMessages() {
	a.serve("UserAgent/Message/Send", a.sendMessage)
	a.serve("UserAgent/Message/Detail", a.messageDetail)
	a.serve("UserAgent/Message/Cancel", a.cancelMessage)
	a.serve("UserAgent/Message/History", a.messageHistory)
	a.serve("UserAgent/Message/Sessions", a.listSessions)
	a.serve("UserAgent/Message/Delete", a.deleteMessages)
	a.serve("UserAgent/Message/DeleteSession", a.deleteSession)
	a.serve("UserAgent/Message/SystemInsert", a.insertSystemMessage)
}

// An agentMessage is what somebody said to an agent, and what came of it.
type agentMessage struct {
	agents      *agents
	agent       *userAgent
	guid        string
	topic       *topic   // its token is the agenttoken
	sender      *project // nil: the system
	session     string
	content     string
	attachments []attachment
	callback    string
	behavior    Behavior
	plan        trigger
	gate        *gate

	status   Stage
	reached  []Stage
	response string
	debug    string
	metadata any
	deleted  int // bits: 1 the user's side, 2 the agent's
	created  time.Time
	started  time.Time
	ended    time.Time
	ctx      context.Context
	cancel   context.CancelCauseFunc
}

// The sides of a message that can be deleted.
var messageSides = map[string]int{"user": 1, "agent": 2, "both": 3}

// An attachment is a file that came with a message.
type attachment struct {
	URL  string `json:"url"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Why a message ended before its answer did.
var (
	errCanceled  = errors.New("AbortError")
	errAgentGone = errors.New("could not resolve agent endpoint")
)

var errNoMessage = fail(1, "Message not found")

// active reports whether the runtime works on the message.
func (m *agentMessage) active() bool { return m.status == AgentStart || m.status == AgentOutput }

func (m *agentMessage) over() bool { return !m.ended.IsZero() }

// stop ends the message for a reason.
func (m *agentMessage) stop(reason error) { m.cancel(reason) }

// sendMessage answers POST /UserAgent/Message/Send.
func (a *agents) sendMessage(c *call) (fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	content, err := c.args.need("message")
	if err != nil {
		return nil, err
	}
	switch {
	case u.status != agentRunning:
		return nil, fail(0, "Agent is not running. Current status: "+string(encode(u.status))).with("agentstatus", u.status)
	case u.remaining(a.now()) <= 0:
		return nil, fail(0, "Agent has no remaining credits. Renew your subscription or buy a credit pack to continue.").
			with("agentbalance", u.balance(a.now()))
	}
	m := a.newMessage(u, c.project, sessionOr(c.args.text("sessionkey"), "default"), content)
	m.callback, m.behavior, m.plan = c.args.text("callbackurl"), c.behavior, planFor(content)
	m.plan.apply(&m.behavior)
	m.topic.refuse = m.behavior.RefuseSocket
	for _, up := range c.files {
		f := a.server.files.add(c.project, up, "")
		m.attachments = append(m.attachments, attachment{f.url(a.server.origin(c.request)), f.name, f.contentType, f.blob.size})
	}
	a.keep(m)
	a.server.work.goDo(m.live)
	return fields{{"messageguid", m.guid}, {"agenttoken", m.topic.token}, {"status", m.status}}, nil
}

func sessionOr(key, fallback string) string {
	if key == "" {
		return fallback
	}
	return key
}

// balance is what the answer to a message that nobody can pay carries.
func (u *userAgent) balance(now time.Time) object {
	return object{
		{"monthlycredits", u.monthly}, {"extracredits", u.extra(now)}, {"usedcredits", u.used}, {"remainingcredits", u.remaining(now)},
	}
}

func (a *agents) newMessage(u *userAgent, sender *project, session, content string) *agentMessage {
	m := &agentMessage{
		agents: a, agent: u, guid: a.server.ids.guid(), topic: &topic{token: a.server.ids.token()},
		sender: sender, session: session, content: content,
		gate: newGate(), status: AgentQueue, reached: []Stage{AgentQueue}, metadata: object{}, created: a.now(),
	}
	m.ctx, m.cancel = context.WithCancelCause(a.server.ctx)
	return m
}

// keep remembers a message; of very many the oldest that are over are forgotten.
func (a *agents) keep(m *agentMessage) {
	u := m.agent
	u.messages = append(u.messages, m)
	a.messages[m.guid], a.tokens[m.topic.token] = m, m
	a.server.hub.open(m.topic)
	if len(u.messages) > a.server.opts.MaxTasks && u.messages[0].over() {
		a.forget(u.messages[0])
	}
	a.touch()
}

// forget removes a message for good.
func (a *agents) forget(m *agentMessage) {
	if !m.over() { // its goroutine ends without a word
		m.status, m.ended = AgentCancel, a.now()
	}
	m.stop(errCanceled)
	m.agent.messages = slices.DeleteFunc(m.agent.messages, func(other *agentMessage) bool { return other == m })
	delete(a.messages, m.guid)
	delete(a.tokens, m.topic.token)
	a.server.hub.forget(m.topic.token)
}

// message finds the message that a call is about, by messageguid or agenttoken.
func (a *agents) message(c *call) (*agentMessage, error) {
	guid, token := c.args.text("messageguid"), c.args.text("agenttoken")
	if guid == "" && token == "" {
		return nil, fail(0, "messageguid or agenttoken is required")
	}
	m := a.messages[guid]
	if guid == "" {
		m = a.tokens[token]
	}
	if m == nil || !a.mayUse(c.project, m.agent) {
		return nil, errNoMessage
	}
	return m, nil
}

// messageDetail answers POST /UserAgent/Message/Detail.
func (a *agents) messageDetail(c *call) (fields, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	return fields{{"data", m.view(true)}}, nil
}

// view is a message as Detail and History show it; only Detail tells the session and when
// it began and ended.
func (m *agentMessage) view(detail bool) object {
	o := object{{"guid", m.guid}, {"uuid", system}, {"agenttoken", m.topic.token}, {"user", nil}}
	if m.sender != nil {
		o.set("uuid", m.sender.uuid())
		o.set("user", m.sender.actor())
	}
	if detail {
		o = append(o, field{"sessionkey", m.session})
	}
	content, response, debug := m.content, m.response, m.debug
	if m.deleted&messageSides["user"] != 0 {
		content = ""
	}
	if m.deleted&messageSides["agent"] != 0 {
		response, debug = "", ""
	}
	o = append(o, object{
		{"content", content}, {"response", response}, {"debugoutput", debug}, {"status", m.status}, {"metadata", m.metadata},
	}...)
	if len(m.attachments) > 0 {
		o = append(o, field{"attachments", m.attachments})
	}
	o = append(o, field{"deletestatus", m.deleted}, field{"createdat", unix(m.created)})
	if detail {
		o = append(o, field{"startedat", unix(m.started)}, field{"endedat", unix(m.ended)})
	}
	return o
}

// cancelMessage answers POST /UserAgent/Message/Cancel. A message that the runtime has not
// begun goes without a word; one that it works on is announced.
func (a *agents) cancelMessage(c *call) (fields, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	switch {
	case m.over():
		return nil, fail(0, "Message cannot be cancelled (status: "+string(m.status)+")")
	case m.status == AgentQueue:
		m.status, m.ended = AgentCancel, a.now()
		m.note(AgentCancel)
		m.stop(errCanceled)
	default:
		m.abort(errCanceled)
	}
	return nil, nil
}

// subscribe takes agent_info from a socket: it answers with a snapshot, and every event
// from then on follows.
//
// Wiro docs: Agent WebSocket, agent_subscribed.
func (a *agents) subscribe(s *socket, in message) {
	token := strings.TrimSpace(in.AgentToken)
	if token == "" {
		s.refuse("agenttoken-required")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.tokens[token]
	if m == nil {
		s.writeEvent(encode(object{{"type", "agent_subscribed"}, {"agenttoken", token}, {"status", "unknown"}, {"result", true}}))
		return
	}
	if s.register("agenttoken", token) == nil {
		return
	}
	s.writeEvent(encode(object{
		{"type", "agent_subscribed"}, {"agenttoken", token}, {"status", m.status}, {"debugoutput", m.debug}, {"result", true},
	}))
}

// notifyDone posts the result to the callback URL of a message, if it has one.
//
// Wiro docs: Agent Webhooks.
func (m *agentMessage) notifyDone() {
	if m.callback == "" {
		return
	}
	m.agents.server.notify(m.callback, encode(object{
		{"messageguid", m.guid}, {"status", m.status}, {"content", m.content}, {"response", m.response},
		{"debugoutput", m.debug}, {"metadata", m.metadata}, {"endedat", m.ended.Unix()},
	}))
}
