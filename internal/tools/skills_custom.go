package tools

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// customSkillName names a custom skill of an agent.
type customSkillName struct {
	agentGUID
	Key string `json:"skillkey" doc:"key of the custom skill, as get_my_agent gives it"`
}

func (n customSkillName) ref() wiro.CustomSkillRef {
	return wiro.CustomSkillRef{UserAgentGUID: n.GUID, Key: n.Key}
}

func (n customSkillName) arguments() map[string]any {
	return map[string]any{"useragentguid": n.GUID, "skillkey": n.Key}
}

var setCustomSkillTool = define(mcptool.Meta{
	Name:        "set_custom_skill",
	Title:       "Set a custom skill",
	Description: "Change an agent's preference (value), or have a task done every so often on a schedule (interval, enabled); usercreated:true creates one of your own. A value replaces the whole text: mode append adds to it, and part replaces one Markdown section. Returns the text before and after, and the call that reverts. A running agent restarts.",
	Toolset:     Skills,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skillkey": "content-tone", "value": "friendly"}`}},
}, setCustomSkill)

// setCustomSkill looks at the agent before and after: a value replaces what the user may have
// written, and Wiro puts prefixes in front of the keys of new tasks.
func setCustomSkill(ctx context.Context, call *Call, in customSkill) (CustomSkillAction, error) {
	if in.Value == nil && in.Interval == nil && in.Enabled == nil && in.Description == nil && in.UserCreated == nil {
		return CustomSkillAction{}, mcptool.Problemf("set_custom_skill needs something to set: value, interval, enabled or description.")
	}
	agent, lookErr := call.Wiro.MyAgents.Get(ctx, in.GUID)
	if lookErr != nil && (in.Mode == "append" || in.Part != "") {
		return CustomSkillAction{}, lookErr
	}
	before, existed := customSkillOf(agent, in.Key)
	value, err := in.newValue(before.Value)
	if err != nil {
		return CustomSkillAction{}, err
	}
	err = call.Wiro.Skills.SetCustom(ctx, wiro.CustomSkillChange{
		UserAgentGUID: in.GUID, Key: in.Key, Value: value, Interval: in.Interval, Enabled: in.Enabled,
		Description: in.Description, UserCreated: in.UserCreated,
	})
	if err != nil {
		return CustomSkillAction{}, err
	}
	action := CustomSkillAction{ActionResult: mcptool.Done(in.done(in.Key)), Key: in.Key}
	action.NextAction = call.Next("get_my_agent", "see what the agent has now", agentRef(in.GUID))
	if agent, err = call.Wiro.MyAgents.Get(ctx, in.GUID); err == nil && lookErr == nil {
		call.compare(&action, before, existed, agent, in)
	}
	return action, nil
}

// done says what was set, and which of several parts Wiro may have left out.
func (s customSkill) done(key string) string {
	message := "Set " + key + "."
	if s.UserCreated != nil && *s.UserCreated && !strings.HasPrefix(key, "cs-") {
		message = "Set the scheduled task " + key + "; Wiro keeps it under the prefix cron- or cs-cron-."
	} else if set := s.set(); len(set) > 1 {
		message += " Of " + strings.Join(set, ", ") + " Wiro keeps what the kind of skill takes: of a preference the value; " +
			"of a task that a skill brings the interval and enabled; of a task of your own all."
	}
	return message + " If the agent runs, it restarts."
}

// compare completes a result with what was there before and what is there now.
func (c *Call) compare(action *CustomSkillAction, before wiro.CustomSkill, existed bool, agent wiro.UserAgent, in customSkill) {
	after, found := customSkillOf(agent, in.Key)
	if !found {
		return
	}
	action.After, action.Key = stateOf(after), after.Key
	if after.Key != in.Key {
		action.Message = in.done(in.Key) + " Its key is " + after.Key + "."
	}
	if !existed {
		action.NextAction = c.Next("delete_custom_skill", "take it back", map[string]any{"useragentguid": in.GUID, "skillkey": after.Key})
		return
	}
	action.Before = stateOf(before)
	back := map[string]any{"useragentguid": in.GUID, "skillkey": after.Key}
	if redactText(before.Value) != before.Value && before.Value != after.Value {
		action.NextAction = c.Next("get_custom_skill_history", "find the version before, and revert_custom_skill to it: the text holds a secret that is not repeated here", back)
		return
	}
	if before.Value != after.Value {
		back["value"] = before.Value
	}
	if before.Interval != after.Interval {
		back["interval"] = before.Interval
	}
	if before.Enabled != after.Enabled {
		back["enabled"] = before.Enabled
	}
	if before.Description != after.Description {
		back["description"] = before.Description
	}
	if len(back) == 2 {
		action.Message = "Nothing changed: " + after.Key + " is as it was. Of a preference Wiro takes the value, of a task that a skill brings the interval and enabled, of a task of your own all."
		return
	}
	action.NextAction = c.Next("set_custom_skill", "revert it", back)
}

// customSkillOf finds a preference or task by its key, or by its key without the prefix that Wiro
// gives to tasks of users.
func customSkillOf(agent wiro.UserAgent, key string) (wiro.CustomSkill, bool) {
	all := slices.Concat(agent.CustomSkills, agent.ScheduledSkills)
	for _, prefix := range []string{"", "cron-", "cs-cron-", "cs-"} {
		if i := slices.IndexFunc(all, func(s wiro.CustomSkill) bool { return s.Key == prefix+key }); i >= 0 {
			return all[i], true
		}
	}
	return wiro.CustomSkill{}, false
}

func stateOf(s wiro.CustomSkill) *CustomSkillState {
	return &CustomSkillState{Value: redactText(s.Value), Interval: s.Interval, Enabled: s.Enabled}
}

// newValue is the text to set, made of the one that is there as mode and part ask for; nil leaves
// it.
func (s customSkill) newValue(before string) (*string, error) {
	switch {
	case s.Part != "" && s.Value == nil, s.Mode == "append" && s.Value == nil:
		return nil, mcptool.Problemf("value is missing: the text for mode or part.")
	case s.Part != "":
		text, err := replaceSection(before, s.Part, *s.Value)
		return &text, err
	case s.Mode == "append":
		text := strings.TrimRight(before, "\n") + "\n\n" + *s.Value
		if strings.TrimSpace(before) == "" {
			text = *s.Value
		}
		return &text, nil
	}
	return s.Value, nil
}

// replaceSection replaces what stands below a Markdown heading, up to the next heading of its
// level or above.
func replaceSection(text, heading, body string) (string, error) {
	lines := strings.Split(text, "\n")
	level := func(line string) int {
		marks := len(line) - len(strings.TrimLeft(line, "#"))
		if marks == 0 || !strings.HasPrefix(line[marks:], " ") {
			return 0
		}
		return marks
	}
	var headings []string
	for i, line := range lines {
		n := level(line)
		if n == 0 {
			continue
		}
		title := strings.TrimSpace(line[n:])
		headings = append(headings, title)
		if !strings.EqualFold(title, strings.TrimSpace(strings.TrimLeft(heading, "# "))) {
			continue
		}
		end := i + 1
		for end < len(lines) && (level(lines[end]) == 0 || level(lines[end]) > n) {
			end++
		}
		section := append([]string{line}, strings.Split(strings.TrimSpace(body), "\n")...)
		if end < len(lines) {
			section = append(section, "")
		}
		return strings.Join(slices.Concat(lines[:i], section, lines[end:]), "\n"), nil
	}
	if headings == nil {
		return "", mcptool.Problemf("The text has no sections: leave part out, and use mode append or the whole text as value.")
	}
	return "", mcptool.Problemf("The text has no section %q.%s Its sections: %s.", heading, closest.DidYouMean(heading, headings), strings.Join(headings, ", "))
}

type customSkill struct {
	customSkillName
	Value       *string `json:"value,omitempty" doc:"instructions, in Markdown; replaces the whole text unless mode or part says otherwise"`
	Mode        string  `json:"mode,omitempty" enum:"replace,append" default:"replace" doc:"append adds value to the end of the text"`
	Part        string  `json:"part,omitempty" doc:"heading of the Markdown section that value replaces"`
	Interval    *string `json:"interval,omitempty" doc:"cron expression in UTC, such as \"0 9 * * 1\"; empty clears the schedule"`
	Enabled     *bool   `json:"enabled,omitempty" doc:"whether the scheduled task runs"`
	Description *string `json:"description,omitempty" doc:"what it is for; of your own tasks alone"`
	UserCreated *bool   `json:"usercreated,omitempty" doc:"true creates a scheduled task of your own"`
}

// set lists the arguments that are given.
func (s customSkill) set() []string {
	var names []string
	for _, part := range []struct {
		name  string
		given bool
	}{
		{"value", s.Value != nil}, {"interval", s.Interval != nil},
		{"enabled", s.Enabled != nil}, {"description", s.Description != nil},
	} {
		if part.given {
			names = append(names, part.name)
		}
	}
	return names
}

var renameCustomSkillTool = define(mcptool.Meta{
	Name:        "rename_custom_skill",
	Title:       "Rename a custom skill",
	Description: "Rename a custom skill that a user created, and change its description. Its history moves along. A running agent restarts.",
	Toolset:     Skills,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "oldskillkey": "cs-a", "newskillkey": "cs-b"}`}},
}, renameCustomSkill)

func renameCustomSkill(ctx context.Context, call *Call, in customSkillRenaming) (CustomSkillAction, error) {
	key, err := submit(ctx, call, "UserAgent/CustomSkillRename", nil, func(ctx context.Context) (string, error) {
		return call.Wiro.Skills.RenameCustom(ctx, wiro.CustomSkillRename{
			UserAgentGUID: in.GUID, From: in.Old, To: in.New, Description: in.Description,
		})
	})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return CustomSkillAction{}, explain(err).WithNext("get_my_agent", "see which name it has", agentRef(in.GUID))
	}
	if err != nil {
		return CustomSkillAction{}, err
	}
	return CustomSkillAction{ActionResult: mcptool.Done("Renamed " + in.Old + " to " + key + ". If the agent runs, it restarts."), Key: key}, nil
}

type customSkillRenaming struct {
	agentGUID
	Old         string  `json:"oldskillkey" doc:"its key now"`
	New         string  `json:"newskillkey" doc:"its new key; a scheduled task stays one"`
	Description *string `json:"description,omitempty" doc:"what it is for; empty clears it"`
}

var deleteCustomSkillTool = define(mcptool.Meta{
	Name:        "delete_custom_skill",
	Title:       "Delete a custom skill",
	Description: "Delete a scheduled task or custom skill that a user created. Those of the template or of a skill stay: set_custom_skill with enabled:false switches a task off.",
	Toolset:     Skills,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skillkey": "cron-x"}`}},
}, deleteCustomSkill)

func deleteCustomSkill(ctx context.Context, call *Call, in customSkillName) (CustomSkillAction, error) {
	if err := call.Wiro.Skills.DeleteCustom(ctx, in.ref()); err != nil {
		return CustomSkillAction{}, err
	}
	return CustomSkillAction{
		ActionResult: mcptool.Done("Deleted " + in.Key + ", if a user had created it: what comes with the template or a skill stays. If the agent runs, it restarts."),
		Key:          in.Key,
		NextAction:   call.Next("get_my_agent", "see what the agent has now", agentRef(in.GUID)),
	}, nil
}

var getCustomSkillHistoryTool = define(mcptool.Meta{
	Name:           "get_custom_skill_history",
	Title:          "Get a custom skill's history",
	Description:    "How a custom skill changed over time: who, when, what it became, newest first, and the template's own version. revert_custom_skill goes back to any of them.",
	Toolset:        Skills,
	TruncationHint: "Narrow it with startdate and enddate.",
	Examples:       []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skillkey": "cs-a"}`}},
}, getCustomSkillHistory)

func getCustomSkillHistory(ctx context.Context, call *Call, in customSkillAudit) (CustomSkillHistory, error) {
	history, err := call.Wiro.Skills.CustomHistory(ctx, in.ref(), in.bounds())
	if err != nil {
		return CustomSkillHistory{}, err
	}
	return customSkillHistory(in.customSkillName, history), nil
}

type customSkillAudit struct {
	customSkillName
	period
}

var revertCustomSkillTool = define(mcptool.Meta{
	Name:        "revert_custom_skill",
	Title:       "Revert a custom skill",
	Description: "Undo edits of a custom skill or preference: back to the template's text (source preset) or to a version of its history (source history, versionguid). What it is now stays in the history. A running agent restarts.",
	Toolset:     Skills,
	Effect:      mcptool.Destroys,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skillkey": "cs-a", "source": "preset"}`}},
}, revertCustomSkill)

func revertCustomSkill(ctx context.Context, call *Call, in customSkillReverting) (CustomSkillReverted, error) {
	switch {
	case in.Source == "history" && in.Version == "":
		return CustomSkillReverted{}, mcptool.Problemf("Source history needs versionguid, a version's guid.").
			WithNext("get_custom_skill_history", "find the version", in.arguments())
	case in.Source == "preset" && in.Version != "":
		return CustomSkillReverted{}, mcptool.Problemf("versionguid goes with source history; source preset takes what the template has.")
	}
	reverted, err := call.Wiro.Skills.RevertCustom(ctx, in.ref(), in.Version)
	if err != nil {
		return CustomSkillReverted{}, err
	}
	return call.customSkillReverted(in.customSkillName, reverted), nil
}

type customSkillReverting struct {
	customSkillName
	Source  string `json:"source" enum:"preset,history" doc:"where to go back to"`
	Version string `json:"versionguid,omitempty" doc:"guid of the version, as get_custom_skill_history gives it; for source history"`
}
