package wiro_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// A price, charge or balance that Wiro does not state, or states in a form that is no number,
// must never read as 0.
func TestAnAmountThatIsNotStatedIsUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		member string // the JSON around the amount, with %s for its name and value
		names  []string
		get    func(*testing.T, *wiro.Client) (*float64, error)
	}{
		{`"agents": [{"tiers": {"pro": {%s}}}]`, []string{"priceUsd", "price"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.Agents.Get(t.Context(), wiro.AgentRef{GUID: "a"})
			return agent.Tiers[wiro.TierPro].PriceUSD, err
		}},
		{`"agents": [{"extracreditpacks": [{"packkey": "small", %s}]}]`, []string{"priceusd"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.Agents.Get(t.Context(), wiro.AgentRef{GUID: "a"})
			return agent.ExtraCreditPacks[0].PriceUSD, err
		}},
		{`"agents": [{"peractioncosts": {%s}}]`, []string{"message"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.Agents.Get(t.Context(), wiro.AgentRef{GUID: "a"})
			return agent.ActionCosts.Message, err
		}},
		{`"useragents": [{"guid": "a", %s}]`, []string{"monthlypriceusd"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.MyAgents.Get(t.Context(), "a")
			return agent.MonthlyPriceUSD, err
		}},
		{`"useragents": [{"guid": "a", "monthlycredits": 9, %s}]`, []string{"remainingcredits"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.MyAgents.Get(t.Context(), "a")
			return agent.Remaining(), err
		}},
		{`"useragents": [{"guid": "a", "subscription": {"status": "active", %s}}]`, []string{"amount"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			agent, err := c.MyAgents.Get(t.Context(), "a")
			return agent.Subscription.Amount, err
		}},
		{`"skill": {"pricing": {%s}}`, []string{"monthly_price_weight_usd", "base_price_usd"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			skill, err := c.Skills.Get(t.Context(), "a")
			return skill.Pricing.PriceUSD(), err
		}},
		{`%s`, []string{"totalPriceUsd"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			price, err := c.Billing.Preview(t.Context(), wiro.PriceQuery{})
			return price.PriceUSD, err
		}},
		{`"subscriptionId": 1, %s`, []string{"monthlypriceusd"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			paid, err := c.Billing.Subscribe(t.Context(), "a", "")
			return paid.MonthlyPriceUSD, err
		}},
		{`"action": "renewed", %s`, []string{"amount"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			renewal, err := c.Billing.Renew(t.Context(), "a")
			return renewal.AmountUSD, err
		}},
		{`"tier": "pro", %s`, []string{"proratedCharge"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			upgraded, err := c.Billing.Upgrade(t.Context(), "a")
			return upgraded.ChargedUSD, err
		}},
		{`"tier": "pro", %s`, []string{"prepaidWalletDelta"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			applied, err := c.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "a", Tier: wiro.TierPro})
			return applied.WalletDelta, err
		}},
		{`"summary": {%s}`, []string{"remainingcredits"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			ledger, err := c.Billing.Transactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: "a"})
			return ledger.Summary.Remaining, err
		}},
		{`"transactions": [{"guid": "a", %s}]`, []string{"amount"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			ledger, err := c.Billing.Transactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: "a"})
			return ledger.Transactions[0].Amount, err
		}},
		{`%s`, []string{"teamTotal"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			spending, err := c.Teams.Spending(t.Context(), "a")
			return spending.Total, err
		}},
		{`"transferred": {%s}`, []string{"total"}, func(t *testing.T, c *wiro.Client) (*float64, error) {
			moved, err := c.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 1, To: "t1"})
			return moved.Total, err
		}},
	} {
		for _, name := range test.names {
			for value, want := range map[string]*float64{
				"null": nil, `""`: nil, `"n/a"`: nil, `"NaN"`: nil, `{}`: nil, `[]`: nil, `1e999`: nil,
				"0": new(0.0), `"0.00"`: new(0.0), "9.5": new(9.5), `"9.5"`: new(9.5),
			} {
				body := fmt.Sprintf(test.member, fmt.Sprintf("%q: %s", name, value))
				got, err := test.get(t, answering(t, `{"result": true, "errors": [], `+body+`}`).Client)
				require.NoError(t, err, body)
				require.Equal(t, want, got, body)
			}
			got, err := test.get(t, answering(t, `{"result": true, "errors": [], `+fmt.Sprintf(test.member, `"other": 1`)+`}`).Client)
			require.NoError(t, err, name)
			require.Nil(t, got, name)
		}
	}
}
