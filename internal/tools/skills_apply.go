package tools

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var applyAgentSkillsTool = defineConfirmed(mcptool.Meta{
	Name:        "apply_agent_skills",
	Title:       "Apply an agent's skills",
	Description: "Switch skills of a custom-built agent on or off, add skills, and its tier up, all or none. Charges the wallet the difference in price for the rest of the period, after confirmation. A running agent restarts once. Never pays twice under one idempotency_key.",
	Toolset:     Skills,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "skills": {"int-instagram-post": true}, "idempotency_key": "k1", "confirm": true}`}},
}, skillsCharge, applyAgentSkills)

func applyAgentSkills(ctx context.Context, call *Call, in skillsChange) (SkillsApplied, error) {
	change, err := in.change(call)
	if err != nil {
		return SkillsApplied{}, err
	}
	applied, err := inTeam(ctx, call, in.GUID, in.Team, func(w *wiro.Client) (wiro.SkillsApplied, error) {
		return mcptool.Submit(ctx, call.Call, nil, func(ctx context.Context) (wiro.SkillsApplied, error) { return w.Skills.Apply(ctx, change) })
	})
	if err != nil {
		return SkillsApplied{}, call.repeatable(err, change.IdempotencyKey)
	}
	return call.skillsApplied(in.GUID, applied), nil
}

type skillsChange struct {
	agentGUID
	Skills map[string]any `json:"skills" doc:"skills by full name, true or false, {\"int-gmail-check\":true}; others stay as they are"`
	Tier   string         `json:"tier,omitempty" enum:"starter,pro" doc:"changes the tier too; there is no way from pro to starter"`
	Key    string         `json:"idempotency_key,omitempty" doc:"stands for this change, so that it is charged once; made and returned when left out"`
	teamOf
}

// change is the request for a call.
func (c skillsChange) change(call *Call) (wiro.SkillsChange, error) {
	skills, err := parseBools("skills", c.Skills)
	if err != nil {
		return wiro.SkillsChange{}, err
	}
	if len(skills) == 0 && c.Tier == "" {
		return wiro.SkillsChange{}, mcptool.Problemf(`skills must name at least one, such as {"int-gmail-check": true}.`)
	}
	return wiro.SkillsChange{UserAgentGUID: c.GUID, Skills: skills, Tier: c.Tier, IdempotencyKey: call.idempotencyKey(c.Key)}, nil
}

// skillsCharge compares what a month costs now and with the change.
func skillsCharge(ctx context.Context, call *Call, in skillsChange) (*mcptool.Charge, error) {
	change, err := in.change(call)
	if err != nil {
		return nil, err
	}
	agent, err := call.agent(ctx, in.GUID, in.Team) // for its team; Wiro says more of one that there is not
	if wrong, ok := errors.AsType[*mcptool.Problem](err); ok {
		return nil, wrong
	}
	client := call.inTeam(in.Team)
	now, err := client.Billing.Preview(ctx, wiro.PriceQuery{UserAgentGUID: change.UserAgentGUID})
	if err != nil {
		return nil, err
	}
	then, err := client.Billing.Preview(ctx, wiro.PriceQuery{UserAgentGUID: change.UserAgentGUID, SkillOverrides: change.Skills, Tier: change.Tier})
	if err != nil {
		return nil, err
	}
	difference := proRata(now.PriceUSD, then.PriceUSD, periodDays)
	when := "now at most, from " + walletBalance(agent.TeamGUID) + ": Wiro takes it for the days that are left of the period"
	if difference != nil && *difference == 0 {
		when = "the price does not rise"
	}
	made, err := charge("Changing the agent's skills ("+changeLine(change)+")", difference,
		fmt.Sprintf("%s. From the next period on it costs %s a month for %s, instead of %s for %s",
			when, mcptool.USD(then.PriceUSD), credits(then.Credits), mcptool.USD(now.PriceUSD), credits(now.Credits)))
	if added := slices.DeleteFunc(then.EnabledSkills, func(name string) bool { return slices.Contains(now.EnabledSkills, name) }); err == nil && len(added) > 0 {
		agent, _ := client.MyAgents.Get(ctx, change.UserAgentGUID) // without it, all that the skills need is named
		made.Also = call.skillRequirements(ctx, added, nil, agent.Credentials)
	}
	return made, err
}

// changeLine is "on int-a, int-b; off int-c; tier pro".
func changeLine(change wiro.SkillsChange) string {
	names := map[bool][]string{}
	for _, name := range slices.Sorted(maps.Keys(change.Skills)) {
		on := change.Skills[name]
		names[on] = append(names[on], name)
	}
	var parts []string
	if on := names[true]; on != nil {
		parts = append(parts, "on "+quoteAll(on))
	}
	if off := names[false]; off != nil {
		parts = append(parts, "off "+quoteAll(off))
	}
	if change.Tier != "" {
		parts = append(parts, "tier "+change.Tier)
	}
	return strings.Join(parts, "; ")
}

// quoteAll lists names as a question shows them, the first ones of many.
func quoteAll(names []string) string {
	const most = 6
	more := ""
	if len(names) > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", len(names)-most)
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = mcptool.Quote(name)
	}
	return strings.Join(quoted, ", ") + more
}

// idempotencyKey returns the key that the call was given, or makes one that stays the same
// until the change is through, with nothing kept here meanwhile: where the user is asked,
// from the sealed state that comes back with the answer; otherwise a new one, which joins the
// arguments and so the suggestion to repeat the call with confirm:true.
func (c *Call) idempotencyKey(given string) string {
	c.Idempotent = true
	if given != "" {
		return given
	}
	if confirmation := c.Confirmation(); c.Client.SupportsElicitation {
		return uuid.NewSHA1(uuid.Nil, []byte(c.Wiro.Seal("idempotency", confirmation))).String()
	}
	key := uuid.NewString()
	c.SetArgument("idempotency_key", key)
	return key
}

// repeatable adds to the error of a change how to see it through: under its idempotency key
// it can be repeated without being charged twice.
func (c *Call) repeatable(err error, key string) error {
	again := c.Arguments()
	again["idempotency_key"] = key
	switch r := reasonOf(err); r {
	case wiro.ReasonSkillsRolledBack:
		delete(again, "idempotency_key")
		return hints[r].problem(err).WithNext(c.Tool.Name, "apply it under a new key", again)
	case wiro.ReasonSkillsInProgress:
		return hints[r].problem(err).WithNext(c.Tool.Name, "apply it under the same key", again)
	case wiro.ReasonUnauthorized, wiro.ReasonRateLimited:
		return err
	}
	if _, refused := errors.AsType[*wiro.APIError](err); refused && !errors.Is(err, wiro.ErrUnavailable) {
		return err
	}
	return mcptool.Problemf("No usable answer came back (%s). The change may have taken effect all the same: "+
		"repeated with idempotency_key %q it is charged once.", foreignWords(err.Error()), key).
		WithNext(c.Tool.Name, "see it through under the same key", again)
}

// SkillsApplied is what a change of skills came to.
type SkillsApplied struct {
	UserAgent       string              `json:"useragentguid"`
	IdempotencyKey  string              `json:"idempotencyKey"`
	Tier            string              `json:"tier"`
	ChargedUSD      *float64            `json:"chargedUsd" nullable:"true"` // below 0 what the wallet got back; null if Wiro does not say
	PriceUSD        *float64            `json:"monthlyPriceUsd,omitempty"`
	PreviousUSD     *float64            `json:"previousMonthlyPriceUsd,omitempty"`
	Credits         *float64            `json:"monthlyCredits,omitempty"`
	PreviousCredits *float64            `json:"previousMonthlyCredits,omitempty"`
	Costs           ActionCosts         `json:"creditsPerAction"`
	Skills          []string            `json:"enabledSkills"`
	Restarted       bool                `json:"restarted"`
	NextAction      *mcptool.NextAction `json:"nextAction,omitempty"`
}

func (c *Call) skillsApplied(guid string, a wiro.SkillsApplied) SkillsApplied {
	return SkillsApplied{
		UserAgent: guid, IdempotencyKey: a.IdempotencyKey, Tier: a.Tier, ChargedUSD: a.WalletDelta,
		PriceUSD: a.Pricing.NewPriceUSD, PreviousUSD: a.Pricing.PreviousPriceUSD,
		Credits: a.Pricing.NewCredits, PreviousCredits: a.Pricing.PreviousCredits,
		Costs: actionCosts(a.Pricing.ActionCosts), Skills: plainTexts(a.Pricing.EnabledSkills), Restarted: a.RestartTriggered,
		NextAction: c.Next("get_my_agent", "see what the new skills still need", agentRef(guid)),
	}
}

// Text says what it cost and what is on now.
func (s SkillsApplied) Text() string {
	paid := "Nothing was charged"
	switch {
	case s.ChargedUSD == nil:
		paid = "Wiro does not say what was charged"
	case *s.ChargedUSD > 0:
		paid = "$" + money.USD(*s.ChargedUSD) + " was taken from the wallet"
	case *s.ChargedUSD < 0:
		paid = "$" + money.USD(-*s.ChargedUSD) + " went back to the wallet"
	}
	text := fmt.Sprintf("Skills applied. %s. The agent costs %s a month for %s (was %s for %s), tier %s.\nPer action: %s.\nOn: %s.",
		paid, mcptool.USD(s.PriceUSD), credits(s.Credits), mcptool.USD(s.PreviousUSD), credits(s.PreviousCredits), s.Tier,
		s.Costs, strings.Join(s.Skills, ", "))
	if s.Restarted {
		text += " It restarts with them."
	}
	return mcptool.TextWithNext(text+"\nIdempotency key: "+s.IdempotencyKey, s.NextAction)
}
