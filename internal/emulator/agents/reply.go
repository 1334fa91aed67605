package agents

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A trigger is a phrase in a message that makes an agent misbehave.
type trigger struct {
	phrase string
	behave func(*core.Behavior)
	spend  bool // all the credits that are left
}

// triggersHelp tells of the triggers in every template's description.
const triggersHelp = `In the sandbox a message may ask for trouble: "please fail" (an error), ` +
	`"please say nothing" (an answer that is none), "please hold" (stays in mid-answer), ` +
	`"please wait in line" (stays queued), "please hang up" (drops the socket), ` +
	`"please spend everything" (uses up the credits).`

var triggers = []trigger{
	{phrase: "please fail", behave: func(b *core.Behavior) { b.FailWith = &core.Exit{} }},
	{phrase: "please say nothing", behave: func(b *core.Behavior) { b.NoOutputs = true }},
	{phrase: "please hold", behave: func(b *core.Behavior) { b.HoldAt = core.AgentOutput }},
	{phrase: "please wait in line", behave: func(b *core.Behavior) { b.HoldAt = core.AgentQueue }},
	{phrase: "please hang up", behave: func(b *core.Behavior) { b.DropSocketAt = core.AgentOutput }},
	{phrase: "please spend everything", spend: true},
}

// planFor is the trigger in a message; the zero value where there is none.
func planFor(content string) trigger {
	content = strings.ToLower(content)
	for _, t := range triggers {
		if strings.Contains(content, t.phrase) {
			return t
		}
	}
	return trigger{}
}

func (t trigger) apply(b *core.Behavior) {
	if t.behave != nil {
		t.behave(b)
	}
}

// creditLimitReached is all that an agent says when its credits ran out on the way.
//
// Wiro docs: Agent Overview, Credit Consumption.
const creditLimitReached = "[SYSTEM_CREDIT_LIMIT_REACHED]"

// compose writes the answer to a message: what was asked, what was said before in the
// same session, and what the agent would do about it. The caller holds the lock.
func (m *agentMessage) compose() string {
	u := m.agent
	if u.remaining(m.agents.now()) <= 0 {
		return creditLimitReached
	}
	earlier := m.earlier()
	asked := excerpt(m.content)
	thought := fmt.Sprintf("This is message %d of session %s. It says %s. %s", len(earlier)+1, m.session, asked, u.rule())
	answer := fmt.Sprintf("%s here. You wrote: %s.", u.title, asked)
	if n := len(earlier); n > 0 {
		answer += fmt.Sprintf(" I remember %d earlier messages of this conversation; before this one you wrote: %s.", n, excerpt(earlier[n-1].content))
	} else {
		answer += " This is where our conversation begins."
	}
	return "<think>" + thought + "</think>\n" + answer + " " + m.promise()
}

// earlier are the messages of the session that the agent has answered.
func (m *agentMessage) earlier() []*agentMessage {
	var found []*agentMessage
	for _, other := range m.agent.messages {
		if other != m && other.session == m.session && other.status == core.AgentEnd {
			found = append(found, other)
		}
	}
	return found
}

// rule is the first line of the agent's own instructions.
func (u *userAgent) rule() string {
	for _, s := range u.custom {
		if s.source != sourcePreset {
			continue
		}
		for line := range strings.Lines(s.state.value) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				return "My instructions in " + s.key + " begin with: " + line
			}
		}
	}
	return "I have no instructions of my own."
}

// promise says what the agent does next, with which of its skills.
func (m *agentMessage) promise() string {
	var names []string
	for _, name := range m.agent.enabledSkills() {
		if s := m.agents.registry.skill(name); !s.Internal {
			names = append(names, s.Title)
		}
	}
	tools := "what I know"
	if len(names) > 0 {
		tools = strings.Join(names[:min(3, len(names))], ", ")
	}
	switch m.action() {
	case "create":
		return "I drafted it with " + tools + ". It waits for your approval."
	case "modify":
		return "I changed the last draft with " + tools + "."
	case "regenerate":
		return "I made another one with " + tools + "."
	default:
		return "For this I would use " + tools + ". Tell me to write or draft something and I begin."
	}
}

// action is what a message asks for, and so what it costs.
func (m *agentMessage) action() string {
	words := strings.FieldsFunc(strings.ToLower(m.content), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, word := range words {
		switch word {
		case "write", "draft", "create", "make", "publish":
			return "create"
		case "change", "rewrite", "edit", "shorten":
			return "modify"
		case "again", "regenerate":
			return "regenerate"
		}
	}
	return "message"
}

// charge burns the credits of an answer. An agent without credits answers for nothing.
func (m *agentMessage) charge() {
	a, u := m.agents, m.agent
	left := u.remaining(a.now())
	if left <= 0 {
		return
	}
	action := m.action()
	cost := a.costs(u.enabledSkills()).of(action)
	if m.plan.spend {
		cost = left
	}
	cost = min(cost, left)
	a.deduct(u, m, action, cost)
	if action != "message" {
		a.log(u, logEvent{Kind: "tool", Action: action, Skill: u.tool(), Session: &m.session, Details: core.Object{{"messageguid", m.guid}}}.by(m.sender))
	}
	a.log(u, logEvent{Kind: "deduct", Action: action, Skill: u.tool(), Details: core.Object{{"cost", cost}, {"balanceafter", u.remaining(a.now())}}})
}

// tool is the skill that an agent works with first.
func (u *userAgent) tool() *string {
	if names := u.enabledSkills(); len(names) > 0 {
		return &names[0]
	}
	return nil
}

// excerpt quotes the beginning of a text.
func excerpt(text string) string {
	const most = 80
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return `"` + text + `"`
}
