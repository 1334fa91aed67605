package wiro_test

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// TestAgentCallsSendWhatTheDocumentationAsksFor holds path and body of each.
func TestAgentCallsSendWhatTheDocumentationAsksFor(t *testing.T) {
	t.Parallel()
	yes, no, text, cleared := true, false, "New", ""
	for _, test := range []struct {
		path string
		body string
		call func(t *testing.T, c *wiro.Client) error
	}{
		{"Agent/List", `{}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Agents.List(t.Context(), wiro.AgentQuery{})) }},
		{"Agent/List", `{"search": "a", "category": "b", "sort": "title", "order": "ASC", "start": 2, "limit": 3}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Agents.List(t.Context(), wiro.AgentQuery{Search: "a", Category: "b", Sort: "title", Order: "ASC", Start: 2, Limit: 3}))
		}},
		{"Agent/Detail", `{"guid": "tpl-1"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Agents.Get(t.Context(), wiro.AgentRef{GUID: "tpl-1"}))
		}},
		{"Agent/Detail", `{"slug": "review-watcher", "type": "full"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Agents.GetFull(t.Context(), wiro.AgentRef{Slug: "review-watcher"}))
		}},
		{"UserAgent/Deploy", `{"agentguid": "tpl-1", "title": "x", "useprepaid": true, "tier": "starter", "pinned": false}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.MyAgents.Deploy(t.Context(), wiro.Deployment{AgentGUID: "tpl-1", Title: "x", Tier: "starter", Pinned: &no}))
		}},
		{"UserAgent/Deploy", `{"custom": true, "title": "x", "description": "d", "cover": "https://a.test/c.png", "useprepaid": true,
			"skills": {"int-a": true, "int-b": false}, "credentials": {"gmail": {"account": "a@b.test", "port": 993}},
			"customskills": [{"key": "cron-x", "value": "Do.", "interval": "0 9 * * 1", "enabled": true, "description": "Weekly", "_user_created": true}, {"key": "tone"}]}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.MyAgents.Deploy(t.Context(), wiro.Deployment{
					Custom: true, Title: "x", Description: "d", Cover: "https://a.test/c.png", Skills: map[string]bool{"int-a": true, "int-b": false},
					Credentials: map[string]any{"gmail": map[string]any{"account": "a@b.test", "port": json.Number("993")}},
					CustomSkills: []wiro.DeployedSkill{
						{Key: "cron-x", Value: "Do.", Interval: "0 9 * * 1", Enabled: &yes, Description: "Weekly", UserCreated: &yes}, {Key: "tone"},
					},
				}))
			}},
		{"UserAgent/MyAgents", `{"limit": 10}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.MyAgents.List(t.Context(), wiro.MyAgentsQuery{Limit: 10}))
		}},
		{"UserAgent/PinnedAgents", `{}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.MyAgents.Pinned(t.Context())) }},
		{"UserAgent/PinnedUnread", `{}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.MyAgents.LastMessages(t.Context())) }},
		{"UserAgent/Detail", `{"guid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.MyAgents.Get(t.Context(), "ua-1")) }},
		{"UserAgent/Update", `{"guid": "ua-1", "title": "New", "description": "", "categories": ["a"], "cover": ""}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.MyAgents.Update(t.Context(), "ua-1", wiro.AgentUpdate{Title: &text, Description: &cleared, Categories: []string{"a"}, Cover: &cleared}))
		}},
		{"UserAgent/Pin", `{"useragentguid": "ua-1", "pinned": false}`, func(t *testing.T, c *wiro.Client) error { return c.MyAgents.Pin(t.Context(), "ua-1", false) }},
		{"UserAgent/Start", `{"guid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return c.MyAgents.Start(t.Context(), "ua-1") }},
		{"UserAgent/Stop", `{"guid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return c.MyAgents.Stop(t.Context(), "ua-1") }},
		{"UserAgent/PricingPreview", `{"draft": true, "skills": ["int-a"], "tier": "pro"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Billing.Preview(t.Context(), wiro.PriceQuery{Skills: []string{"int-a"}, Tier: "pro"}))
		}},
		{"UserAgent/PricingPreview", `{"useragentguid": "ua-1", "skillOverrides": {"int-a": false}}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Billing.Preview(t.Context(), wiro.PriceQuery{UserAgentGUID: "ua-1", SkillOverrides: map[string]bool{"int-a": false}}))
		}},
		{"UserAgent/CreateSubscriptionCheckout", `{"useragentguid": "ua-1", "useprepaid": true, "tier": "pro"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Billing.Subscribe(t.Context(), "ua-1", "pro"))
		}},
		{"UserAgent/CancelSubscription", `{"guid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Cancel(t.Context(), "ua-1")) }},
		{"UserAgent/RenewSubscription", `{"guid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Renew(t.Context(), "ua-1")) }},
		{"UserAgent/UpgradeTier", `{"guid": "ua-1", "targetTier": "pro"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Upgrade(t.Context(), "ua-1")) }},
		{"UserAgent/CreateExtraCreditCheckout", `{"useragentguid": "ua-1", "pack": "medium", "useprepaid": true}`, func(t *testing.T, c *wiro.Client) error {
			return c.Billing.BuyCredits(t.Context(), "ua-1", "medium")
		}},
		{"UserAgent/TransactionList", `{"useragentguid": "ua-1", "start": 50, "limit": 50}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Billing.Transactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: "ua-1", Start: 50, Limit: 50}))
		}},
		{"UserAgent/Message/Send", `{"useragentguid": "ua-1", "message": "Hi", "sessionkey": "s-7", "callbackurl": "https://a.test/hook"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1", Message: "Hi", SessionKey: "s-7", CallbackURL: "https://a.test/hook"}))
		}},
		{"UserAgent/Message/Detail", `{"agenttoken": "tok"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.Get(t.Context(), wiro.MessageRef{Token: "tok"}))
		}},
		{"UserAgent/Message/History", `{"useragentguid": "ua-1", "sessionkey": "s-7", "limit": 5, "before": "m-3"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.History(t.Context(), wiro.HistoryQuery{UserAgentGUID: "ua-1", SessionKey: "s-7", Limit: 5, Before: "m-3"}))
		}},
		{"UserAgent/Message/Sessions", `{"useragentguid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Messages.Sessions(t.Context(), "ua-1")) }},
		{"UserAgent/Message/Cancel", `{"messageguid": "m-1"}`, func(t *testing.T, c *wiro.Client) error {
			return c.Messages.Cancel(t.Context(), wiro.MessageRef{GUID: "m-1"})
		}},
		{"UserAgent/Message/Delete", `{"useragentguid": "ua-1", "items": [{"messageguid": "m-1", "side": "agent"}]}`, func(t *testing.T, c *wiro.Client) error {
			return c.Messages.Delete(t.Context(), "ua-1", []wiro.MessageSide{{GUID: "m-1", Side: wiro.SideAgent}})
		}},
		{"UserAgent/Message/DeleteSession", `{"useragentguid": "ua-1", "sessionkey": "s-7"}`, func(t *testing.T, c *wiro.Client) error {
			return c.Messages.DeleteSession(t.Context(), "ua-1", "s-7")
		}},
		{"UserAgent/Message/SystemInsert", `{"useragentguid": "ua-1", "uuid": "u-grace", "content": "Hi", "sessionkey": "auto"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.Insert(t.Context(), wiro.SystemMessage{UserAgentGUID: "ua-1", OwnerUUID: "u-grace", Content: "Hi", SessionKey: "auto"}))
		}},
		{"UserAgent/Logs", `{"useragentguid": "ua-1", "date": "2026-05-01", "lines": 20}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Logs.Tail(t.Context(), wiro.LogQuery{UserAgentGUID: "ua-1", Date: "2026-05-01", Lines: 20}))
		}},
		{"UserAgent/LogsFile", `{"useragentguid": "ua-1", "date": "2026-05-01"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Logs.Day(t.Context(), "ua-1", "2026-05-01"))
		}},
		{"UserAgent/LogsList", `{"useragentguid": "ua-1"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Logs.Days(t.Context(), "ua-1")) }},
		{"UserAgent/LogsDelete", `{"useragentguid": "ua-1", "date": "2026-05-01"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Logs.Delete(t.Context(), "ua-1", "2026-05-01"))
		}},
	} {
		t.Run(test.path, func(t *testing.T) {
			t.Parallel()
			o := answering(t, `{"result": true, "errors": [], "messageguid": "m", "agents": [{"guid": "a"}], "useragents": [{"guid": "a"}], "data": {"guid": "m"},
				"subscriptionId": 1, "action": "renewed", "tier": "pro"}`)
			require.NoError(t, test.call(t, o.WithTeam("team-9")))
			path, body := o.only(t)
			require.Equal(t, test.path, path)
			got, err := json.Marshal(body)
			require.NoError(t, err)
			require.JSONEq(t, test.body, string(got))
			require.Equal(t, []string{"team-9"}, o.teams)
		})
	}
}

func TestACoverIsUploadedAsAForm(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/form-data" || r.URL.Path != "UserAgent/Cover" || r.FormValue("useragentguid") != "ua-1" {
			answer(w, 400, `{"result":false,"errors":[{"message":"not the form"}]}`)
			return
		}
		file, header, err := r.FormFile("image")
		if err != nil || header.Filename != "cover.png" || header.Header.Get("Content-Type") != "image/png" {
			answer(w, 400, `{"result":false,"errors":[{"message":"no picture"}]}`)
			return
		}
		data, _ := io.ReadAll(file)
		answer(w, 200, `{"result":true,"cover":"https://files.test/`+string(data)+`","useragents":[{"guid":"ua-1","cover":"https://files.test/`+string(data)+`"}]}`)
	})
	picture := wiro.File{Name: "cover.png", ContentType: "image/png", Size: 6, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("pixels")), nil
	}}
	agent, err := c.MyAgents.SetCover(t.Context(), "ua-1", picture)
	require.NoError(t, err)
	require.Equal(t, "https://files.test/pixels", agent.Cover)

	picture.Size = wiro.MaxCover + 1
	_, err = c.MyAgents.SetCover(t.Context(), "ua-1", picture)
	require.ErrorContains(t, err, "10 MB")
}

func TestAnAgentCallWithoutWhatItNeedsIsNotSent(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true}`)
	for name, err := range map[string]error{
		"Agent":              ignore(o.Agents.Get(t.Context(), wiro.AgentRef{})),
		"Deploy of nothing":  ignore(o.MyAgents.Deploy(t.Context(), wiro.Deployment{Title: "x"})),
		"Deploy of both":     ignore(o.MyAgents.Deploy(t.Context(), wiro.Deployment{Title: "x", AgentGUID: "a", Custom: true})),
		"MyAgent":            ignore(o.MyAgents.Get(t.Context(), " ")),
		"UpdateAgent":        ignore(o.MyAgents.Update(t.Context(), "", wiro.AgentUpdate{})),
		"SetCover":           ignore(o.MyAgents.SetCover(t.Context(), "", wiro.File{})),
		"Pin":                o.MyAgents.Pin(t.Context(), "", true),
		"Start":              o.MyAgents.Start(t.Context(), ""),
		"Stop":               o.MyAgents.Stop(t.Context(), ""),
		"Subscribe":          ignore(o.Billing.Subscribe(t.Context(), "", "")),
		"CancelSubscription": ignore(o.Billing.Cancel(t.Context(), "")),
		"RenewSubscription":  ignore(o.Billing.Renew(t.Context(), "")),
		"UpgradeTier":        ignore(o.Billing.Upgrade(t.Context(), "")),
		"BuyCredits":         o.Billing.BuyCredits(t.Context(), "ua-1", ""),
		"Transactions":       ignore(o.Billing.Transactions(t.Context(), wiro.TransactionQuery{})),
		"SendMessage":        ignore(o.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1"})),
		"Message":            ignore(o.Messages.Get(t.Context(), wiro.MessageRef{})),
		"WaitMessage":        ignore(o.Messages.Wait(t.Context(), wiro.MessageRef{})),
		"Messages":           ignore(o.Messages.History(t.Context(), wiro.HistoryQuery{})),
		"Sessions":           ignore(o.Messages.Sessions(t.Context(), "")),
		"CancelMessage":      o.Messages.Cancel(t.Context(), wiro.MessageRef{}),
		"DeleteMessages":     o.Messages.Delete(t.Context(), "ua-1", nil),
		"DeleteSession":      o.Messages.DeleteSession(t.Context(), "ua-1", ""),
		"InsertMessage":      ignore(o.Messages.Insert(t.Context(), wiro.SystemMessage{UserAgentGUID: "ua-1", Content: "x"})),
		"Logs":               ignore(o.Logs.Tail(t.Context(), wiro.LogQuery{})),
		"LogFile":            ignore(o.Logs.Day(t.Context(), "ua-1", "")),
		"LogDates":           ignore(o.Logs.Days(t.Context(), "")),
		"DeleteLog":          ignore(o.Logs.Delete(t.Context(), "ua-1", "")),
	} {
		_, ok := errors.AsType[*wiro.InputError](err)
		require.True(t, ok, "%s: %v", name, err)
	}
	paths, _ := o.seen()
	require.Empty(t, paths)
}

// TestWhatSpendsOrSaysIsSentOnce drops the connection after the request has arrived.
func TestWhatSpendsOrSaysIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(t *testing.T, c *wiro.Client) error{
		"Deploy": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.MyAgents.Deploy(t.Context(), wiro.Deployment{AgentGUID: "tpl-1", Title: "x"}))
		},
		"Subscribe":         func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Subscribe(t.Context(), "ua-1", "")) },
		"RenewSubscription": func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Renew(t.Context(), "ua-1")) },
		"UpgradeTier":       func(t *testing.T, c *wiro.Client) error { return ignore(c.Billing.Upgrade(t.Context(), "ua-1")) },
		"BuyCredits":        func(t *testing.T, c *wiro.Client) error { return c.Billing.BuyCredits(t.Context(), "ua-1", "small") },
		"SendMessage": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1", Message: "hi"}))
		},
		"InsertMessage": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Messages.Insert(t.Context(), wiro.SystemMessage{UserAgentGUID: "ua-1", OwnerUUID: "u", Content: "hi"}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := answering(t, `{"result": true}`)
			o.set(`{"result": true}`, 1)
			require.ErrorIs(t, call(t, o.Client), wiro.ErrUnknownOutcome)
			paths, _ := o.seen()
			require.Len(t, paths, 1)
		})
	}
}

func TestAYesThatNamesNothingIsUncertain(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true, "errors": []}`)
	require.ErrorIs(t, ignore(o.MyAgents.Deploy(t.Context(), wiro.Deployment{AgentGUID: "tpl-1", Title: "x"})), wiro.ErrUnknownOutcome)
	require.ErrorIs(t, ignore(o.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "ua-1", Message: "hi"})), wiro.ErrUnknownOutcome)
}

func TestADeploymentsErrorNeverRepeatsACredential(t *testing.T) {
	t.Parallel()
	const secret = "abcd efgh ijkl mnop"
	o := answering(t, `{"result": false, "errors": [{"code": 0, "message": "gmail: `+secret+` is no app password; got <abcd efgh ijkl>"}]}`)
	_, err := o.MyAgents.Deploy(t.Context(), wiro.Deployment{Custom: true, Title: "x", Credentials: map[string]any{
		"gmail": map[string]any{"account": "a@b.test", "apppassword": secret},
	}})
	require.ErrorContains(t, err, "is no app password")
	require.NotContains(t, errorsOf(err), "efgh")

	_, err = answering(t, `<html>apppassword=`+secret+`</html>`).MyAgents.Get(t.Context(), "ua-1")
	require.Error(t, err)
	require.NotContains(t, errorsOf(err), "efgh", "the answer itself may hold secrets")
}

func TestAnAgentThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"User agent not found", "Message not found", "Agent not found"} {
		o := answering(t, `{"result": false, "errors": [{"code": 0, "message": "`+message+`"}]}`)
		require.ErrorIs(t, ignore(o.MyAgents.Get(t.Context(), "x")), wiro.ErrNotFound)
	}
	o := answering(t, `{"result": true, "errors": []}`)
	require.ErrorIs(t, ignore(o.MyAgents.Get(t.Context(), "x")), wiro.ErrNotFound)
	require.ErrorIs(t, ignore(o.Agents.Get(t.Context(), wiro.AgentRef{GUID: "x"})), wiro.ErrNotFound)
	require.ErrorIs(t, ignore(o.Messages.Get(t.Context(), wiro.MessageRef{GUID: "x"})), wiro.ErrNotFound)

	o = answering(t, `{"result": false, "errors": [{"code": 0, "message": "Insufficient wallet balance. Required: $9.00, Available: $1.00"}]}`)
	require.ErrorIs(t, ignore(o.Billing.Subscribe(t.Context(), "x", "")), wiro.ErrInsufficientBalance)
}
