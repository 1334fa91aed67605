package tools

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// TeamAction is something done to an organization, a team, or what it has.
type TeamAction struct {
	mcptool.ActionResult
	Organization string `json:"organizationguid,omitempty"`
	Team         string `json:"teamguid,omitempty"`
	Name         string `json:"name,omitempty"`
	UserAgent    string `json:"useragentguid,omitempty"`
	// Models are those of the team's lists, by slug where it was given one.
	Models     []TeamModel         `json:"models,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// TeamModel is a model on a list of a team.
type TeamModel struct {
	List string `json:"list"` // allowed or blocked
	ID   string `json:"id"`
	Slug string `json:"slug,omitempty"`
}

func (m TeamModel) String() string {
	if m.Slug == "" {
		return m.ID
	}
	return m.Slug + " (id " + m.ID + ")"
}

// Text is what was done.
func (a TeamAction) Text() string { return mcptool.TextWithNext(a.Message, a.NextAction) }

// TeamSpending is what a team has spent, in USD.
type TeamSpending struct {
	Team           string   `json:"teamguid,omitempty"`
	TotalUSD       *float64 `json:"totalUsd,omitempty"` // amounts that Wiro does not say are left out
	PlaygroundUSD  *float64 `json:"playgroundUsd,omitempty"`
	APIUSD         *float64 `json:"apiUsd,omitempty"`
	LimitUSD       *float64 `json:"spendLimitUsd,omitempty"` // left out where there is none
	YourTotalUSD   *float64 `json:"yourTotalUsd,omitempty"`
	YourPlayground *float64 `json:"yourPlaygroundUsd,omitempty"`
	YourAPIUSD     *float64 `json:"yourApiUsd,omitempty"`
	YourLimitUSD   *float64 `json:"yourSpendLimitUsd,omitempty"` // left out where there is none
}

func teamSpending(team string, s wiro.TeamSpending) TeamSpending {
	return TeamSpending{
		Team: team, TotalUSD: s.Total, PlaygroundUSD: s.Playground, APIUSD: s.API, LimitUSD: s.SpendLimit,
		YourTotalUSD: s.Member.Total, YourPlayground: s.Member.Playground, YourAPIUSD: s.Member.API, YourLimitUSD: s.MemberSpendLimit,
	}
}

// Text is the team's part and the caller's.
func (s TeamSpending) Text() string {
	line := func(who string, total, playground, api, limit *float64) string {
		text := fmt.Sprintf("%s: %s spent (%s in the playground, %s through the API)", who, mcptool.USD(total), mcptool.USD(playground), mcptool.USD(api))
		if limit == nil {
			return text + ", no limit."
		}
		text += fmt.Sprintf(" of $%s", money.USD(*limit))
		if *limit > 0 && total != nil {
			text += fmt.Sprintf(", %.0f%%", 100**total/(*limit))
		}
		return text + "."
	}
	who := "The team"
	if s.Team != "" {
		who += " " + s.Team
	}
	return line(who, s.TotalUSD, s.PlaygroundUSD, s.APIUSD, s.LimitUSD) + "\n" +
		line("You", s.YourTotalUSD, s.YourPlayground, s.YourAPIUSD, s.YourLimitUSD)
}

// CreditTransferred is credit that was moved, in USD, by where it had come from.
type CreditTransferred struct {
	From      string   `json:"sourceteamguid"` // "" for the personal wallet
	To        string   `json:"targetteamguid"`
	TotalUSD  *float64 `json:"totalUsd" nullable:"true"` // amounts that Wiro does not say are null or left out
	GiftedUSD *float64 `json:"giftedUsd,omitempty"`      // coupons and rewards
	StoreUSD  *float64 `json:"storeUsd,omitempty"`       // earned with models
	PaidUSD   *float64 `json:"paidUsd,omitempty"`        // paid in
}

// Text is what was moved from where to where.
func (t CreditTransferred) Text() string {
	text := fmt.Sprintf("Moved %s from %s to %s.", mcptool.USD(t.TotalUSD), wallet(t.From), wallet(t.To))
	var parts []string
	for _, part := range []struct {
		usd  *float64
		name string
	}{{t.GiftedUSD, "coupons and rewards"}, {t.StoreUSD, "earned with models"}, {t.PaidUSD, "paid in"}} {
		if part.usd != nil && *part.usd != 0 {
			parts = append(parts, mcptool.USD(part.usd)+" "+part.name)
		}
	}
	if parts != nil {
		text += " Of that " + strings.Join(parts, ", ") + "."
	}
	return text
}
