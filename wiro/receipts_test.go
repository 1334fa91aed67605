package wiro_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// payments are the calls that start or pay something each time that they arrive, with a
// response of Wiro's that says that they did.
var payments = map[string]struct {
	accepted string // members of the response
	follows  bool   // what it names has a record of its own
	call     func(*testing.T, *wiro.Client) error
}{
	"Run/openai/sora-2": {`"taskid":"7","socketaccesstoken":"tok7"`, true, func(t *testing.T, c *wiro.Client) error {
		submission, err := c.Runs.Submit(t.Context(), anyModel, anyParams)
		if err == nil {
			require.Equal(t, "tok7", submission.Token)
		}
		return err
	}},
	"UserAgent/Message/Send": {`"messageguid":"m7","agenttoken":"tok7"`, true, func(t *testing.T, c *wiro.Client) error {
		sent, err := c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: "a", Message: "hi"})
		if err == nil {
			require.Equal(t, "m7", sent.GUID)
		}
		return err
	}},
	"UserAgent/Deploy": {`"useragents":[{"guid":"ua7"}]`, false, func(t *testing.T, c *wiro.Client) error {
		return ignore(c.MyAgents.Deploy(t.Context(), wiro.Deployment{Custom: true, Title: "x"}))
	}},
	"UserAgent/CreateSubscriptionCheckout": {`"subscriptionId":7,"monthlypriceusd":9`, false, func(t *testing.T, c *wiro.Client) error {
		return ignore(c.Billing.Subscribe(t.Context(), "a", ""))
	}},
	"UserAgent/RenewSubscription": {`"action":"renewed","amount":9`, false, func(t *testing.T, c *wiro.Client) error {
		return ignore(c.Billing.Renew(t.Context(), "a"))
	}},
	"UserAgent/UpgradeTier": {`"tier":"pro","previousTier":"starter","proratedCharge":9`, false, func(t *testing.T, c *wiro.Client) error {
		return ignore(c.Billing.Upgrade(t.Context(), "a"))
	}},
	"UserAgent/CreateExtraCreditCheckout": {``, false, func(t *testing.T, c *wiro.Client) error {
		return c.Billing.BuyCredits(t.Context(), "a", "small")
	}},
	"Team/TransferCredit": {`"transferred":{"total":5}`, false, func(t *testing.T, c *wiro.Client) error {
		return ignore(c.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 5, To: "t1"}))
	}},
}

func envelope(result, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"result":` + result + `,"errors":[{"code":0,"message":"slow down"}]` + members + `}`
}

// TestWhatAResponseNamesIsNeverThrownAway has responses of every status name what they started.
func TestWhatAResponseNamesIsNeverThrownAway(t *testing.T) {
	t.Parallel()
	for path, payment := range payments {
		for _, status := range []int{200, 202, 302, 400, 401, 403, 404, 408, 409, 422, 425, 429, 500, 502, 503, 504} {
			for _, result := range []string{"true", "false"} {
				if payment.accepted == "" && result == "false" || status == 302 || status < 300 && result == "true" {
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", path, status, result), func(t *testing.T) {
					t.Parallel()
					o := fake(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, envelope(result, payment.accepted)) })
					err := payment.call(t, o)
					switch {
					case payment.follows, result == "true" && payment.accepted != "":
						require.NoError(t, err)
					default:
						require.ErrorIs(t, err, wiro.ErrUnknownOutcome)
					}
				})
			}
		}
	}
}

// TestAPaymentIsRepeatedOnlyIfItWasRefused counts what arrives.
func TestAPaymentIsRepeatedOnlyIfItWasRefused(t *testing.T) {
	t.Parallel()
	for path, payment := range payments {
		for name, test := range map[string]struct {
			status   int
			body     string
			repeated bool
			unknown  bool
		}{
			"429 that is empty":               {429, ``, true, false},
			"429 that refuses":                {429, envelope("false", ""), true, false},
			"429 of a gateway":                {429, `{"message":"Too Many Requests"}`, true, false},
			"429 of a proxy":                  {429, `<html>Too many</html>`, true, false},
			"429 that accepts":                {429, `{"result":true,"errors":[]}`, false, true},
			"429 that was cut":                {429, `{"result":true,"taskid":"7","socketacc`, false, true},
			"404 that was cut":                {404, `{"result":true,"taskid":"7","socketacc`, false, true},
			"408 that is empty":               {408, ``, false, true},
			"409 that refuses":                {409, envelope("false", ""), false, false},
			"a success that says nothing":     {200, `{}`, false, true},
			"a success without what was done": {200, `{"result":true}`, false, payment.accepted != ""},
			"a success of another shape":      {200, `{"result":true,"taskid":"","socketaccesstoken":null,"useragents":[],"transferred":null}`, false, payment.accepted != ""},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				arrived := make(chan struct{}, 10)
				o := fake(t, func(w http.ResponseWriter, _ *http.Request) {
					arrived <- struct{}{}
					answer(w, test.status, test.body)
				})
				err := payment.call(t, o)
				want := 1
				if test.repeated {
					want = 4
				}
				require.Len(t, arrived, want)
				switch {
				case test.unknown:
					require.ErrorIs(t, err, wiro.ErrUnknownOutcome)
				case test.status >= 300:
					require.Error(t, err)
					require.NotErrorIs(t, err, wiro.ErrUnknownOutcome)
				default:
					require.NoError(t, err)
				}
			})
		}
	}
}

// Every operation that may start or spend something names what a response of it is kept for, or
// is known to name nothing.
func TestOperationsSayWhatTheirResponsesName(t *testing.T) {
	t.Parallel()
	nothing := map[string]bool{ // by the documentation
		"UserAgent/CreateExtraCreditCheckout": true, "Team/TransferAgent": true, "Team/TransferProject": true, "Team/Create": true,
		"Team/Member/Invite": true, "UserAgent/CustomSkillRename": true, "UserAgentOAuth/TokenRefresh": true, "UserAgentOAuth/FBSetPage": true, "File/FolderCreate": true, "File/Upload": true,
	}
	for path, op := range wire.Operations() {
		if op.Effect == wire.NonIdempotent {
			require.Equal(t, nothing[path], len(op.Receipt) == 0, path)
		}
	}
}

func TestAChangeOfSkillsThatSaysNothingIsNotDone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"result":true}`, `{"result":true,"tier":"","pricing":{}}`} {
		applied, err := answering(t, body).Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "a", Tier: wiro.TierPro})
		require.Error(t, err, body)
		require.NotEmpty(t, applied.IdempotencyKey, "to see it through")
	}
}
