package wiro

import "context"

var (
	customSkillUpsert  = endpoint("UserAgent/CustomSkillUpsert", write, quick)
	customSkillRename  = endpoint("UserAgent/CustomSkillRename", submit, quick) // again, it finds no old key
	customSkillDelete  = endpoint("UserAgent/CustomSkillDelete", write, quick)
	customSkillHistory = endpoint("UserAgent/CustomSkillHistory", read, quick)
	customSkillRevert  = endpoint("UserAgent/CustomSkillRevert", write, quick) // to a named state, however often
)

// CustomSkillChange sets parts of an agent's custom skill; nil leaves a part as it is. Wiro
// drops in silence what the kind of skill does not take: a template's strategy takes Value
// alone, a skill's own schedule Interval and Enabled alone, a user's skill all.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillUpsert; Agent Skills (Update Rules Summary).
type CustomSkillChange struct {
	UserAgent   string  `json:"useragentguid"`
	Key         string  `json:"skillkey"`
	Value       *string `json:"value,omitempty"`    // instructions, in Markdown
	Interval    *string `json:"interval,omitempty"` // cron expression, UTC; "" clears the schedule
	Enabled     *bool   `json:"enabled,omitempty"`
	Description *string `json:"description,omitempty"`
	UserCreated *bool   `json:"usercreated,omitempty"` // true creates a scheduled skill; Wiro adds the prefix cron-
}

// SetCustomSkill changes a custom skill of an agent, or creates a scheduled one. A running
// agent is restarted.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillUpsert.
func (c *Client) SetCustomSkill(ctx context.Context, change CustomSkillChange) error {
	if err := allGiven("useragentguid", change.UserAgent, "skillkey", change.Key); err != nil {
		return err
	}
	return act(ctx, c, customSkillUpsert, change)
}

// customSkillRef names a custom skill of an agent.
type customSkillRef struct {
	UserAgent string `json:"useragentguid"`
	Key       string `json:"skillkey"`
}

func (r customSkillRef) check() error {
	return allGiven("useragentguid", r.UserAgent, "skillkey", r.Key)
}

// RenameCustomSkill renames a custom skill that a user created, and returns the key that
// Wiro gave it. A nil description stays, an empty one is cleared. History moves along; a
// running agent is restarted.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRename.
func (c *Client) RenameCustomSkill(ctx context.Context, useragent, from, to string, description *string) (string, error) {
	if err := allGiven("useragentguid", useragent, "oldskillkey", from, "newskillkey", to); err != nil {
		return "", err
	}
	answer, err := call[struct {
		Key Text `json:"newskillkey"`
	}](ctx, c, customSkillRename, struct {
		UserAgent   string  `json:"useragentguid"`
		From        string  `json:"oldskillkey"`
		To          string  `json:"newskillkey"`
		Description *string `json:"description,omitempty"`
	}{useragent, from, to, description})
	if err == nil && answer.Key == "" {
		answer.Key = Text(to)
	}
	return string(answer.Key), err
}

// DeleteCustomSkill deletes a custom skill that a user created. On any other it does
// nothing, and that is no error.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillDelete.
func (c *Client) DeleteCustomSkill(ctx context.Context, useragent, key string) error {
	ref := customSkillRef{useragent, key}
	if err := ref.check(); err != nil {
		return err
	}
	return act(ctx, c, customSkillDelete, ref)
}

// CustomSkillHistory is how a custom skill changed, newest first.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillHistory.
type CustomSkillHistory struct {
	Preset  *CustomSkillPreset        `json:"preset_default"` // as the template has it; nil for a user's own
	Entries List[CustomSkillRevision] `json:"entries"`
}

// CustomSkillPreset is what a custom skill is in the agent's template.
type CustomSkillPreset struct {
	Value       Text  `json:"value"`
	Interval    *Text `json:"intervalexpr"`
	Enabled     Bool  `json:"enabled"`
	Description Text  `json:"description"`
}

// CustomSkillRevision is one change of a custom skill. Of what was before, the oldest
// revision knows nothing; of what came after, a deletion does not.
type CustomSkillRevision struct {
	GUID           Text       `json:"guid"` // names the revision to RevertCustomSkill
	UserAgent      Text       `json:"useragentguid"`
	Key            Text       `json:"skillkey"`
	Operation      Text       `json:"operation"` // upsert, rename, delete-user, …
	Value          Text       `json:"value"`
	Interval       *Text      `json:"intervalexpr"`
	Enabled        Bool       `json:"enabled"`
	UserCreated    Bool       `json:"usercreated"`
	BeforeValue    *Text      `json:"prev_value"`
	BeforeInterval *Text      `json:"prev_interval"`
	BeforeEnabled  *Bool      `json:"prev_enabled"`
	AfterValue     *Text      `json:"after_value"`
	AfterInterval  *Text      `json:"after_interval"`
	AfterEnabled   *Bool      `json:"after_enabled"`
	Changed        List[Text] `json:"changed_fields"` // of value, interval and enabled
	ChangedBy      Text       `json:"changedby"`      // a user's id, or "system"
	User           Person     `json:"changedby_user"`
	ChangedAt      Time       `json:"changedat"`
}

// CustomSkillRevisions returns the history of a custom skill.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillHistory.
func (c *Client) CustomSkillRevisions(ctx context.Context, useragent, key string, in Period) (CustomSkillHistory, error) {
	ref := customSkillRef{useragent, key}
	if err := ref.check(); err != nil {
		return CustomSkillHistory{}, err
	}
	return call[CustomSkillHistory](ctx, c, customSkillHistory, struct {
		customSkillRef
		Period
	}{ref, in})
}

// CustomSkillReverted is where a revert left a custom skill.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRevert.
type CustomSkillReverted struct {
	Action   Text  `json:"action"` // reverted, reset-to-preset, deleted (the template has it no more) or no-op
	Value    Text  `json:"current_value"`
	Interval *Text `json:"current_interval"`
	Enabled  *Bool `json:"current_enabled"`
}

// RevertCustomSkill takes a custom skill back to what the template has, where version is
// empty, or to a revision of its history. A running agent is restarted if that changes
// anything.
//
// Wiro docs: Agent Overview, POST /UserAgent/CustomSkillRevert.
func (c *Client) RevertCustomSkill(ctx context.Context, useragent, key, version string) (CustomSkillReverted, error) {
	ref := customSkillRef{useragent, key}
	if err := ref.check(); err != nil {
		return CustomSkillReverted{}, err
	}
	source := "preset"
	if version != "" {
		source = "history"
	}
	return call[CustomSkillReverted](ctx, c, customSkillRevert, struct {
		customSkillRef
		Source  string `json:"source"`
		Version string `json:"versionguid,omitempty"`
	}{ref, source, version})
}
