package agents

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installMessages() {
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
	agents      *Agents
	agent       *userAgent
	guid        string
	topic       *core.Topic   // its token is the agenttoken
	sender      *core.Project // nil: the system
	session     string
	content     string
	attachments []attachment
	callback    string
	behavior    core.Behavior
	plan        trigger
	held        *core.Hold

	status   core.Stage
	reached  []core.Stage
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

var errNoMessage = core.Fail(1, "Message not found")

// active reports whether the runtime works on the message.
func (m *agentMessage) active() bool {
	return m.status == core.AgentStart || m.status == core.AgentOutput
}

func (m *agentMessage) over() bool { return !m.ended.IsZero() }

// stop ends the message for a reason.
func (m *agentMessage) stop(reason error) { m.cancel(reason) }

// sendMessage answers POST /UserAgent/Message/Send.
func (a *Agents) sendMessage(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	content := c.Args.Text("message")
	files := slices.Concat(c.FilesOf("attachment"), c.FilesOf("attachments[]"))
	switch {
	case content == "" && len(files) == 0:
		return nil, core.Required("message")
	case u.status != agentRunning:
		return nil, core.Fail(0, "Agent is not running. Current status: "+string(core.Encode(u.status))).With("agentstatus", u.status)
	case u.remaining(a.now()) <= 0:
		return nil, core.Fail(0, "Agent has no remaining credits. Renew your subscription or buy a credit pack to continue.").
			With("agentbalance", u.balance(a.now()))
	}
	m := a.newMessage(u, c.Project, sessionOr(c.Args.Text("sessionkey"), "default"), content)
	m.callback, m.behavior, m.plan = c.Args.Text("callbackurl"), c.Behavior, planFor(content)
	m.plan.apply(&m.behavior)
	m.topic.Refuse = m.behavior.RefuseSocket
	for _, up := range files {
		f := a.server.Files.Add(c.Project, up, "")
		m.attachments = append(m.attachments, attachment{f.URL(a.server.Origin(c.Request)), f.Name, f.ContentType, f.Blob.Size})
	}
	a.keep(m)
	a.server.Work.GoDo(m.run)
	return core.Fields{{"messageguid", m.guid}, {"agenttoken", m.topic.Token}, {"status", m.status}}, nil
}

func sessionOr(key, fallback string) string {
	if key == "" {
		return fallback
	}
	return key
}

// balance is what the answer to a message carries that the credits do not cover.
func (u *userAgent) balance(now time.Time) core.Object {
	return core.Object{
		{"monthlycredits", u.monthly}, {"extracredits", u.extra(now)}, {"usedcredits", u.used}, {"remainingcredits", u.remaining(now)},
	}
}

func (a *Agents) newMessage(u *userAgent, sender *core.Project, session, content string) *agentMessage {
	m := &agentMessage{
		agents: a, agent: u, guid: a.server.IDs.GUID(), topic: &core.Topic{Token: a.server.IDs.Token()},
		sender: sender, session: session, content: content,
		held: core.NewHold(), status: core.AgentQueue, reached: []core.Stage{core.AgentQueue}, metadata: core.Object{}, created: a.now(),
	}
	m.ctx, m.cancel = context.WithCancelCause(a.server.Context)
	return m
}

// keep remembers a message; of very many the oldest that are over are forgotten.
func (a *Agents) keep(m *agentMessage) {
	u := m.agent
	u.messages = append(u.messages, m)
	a.messages[m.guid], a.tokens[m.topic.Token] = m, m
	a.server.Hub.Open(m.topic)
	if len(u.messages) > a.server.Options.MaxTasks && u.messages[0].over() {
		a.forget(u.messages[0])
	}
	a.changed.Raise()
}

// forget removes a message for good.
func (a *Agents) forget(m *agentMessage) {
	if !m.over() { // its goroutine ends without a word
		m.status, m.ended = core.AgentCancel, a.now()
	}
	m.stop(errCanceled)
	m.agent.messages = slices.DeleteFunc(m.agent.messages, func(other *agentMessage) bool { return other == m })
	delete(a.messages, m.guid)
	delete(a.tokens, m.topic.Token)
	a.server.Hub.Forget(m.topic.Token)
}

// message finds the message that a call is about, by messageguid or agenttoken.
func (a *Agents) message(c *core.Call) (*agentMessage, error) {
	guid, token := c.Args.Text("messageguid"), c.Args.Text("agenttoken")
	if guid == "" && token == "" {
		return nil, core.Fail(0, "messageguid or agenttoken is required")
	}
	m := a.messages[guid]
	if guid == "" {
		m = a.tokens[token]
	}
	if m == nil || !a.mayUse(c.Project, m.agent) {
		return nil, errNoMessage
	}
	return m, a.guard(c, m.agent)
}

// messageDetail answers POST /UserAgent/Message/Detail.
func (a *Agents) messageDetail(c *core.Call) (core.Fields, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	return core.Fields{{"data", m.view(true)}}, nil
}

// view is a message as Detail and History show it; only Detail tells the session and when
// it began and ended.
func (m *agentMessage) view(detail bool) core.Object {
	o := core.Object{{"guid", m.guid}, {"uuid", system}, {"agenttoken", m.topic.Token}, {"user", nil}}
	if m.sender != nil {
		o.Set("uuid", m.sender.UUID())
		o.Set("user", m.sender.Actor())
	}
	if detail {
		o = append(o, core.Field{"sessionkey", m.session})
	}
	content, response, debug := m.content, m.response, m.debug
	if m.deleted&messageSides["user"] != 0 {
		content = ""
	}
	if m.deleted&messageSides["agent"] != 0 {
		response, debug = "", ""
	}
	o = append(o, core.Object{
		{"content", content}, {"response", response}, {"debugoutput", debug}, {"status", m.status}, {"metadata", m.metadata},
	}...)
	if len(m.attachments) > 0 {
		o = append(o, core.Field{"attachments", m.attachments})
	}
	o = append(o, core.Field{"deletestatus", m.deleted}, core.Field{"createdat", core.Unix(m.created)})
	if detail {
		o = append(o, core.Field{"startedat", core.Unix(m.started)}, core.Field{"endedat", core.Unix(m.ended)})
	}
	return o
}

// cancelMessage answers POST /UserAgent/Message/Cancel. A message that the runtime has not
// begun goes without a word; one that it works on is announced.
func (a *Agents) cancelMessage(c *core.Call) (core.Fields, error) {
	m, err := a.message(c)
	if err != nil {
		return nil, err
	}
	switch {
	case m.over():
		return nil, core.Fail(0, "Message cannot be cancelled (status: "+string(m.status)+")")
	case m.status == core.AgentQueue:
		m.status, m.ended = core.AgentCancel, a.now()
		m.note(core.AgentCancel)
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
func (a *Agents) subscribe(s *core.Socket, in core.Message) {
	token := strings.TrimSpace(in.AgentToken)
	if token == "" {
		s.Refuse("agenttoken-required")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.tokens[token]
	if m == nil {
		s.WriteEvent(core.Encode(core.Object{{"type", "agent_subscribed"}, {"agenttoken", token}, {"status", "unknown"}, {"result", true}}))
		return
	}
	if s.Register("agenttoken", token) == nil {
		return
	}
	s.WriteEvent(core.Encode(core.Object{
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
	m.agents.server.Notify(m.callback, core.Encode(core.Object{
		{"messageguid", m.guid}, {"status", m.status}, {"content", m.content}, {"response", m.response},
		{"debugoutput", m.debug}, {"metadata", m.metadata}, {"endedat", m.ended.Unix()},
	}), m.behavior)
}
