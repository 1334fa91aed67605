package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestCancelInMidAnswerIsAnnounced(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	hooks, url := receiver(t)
	guid := a.up()
	l := a.scripted(emulator.Behavior{AwaitSubscriber: true})
	token, _ := a.send(guid, "Please hold the line", obj{"callbackurl": url})
	a.subscribe(l, token)
	l.until(emulator.AgentOutput)
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentOutput))
	a.ok("UserAgent/Message/Cancel", obj{"agenttoken": token})
	require.Equal(t, obj{"type": "agent_cancel", "agenttoken": token, "message": "AbortError", "result": false}, l.event())
	said := a.said(token)
	require.Equal(t, "agent_cancel", said["status"])
	require.Equal(t, "AbortError", said["response"])
	hook := a.hook(hooks)
	require.Equal(t, "agent_cancel", hook["status"])
	require.Equal(t, obj{}, hook["metadata"])
	a.refusals([]refusal{{"UserAgent/Message/Cancel", obj{"agenttoken": token}, 0, "Message cannot be cancelled (status: agent_cancel)"}})
	_, ended := a.s.FinishedAt(token)
	require.True(t, ended)
}

func TestCancelInTheQueueIsSilent(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	hooks, url := receiver(t)
	guid := a.up()
	l := a.dial()
	token, message := a.send(guid, "please wait in line", obj{"callbackurl": url})
	a.subscribe(l, token)
	a.ok("UserAgent/Message/Cancel", obj{"messageguid": message})
	said := a.said(token)
	require.Equal(t, "agent_cancel", said["status"])
	require.Empty(t, said["response"])
	require.Empty(t, said["debugoutput"])
	require.Equal(t, "agent_cancel", a.subscribe(l, token)["status"], "no event in between")
	a.s.Release(token)
	require.Empty(t, hooks)
}

// receiver is a callback URL and what comes to it.
func receiver(t *testing.T) (<-chan string, string) {
	hooks := make(chan string, 16)
	var flaky atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hooks <- string(body)
		if r.URL.Path == "/flaky" && flaky.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusAccepted) // not 200, so not taken
		}
	}))
	t.Cleanup(server.Close)
	return hooks, server.URL
}

func (a *api) hook(hooks <-chan string) obj {
	a.t.Helper()
	select {
	case text := <-hooks:
		return decode(a.t, text)
	case <-a.ctx().Done():
		require.FailNow(a.t, "no callback")
		return nil
	}
}

func TestCallbackIsRepeatedUntilTaken(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	hooks, url := receiver(t)
	guid := a.up()
	token, message := a.send(guid, "Hello", obj{"callbackurl": url + "/flaky"})
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentEnd))
	first, second := a.hook(hooks), a.hook(hooks)
	require.Equal(t, first, second)
	require.Equal(t, message, first["messageguid"])
	require.Equal(t, "agent_end", first["status"])
	require.Equal(t, "Hello", first["content"])
	require.IsType(t, float64(0), first["endedat"])
}

func TestMessagesCostCreditsUntilNoneAreLeft(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.say(guid, "Hello")
	require.EqualValues(t, 990, a.mine(guid)["remainingcredits"])
	a.say(guid, "Draft a post")
	require.EqualValues(t, 930, a.mine(guid)["remainingcredits"])
	held, _ := a.send(guid, "please wait in line")
	a.say(guid, "Please spend everything")
	require.EqualValues(t, 0, a.mine(guid)["remainingcredits"])
	out := a.post("UserAgent/Message/Send", obj{"useragentguid": guid, "message": "More"})
	_, message := out.failure(t)
	require.Equal(t, "Agent has no remaining credits. Renew your subscription or buy a credit pack to continue.", message)
	require.EqualValues(t, 0, out.body["agentbalance"].(obj)["remainingcredits"])
	a.s.Release(held)
	require.NoError(t, a.s.Reached(a.ctx(), held, emulator.AgentEnd))
	require.Equal(t, "[SYSTEM_CREDIT_LIMIT_REACHED]", a.said(held)["response"])

	ledger := a.ok("UserAgent/TransactionList", obj{"useragentguid": guid})
	require.Equal(t, []any{"deduct", "deduct", "deduct", "renewal"}, pluck(ledger["transactions"], "type"))
	newest := objects(ledger["transactions"])[0]
	require.EqualValues(t, -930, newest["amount"])
	require.EqualValues(t, 0, newest["balanceafter"])
	require.Equal(t, "default", newest["sessionkey"])
	require.EqualValues(t, 1000, ledger["summary"].(obj)["usedcredits"])
	require.Len(t, a.ok("UserAgent/TransactionList", obj{"useragentguid": guid, "start": 1, "limit": 2})["transactions"], 2)
	a.refusals([]refusal{{"UserAgent/TransactionList", obj{}, nil, "useragentguid is required"}})
}

func TestMessagesNeedARunningAgent(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor")
	out := a.post("UserAgent/Message/Send", obj{"useragentguid": guid, "message": "Hi"})
	_, message := out.failure(t)
	require.Equal(t, "Agent is not running. Current status: 6", message)
	require.EqualValues(t, 6, out.body["agentstatus"])
	a.refusals([]refusal{
		{"UserAgent/Message/Send", obj{"useragentguid": "nope", "message": "x"}, 1, "Agent not found or access denied"},
		{"UserAgent/Message/Send", obj{"useragentguid": guid}, 0, "Request parameter [message] required"},
		{"UserAgent/Message/Detail", obj{"messageguid": "nope"}, 1, "Message not found"},
		{"UserAgent/Message/Detail", obj{}, 0, "messageguid or agenttoken is required"},
	})
}

func TestStoppingAnAgentEndsItsAnswers(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	l := a.scripted(emulator.Behavior{AwaitSubscriber: true})
	token, _ := a.send(guid, "please hold")
	a.subscribe(l, token)
	l.until(emulator.AgentOutput)
	waiting, _ := a.send(guid, "please wait in line")
	a.subscribe(l, waiting)
	a.ok("UserAgent/Stop", obj{"guid": guid})
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentError))
	require.Equal(t, stopped, a.rest(guid))
	a.s.Release(waiting)
	require.NoError(t, a.s.Reached(a.ctx(), waiting, emulator.AgentError))
	require.Equal(t, "could not resolve agent endpoint", a.said(waiting)["response"])
	require.Error(t, a.s.Reached(a.ctx(), waiting, emulator.AgentEnd))
}

func TestSessionsRememberAndStayApart(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.say(guid, "My oven is named Olga", obj{"sessionkey": "ada"})
	require.Contains(t, a.say(guid, "What is it named?", obj{"sessionkey": "ada"})["response"], "Olga")
	require.NotContains(t, a.say(guid, "What is it named?", obj{"sessionkey": "bea"})["response"], "Olga")
	a.say(guid, "Hello")

	sessions := objects(a.ok("UserAgent/Message/Sessions", obj{"useragentguid": guid})["data"].(obj)["sessions"])
	require.Len(t, sessions, 3)
	require.Equal(t, "default", sessions[0]["sessionkey"])
	require.Equal(t, "2", sessions[2]["messagecount"])
	require.Equal(t, "What is it named?", sessions[2]["lastmessage"])

	a.ok("UserAgent/Message/DeleteSession", obj{"useragentguid": guid, "sessionkey": "ada"})
	require.Len(t, a.ok("UserAgent/Message/Sessions", obj{"useragentguid": guid})["data"].(obj)["sessions"], 2)
	require.NotContains(t, a.say(guid, "What is it named?", obj{"sessionkey": "ada"})["response"], "Olga")
}

func TestHistoryPagesBackwards(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	for i := range 5 {
		a.say(guid, fmt.Sprint("message ", i))
	}
	history := func(body obj) obj {
		body["useragentguid"] = guid
		return a.ok("UserAgent/Message/History", body)["data"].(obj)
	}
	page := history(obj{"limit": 2})
	require.Equal(t, []any{"message 4", "message 3"}, pluck(page["messages"], "content"))
	require.Equal(t, true, page["hasmore"])
	rest := history(obj{"before": objects(page["messages"])[1]["guid"]})
	require.Equal(t, []any{"message 2", "message 1", "message 0"}, pluck(rest["messages"], "content"))
	require.Equal(t, false, rest["hasmore"])
	require.EqualValues(t, 3, rest["count"])
	require.NotContains(t, objects(rest["messages"])[0], "sessionkey")
	require.Empty(t, history(obj{"sessionkey": "nobody"})["messages"])

	all := objects(history(obj{})["messages"])
	a.ok("UserAgent/Message/Delete", obj{"useragentguid": guid, "items": []any{
		obj{"messageguid": all[0]["guid"], "side": "both"}, obj{"messageguid": all[1]["guid"], "side": "user"},
		obj{"messageguid": all[2]["guid"], "side": "agent"}, obj{"messageguid": "nope", "side": "both"}, obj{"messageguid": all[3]["guid"], "side": "left"}, "junk",
	}})
	left := objects(history(obj{})["messages"])
	require.Len(t, left, 4)
	require.Empty(t, left[0]["content"])
	require.NotEmpty(t, left[0]["response"])
	require.NotEmpty(t, left[1]["content"])
	require.Empty(t, left[1]["response"])
	require.EqualValues(t, 2, left[1]["deletestatus"])
	require.EqualValues(t, 0, left[2]["deletestatus"])
	require.Equal(t, all[0]["guid"], objects(a.ok("UserAgent/PinnedUnread", obj{})["data"])[0]["lastmessageguid"])
}

func TestSystemMessagesJoinTheLatestSession(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	uuid := a.mine(guid)["uuid"]
	out := a.ok("UserAgent/Message/SystemInsert", obj{"useragentguid": guid, "uuid": uuid, "content": "Backup done"})
	require.Equal(t, "default", out["sessionkey"])
	a.say(guid, "Hi", obj{"sessionkey": "ada"})
	out = a.ok("UserAgent/Message/SystemInsert", obj{"useragentguid": guid, "uuid": uuid, "content": "Backup done", "sessionkey": "auto"})
	require.Equal(t, "ada", out["sessionkey"])
	said := a.ok("UserAgent/Message/Detail", obj{"messageguid": out["messageguid"]})["data"].(obj)
	require.Equal(t, "Backup done", said["response"])
	require.Equal(t, obj{"type": "system"}, said["metadata"])
	require.Nil(t, said["user"])
	a.refusals([]refusal{{"UserAgent/Message/SystemInsert", obj{"useragentguid": guid, "uuid": "x", "content": "y"}, 0, "Invalid credentials"}})
}

func TestMessageCarriesFiles(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	for _, field := range []string{"attachment", "attachments[]"} {
		out := a.form("UserAgent/Message/Send", []formFile{{field, "menu.txt", "rye"}}, "useragentguid", guid).must(t)
		token := out["agenttoken"].(string)
		file := objects(a.said(token)["attachments"])[0]
		require.Equal(t, "menu.txt", file["name"])
		require.Equal(t, "rye", a.fetch(file["url"].(string)).text)
	}
	out := a.form("UserAgent/Message/Send", []formFile{{"files", "menu.txt", "rye"}}, "useragentguid", guid, "message", "Read this").must(t)
	require.Nil(t, a.said(out["agenttoken"].(string))["attachments"], "a field that is not documented")
	_, message := a.form("UserAgent/Message/Send", nil, "useragentguid", guid).failure(t)
	require.Equal(t, "Request parameter [message] required", message)
}

func TestAnswersFollowTheAgentsInstructions(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.up()
	a.ok("UserAgent/CustomSkillUpsert", obj{"useragentguid": guid, "skillkey": "content-strategy", "value": "# Tone\nSpeak like a pirate."})
	require.Equal(t, running, a.rest(guid))
	require.Contains(t, a.say(guid, "Hello")["response"], "Speak like a pirate.")
}
