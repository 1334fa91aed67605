package tools

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var applyAgentSkills = define(Meta{
	Name:       "apply_agent_skills",
	Title:      "Apply an agent's skills",
	About:      "Switch skills of a custom-built agent on or off, and its tier up, all or none. Charges the wallet the difference in price for the rest of the period, after a yes. A running agent restarts once. Never pays twice under one idempotency_key.",
	Toolset:    Skills,
	Effect:     Writes,
	Idempotent: true,
	Spends:     true,
}, func(ctx context.Context, call Call, in skillsChange) (SkillsApplied, error) {
	skills, err := switches("skills", in.Skills)
	if err != nil {
		return SkillsApplied{}, err
	}
	if len(skills) == 0 && in.Tier == "" {
		return SkillsApplied{}, problem(`skills must name at least one, such as {"int-gmail-check": true}.`)
	}
	change := wiro.SkillsChange{
		UserAgent: in.GUID, Skills: skills, Tier: in.Tier, IdempotencyKey: call.idempotencyKey(in.Key),
	}
	client := call.Wiro.InTeam(in.Team)
	err = call.spend(in.Confirm, func() (Charge, error) { return skillsCharge(ctx, client, change) })
	if err != nil {
		return SkillsApplied{}, err
	}
	applied, err := client.ApplySkills(ctx, change)
	if err != nil {
		return SkillsApplied{}, call.repeatable(err, change.IdempotencyKey)
	}
	return call.skillsApplied(in.GUID, applied), nil
})

type skillsChange struct {
	agentGUID
	Skills  map[string]any `json:"skills" doc:"skills by full name, true or false, {\"int-gmail-check\":true}; others stay as they are"`
	Tier    string         `json:"tier,omitempty" enum:"starter,pro" doc:"changes the tier too; there is no way from pro to starter"`
	Key     string         `json:"idempotency_key,omitempty" doc:"stands for this change, so that it is charged once; made and returned when left out"`
	Team    string         `json:"teamguid,omitempty" doc:"the team whose agent it is"`
	Confirm bool           `json:"confirm,omitempty" doc:"true once the user has agreed to the price"`
}

// skillsCharge compares what a month costs now and with the change.
func skillsCharge(ctx context.Context, client *wiro.Client, change wiro.SkillsChange) (Charge, error) {
	now, err := client.PreviewPrice(ctx, wiro.PriceQuery{UserAgentGUID: change.UserAgent})
	if err != nil {
		return Charge{}, err
	}
	then, err := client.PreviewPrice(ctx, wiro.PriceQuery{UserAgentGUID: change.UserAgent, SkillOverrides: change.Skills, Tier: change.Tier})
	if err != nil {
		return Charge{}, err
	}
	difference := max(0, float64(then.PriceUSD-now.PriceUSD))
	when := "now at most, from the wallet's balance: Wiro takes it for the days that are left of the period"
	if difference == 0 {
		when = "the price does not rise"
	}
	return Charge{
		What: "Changing the agent's skills (" + changeLine(change) + ")",
		USD:  difference,
		When: fmt.Sprintf("%s. From the next period on it costs $%s a month for %s, instead of $%s for %s",
			when, money(float64(then.PriceUSD)), credits(float64(then.Credits)), money(float64(now.PriceUSD)), credits(float64(now.Credits))),
	}, nil
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
		parts = append(parts, "on "+strings.Join(on, ", "))
	}
	if off := names[false]; off != nil {
		parts = append(parts, "off "+strings.Join(off, ", "))
	}
	if change.Tier != "" {
		parts = append(parts, "tier "+change.Tier)
	}
	return strings.Join(parts, "; ")
}

// idempotencyKey returns the key that the call was given, or makes one that stays the same
// until the change is through, with nothing kept here meanwhile: where the user is asked,
// from the sealed state that comes back with the yes; otherwise a new one, which joins the
// arguments and so the suggestion to repeat the call with confirm:true.
func (c *Call) idempotencyKey(given string) string {
	c.keyed = true
	if given != "" {
		return given
	}
	if c.canElicit {
		return uuid.NewSHA1(uuid.Nil, []byte(c.Wiro.Seal("idempotency", c.request.Params.RequestState))).String()
	}
	arguments := c.arguments()
	key := uuid.NewString()
	arguments["idempotency_key"] = key
	c.request.Params.Arguments = arguments
	return key
}

// repeatable adds to the error of a change how to see it through: under its idempotency key
// it can be repeated without being charged twice.
func (c *Call) repeatable(err error, key string) error {
	again := c.arguments()
	again["idempotency_key"], again["confirm"] = key, true
	answer, refused := errors.AsType[*wiro.APIError](err)
	switch {
	case refused && answer.Code == wiro.CodeSkillsRolledBack:
		delete(again, "idempotency_key")
		return remedy{text: rolledBack}.problem(answer).then(c.tool, "apply it under a new key", again)
	case refused && (answer.Code == wiro.CodeSkillsInProgress || strings.Contains(strings.ToLower(answer.Message()), "in-progress")):
		return remedy{text: inProgress}.problem(answer).then(c.tool, "apply it under the same key", again)
	case refused && !errors.Is(err, wiro.ErrUnavailable), errors.Is(err, wiro.ErrUnauthorized), errors.Is(err, wiro.ErrRateLimited):
		return err
	}
	return problem("No usable answer came back (%s). The change may have taken effect all the same: "+
		"repeated with idempotency_key %q it is charged once.", hideText(err.Error()), key).
		then(c.tool, "see it through under the same key", again)
}

// SkillsApplied is what a change of skills came to.
type SkillsApplied struct {
	UserAgent       string      `json:"useragentguid"`
	IdempotencyKey  string      `json:"idempotencyKey"`
	Tier            string      `json:"tier"`
	ChargedUSD      float64     `json:"chargedUsd"` // below 0 what the wallet got back
	PriceUSD        float64     `json:"monthlyPriceUsd"`
	PreviousUSD     float64     `json:"previousMonthlyPriceUsd"`
	Credits         float64     `json:"monthlyCredits"`
	PreviousCredits float64     `json:"previousMonthlyCredits"`
	Costs           ActionCosts `json:"creditsPerAction"`
	Skills          []string    `json:"enabledSkills"`
	Restarted       bool        `json:"restarted"`
	NextAction      *NextAction `json:"nextAction,omitempty"`
}

func (c *Call) skillsApplied(guid string, a wiro.SkillsApplied) SkillsApplied {
	return SkillsApplied{
		UserAgent: guid, IdempotencyKey: a.IdempotencyKey, Tier: string(a.Tier), ChargedUSD: float64(a.WalletDelta),
		PriceUSD: float64(a.Pricing.NewPriceUSD), PreviousUSD: float64(a.Pricing.PreviousPriceUSD),
		Credits: float64(a.Pricing.NewCredits), PreviousCredits: float64(a.Pricing.PreviousCredits),
		Costs: actionCosts(a.Pricing.ActionCosts), Skills: plainTexts(a.Pricing.EnabledSkills), Restarted: bool(a.RestartTriggered),
		NextAction: c.next("get_my_agent", "see what the new skills still need", map[string]any{"useragentguid": guid}),
	}
}

// Text says what it cost and what is on now.
func (s SkillsApplied) Text() string {
	paid := "Nothing was charged"
	switch {
	case s.ChargedUSD > 0:
		paid = "$" + money(s.ChargedUSD) + " was taken from the wallet"
	case s.ChargedUSD < 0:
		paid = "$" + money(-s.ChargedUSD) + " went back to the wallet"
	}
	text := fmt.Sprintf("Skills applied. %s. The agent costs $%s a month for %s (was $%s for %s), tier %s.\nPer action: %s.\nOn: %s.",
		paid, money(s.PriceUSD), credits(s.Credits), money(s.PreviousUSD), credits(s.PreviousCredits), s.Tier,
		s.Costs, strings.Join(s.Skills, ", "))
	if s.Restarted {
		text += " It restarts with them."
	}
	return withNext(text+"\nIdempotency key: "+s.IdempotencyKey, s.NextAction)
}
