package tools

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

const ledgerNow = `{"result": true, "errors": [], "total": 3, "summary": {"monthlycredits": 1000, "extracredits": 0, "usedcredits": 50, "remainingcredits": 950}, "transactions": [
	{"guid": "t3", "type": "deduct", "action": "create", "amount": -40, "messageguid": "m1"},
	{"guid": "t2", "type": "deduct", "action": "message", "amount": "-10", "messageguid": "m1"},
	{"guid": "t1", "type": "deduct", "action": "message", "amount": -7, "messageguid": "m0"}]}`

func TestAnAnswerSaysWhatItUsedAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	f := talking(t, messageNow("agent_end", "Good morning"))
	f.say("UserAgent/TransactionList", ledgerNow)
	for tool, arguments := range map[string]string{
		"send_agent_message": hello, "get_agent_message": `{"messageguid": "m1", "useragentguid": "` + agentID + `"}`,
	} {
		r := f.ok(tool, arguments)
		require.Contains(t, r.text, "It used 50 credits; 950 credits are left.")
		require.InDelta(t, 50, r.data["creditsUsed"], 0)
		require.InDelta(t, 950, r.data["creditsLeft"], 0)
	}
	before := len(f.paths())
	require.NotContains(t, f.ok("get_agent_message", `{"messageguid": "m1"}`).text, "credits", "its agent is not known")
	require.Len(t, f.paths(), before+1)

	f.say("UserAgent/TransactionList", `{"result": true, "summary": {"remainingcredits": 950}, "transactions": []}`)
	r := f.ok("send_agent_message", hello)
	require.Contains(t, r.text, "The agent has 950 credits left.", "the agent has not reported yet")
	require.NotContains(t, r.data, "creditsUsed")
	f.say("UserAgent/TransactionList", saysNo("transactions-list-failed"))
	require.NotContains(t, f.ok("send_agent_message", hello).text, "credits")
}

// What was said of an answer that failed must not be taken for the answer.
func TestAFailureComesBeforeWhatWasSaidUntilThen(t *testing.T) {
	t.Parallel()
	for status, first := range map[string]string{"agent_error": "Failed: message m1", "agent_cancel": "Canceled: message m1"} {
		f := faking(t, map[string]string{"UserAgent/Message/Detail": strings.Replace(messageNow(status, "It broke"),
			`"content"`, `"metadata": {"answer": ["The first half"], "raw": "The first half"}, "content"`, 1)})
		r := f.ok("get_agent_message", `{"messageguid": "m1"}`)
		require.True(t, strings.HasPrefix(r.text, first), r.text)
		require.Less(t, strings.Index(r.text, first), strings.Index(r.text, "It had said until then:\n\nThe first half"), r.text)
	}
}

func TestGetAgentMessageWaitsIfItIsTold(t *testing.T) {
	t.Parallel()
	f := faking(t, nil)
	f.say("UserAgent/Message/Detail", messageNow("agent_queue", ""), messageNow("agent_output", "Good"), messageNow("agent_end", "Good morning"))
	var told []string
	r := f.callAs(circumstances{progress: func(_, _ float64, message string) { told = append(told, message) }},
		"get_agent_message", `{"messageguid": "m1", "wait_seconds": 30}`)
	require.Equal(t, "completed", r.data["state"], r.text)
	require.Equal(t, "Good morning", r.data["answer"])
	require.Contains(t, told, "Good")

	f.say("UserAgent/Message/Detail", messageNow("agent_output", "Good"))
	before := len(f.paths())
	r = f.ok("get_agent_message", `{"agenttoken": "tok1"}`)
	require.Equal(t, "running", r.data["state"])
	require.Len(t, f.paths(), before+1, "it looks once")
	_, arguments := r.next()
	require.InDelta(t, 30, arguments["wait_seconds"], 0)
	r = f.ok("get_agent_message", `{"agenttoken": "tok1", "wait_seconds": 0.1}`)
	require.Equal(t, "running", r.data["state"], "its time was up")
	require.Equal(t, "Good", r.data["answer"])
}

func TestAMessageCarriesFilesOfEveryKind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "menu.txt"), []byte("rye"), 0o600))
	read, err := media.NewFolders(folder)
	require.NoError(t, err)
	f := faking(t, map[string]string{"UserAgent/Message/Send": sentNow}, func(o *Options) { o.Local = LocalFiles{Read: read} })
	send := func(message string, files ...string) string {
		quoted := make([]string, len(files))
		for i, file := range files {
			quoted[i] = fmt.Sprintf("%q", file)
		}
		return fmt.Sprintf(`{"useragentguid": %q, "wait": false, "message": %q, "attachments": [%s]}`, agentID, message, strings.Join(quoted, ","))
	}
	f.ok("send_agent_message", send("Read this", filepath.Join(folder, "menu.txt")))
	f.ok("send_agent_message", send("", filepath.Join(folder, "menu.txt"), "data:text/csv;base64,YSxiCjEsMg=="))
	var sent [][]string
	for _, r := range f.wiro.RequestsTo("UserAgent/Message/Send") {
		var files []string
		for _, file := range r.Files {
			files = append(files, file.Field+" "+file.Name)
		}
		sent = append(sent, files)
	}
	require.Equal(t, [][]string{{"attachment menu.txt"}, {"attachments[] menu.txt", "attachments[] attachment-2.csv"}}, sent)

	before := f.wiro.RequestCount("UserAgent/Message/Send")
	f.refused("send_agent_message", theAgent, "needs message, attachments, or both")
	f.refused("send_agent_message", send("x", filepath.Join(folder, "none.txt")), "attachments[0]")
	f.refused("send_agent_message", send("x", filepath.Join(folder, "menu.txt"), "/etc/passwd"), "attachments[1]", folder)
	f.refused("send_agent_message", send("x", "data:text/csv;base64,%%%"), "attachments[0]", "base64")
	f.refused("send_agent_message", send("x", slices.Repeat([]string{"https://a.test/menu.txt"}, 21)...), "at most 20 files")
	require.Equal(t, before, f.wiro.RequestCount("UserAgent/Message/Send"))
}

// Wiro's refusals say more than their words.
func TestARefusalIsToldWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ endpoint, answer, tool, arguments, says string }{
		"skills that exclude each other": {"UserAgent/SkillsApply", refusalWith(102, "skillsapply-conflict", `"conflicts": [{"skill": "util-approval-flow", "conflicts_with": "util-autopilot"}]`),
			"apply_agent_skills", skillsOn, "util-approval-flow conflicts with util-autopilot"},
		"as pairs":  {"UserAgent/SkillsApply", refusalWith(102, "skillsapply-conflict", `"conflicts": [["util-a", "util-b"], ["util-c", "util-d"]]`), "apply_agent_skills", skillsOn, "util-a conflicts with util-b; util-c conflicts with util-d"},
		"as texts":  {"UserAgent/SkillsApply", refusalWith(102, "skillsapply-conflict", `"conflicts": ["util-a with util-b"]`), "apply_agent_skills", skillsOn, "util-a with util-b"},
		"one needs": {"UserAgent/SkillsApply", refusalWith(101, "skillsapply-deps-violation", `"deps": [{"skill": "int-a", "depends_on": ["util-b", "util-c"]}]`), "apply_agent_skills", skillsOn, "int-a needs util-b, util-c"},
		"an agent that stopped": {"UserAgent/Message/Send", refusalWith(0, "Agent is not running.", `"agentstatus": 5`), "send_agent_message", hello,
			"ended with an error: start_agent tries again"},
		"credits that are used up": {"UserAgent/Message/Send", refusalWith(0, "Agent has no remaining credits. Renew your subscription or buy a credit pack to continue.",
			`"agentbalance": {"monthlycredits": 1000, "extracredits": 0, "usedcredits": 1000, "remainingcredits": 0}`), "send_agent_message", hello, "0 credits (1,000 monthly + 0 extra - 1,000 used) left"},
		"a bare balance": {"UserAgent/Message/Send", refusalWith(0, "Agent has no remaining credits.", `"agentbalance": 0`), "send_agent_message", hello, "0 credits left"},
		"what else there is": {"UserAgent/Pin", refusalWith(7, "No.", `"limit": 5, "plan": {"name": "free"}, "url": null, "data": [], "more": false`), "update_my_agent",
			`{"useragentguid": "` + agentID + `", "pinned": true}`, `Wiro refused: No: limit: 5; plan: {"name":"free"} (code 7)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := ForSale(test.tool)
			if answers == nil {
				answers = map[string]string{}
			}
			f := faking(t, answers)
			f.say(test.endpoint, test.answer)
			f.refused(test.tool, test.arguments, test.says)
		})
	}
}

const skillsOn = `{"useragentguid": "` + agentID + `", "skills": {"int-a": true}, "confirm": true}`

func refusalWith(code int, message, more string) string {
	return fmt.Sprintf(`{"result": false, "errors": [{"code": %d, "message": %q}], %s}`, code, message, more)
}
