package wiro

import (
	"context"
	"encoding/json"
	"errors"
)

var (
	userAgentDeploy       = endpoint("UserAgent/Deploy", submit, slow).private()
	userAgentMyAgents     = endpoint("UserAgent/MyAgents", read, quick).private()
	userAgentPinnedAgents = endpoint("UserAgent/PinnedAgents", read, quick).private()
	userAgentPinnedUnread = endpoint("UserAgent/PinnedUnread", read, quick)
	userAgentDetail       = endpoint("UserAgent/Detail", read, quick).private()
	userAgentUpdate       = endpoint("UserAgent/Update", write, quick).private()
	userAgentCover        = endpoint("UserAgent/Cover", write, slow).private()
	userAgentPin          = endpoint("UserAgent/Pin", write, quick)
)

// UserAgent is a deployed agent. Detail and Deploy fill all of it; MyAgents, PinnedAgents,
// Update and Cover leave out what is made of several tables: credentials, skills, action
// costs and remaining credits.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail.
type UserAgent struct {
	GUID               Text                 `json:"guid"`
	OwnerUUID          Text                 `json:"uuid"`
	AgentID            Text                 `json:"agentid"`   // "" for a custom build, as the next
	AgentGUID          Text                 `json:"agentguid"` // of the template
	TeamGUID           Text                 `json:"teamguid"`  // "" where it is personal
	Title              Text                 `json:"title"`
	Description        Text                 `json:"description"`
	Cover              Text                 `json:"cover"` // URL
	Categories         List[Text]           `json:"categories"`
	Tier               Text                 `json:"tier"` // starter or pro
	TierMultiplier     Float                `json:"tiermultiplier"`
	Status             AgentStatus          `json:"status"`
	SetupRequired      Bool                 `json:"setuprequired"`
	RestartAfter       Bool                 `json:"restartafter"` // stopping, to start again with what was changed
	Pinned             Bool                 `json:"pinned"`
	TeamSessionMode    Text                 `json:"teamsessionmode"` // collaborative or private, of a team's agent
	Credentials        Map[AgentCredential] `json:"credentials"`
	CustomSkills       List[CustomSkill]    `json:"customskills"`
	ScheduledSkills    List[CustomSkill]    `json:"scheduledskills"`
	Skills             List[EnabledSkill]   `json:"skills"`
	SkillsMeta         SkillsMeta           `json:"skillsmeta"`
	MonthlyCredits     Float                `json:"monthlycredits"`
	MonthlyPriceUSD    Float                `json:"monthlypriceusd"`
	ExtraCredits       Float                `json:"extracredits"`
	ExtraCreditsExpiry Time                 `json:"extracreditsexpiry"` // of the pack that expires first
	UsedCredits        Float                `json:"usedcredits"`        // in this period
	RemainingCredits   *Float               `json:"remainingcredits"`   // nil where left out; see Remaining
	CreditPeriod       Text                 `json:"creditperiod"`       // YYYY-MM
	CreditSyncAt       Time                 `json:"creditsyncat"`       // when the agent last reported its use
	ActionCosts        CreditCosts          `json:"peractioncosts"`
	Subscription       *Subscription        `json:"subscription"` // nil where there is none
	Agent              Agent                `json:"agent"`        // the template, with the extra credit packs
	CreatedAt          Time                 `json:"createdat"`
	UpdatedAt          Time                 `json:"updatedat"`
	QueuedAt           Time                 `json:"queuedat"`
	StartedAt          Time                 `json:"startedat"`
	RunningAt          Time                 `json:"runningat"`
	StoppingAt         Time                 `json:"stoppingat"`
	StoppedAt          Time                 `json:"stopdat"`
	FailedAt           Time                 `json:"errordat"`
}

// Remaining is how many credits are left, computed where Wiro leaves it out.
func (u UserAgent) Remaining() float64 {
	if u.RemainingCredits != nil {
		return float64(*u.RemainingCredits)
	}
	return max(0, float64(u.MonthlyCredits+u.ExtraCredits-u.UsedCredits))
}

// Subscription is what pays for a deployed agent.
type Subscription struct {
	Plan             Text  `json:"plan"`
	Status           Text  `json:"status"` // active or expired
	Amount           Float `json:"amount"` // per period
	Currency         Text  `json:"currency"`
	CurrentPeriodEnd Time  `json:"currentperiodend"`
	RenewalDate      Time  `json:"renewaldate"`
	DaysRemaining    Int   `json:"daysremaining"`
	PendingDowngrade Text  `json:"pendingdowngrade"` // cancel: it ends with the period
	Provider         Text  `json:"provider"`         // prepaid: from the wallet; stripe: by card, in the dashboard
}

// Active reports whether the subscription is paid for; that of no agent is not.
func (s *Subscription) Active() bool { return s != nil && s.Status == "active" }

// Canceled reports whether the subscription ends with its period.
func (s *Subscription) Canceled() bool { return s != nil && s.PendingDowngrade == "cancel" }

// EnabledSkill is an integration skill of an agent. In the catalog it is a name alone.
type EnabledSkill struct {
	Name        Text `json:"name"`
	Enabled     Bool `json:"enabled"`
	Edited      Bool `json:"_edited"`
	UserCreated Bool `json:"_user_created"`
}

// UnmarshalJSON also takes the bare name of a skill that is on.
func (s *EnabledSkill) UnmarshalJSON(data []byte) error {
	type plain EnabledSkill
	*s = EnabledSkill{Enabled: true}
	return unmarshalOr(data, (*plain)(s), func(name string) { s.Name = Text(name) })
}

// CustomSkill is a preference, or, with an Interval, a scheduled task of an agent.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail; Agent Skills.
type CustomSkill struct {
	Key         Text `json:"key"`
	Description Text `json:"description"`
	Value       Text `json:"value"`    // instructions, in Markdown
	Interval    Text `json:"interval"` // a cron expression
	Enabled     Bool `json:"enabled"`
	Source      Text `json:"_source"` // preset-strategy, skill-bundle or user-created
	Editable    Bool `json:"_editable"`
	Edited      Bool `json:"_edited"`
	UserCreated Bool `json:"_user_created"`
}

// Deployment is what Deploy makes an agent of: a template, by AgentGUID, or, where Custom,
// the given skills.
//
// Wiro docs: Agent Overview, POST /UserAgent/Deploy; Agent Builder.
type Deployment struct {
	AgentGUID    string          `json:"agentguid,omitempty"`
	Custom       bool            `json:"custom,omitempty"`
	Title        string          `json:"title"`
	Description  string          `json:"description,omitempty"`
	Cover        string          `json:"cover,omitempty"`       // URL; custom builds only
	Tier         string          `json:"tier,omitempty"`        // starter, Wiro's default, or pro
	Pinned       *bool           `json:"pinned,omitempty"`      // Wiro pins it unless false
	Credentials  map[string]any  `json:"credentials,omitempty"` // by service, fields without nesting
	Skills       map[string]bool `json:"skills,omitempty"`      // on or off, by name
	CustomSkills []DeployedSkill `json:"customskills,omitempty"`
}

// DeployedSkill is a preference or scheduled task that comes with a deployment.
type DeployedSkill struct {
	Key         string `json:"key"`
	Value       string `json:"value,omitempty"`
	Interval    string `json:"interval,omitempty"` // a cron expression
	Enabled     *bool  `json:"enabled,omitempty"`
	Description string `json:"description,omitempty"`
	UserCreated *bool  `json:"_user_created,omitempty"`
}

// Deploy makes an agent and charges the wallet with the price of its tier at once; the
// subscription lasts 30 days. What is missing before it can be started shows in its status.
// No error repeats a credential. ErrInsufficientBalance is a wallet that does not hold the
// price: nothing is made then.
//
// Wiro docs: Agent Overview, POST /UserAgent/Deploy.
func (c *Client) Deploy(ctx context.Context, d Deployment) (UserAgent, error) {
	switch {
	case d.AgentGUID == "" && !d.Custom:
		return UserAgent{}, &InputError{Field: "agentguid", Reason: "names the template to deploy; without one say custom:true"}
	case d.AgentGUID != "" && d.Custom:
		return UserAgent{}, &InputError{Field: "agentguid", Reason: "and custom:true exclude each other"}
	}
	c = c.hiding(leaves(d.Credentials)...)
	answer, err := call[userAgents](ctx, c, userAgentDeploy, struct {
		Deployment
		Prepaid bool `json:"useprepaid"`
	}{d, true})
	if err == nil && len(answer.List) == 0 { // it is paid for all the same
		err = c.uncertain(userAgentDeploy, errors.New(userAgentDeploy.path+": the answer names no agent"))
	}
	return oneAgent(answer, err)
}

// leaves are the texts in a value, however deep.
func leaves(value any) []string {
	var texts []string
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			texts = append(texts, leaves(member)...)
		}
	case []any:
		for _, item := range v {
			texts = append(texts, leaves(item)...)
		}
	case string:
		texts = []string{v}
	case json.Number:
		texts = []string{v.String()}
	}
	return texts
}

type userAgents struct {
	List List[UserAgent] `json:"useragents"`
}

func oneAgent(answer userAgents, err error) (UserAgent, error) {
	if err != nil {
		return UserAgent{}, err
	}
	if len(answer.List) == 0 {
		return UserAgent{}, missing(userAgentDetail, "agent")
	}
	return answer.List[0], nil
}

// MyAgentsQuery filters and pages the caller's agents. Sort is id, title, status, createdat,
// updatedat, startedat, runningat or stopdat; Order is ASC or DESC. Limit is Wiro's own 20
// where 0, 1000 at most.
//
// Wiro docs: Agent Overview, POST /UserAgent/MyAgents.
type MyAgentsQuery struct {
	Category string `json:"category,omitempty"`
	Sort     string `json:"sort,omitempty"`
	Order    string `json:"order,omitempty"`
	Start    int    `json:"start,omitempty"`
	Limit    int    `json:"limit,omitempty"`
}

// MyAgents lists the agents of the caller, or of the team whose context is set.
//
// Wiro docs: Agent Overview, POST /UserAgent/MyAgents.
func (c *Client) MyAgents(ctx context.Context, q MyAgentsQuery) ([]UserAgent, error) {
	answer, err := call[userAgents](ctx, c, userAgentMyAgents, q)
	return answer.List, err
}

// PinnedAgents lists the caller's pinned agents, in the shape of MyAgents.
//
// Wiro docs: Agent Overview, POST /UserAgent/PinnedAgents.
func (c *Client) PinnedAgents(ctx context.Context) ([]UserAgent, error) {
	answer, err := call[userAgents](ctx, c, userAgentPinnedAgents, nil)
	return answer.List, err
}

// PinnedUnread returns the guid of the last message of each pinned agent, by the agent's
// guid; "" where it has none.
//
// Wiro docs: Agent Overview, POST /UserAgent/PinnedUnread.
func (c *Client) PinnedUnread(ctx context.Context) (map[string]string, error) {
	answer, err := call[struct {
		Data List[struct {
			Agent   Text `json:"useragentguid"`
			Message Text `json:"lastmessageguid"`
		}] `json:"data"`
	}](ctx, c, userAgentPinnedUnread, nil)
	if err != nil {
		return nil, err
	}
	last := make(map[string]string, len(answer.Data))
	for _, row := range answer.Data {
		last[string(row.Agent)] = string(row.Message)
	}
	return last, nil
}

// MyAgent returns one of the caller's agents with everything that Wiro shows of it, secrets
// of its own OAuth apps included. One that does not exist, or is somebody else's, matches
// ErrNotFound.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail.
func (c *Client) MyAgent(ctx context.Context, guid string) (UserAgent, error) {
	if err := given("guid", guid); err != nil {
		return UserAgent{}, err
	}
	return oneAgent(call[userAgents](ctx, c, userAgentDetail, byGUID{guid}))
}

type byGUID struct {
	GUID string `json:"guid"`
}

type byUserAgent struct {
	GUID string `json:"useragentguid"`
}

// AgentUpdate changes an agent; nil leaves a field as it is, and an empty Description or
// Cover clears it.
//
// Wiro docs: Agent Overview, POST /UserAgent/Update.
type AgentUpdate struct {
	Title       *string  `json:"title,omitempty"`
	Description *string  `json:"description,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	Cover       *string  `json:"cover,omitempty"` // URL
}

// UpdateAgent changes an agent's title, description, categories or cover. One that starts or
// runs is restarted.
//
// Wiro docs: Agent Overview, POST /UserAgent/Update.
func (c *Client) UpdateAgent(ctx context.Context, guid string, u AgentUpdate) (UserAgent, error) {
	if err := given("guid", guid); err != nil {
		return UserAgent{}, err
	}
	return oneAgent(call[userAgents](ctx, c, userAgentUpdate, struct {
		byGUID
		AgentUpdate
	}{byGUID{guid}, u}))
}

// MaxCover is the largest cover picture that Wiro takes, in bytes.
//
// Wiro docs: Agent Overview, POST /UserAgent/Cover (about 10 MB).
const MaxCover = 10 << 20

// SetCover uploads a picture (jpg, png, gif or webp) as an agent's cover.
//
// Wiro docs: Agent Overview, POST /UserAgent/Cover.
func (c *Client) SetCover(ctx context.Context, guid string, picture File) (UserAgent, error) {
	if err := given("useragentguid", guid); err != nil {
		return UserAgent{}, err
	}
	if picture.Size > MaxCover {
		return UserAgent{}, &InputError{Field: "image", Reason: "is larger than the 10 MB that Wiro takes"}
	}
	form := multipartBody([]field{{name: "useragentguid", value: guid}, {name: "image", file: &picture}})
	return oneAgent(callWith[userAgents](ctx, c, userAgentCover, form))
}

// Pin puts an agent on the caller's list of pinned agents, or takes it off.
//
// Wiro docs: Agent Overview, POST /UserAgent/Pin.
func (c *Client) Pin(ctx context.Context, guid string, pinned bool) error {
	if err := given("useragentguid", guid); err != nil {
		return err
	}
	return act(ctx, c, userAgentPin, struct {
		byUserAgent
		Pinned bool `json:"pinned"`
	}{byUserAgent{guid}, pinned})
}
