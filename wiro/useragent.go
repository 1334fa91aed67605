package wiro

import (
	"strconv"
	"time"
)

// UserAgent is a deployed agent. MyAgents.Get and Deploy fill all of it. List, Pinned, Update
// and SetCover leave out what Wiro composes of several tables: credentials, skills, action
// costs and remaining credits. An amount is nil if Wiro does not state it.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail.
type UserAgent struct {
	GUID               string                     `json:"guid"`
	OwnerUUID          string                     `json:"uuid"`
	AgentID            string                     `json:"agentid"`   // "" for a custom build
	AgentGUID          string                     `json:"agentguid"` // of the template; "" for a custom build
	TeamGUID           string                     `json:"teamguid"`  // "" for a personal agent
	Title              string                     `json:"title"`
	Description        string                     `json:"description"`
	Cover              string                     `json:"cover"` // URL
	Categories         []string                   `json:"categories"`
	Tier               string                     `json:"tier"` // TierStarter or TierPro
	TierMultiplier     float64                    `json:"tiermultiplier"`
	Status             AgentStatus                `json:"status"`
	SetupRequired      bool                       `json:"setuprequired"`
	RestartAfter       bool                       `json:"restartafter"` // it stops in order to start again with what was changed
	Pinned             bool                       `json:"pinned"`
	TeamSessionMode    string                     `json:"teamsessionmode"` // collaborative or private; "" for a personal agent
	Credentials        map[string]AgentCredential `json:"credentials"`     // by the key of the service
	CustomSkills       []CustomSkill              `json:"customskills"`    // preferences
	ScheduledSkills    []CustomSkill              `json:"scheduledskills"` // tasks
	Skills             []EnabledSkill             `json:"skills"`
	SkillsMeta         map[string]SkillMeta       `json:"skillsmeta"` // by name
	MonthlyCredits     *float64                   `json:"monthlycredits"`
	MonthlyPriceUSD    *float64                   `json:"monthlypriceusd"`
	ExtraCredits       *float64                   `json:"extracredits"`
	ExtraCreditsExpiry time.Time                  `json:"extracreditsexpiry,omitzero"` // of the pack that expires first
	UsedCredits        *float64                   `json:"usedcredits"`                 // in this period
	RemainingCredits   *float64                   `json:"remainingcredits"`            // see Remaining
	CreditPeriod       string                     `json:"creditperiod"`                // YYYY-MM
	CreditSyncAt       time.Time                  `json:"creditsyncat,omitzero"`       // when the agent last reported its use
	ActionCosts        CreditCosts                `json:"peractioncosts"`
	Subscription       *Subscription              `json:"subscription"` // nil if there is none
	Agent              Agent                      `json:"agent"`        // the template, with the extra credit packs
	CreatedAt          time.Time                  `json:"createdat,omitzero"`
	UpdatedAt          time.Time                  `json:"updatedat,omitzero"`
	QueuedAt           time.Time                  `json:"queuedat,omitzero"`
	StartedAt          time.Time                  `json:"startedat,omitzero"`
	RunningAt          time.Time                  `json:"runningat,omitzero"`
	StoppingAt         time.Time                  `json:"stoppingat,omitzero"`
	StoppedAt          time.Time                  `json:"stopdat,omitzero"`
	FailedAt           time.Time                  `json:"errordat,omitzero"`
}

// Remaining is how many credits are left in this period. If Wiro leaves it out, it is computed
// from the monthly, extra and used credits; nil if they are not known either.
func (u UserAgent) Remaining() *float64 {
	if u.RemainingCredits != nil || u.MonthlyCredits == nil || u.UsedCredits == nil {
		return u.RemainingCredits
	}
	left := *u.MonthlyCredits - *u.UsedCredits
	if u.ExtraCredits != nil {
		left += *u.ExtraCredits
	}
	return new(max(0, left))
}

// Subscription is what pays for a deployed agent.
type Subscription struct {
	Plan             string    `json:"plan"`
	Status           string    `json:"status"` // active or expired
	Amount           *float64  `json:"amount"` // per period; nil if Wiro does not state it
	Currency         string    `json:"currency"`
	CurrentPeriodEnd time.Time `json:"currentperiodend,omitzero"`
	RenewalDate      time.Time `json:"renewaldate,omitzero"`
	DaysRemaining    *int64    `json:"daysremaining"`    // nil if Wiro does not state it
	PendingDowngrade string    `json:"pendingdowngrade"` // cancel: it ends with the period
	Provider         string    `json:"provider"`         // prepaid: from the wallet; stripe: by card, managed in the dashboard
}

// Active reports whether the subscription is paid for. A nil subscription is not.
func (s *Subscription) Active() bool { return s != nil && s.Status == "active" }

// Canceled reports whether the subscription ends with its period.
func (s *Subscription) Canceled() bool { return s != nil && s.PendingDowngrade == "cancel" }

// EnabledSkill is an integration skill of an agent. The skills of the catalog are enabled.
type EnabledSkill struct {
	Name        string `json:"name" wire:"text"`
	Enabled     bool   `json:"enabled" wire:"default=true"`
	Edited      bool   `json:"_edited"`
	UserCreated bool   `json:"_user_created"`
}

// CustomSkill is a preference or, with an Interval, a scheduled task of an agent.
//
// Wiro docs: Agent Overview, POST /UserAgent/Detail; Agent Skills.
type CustomSkill struct {
	Key         string `json:"key"`
	Description string `json:"description"`
	Value       string `json:"value"`    // instructions, in Markdown
	Interval    string `json:"interval"` // a cron expression, UTC; "" for a preference
	Enabled     bool   `json:"enabled"`
	Source      string `json:"_source"` // preset-strategy, skill-bundle or user-created
	Editable    bool   `json:"_editable"`
	Edited      bool   `json:"_edited"`
	UserCreated bool   `json:"_user_created"`
}

// AgentStatus is where a deployed agent stands.
//
// Wiro docs: Agent Overview (UserAgent Statuses).
type AgentStatus int

// The statuses of a deployed agent.
const (
	AgentStopped       AgentStatus = 0
	AgentStopping      AgentStatus = 1
	AgentQueued        AgentStatus = 2 // a worker will pick it up
	AgentStarting      AgentStatus = 3
	AgentRunning       AgentStatus = 4 // takes messages
	AgentError         AgentStatus = 5 // Start tries again
	AgentSetupRequired AgentStatus = 6 // credentials are missing: it cannot be started
)

// String returns the status in words.
func (s AgentStatus) String() string {
	names := []string{"stopped", "stopping", "queued", "starting", "running", "error", "setup required"}
	if s < 0 || int(s) >= len(names) {
		return "status " + strconv.Itoa(int(s))
	}
	return names[s]
}
