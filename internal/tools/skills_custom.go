package tools

import (
	"context"
	"errors"
	"strings"

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
	Description: "Change an agent's preference (value) or scheduled task (interval, enabled), or, with usercreated:true, create a scheduled task of your own. What is left out stays. A running agent restarts.",
	Toolset:     Skills,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skillkey": "content-tone", "value": "friendly"}`}},
}, setCustomSkill)

func setCustomSkill(ctx context.Context, call *Call, in customSkill) (CustomSkillAction, error) {
	if in.Value == nil && in.Interval == nil && in.Enabled == nil && in.Description == nil && in.UserCreated == nil {
		return CustomSkillAction{}, mcptool.Problemf("set_custom_skill needs something to set: value, interval, enabled or description.")
	}
	err := call.Wiro.Skills.SetCustom(ctx, wiro.CustomSkillChange{
		UserAgentGUID: in.GUID, Key: in.Key, Value: in.Value, Interval: in.Interval, Enabled: in.Enabled,
		Description: in.Description, UserCreated: in.UserCreated,
	})
	if err != nil {
		return CustomSkillAction{}, err
	}
	message := "Set " + in.Key + "."
	if in.UserCreated != nil && *in.UserCreated {
		message = "Set the scheduled task " + in.Key + "; Wiro keeps it under the prefix cron- or cs-cron-."
	} else if set := in.set(); len(set) > 1 {
		message += " Of " + strings.Join(set, ", ") + " Wiro keeps what the kind of skill takes: of a preference the value; " +
			"of a task that a skill brings the interval and enabled; of a task of your own all."
	}
	return CustomSkillAction{
		ActionResult: mcptool.Done("set", message+" If the agent runs, it restarts."),
		UserAgent:    in.GUID,
		Key:          in.Key,
		NextAction:   call.Next("get_my_agent", "see what the agent has now", agentRef(in.GUID)),
	}, nil
}

type customSkill struct {
	customSkillName
	Value       *string `json:"value,omitempty" doc:"instructions, in Markdown"`
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
	key, err := call.Wiro.Skills.RenameCustom(ctx, wiro.CustomSkillRename{
		UserAgentGUID: in.GUID, From: in.Old, To: in.New, Description: in.Description,
	})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return CustomSkillAction{}, explain(err).WithNext("get_my_agent", "see which name it has", agentRef(in.GUID))
	}
	if err != nil {
		return CustomSkillAction{}, err
	}
	return CustomSkillAction{ActionResult: mcptool.Done("rename", "Renamed "+in.Old+" to "+key+". If the agent runs, it restarts."), UserAgent: in.GUID, Key: key}, nil
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
		ActionResult: mcptool.Done("delete", "Deleted "+in.Key+", if a user had created it: what comes with the template or a skill stays. If the agent runs, it restarts."),
		UserAgent:    in.GUID,
		Key:          in.Key,
		NextAction:   call.Next("get_my_agent", "see what the agent has now", agentRef(in.GUID)),
	}, nil
}

var getCustomSkillHistoryTool = define(mcptool.Meta{
	Name:           "get_custom_skill_history",
	Title:          "Get a custom skill's history",
	Description:    "How a custom skill of an agent changed: who, when, and what it became, newest first, with the template's own version. revert_custom_skill goes back to any of them.",
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
	Description: "Take a custom skill of an agent back to what the template has (source preset) or to a version of its history (source history, versionguid). What it is now stays in the history. A running agent restarts.",
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
