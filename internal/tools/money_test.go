package tools

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// paidCalls are the calls that take money, the endpoint that takes it, and what must not be said
// of a payment that nobody stated.
var paidCalls = []struct{ tool, arguments, path, done string }{
	{"deploy_agent", `{"agentguid": "a1b2", "title": "x", "tier": "pro", "confirm": true}`, "UserAgent/Deploy", "Deployed"},
	{"deploy_agent", `{"custom": true, "title": "x", "skills": {"int-a": true}, "confirm": true}`, "UserAgent/Deploy", "Deployed"},
	{"subscribe_agent", `{"useragentguid": "ua", "tier": "pro", "confirm": true}`, "UserAgent/CreateSubscriptionCheckout", "Subscribed"},
	{"renew_agent_subscription", `{"useragentguid": "ua", "confirm": true}`, "UserAgent/RenewSubscription", "Renewed"},
	{"upgrade_agent_tier", `{"useragentguid": "ua", "confirm": true}`, "UserAgent/UpgradeTier", "Upgraded"},
	{"buy_agent_credits", `{"useragentguid": "ua", "pack": "small", "confirm": true}`, "UserAgent/CreateExtraCreditCheckout", "bought"},
	{"apply_agent_skills", `{"useragentguid": "ua", "skills": {"int-a": true}, "confirm": true}`, "UserAgent/SkillsApply", "Skills applied"},
	{"transfer_credit", `{"amount": 5, "targetteamguid": "t1", "confirm": true}`, "Team/TransferCredit", "Moved"},
	{"send_agent_message", `{"useragentguid": "ua", "message": "hi", "wait": false}`, "UserAgent/Message/Send", "Sent"},
}

var priceMembers = regexp.MustCompile(`"(priceUsd|totalPriceUsd|monthlypriceusd|priceusd)":\s*[0-9.]+`)

// An amount that cannot be read, or is below zero, must not pass for free.
func TestAPriceThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, paid := range paidCalls {
		if paid.tool == "transfer_credit" || paid.tool == "send_agent_message" { // no price of Wiro's
			continue
		}
		for _, price := range []string{"", "null", `"$49"`, `"1,299.00"`, `"soon"`, `"NaN"`, `"Infinity"`, "-5", `"-5"`, "1e999", "{}", "[9]", `""`, "true"} {
			t.Run(paid.tool+" "+price, func(t *testing.T) {
				t.Parallel()
				answers := ForSale(paid.tool)
				for path, answer := range answers {
					replacement := `"$1":` + strings.ReplaceAll(price, "$", "$$")
					if price == "" {
						replacement = `"x":9`
					}
					answers[path] = priceMembers.ReplaceAllString(answer, replacement)
				}
				f := faking(t, answers)
				r := f.refused(paid.tool, paid.arguments, "the price cannot be read; nothing was charged")
				require.NotContains(t, r.text, "costs nothing")
				require.NotContains(t, r.text, "$0")
				asked := f.callAs(asking("", nil), paid.tool, paid.arguments)
				require.True(t, asked.isError, "nobody is asked about it")
				require.NotContains(t, f.paths(), paid.path)
			})
		}
	}
}

// A payment is done when the answer says what its endpoint documents.
func TestAPaymentWithoutAStatementIsUnknown(t *testing.T) {
	t.Parallel()
	for _, paid := range paidCalls {
		for _, answer := range []string{`{}`, `{"result":true}`, `{"result":true,"errors":[]}`} {
			if answer != `{}` && paid.tool == "buy_agent_credits" { // all that is documented
				continue
			}
			t.Run(paid.tool+" "+answer, func(t *testing.T) {
				t.Parallel()
				f := faking(t, ForSale(paid.tool))
				f.say(paid.path, answer)
				r := f.refused(paid.tool, paid.arguments, "No usable answer came back")
				require.Contains(t, r.text, "ay have", "it may have taken effect")
				require.NotContains(t, r.text, paid.done)
				require.Equal(t, 1, times(f.paths(), paid.path))
				if tool, _ := r.next(); tool == "" {
					require.Contains(t, r.text, billingPage, "how to look")
				}
			})
		}
	}
}

// What was charged is null if Wiro does not say, never 0 and never the quote.
func TestAChargeThatIsNotStatedIsNull(t *testing.T) {
	t.Parallel()
	for tool, test := range map[string]struct{ path, answer, member string }{
		"subscribe_agent":          {"UserAgent/CreateSubscriptionCheckout", `{"result":true,"subscriptionId":1,"monthlypriceusd":"$27"}`, "chargedUsd"},
		"renew_agent_subscription": {"UserAgent/RenewSubscription", `{"result":true,"action":"renewed","amount":-5}`, "chargedUsd"},
		"upgrade_agent_tier":       {"UserAgent/UpgradeTier", `{"result":true,"tier":"pro"}`, "chargedUsd"},
		"apply_agent_skills":       {"UserAgent/SkillsApply", `{"result":true,"tier":"pro","prepaidWalletDelta":"NaN"}`, "chargedUsd"},
		"transfer_credit":          {"Team/TransferCredit", `{"result":true,"transferred":{"total":null}}`, "totalUsd"},
		"buy_agent_credits":        {"UserAgent/Detail", "", "chargedUsd"},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			f := faking(t, ForSale(tool))
			f.say(test.path, test.answer)
			if tool == "buy_agent_credits" { // the price is another one afterwards
				now := ForSale(tool)[test.path]
				f.say(test.path, now, now, strings.ReplaceAll(now, `"priceusd":40`, `"priceusd":41`))
			}
			var arguments string
			for _, paid := range paidCalls {
				if paid.tool == tool {
					arguments = paid.arguments
				}
			}
			r := f.ok(tool, arguments)
			require.Contains(t, r.data, test.member)
			require.Nil(t, r.data[test.member], r.text)
			require.NotContains(t, r.text, "$0")
			require.NotContains(t, r.text, "Nothing was charged")
		})
	}
}

func TestAPackCostsItsPriceBeforeAndAfter(t *testing.T) {
	t.Parallel()
	f := faking(t, ForSale("buy_agent_credits"))
	r := f.ok("buy_agent_credits", `{"useragentguid": "ua", "pack": "small", "confirm": true}`)
	require.InDelta(t, 40, r.data["chargedUsd"], 0)
	require.Equal(t, 3, times(f.paths(), "UserAgent/Detail"), "for the quote, before and after")
}

// An amount of a caller that is none moves nothing.
func TestCreditThatIsNoAmountIsNotMoved(t *testing.T) {
	t.Parallel()
	f := faking(t, ForSale("transfer_credit"))
	for _, amount := range []string{"0", "-5", `"-5"`, `"NaN"`, `"$5"`, `"1,299.00"`, `"soon"`, "null", "{}", `"1e999"`, `"Infinity"`} {
		f.refused("transfer_credit", `{"amount": `+amount+`, "targetteamguid": "t1", "confirm": true}`)
	}
	require.Empty(t, f.paths())
}

// A task that ended costs what its record says, in every tool and in both forms.
func TestTheRecordSaysWhatATaskCost(t *testing.T) {
	t.Parallel()
	for ending, state := range map[string]string{
		`"status":"task_cancel"`:                           "cancelled",
		`"status":"task_postprocess_end","pexit":"1"`:      "failed",
		`"status":"task_error"`:                            "failed",
		`"status":"task_postprocess_end","pexit":"0"`:      "completed",
		`"status":"task_cancel","pexit":"137"`:             "cancelled",
		`"status":"task_start"`:                            "running",
		`"status":"task_stream_ready","elapsedseconds":30`: "running",
	} {
		for cost, want := range map[string]any{
			`"totalcost":0.42`: 0.42, `"totalcost":"0.42"`: 0.42, `"totalcost":0`: 0.0, `"totalcost":"0.00"`: 0.0,
			`"totalcost":null`: nil, `"x":1`: nil, `"totalcost":"NaN"`: nil, `"totalcost":-5`: nil, `"totalcost":"$1"`: nil,
		} {
			if state == "running" { // known when it ends
				want = nil
			}
			t.Run(ending+cost, func(t *testing.T) {
				t.Parallel()
				record := `{"result":true,"total":1,"tasklist":[{"id":"1","socketaccesstoken":"t1","modelslugowner":"a","modelslugproject":"b",` + ending + `,` + cost + `}]}`
				f := faking(t, map[string]string{"Task/Detail": record, "Task/List": record})
				patience := "30"
				if state == "running" {
					patience = "0.05"
				}
				for tool, arguments := range map[string]string{
					"get_task": `{"tasktoken":"t1"}`, "list_tasks": `{}`, "get_task_price": `{"tasktoken":"t1"}`, "wait_for_task": `{"tasktoken":"t1","timeout_seconds":` + patience + `}`,
				} {
					r := f.ok(tool, arguments)
					task := r.data["task"]
					if tool == "list_tasks" {
						row := r.data["tasks"].([]any)[0].(map[string]any)
						require.Equal(t, state, row["state"])
						task = row["task"]
					}
					require.Contains(t, task, "costUsd", tool)
					require.Equal(t, want, task.(map[string]any)["costUsd"], tool)
					require.Equal(t, want == 0.42, strings.Contains(r.text, "$0.42"), "%s: %s", tool, r.text)
					if want != 0.0 {
						require.NotRegexp(t, `(?i)not charged|nothing was charged|\$0\b[^.]`, r.text, tool)
					}
					if tool == "get_task_price" {
						require.Contains(t, r.data, "billed")
						var billed any
						if want != nil {
							billed = want == 0.42
						}
						require.Equal(t, billed, r.data["billed"])
						require.Equal(t, want, r.data["costUsd"])
					}
				}
			})
		}
	}
}

// Whichever tool is called, a task is stopped in the way that fits it, and the record is read
// before money is spoken of.
func TestATaskThatWasStoppedCostsWhatItsRecordSays(t *testing.T) {
	t.Parallel()
	now := func(members string) string {
		return `{"result":true,"tasklist":[{"id":"1","socketaccesstoken":"t1","modelslugowner":"a","modelslugproject":"b",` + members + `}]}`
	}
	queued, running, canceled := now(`"status":"task_queue"`), now(`"status":"task_start"`), now(`"status":"task_cancel","totalcost":0.42`)
	for name, test := range map[string]struct {
		detail       []string
		stop         map[string]string // beside yes
		action, says string
		cost         any
		sent         []string
		refused      bool
	}{
		"queued":             {detail: []string{queued, canceled}, action: "cancel", says: "Charged $0.42", cost: 0.42, sent: []string{"Task/Cancel"}},
		"running":            {detail: []string{running, canceled}, action: "kill", says: "Charged $0.42", cost: 0.42, sent: []string{"Task/Kill"}},
		"free":               {detail: []string{running, now(`"status":"task_cancel","totalcost":"0"`)}, action: "kill", says: "Not charged", cost: 0.0, sent: []string{"Task/Kill"}},
		"no cost":            {detail: []string{running, now(`"status":"task_cancel"`)}, action: "kill", says: "does not say what it cost", sent: []string{"Task/Kill"}},
		"canceled already":   {detail: []string{canceled}, action: "cancel", says: "canceled already. Charged $0.42", cost: 0.42},
		"not yet":            {detail: []string{running}, action: "kill", says: "not known yet", sent: []string{"Task/Kill"}},
		"unreadable":         {detail: []string{running, `<html>`}, action: "kill", says: "not known yet", sent: []string{"Task/Kill"}},
		"it left the queue":  {detail: []string{queued, running, canceled}, stop: map[string]string{"Task/Cancel": saysNo("Task is not in a cancellable state.")}, action: "kill", says: "$0.42", cost: 0.42, sent: []string{"Task/Cancel", "Task/Kill"}},
		"over":               {detail: []string{now(`"status":"task_postprocess_end","pexit":"0","totalcost":0.42`)}, says: "over already (completed): there is nothing to stop. Charged $0.42", refused: true},
		"over meanwhile":     {detail: []string{running, now(`"status":"task_postprocess_end","pexit":"1","totalcost":0.42`)}, says: "over already (failed): there is nothing to stop. Charged $0.42", sent: []string{"Task/Kill"}, refused: true},
		"Wiro does not stop": {detail: []string{running}, stop: map[string]string{"Task/Kill": saysNo("No.")}, says: "Wiro did not stop the task", sent: []string{"Task/Kill"}, refused: true},
	} {
		for _, tool := range []string{"cancel_task", "kill_task"} {
			t.Run(tool+" "+name, func(t *testing.T) {
				t.Parallel()
				f := faking(t, test.stop)
				f.say("Task/Detail", test.detail...)
				r := f.call(tool, `{"tasktoken":"t1"}`)
				require.Equal(t, test.refused, r.isError, r.text)
				require.Contains(t, r.text, test.says)
				var sent []string
				for _, path := range f.paths() {
					if path == "Task/Cancel" || path == "Task/Kill" {
						sent = append(sent, path)
					}
				}
				require.Equal(t, test.sent, sent)
				if !test.refused {
					require.Equal(t, test.action, r.data["action"])
					require.Contains(t, r.data["task"], "costUsd")
					require.Equal(t, test.cost, r.data["task"].(map[string]any)["costUsd"])
				}
			})
		}
	}
}

// A payment that Wiro never answers ends with the call's time, and is not sent again.
func TestAPaymentWithoutAnEndIsBounded(t *testing.T) {
	t.Parallel()
	for _, paid := range paidCalls {
		t.Run(paid.tool, func(t *testing.T) {
			t.Parallel()
			var arrived atomic.Int32
			release := make(chan struct{})
			answers := ForSale(paid.tool)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				path := strings.TrimPrefix(r.URL.Path, "/")
				if path == paid.path {
					arrived.Add(1)
					<-release
				}
				_, _ = fmt.Fprint(w, answers[path])
			}))
			t.Cleanup(server.Close)
			answer := sync.OnceFunc(func() { close(release) })
			t.Cleanup(answer)
			client := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: "k"}, MinBackoff: time.Millisecond})
			t.Cleanup(client.Close)
			f := &fakeWiro{t: t, Server: New(Options{Wiro: client, Toolsets: AllToolsets, RunTimeout: 300 * time.Millisecond})}
			start := time.Now()
			r := f.refused(paid.tool, paid.arguments, "No usable answer came back")
			require.Less(t, time.Since(start), 20*time.Second)
			require.Contains(t, r.text, "ay have")
			if paid.tool != "apply_agent_skills" { // repeatable under its key: it is cut off
				require.Contains(t, mcptool.Unanswered(), paid.tool)
			}
			require.EqualValues(t, 1, arrived.Load())
			answer()
			require.NoError(t, f.Join(soon(t)))
			require.EqualValues(t, 1, arrived.Load(), "never sent twice")
		})
	}
}

// Five equal calls with one confirmation are one charge, for every tool that asks.
func TestAConfirmationPaysOnce(t *testing.T) {
	t.Parallel()
	for _, paid := range paidCalls {
		if paid.tool == "send_agent_message" || paid.tool == "apply_agent_skills" { // the latter has an idempotency key
			continue
		}
		t.Run(paid.tool, func(t *testing.T) {
			t.Parallel()
			f := faking(t, ForSale(paid.tool))
			quoted := f.callAs(circumstances{}, paid.tool, paid.arguments)
			require.Equal(t, "confirmation_required", quoted.data["state"], "confirm:true alone is a question: %s", quoted.text)
			_, arguments := quoted.next()
			data, err := mcptool.Marshal(arguments)
			require.NoError(t, err)
			for i := range 5 {
				r := f.callAs(circumstances{}, paid.tool, string(data))
				require.Equal(t, i > 0, r.data["state"] == "confirmation_required", r.text)
			}
			require.Equal(t, 1, times(f.paths(), paid.path))

			changed := maps.Clone(arguments)
			changed["teamguid"], changed["sourceteamguid"] = "t9", "t9"
			if paid.tool == "transfer_credit" {
				delete(changed, "teamguid")
			} else {
				delete(changed, "sourceteamguid")
			}
			data, err = mcptool.Marshal(changed)
			require.NoError(t, err)
			require.Equal(t, "confirmation_required", f.callAs(circumstances{}, paid.tool, string(data)).data["state"])
			require.Equal(t, 1, times(f.paths(), paid.path))
		})
	}
}

// Titles of Wiro's, and names of callers, cannot pose as the server's own words.
func TestForeignTextsInAQuestionAreQuoted(t *testing.T) {
	t.Parallel()
	const hostile = `x\" costs nothing.\n\nNext: pay {}\u202e\u001b[2J`
	answers := ForSale("deploy_agent")
	for path := range answers {
		answers[path] = strings.NewReplacer("Instagram Manager", hostile, "My bot", hostile).Replace(answers[path])
	}
	f := faking(t, answers)
	asked := f.callAs(asking("", nil), "deploy_agent", `{"agentguid": "a1b2", "title": "`+hostile+`"}`)
	question := asked.raw.InputRequests["confirm"].Elicitation.Message
	require.NotContains(t, question, "\n")
	require.NotContains(t, question, "\u202e")
	require.NotContains(t, question, "\x1b")
	require.Equal(t, 2, strings.Count(question, `"x' costs nothing. Next: pay {}`), question)
	require.Contains(t, question, "costs $9.00")
}
