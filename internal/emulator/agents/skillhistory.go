package agents

import (
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A skillChange is one entry in the history of a custom skill: what the skill was like
// after it.
type skillChange struct {
	guid      string
	operation string
	after     skillState
	by        *core.Project
	at        time.Time
}

// record adds the present state to the history.
func (s *customSkill) record(a *Agents, by *core.Project, operation string) {
	s.history = append(s.history, &skillChange{
		guid: a.server.IDs.GUID(), operation: operation, after: s.state, by: by, at: a.now(),
	})
}

// customSkillHistory answers POST /UserAgent/CustomSkillHistory, newest first.
func (a *Agents) customSkillHistory(c *core.Call) (core.Fields, error) {
	u, s, err := a.customSkillOf(c)
	if err != nil {
		return nil, err
	}
	var preset any
	if s.preset != nil {
		preset = core.Object{
			{"value", s.preset.value}, {"intervalexpr", optional(s.preset.interval)}, {"enabled", s.preset.enabled}, {"description", s.about},
		}
	}
	entries := []core.Object{}
	for i, e := range slices.Backward(s.history) {
		if between(c, e.at) {
			entries = append(entries, s.entry(u, i))
		}
	}
	return core.Fields{{"preset_default", preset}, {"entries", entries}}, nil
}

func (a *Agents) customSkillOf(c *core.Call) (*userAgent, *customSkill, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, nil, err
	}
	key, err := c.Args.Require("skillkey")
	if err != nil {
		return nil, nil, err
	}
	s := u.customSkill(key)
	if s == nil {
		return nil, nil, errNoCustomSkill
	}
	return u, s, nil
}

// entry is one change together with the one before it.
func (s *customSkill) entry(u *userAgent, i int) core.Object {
	e := s.history[i]
	older := skillState{}
	if s.preset != nil {
		older = *s.preset
	}
	previous := core.Object{{"prev_value", nil}, {"prev_interval", nil}, {"prev_enabled", nil}}
	if i > 0 {
		older = s.history[i-1].after
		previous = core.Object{{"prev_value", older.value}, {"prev_interval", optional(older.interval)}, {"prev_enabled", older.enabled}}
	}
	o := core.Object{
		{"guid", e.guid}, {"useragentguid", u.guid}, {"skillkey", "cs-" + s.key}, {"operation", e.operation},
		{"value", e.after.value}, {"intervalexpr", optional(e.after.interval)}, {"enabled", e.after.enabled},
		{"usercreated", s.source == sourceUser},
	}
	o = append(o, previous...)
	return append(o, core.Object{
		{"after_value", e.after.value}, {"after_interval", optional(e.after.interval)}, {"after_enabled", e.after.enabled},
		{"changed_fields", e.after.differences(older)},
		{"changedby", e.by.UUID()}, {"changedby_user", e.by.Actor()}, {"changedat", e.at.Unix()},
	}...)
}

func (s skillState) differences(from skillState) []string {
	names := []string{}
	if s.value != from.value {
		names = append(names, "value")
	}
	if s.interval != from.interval {
		names = append(names, "interval")
	}
	if s.enabled != from.enabled {
		names = append(names, "enabled")
	}
	return names
}

// revertCustomSkill answers POST /UserAgent/CustomSkillRevert.
func (a *Agents) revertCustomSkill(c *core.Call) (core.Fields, error) {
	u, s, err := a.customSkillOf(c)
	if err != nil {
		return nil, err
	}
	target, action, err := s.revertTarget(c)
	if err != nil {
		return nil, err
	}
	if s.state == target {
		action = "no-op"
	} else {
		s.state, s.edited = target, action != actionReset
		s.record(a, c.Project, "revert")
		a.restart(u)
	}
	return core.Fields{
		{"action", action}, {"current_value", s.state.value},
		{"current_interval", optional(s.state.interval)}, {"current_enabled", s.state.enabled},
	}, nil
}

const actionReset = "reset-to-preset"

// revertTarget is the state to go back to, and what that is called.
func (s *customSkill) revertTarget(c *core.Call) (skillState, string, error) {
	source, err := c.Args.Require("source")
	if err != nil {
		return skillState{}, "", err
	}
	switch source {
	case "preset":
		if s.preset == nil {
			return skillState{}, "", core.Keyed("agent-customskill-no-preset")
		}
		return *s.preset, actionReset, nil
	case "history":
		version, err := c.Args.Require("versionguid")
		if err != nil {
			return skillState{}, "", err
		}
		i := slices.IndexFunc(s.history, func(e *skillChange) bool { return e.guid == version })
		if i < 0 {
			return skillState{}, "", core.Keyed("agent-customskill-version-not-found")
		}
		return s.history[i].after, "reverted", nil
	default:
		return skillState{}, "", core.Fail(0, "source must be 'preset' or 'history'")
	}
}
