package agents

import (
	"slices"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// messageHistory answers POST /UserAgent/Message/History, newest first.
func (a *Agents) messageHistory(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	session := sessionOr(c.Args.Text("sessionkey"), "default")
	limit := min(c.Args.Int("limit", 50), 200)
	rows := slices.DeleteFunc(slices.Clone(u.messages), func(m *agentMessage) bool {
		return m.session != session || m.deleted == messageSides["both"]
	})
	if before := c.Args.Text("before"); before != "" {
		if i := slices.IndexFunc(rows, func(m *agentMessage) bool { return m.guid == before }); i >= 0 {
			rows = rows[:i]
		} else {
			return nil, errNoMessage
		}
	}
	slices.Reverse(rows)
	more := len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	messages := []core.Object{}
	for _, m := range rows {
		messages = append(messages, m.view(false))
	}
	return core.Fields{{"data", core.Object{{"messages", messages}, {"count", len(messages)}, {"hasmore", more}}}}, nil
}

// listSessions answers POST /UserAgent/Message/Sessions, the one with the newest message
// first.
func (a *Agents) listSessions(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	sessions := []core.Object{}
	for _, m := range u.messages {
		counts[m.session]++
	}
	seen := map[string]bool{}
	for _, m := range slices.Backward(u.messages) {
		if seen[m.session] {
			continue
		}
		seen[m.session] = true
		sessions = append(sessions, core.Object{
			{"sessionkey", m.session}, {"messagecount", strconv.Itoa(counts[m.session])},
			{"updatedat", core.Unix(m.created)}, {"lastmessage", m.content},
		})
	}
	return core.Fields{{"data", core.Object{{"sessions", sessions}}}}, nil
}

// deleteMessages answers POST /UserAgent/Message/Delete. Rows that are not right are left
// out, without a word.
func (a *Agents) deleteMessages(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	items, ok := c.Args["items"].([]any)
	if !ok || len(items) == 0 {
		return nil, core.Required("items")
	}
	for _, item := range items {
		row, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if m := a.messages[core.Scalar(row["messageguid"])]; m != nil && m.agent == u {
			m.deleted |= messageSides[core.Scalar(row["side"])]
		}
	}
	return nil, nil
}

// deleteSession answers POST /UserAgent/Message/DeleteSession: what the caller said in a
// session, and what was answered, is gone for good.
func (a *Agents) deleteSession(c *core.Call) (core.Fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	session, err := c.Args.Require("sessionkey")
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Clone(u.messages) {
		if m.session == session && (m.sender == c.Project || m.sender == nil) {
			a.forget(m)
		}
	}
	return nil, nil
}

// insertSystemMessage answers POST /UserAgent/Message/SystemInsert: a message that no
// model had a part in.
func (a *Agents) insertSystemMessage(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	uuid, err := c.Args.Require("uuid")
	if err != nil {
		return nil, err
	}
	content, err := c.Args.Require("content")
	switch {
	case err != nil:
		return nil, err
	case uuid != u.owner.UUID():
		return nil, core.Fail(0, "Invalid credentials")
	}
	session := sessionOr(c.Args.Text("sessionkey"), "auto")
	if session == "auto" {
		session = "default"
		if n := len(u.messages); n > 0 {
			session = u.messages[n-1].session
		}
	}
	m := a.newMessage(u, nil, session, "")
	m.status, m.reached = core.AgentEnd, []core.Stage{core.AgentEnd}
	m.response, m.debug, m.metadata = content, content, core.Object{{"type", "system"}}
	m.started, m.ended = m.created, m.created
	m.cancel(nil)
	a.keep(m)
	return core.Fields{{"messageguid", m.guid}, {"sessionkey", session}}, nil
}
