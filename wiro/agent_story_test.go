package wiro_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// blogEditor returns the template of an agent that needs a WordPress blog.
func blogEditor(t *testing.T, c *wiro.Client) wiro.Agent {
	t.Helper()
	for agent, err := range c.Agents.All(t.Context(), wiro.AgentQuery{Search: "blog"}) {
		require.NoError(t, err)
		if agent.Slug == "blog-content-editor" {
			return agent
		}
	}
	require.Fail(t, "the catalog has no blog editor")
	return wiro.Agent{}
}

func settled(u wiro.UserAgent) bool {
	return u.Status == wiro.AgentRunning || u.Status == wiro.AgentStopped || u.Status == wiro.AgentError
}

func TestATemplateFromTheCatalogToAnAnswer(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	template := blogEditor(t, c)
	before := s.Balance(wirotest.DemoSignedKey)
	agent, err := c.MyAgents.Deploy(t.Context(), wiro.Deployment{AgentGUID: template.GUID, Title: "My editor", Tier: wiro.TierStarter})
	require.NoError(t, err)
	require.InDelta(t, *template.Tiers[wiro.TierStarter].PriceUSD, before-s.Balance(wirotest.DemoSignedKey), 0.001)
	require.Equal(t, *template.Tiers[wiro.TierStarter].PriceUSD, *agent.MonthlyPriceUSD)
	require.Equal(t, wiro.AgentSetupRequired, agent.Status)

	err = c.MyAgents.Start(t.Context(), agent.GUID)
	require.Equal(t, wiro.ReasonSetupIncomplete, wiro.ReasonOf(err))
	_, err = c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: agent.GUID, Message: "Hi"})
	refusal, ok := errors.AsType[*wiro.APIError](err)
	require.True(t, ok)
	require.Equal(t, wiro.ReasonAgentNotRunning, refusal.Reason)
	require.Contains(t, refusal.Extra, "agentstatus")

	set, err := c.Credentials.Set(t.Context(), agent.GUID, []wiro.CredentialValue{
		{Credential: "wordpress", Field: "url", Value: "https://blog.example.com"},
		{Credential: "wordpress", Field: "user", Value: "ada"},
		{Credential: "wordpress", Field: "apppassword", Value: "open sesame now pls"},
	})
	require.NoError(t, err)
	require.Equal(t, wiro.CredentialsSet{Applied: 3}, set)
	agent, err = c.MyAgents.Get(t.Context(), agent.GUID)
	require.NoError(t, err)
	require.Equal(t, wiro.AgentStopped, agent.Status)
	require.False(t, *agent.Credentials["wordpress"].RequiredMissing)
	require.Equal(t, "ada", agent.Credentials["wordpress"].Values["user"])
	history, err := c.Credentials.History(t.Context(), agent.GUID, "wordpress", wiro.Period{})
	require.NoError(t, err)
	require.Len(t, history, 3)

	require.NoError(t, c.MyAgents.Start(t.Context(), agent.GUID))
	agent, err = c.MyAgents.Wait(soon(t), agent.GUID, settled)
	require.NoError(t, err)
	require.Equal(t, wiro.AgentRunning, agent.Status)

	sent, err := c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: agent.GUID, Message: "Which bread is best?", SessionKey: "s-1"})
	require.NoError(t, err)
	updates := 0
	message, err := sent.Wait(soon(t), func(wiro.MessageUpdate) { updates++ })
	require.NoError(t, err)
	require.Equal(t, wiro.MessageEnded, message.Status)
	require.Contains(t, strings.Join(message.Output().Answer, " "), "Which bread is best?")
	require.Positive(t, updates)

	var questions []string
	for m, err := range c.Messages.All(t.Context(), wiro.HistoryQuery{UserAgentGUID: agent.GUID, SessionKey: "s-1", Limit: 1}) {
		require.NoError(t, err)
		questions = append(questions, m.Content)
	}
	require.Equal(t, []string{"Which bread is best?"}, questions)
	sessions, err := c.Messages.Sessions(t.Context(), agent.GUID)
	require.NoError(t, err)
	require.Equal(t, "s-1", sessions[0].Key)
	var spent float64
	for transaction, err := range c.Billing.AllTransactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: agent.GUID}) {
		require.NoError(t, err)
		if transaction.Type == "deduct" {
			spent -= *transaction.Amount
		}
	}
	require.InDelta(t, *agent.ActionCosts.Message, spent, 0)
	log, err := c.Logs.Tail(t.Context(), wiro.LogQuery{UserAgentGUID: agent.GUID})
	require.NoError(t, err)
	require.NotEmpty(t, log.Events)

	ends, err := c.Billing.Cancel(t.Context(), agent.GUID)
	require.NoError(t, err)
	require.False(t, ends.IsZero())
	renewal, err := c.Billing.Renew(t.Context(), agent.GUID)
	require.NoError(t, err)
	require.Equal(t, wiro.RenewalUndoneCancel, renewal.Action)
	require.NoError(t, c.MyAgents.Stop(t.Context(), agent.GUID))
}

func TestACustomAgentIsPricedBuiltAndChanged(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	skills := map[string]bool{"int-gmail-check": true, "int-wordpress-post": true}
	price, err := c.Billing.Preview(t.Context(), wiro.PriceQuery{Skills: []string{"int-gmail-check", "int-wordpress-post"}, Tier: wiro.TierPro})
	require.NoError(t, err)
	before := s.Balance(wirotest.DemoSignedKey)
	agent, err := c.MyAgents.Deploy(t.Context(), wiro.Deployment{Custom: true, Title: "Inbox to blog", Tier: wiro.TierPro, Skills: skills})
	require.NoError(t, err)
	require.InDelta(t, *price.PriceUSD, before-s.Balance(wirotest.DemoSignedKey), 0.001)
	require.True(t, agent.Agent.Custom)

	yes, schedule, task := true, "0 9 * * 1", "Sum up the week."
	require.NoError(t, c.Skills.SetCustom(t.Context(), wiro.CustomSkillChange{
		UserAgentGUID: agent.GUID, Key: "cron-weekly", Value: &task, Interval: &schedule, Enabled: &yes, UserCreated: &yes,
	}))
	agent, err = c.MyAgents.Get(t.Context(), agent.GUID)
	require.NoError(t, err)
	i := slices.IndexFunc(agent.ScheduledSkills, func(s wiro.CustomSkill) bool { return s.UserCreated })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, task, agent.ScheduledSkills[i].Value)
	key, err := c.Skills.RenameCustom(t.Context(), wiro.CustomSkillRename{UserAgentGUID: agent.GUID, From: agent.ScheduledSkills[i].Key, To: "cron-mondays"})
	require.NoError(t, err)
	ref := wiro.CustomSkillRef{UserAgentGUID: agent.GUID, Key: key}
	history, err := c.Skills.CustomHistory(t.Context(), ref, wiro.Period{})
	require.NoError(t, err)
	require.NotEmpty(t, history.Entries)
	require.NoError(t, c.Skills.DeleteCustom(t.Context(), ref))

	before = s.Balance(wirotest.DemoSignedKey)
	applied, err := c.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: agent.GUID, Skills: map[string]bool{"int-wordpress-post": false}})
	require.NoError(t, err)
	require.InDelta(t, *applied.WalletDelta, before-s.Balance(wirotest.DemoSignedKey), 0.001)
	require.NotContains(t, applied.Pricing.EnabledSkills, "int-wordpress-post")
}

// Every provider is connected through an app of the caller's own, from its fields to the
// account that is selected.
func TestEveryAccountIsConnectedByConsent(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	registry, err := c.Skills.List(t.Context(), wiro.SkillQuery{RequiresCredentials: new(true)})
	require.NoError(t, err)
	skills := map[string]bool{}
	for _, skill := range registry.Skills {
		skills[skill.Name] = true
	}
	agent, err := c.MyAgents.Deploy(t.Context(), wiro.Deployment{Custom: true, Title: "Everything", Skills: skills})
	require.NoError(t, err)
	for _, provider := range wiro.OAuthProviders() {
		values := []wiro.CredentialValue{{Credential: string(provider), Field: "authmethod", Value: "own"}}
		for _, field := range provider.OwnAppFields() {
			values = append(values, wiro.CredentialValue{Credential: string(provider), Field: field, Value: "1"})
		}
		set, err := c.Credentials.Set(t.Context(), agent.GUID, values)
		require.NoError(t, err)
		require.Empty(t, set.Refused, provider)
		address, err := c.Credentials.Connect(t.Context(), provider, wiro.ConnectRequest{
			UserAgentGUID: agent.GUID, RedirectURL: "https://app.example.com/back", AuthMethod: "own",
		})
		require.NoError(t, err, provider)
		back := consent(t, address)
		connected, failed := provider.ReturnParams()
		require.Equal(t, "true", back.Get(connected), provider)
		require.Empty(t, back.Get(failed), provider)

		if thing, parameter := provider.Selection(); thing != "" && back.Has(parameter) {
			choice := firstChoice(t, back.Get(parameter))
			selected, err := c.Credentials.SelectAccount(t.Context(), provider, agent.GUID, choice)
			require.NoError(t, err, provider)
			require.Equal(t, choice, selected, provider)
		}
		status, err := c.Credentials.Status(t.Context(), provider, agent.GUID)
		require.NoError(t, err, provider)
		require.True(t, status.Connected, provider)
		require.NotEmpty(t, status.Account(), provider)
		require.False(t, status.ConnectedAt.IsZero(), provider)
		require.NoError(t, c.Credentials.Disconnect(t.Context(), provider, agent.GUID))
		status, err = c.Credentials.Status(t.Context(), provider, agent.GUID)
		require.NoError(t, err, provider)
		require.False(t, status.Connected, provider)
	}
}

// consent is a user who consents. It returns the parameters of the redirect URL.
func consent(t *testing.T, address string) url.Values {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	target, err := response.Location()
	require.NoError(t, err)
	return target.Query()
}

// firstChoice is the first of the accounts that a redirect lists.
func firstChoice(t *testing.T, list string) wiro.Account {
	t.Helper()
	var accounts []map[string]string
	require.NoError(t, wire.Decode([]byte(list), &accounts))
	require.NotEmpty(t, accounts)
	var account wiro.Account
	for name, value := range accounts[0] {
		switch {
		case strings.HasSuffix(strings.ToLower(name), "id"):
			account.ID = value
		case strings.Contains(strings.ToLower(name), "name") || strings.Contains(strings.ToLower(name), "title"):
			account.Name = value
		}
	}
	require.NotEmpty(t, account.ID, list)
	return account
}
