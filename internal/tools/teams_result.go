package tools

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// TeamAction is something done to an organization, a team, or what it has.
type TeamAction struct {
	mcptool.ActionResult
	Organization string `json:"organizationguid,omitempty"`
	Team         string `json:"teamguid,omitempty"`
	Name         string `json:"name,omitempty"`
	UserAgent    string `json:"useragentguid,omitempty"`
}

// TeamSpending is what a team has spent, in USD.
type TeamSpending struct {
	Team           string   `json:"teamguid,omitempty"`
	TotalUSD       float64  `json:"totalUsd"`
	PlaygroundUSD  float64  `json:"playgroundUsd"`
	APIUSD         float64  `json:"apiUsd"`
	LimitUSD       *float64 `json:"spendLimitUsd,omitempty"` // left out where there is none
	YourTotalUSD   float64  `json:"yourTotalUsd"`
	YourPlayground float64  `json:"yourPlaygroundUsd"`
	YourAPIUSD     float64  `json:"yourApiUsd"`
	YourLimitUSD   *float64 `json:"yourSpendLimitUsd,omitempty"` // left out where there is none
}

func teamSpending(team string, s wiro.TeamSpending) TeamSpending {
	return TeamSpending{
		Team: team, TotalUSD: float64(s.Total), PlaygroundUSD: float64(s.Playground), APIUSD: float64(s.API), LimitUSD: (*float64)(s.SpendLimit),
		YourTotalUSD: float64(s.Member.Total), YourPlayground: float64(s.Member.Playground), YourAPIUSD: float64(s.Member.API),
		YourLimitUSD: (*float64)(s.MemberSpendLimit),
	}
}

// Text is the team's part and the caller's.
func (s TeamSpending) Text() string {
	line := func(who string, total, playground, api float64, limit *float64) string {
		text := fmt.Sprintf("%s: $%s spent ($%s in the playground, $%s through the API)", who, mcptool.Money(total), mcptool.Money(playground), mcptool.Money(api))
		if limit == nil {
			return text + ", no limit."
		}
		text += fmt.Sprintf(" of $%s", mcptool.Money(*limit))
		if *limit > 0 {
			text += fmt.Sprintf(", %.0f%%", 100*total/(*limit))
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
	Action    string  `json:"action"`
	Success   bool    `json:"success"`
	From      string  `json:"sourceteamguid"` // "" for the personal wallet
	To        string  `json:"targetteamguid"`
	TotalUSD  float64 `json:"totalUsd"`
	GiftedUSD float64 `json:"giftedUsd"` // coupons and rewards
	StoreUSD  float64 `json:"storeUsd"`  // earned with models
	PaidUSD   float64 `json:"paidUsd"`   // paid in
}

// Text is what was moved from where to where.
func (t CreditTransferred) Text() string {
	text := fmt.Sprintf("Moved $%s from %s to %s.", mcptool.Money(t.TotalUSD), wallet(t.From), wallet(t.To))
	var parts []string
	for _, part := range []struct {
		usd  float64
		name string
	}{{t.GiftedUSD, "coupons and rewards"}, {t.StoreUSD, "earned with models"}, {t.PaidUSD, "paid in"}} {
		if part.usd != 0 {
			parts = append(parts, "$"+mcptool.Money(part.usd)+" "+part.name)
		}
	}
	if parts != nil {
		text += " Of that " + strings.Join(parts, ", ") + "."
	}
	return text
}
