package wiro

import (
	"cmp"
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	customSkillUpsert  = wire.Endpoint("UserAgent/CustomSkillUpsert", wire.Idempotent, wire.ShortTimeout)
	customSkillRename  = wire.Endpoint("UserAgent/CustomSkillRename", wire.NonIdempotent, wire.ShortTimeout) // the second time, it finds no old key
	customSkillDelete  = wire.Endpoint("UserAgent/CustomSkillDelete", wire.Idempotent, wire.ShortTimeout)
	customSkillHistory = wire.Endpoint("UserAgent/CustomSkillHistory", wire.Safe, wire.ShortTimeout)
	customSkillRevert  = wire.Endpoint("UserAgent/CustomSkillRevert", wire.Idempotent, wire.ShortTimeout) // to a named state, however often
)

// CustomSkillChange sets parts of an agent's custom skill; nil leaves a part as it is. Wiro
// drops without a word what the kind of skill does not take: a template's preference takes
// Value alone, a task that ships with a skill Interval and Enabled alone, a user's task all.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillUpsert; Agent Skills (Update Rules Summary).
type CustomSkillChange struct {
	UserAgentGUID string  `json:"useragentguid"`
	Key           string  `json:"skillkey"`
	Value         *string `json:"value,omitempty"`    // instructions, in Markdown; replaces the whole text
	Interval      *string `json:"interval,omitempty"` // a cron expression, UTC; "" clears the schedule
	Enabled       *bool   `json:"enabled,omitempty"`
	Description   *string `json:"description,omitempty"`
	UserCreated   *bool   `json:"usercreated,omitempty"` // true creates a scheduled task; Wiro adds the prefix cron-
}

// SetCustom changes a custom skill of an agent, or creates a scheduled task. CustomHistory has
// what was there before, RevertCustom brings it back.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillUpsert.
func (s *SkillsService) SetCustom(ctx context.Context, change CustomSkillChange) error {
	if err := requireAll("useragentguid", change.UserAgentGUID, "skillkey", change.Key); err != nil {
		return err
	}
	return do(ctx, s.client, customSkillUpsert, change)
}

// CustomSkillRename gives a custom skill that a user created another key.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRename.
type CustomSkillRename struct {
	UserAgentGUID string  `json:"useragentguid"`
	From          string  `json:"oldskillkey"`
	To            string  `json:"newskillkey"`
	Description   *string `json:"description,omitempty"` // nil leaves it, "" clears it
}

// RenameCustom renames a custom skill that a user created, and returns the key that Wiro gave
// it. The history moves along. It is sent once; ErrUnknownOutcome means that the skill may have
// its new key.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRename.
func (s *SkillsService) RenameCustom(ctx context.Context, rename CustomSkillRename) (string, error) {
	if err := requireAll("useragentguid", rename.UserAgentGUID, "oldskillkey", rename.From, "newskillkey", rename.To); err != nil {
		return "", err
	}
	answer, err := call[struct {
		Key string `json:"newskillkey"`
	}](ctx, s.client, customSkillRename, rename)
	if err != nil {
		return "", err
	}
	return cmp.Or(answer.Key, rename.To), nil
}

// CustomSkillRef names a custom skill of an agent.
type CustomSkillRef struct {
	UserAgentGUID string `json:"useragentguid"`
	Key           string `json:"skillkey"`
}

func (r CustomSkillRef) check() error {
	return requireAll("useragentguid", r.UserAgentGUID, "skillkey", r.Key)
}

// DeleteCustom deletes a scheduled task that a user created. On any other custom skill it does
// nothing, and that is no error.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillDelete.
func (s *SkillsService) DeleteCustom(ctx context.Context, ref CustomSkillRef) error {
	if err := ref.check(); err != nil {
		return err
	}
	return do(ctx, s.client, customSkillDelete, ref)
}

// CustomSkillHistory is how a custom skill changed, newest first.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillHistory.
type CustomSkillHistory struct {
	Preset  *CustomSkillPreset    `json:"preset_default"` // as the template has it; nil for a user's own
	Entries []CustomSkillRevision `json:"entries"`
}

// CustomSkillPreset is a custom skill as the agent's template has it.
type CustomSkillPreset struct {
	Value       string  `json:"value"`
	Interval    *string `json:"intervalexpr"`
	Enabled     bool    `json:"enabled"`
	Description string  `json:"description"`
}

// CustomSkillRevision is one change of a custom skill. The members Before are nil in the oldest
// revision, the members After in a deletion.
type CustomSkillRevision struct {
	GUID           string    `json:"guid"` // names the revision to RevertCustom
	UserAgentGUID  string    `json:"useragentguid"`
	Key            string    `json:"skillkey"`
	Operation      string    `json:"operation"` // upsert, rename, delete-user and others
	Value          string    `json:"value"`
	Interval       *string   `json:"intervalexpr"`
	Enabled        bool      `json:"enabled"`
	UserCreated    bool      `json:"usercreated"`
	BeforeValue    *string   `json:"prev_value"`
	BeforeInterval *string   `json:"prev_interval"`
	BeforeEnabled  *bool     `json:"prev_enabled"`
	AfterValue     *string   `json:"after_value"`
	AfterInterval  *string   `json:"after_interval"`
	AfterEnabled   *bool     `json:"after_enabled"`
	Changed        []string  `json:"changed_fields"` // of value, interval and enabled
	ChangedBy      string    `json:"changedby"`      // UUID of a user, or system
	User           *User     `json:"changedby_user"` // nil for Wiro itself and for deleted accounts
	ChangedAt      time.Time `json:"changedat,omitzero"`
}

// CustomHistory returns the history of a custom skill.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillHistory.
func (s *SkillsService) CustomHistory(ctx context.Context, ref CustomSkillRef, in Period) (CustomSkillHistory, error) {
	if err := ref.check(); err != nil {
		return CustomSkillHistory{}, err
	}
	return call[CustomSkillHistory](ctx, s.client, customSkillHistory, struct {
		CustomSkillRef
		epochPeriod
	}{ref, in.epoch()})
}

// CustomSkillReverted is where a revert left a custom skill.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRevert.
type CustomSkillReverted struct {
	Action   string  `json:"action"` // reverted, reset-to-preset, deleted (no longer in the template) or no-op
	Value    string  `json:"current_value"`
	Interval *string `json:"current_interval"`
	Enabled  *bool   `json:"current_enabled"`
}

// RevertCustom takes a custom skill back to a revision of its history or, if revision is empty,
// to what the template has.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRevert.
func (s *SkillsService) RevertCustom(ctx context.Context, ref CustomSkillRef, revision string) (CustomSkillReverted, error) {
	if err := ref.check(); err != nil {
		return CustomSkillReverted{}, err
	}
	source := "preset"
	if revision != "" {
		source = "history"
	}
	return call[CustomSkillReverted](ctx, s.client, customSkillRevert, struct {
		CustomSkillRef
		Source  string `json:"source"`
		Version string `json:"versionguid,omitempty"`
	}{ref, source, revision})
}
