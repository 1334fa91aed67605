package emulator

import (
	"slices"
	"strconv"
)

// messageHistory answers POST /UserAgent/Message/History, newest first.
func (a *agents) messageHistory(c *call) (fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	session := sessionOr(c.args.text("sessionkey"), "default")
	limit := min(c.args.whole("limit", 50), 200)
	rows := slices.DeleteFunc(slices.Clone(u.messages), func(m *agentMessage) bool {
		return m.session != session || m.deleted == messageSides["both"]
	})
	if before := c.args.text("before"); before != "" {
		if i := slices.IndexFunc(rows, func(m *agentMessage) bool { return m.guid == before }); i >= 0 {
			rows = rows[:i]
		} else {
			return nil, errNoMessage
		}
	}
	slices.Reverse(rows)
	more := len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	messages := []object{}
	for _, m := range rows {
		messages = append(messages, m.view(false))
	}
	return fields{{"data", object{{"messages", messages}, {"count", len(messages)}, {"hasmore", more}}}}, nil
}

// listSessions answers POST /UserAgent/Message/Sessions, the one with the newest message
// first.
func (a *agents) listSessions(c *call) (fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	sessions := []object{}
	for _, m := range u.messages {
		counts[m.session]++
	}
	seen := map[string]bool{}
	for _, m := range slices.Backward(u.messages) {
		if seen[m.session] {
			continue
		}
		seen[m.session] = true
		sessions = append(sessions, object{
			{"sessionkey", m.session}, {"messagecount", strconv.Itoa(counts[m.session])},
			{"updatedat", unix(m.created)}, {"lastmessage", m.content},
		})
	}
	return fields{{"data", object{{"sessions", sessions}}}}, nil
}

// deleteMessages answers POST /UserAgent/Message/Delete. Rows that are not right are left
// out, without a word.
func (a *agents) deleteMessages(c *call) (fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	items, ok := c.args["items"].([]any)
	if !ok || len(items) == 0 {
		return nil, required("items")
	}
	for _, item := range items {
		row, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if m := a.messages[scalar(row["messageguid"])]; m != nil && m.agent == u {
			m.deleted |= messageSides[scalar(row["side"])]
		}
	}
	return nil, nil
}

// deleteSession answers POST /UserAgent/Message/DeleteSession: what the caller said in a
// session, and what was answered, is gone for good.
func (a *agents) deleteSession(c *call) (fields, error) {
	u, err := a.guarded(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	session, err := c.args.need("sessionkey")
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Clone(u.messages) {
		if m.session == session && (m.sender == c.project || m.sender == nil) {
			a.forget(m)
		}
	}
	return nil, nil
}

// insertSystemMessage answers POST /UserAgent/Message/SystemInsert: a message that no
// model had a part in.
func (a *agents) insertSystemMessage(c *call) (fields, error) {
	u, err := a.instance(c, "useragentguid", errNoChat)
	if err != nil {
		return nil, err
	}
	uuid, err := c.args.need("uuid")
	if err != nil {
		return nil, err
	}
	content, err := c.args.need("content")
	switch {
	case err != nil:
		return nil, err
	case uuid != u.owner.uuid():
		return nil, fail(0, "Invalid credentials")
	}
	session := sessionOr(c.args.text("sessionkey"), "auto")
	if session == "auto" {
		session = "default"
		if n := len(u.messages); n > 0 {
			session = u.messages[n-1].session
		}
	}
	m := a.newMessage(u, nil, session, "")
	m.status, m.reached = AgentEnd, []Stage{AgentEnd}
	m.response, m.debug, m.metadata = content, content, object{{"type", "system"}}
	m.started, m.ended = m.created, m.created
	m.cancel(nil)
	a.keep(m)
	return fields{{"messageguid", m.guid}, {"sessionkey", session}}, nil
}
