package tools

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// CustomSkillAction is something done to a custom skill.
type CustomSkillAction struct {
	mcptool.ActionResult
	Key        string              `json:"skillkey"` // as the agent has it
	Before     *CustomSkillState   `json:"before,omitempty"`
	After      *CustomSkillState   `json:"after,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is what was done, with what was there before.
func (a CustomSkillAction) Text() string {
	text := a.Message
	for _, s := range []struct {
		when  string
		state *CustomSkillState
	}{{"Before", a.Before}, {"Now", a.After}} {
		if s.state == nil {
			continue
		}
		if shown := s.state.text(); shown != "" {
			text += "\n" + s.when + ":\n  " + strings.TrimLeft(shown, " ")
		}
	}
	return mcptool.TextWithNext(text, a.NextAction)
}

// CustomSkillHistory is how a custom skill changed, newest first.
type CustomSkillHistory struct {
	Key      string               `json:"skillkey"`
	Preset   *CustomSkillState    `json:"preset,omitempty"` // as the template has it
	Versions []CustomSkillVersion `json:"versions"`
}

// CustomSkillState is a custom skill at some time.
type CustomSkillState struct {
	Value    string `json:"value" text:"lines"`
	Interval string `json:"interval,omitempty"` // cron expression
	Enabled  bool   `json:"enabled"`
}

// CustomSkillVersion is a change of a custom skill and what it became.
type CustomSkillVersion struct {
	GUID      string            `json:"versionguid"`
	At        string            `json:"at"`
	By        string            `json:"by"`
	Operation string            `json:"operation"`
	Changed   []string          `json:"changed,omitempty"`
	State     *CustomSkillState `json:"state,omitempty"` // left out where it was deleted
}

func customSkillHistory(of customSkillName, h wiro.CustomSkillHistory) CustomSkillHistory {
	history := CustomSkillHistory{Key: of.Key, Versions: make([]CustomSkillVersion, 0, len(h.Entries))}
	if h.Preset != nil {
		history.Preset = customSkillState(h.Preset.Value, h.Preset.Interval, h.Preset.Enabled)
	}
	for _, r := range h.Entries {
		version := CustomSkillVersion{
			GUID: r.GUID, At: moment(r.ChangedAt), By: changedBy(r.User, r.ChangedBy),
			Operation: r.Operation, Changed: plainTexts(r.Changed),
		}
		switch {
		case strings.HasPrefix(version.Operation, "delete"):
		case r.AfterValue != nil || r.AfterInterval != nil || r.AfterEnabled != nil:
			version.State = customSkillState(orZero(r.AfterValue), r.AfterInterval, orZero(r.AfterEnabled))
		default:
			version.State = customSkillState(r.Value, r.Interval, r.Enabled)
		}
		history.Versions = append(history.Versions, version)
	}
	return history
}

func customSkillState(value string, interval *string, enabled bool) *CustomSkillState {
	return &CustomSkillState{Value: redactTokens(value), Interval: orZero(interval), Enabled: enabled}
}

func orZero[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

func (s CustomSkillState) text() string {
	var parts []string
	if s.Interval != "" {
		parts = append(parts, "interval "+s.Interval)
	}
	if !s.Enabled {
		parts = append(parts, "off")
	}
	text := strings.Join(parts, ", ")
	if s.Value == "" {
		return text
	}
	if text != "" {
		text += "\n"
	}
	return text + "  " + strings.ReplaceAll(strings.TrimSpace(s.Value), "\n", "\n  ")
}

// Text is the versions, each with what the skill became.
func (h CustomSkillHistory) Text() string {
	var b strings.Builder
	if len(h.Versions) == 0 {
		fmt.Fprintf(&b, "No changes of %s are recorded in that time.\n", h.Key)
	} else {
		fmt.Fprintf(&b, "%s of %s, newest first:\n", mcptool.Count(len(h.Versions), "change"), h.Key)
	}
	for _, v := range h.Versions {
		fmt.Fprintf(&b, "- %s · %s · %s", v.At, v.By, v.Operation)
		if len(v.Changed) > 0 {
			b.WriteString(" of " + strings.Join(v.Changed, ", "))
		}
		fmt.Fprintf(&b, " · versionguid %s\n", v.GUID)
		if v.State != nil {
			if text := v.State.text(); text != "" {
				b.WriteString(text + "\n")
			}
		}
	}
	if h.Preset != nil {
		fmt.Fprintf(&b, "The template has:\n%s\n", h.Preset.text())
	}
	return strings.TrimRight(b.String(), "\n")
}

// CustomSkillReverted is what a custom skill is after a revert.
type CustomSkillReverted struct {
	Action     string              `json:"action"` // reverted, reset-to-preset, deleted or no-op
	Key        string              `json:"skillkey"`
	State      *CustomSkillState   `json:"state,omitempty"` // left out where the revert deleted it
	Message    string              `json:"message"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

func (c *Call) customSkillReverted(of customSkillName, r wiro.CustomSkillReverted) CustomSkillReverted {
	reverted := CustomSkillReverted{Action: r.Action, Key: of.Key}
	switch reverted.Action {
	case "no-op":
		reverted.Message = of.Key + " was that way already: nothing changed."
	case "deleted":
		reverted.Message = "The template has no " + of.Key + " any more, so it was deleted. If the agent runs, it restarts."
		return reverted
	case "reset-to-preset":
		reverted.Message = of.Key + " is what the template has. If the agent runs, it restarts."
	default:
		reverted.Message = of.Key + " is back at that version. If the agent runs, it restarts."
	}
	reverted.State = customSkillState(r.Value, r.Interval, orZero(r.Enabled))
	reverted.NextAction = c.Next("get_custom_skill_history", "see all its versions", of.arguments())
	return reverted
}

// Text is what it was reverted to.
func (r CustomSkillReverted) Text() string {
	text := r.Message
	if r.State != nil {
		if state := r.State.text(); state != "" {
			text += "\n" + state
		}
	}
	return mcptool.TextWithNext(text, r.NextAction)
}
