package tools

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// TestEveryDocumentedRefusalSaysWhatHelps holds Wiro's words, as the documentation lists
// them, against the tool that mends the matter; "" where none can.
func TestEveryDocumentedRefusalSaysWhatHelps(t *testing.T) {
	t.Parallel()
	for words, tool := range map[string]string{
		"Agent not found":             "list_agents",
		"User agent not found":        "list_my_agents",
		"Agent not found or inactive": "list_agents",
		"Subscription price must be greater than $0. Add at least one paid skill or set agent base price.": "list_skills",
		"Agent setup is not complete. Please fill in your credentials before starting.":                    "get_my_agent",
		"Agent is already running":                                                                            "get_my_agent",
		"Agent is already queued to start":                                                                    "get_my_agent",
		"Agent is already stopped":                                                                            "start_agent",
		"Agent is currently stopping, please wait":                                                            "get_my_agent",
		"Agent is in error state, use Start to retry":                                                         "start_agent",
		"No credits available. Please renew your subscription or purchase extra credits.":                     "buy_agent_credits",
		"Skill changes are only available for custom-built agents.":                                           "list_skills",
		"Subscription already active for this useragent. Cancel or modify the existing subscription instead.": "upgrade_agent_tier",
		"Insufficient wallet balance for proration. Required: $5.00, available: $1.00":                        "",
		"Downgrading to Starter is not supported. /UserAgent/UpgradeTier is upgrade-only (Starter → Pro).":    "cancel_agent_subscription",
		"Already on pro tier": "get_my_agent",
		"No active subscription — use /UserAgent/CreateSubscriptionCheckout to subscribe at the chosen tier": "subscribe_agent",
		"Categories cannot be empty":              "",
		"Agent not found or access denied":        "list_my_agents",
		"Agent is not running. Current status: 0": "start_agent",
		"Agent has no remaining credits. Renew your subscription or buy a credit pack to continue.": "buy_agent_credits",
		"Message not found": "list_my_agents",
		"Message cannot be cancelled (status: agent_end)":                                               "get_agent_message",
		"Invalid redirect URL":                                                                          "",
		"No active subscription found for this agent":                                                   "get_my_agent",
		"Stripe subscriptions must be cancelled via Stripe portal":                                      "",
		"Stripe subscriptions must be managed via Stripe portal":                                        "",
		"Stripe subscriptions must be renewed via Stripe checkout":                                      "subscribe_agent",
		"Subscription is already active":                                                                "get_my_agent",
		"No expired subscription found to renew":                                                        "subscribe_agent",
		"Insufficient wallet balance. Required: $9.00, Available: $4.00":                                "",
		"Wallet deduction failed: timeout":                                                              "get_my_agent",
		"Pack key required":                                                                             "get_my_agent",
		"Could not retrieve wallet balance":                                                             "",
		"Renewal pricing not available":                                                                 "preview_agent_price",
		"Renewal pricing must be greater than $0. Add at least one paid skill or set agent base price.": "list_skills",
		"targetTier must be 'starter' or 'pro'":                                                         "get_my_agent",
		"Failed to compute target-tier pricing":                                                         "preview_agent_price",
		"useragentguid is required":                                                                     "list_my_agents",
		"useragent-access-denied":                                                                       "list_my_agents",
		"transactions-list-failed":                                                                      "",
		"This agent belongs to a team. Switch to the team context to access it.":                        "list_my_agents",
	} {
		p := explain(&wiro.APIError{Operation: "UserAgent/Something", HTTPStatus: 200, Messages: []string{words}})
		require.NotNil(t, p, words)
		require.NotContains(t, p.Text, "Wiro refused", words)
		require.NotContains(t, p.Text, "%s", words)
		require.NotContains(t, p.Text, "..", words)
		if tool == "" {
			require.Nil(t, p.Next, words)
			continue
		}
		require.NotNil(t, p.Next, words)
		require.Equal(t, tool, p.Next.Tool, words)
	}
}

func TestRefusalsKeepWirosNumbers(t *testing.T) {
	t.Parallel()
	f := faking(t, ForSale("renew_agent_subscription"))
	f.say("UserAgent/RenewSubscription", saysNo("Insufficient wallet balance. Required: $9.00, Available: $4.00"))
	f.refused("renew_agent_subscription", `{"useragentguid": "ua", "confirm": true}`, "Required: $9.00, Available: $4.00", billingPage, "Nothing was done or charged")
}

func TestTheNextStepNamesTheAgent(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"UserAgent/Start": saysNo("No credits available. Please renew your subscription or purchase extra credits.")})
	next, arguments := f.refused("start_agent", theAgent, "A pack of credits helps").next()
	require.Equal(t, "buy_agent_credits", next)
	require.Equal(t, map[string]any{"useragentguid": agentID, "pack": "small"}, arguments)

	// What it suggests asks before it charges, and is left out where it is off.
	f = faking(t, map[string]string{"UserAgent/Start": saysNo("No credits available.")}, func(o *Options) { o.Toolsets = DefaultToolsets })
	next, _ = f.refused("start_agent", theAgent, "A pack of credits helps").next()
	require.Empty(t, next)
}

func TestRefusalsOfModelsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	require.Empty(t, reasonOf(errors.New("message not found")))
	require.Empty(t, reasonOf(errors.New("something else")))
	require.Empty(t, reasonOf(&wiro.APIError{Operation: "UserAgent/Start", Messages: []string{"What nobody foresaw"}}))
}
