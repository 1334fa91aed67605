package tools

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

const oneModel = `{"result":true,"total":"9","tool":[{"cleanslugowner":"acme","cleanslugproject":"painter","title":"Painter",
	"parameters":[{"items":[{"id":"prompt","type":"textarea","required":true}]}]}]}`

// A next step is there to be called: one that the caller cannot call is none.
func TestNoNextStepLeadsToAToolThatIsOff(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"Tool/Detail": oneModel, "Tool/List": oneModel, "Tool/Explore": `{"result":true,"explore":[{"title":"New","tools":[{"cleanslugowner":"acme","cleanslugproject":"painter"}]}]}`,
		"Run/acme/painter": `{"result":true,"taskid":"1","socketaccesstoken":"t1"}`, "Task/Detail": saysNo("There is no task yet."),
		"Agent/Detail": `{"result":true,"agents":[{"guid":"tpl","title":"T"}]}`, "UserAgent/Detail": agentNow(""), "UserAgent/MyAgents": yes,
	}
	for name, change := range map[string]func(*Options){
		"only readers":   func(o *Options) { o.ReadOnly = true },
		"only models":    func(o *Options) { o.Toolsets = []Toolset{Models} },
		"only tasks":     func(o *Options) { o.Toolsets = []Toolset{Tasks} },
		"by default":     func(o *Options) { o.Toolsets = DefaultToolsets },
		"the whole list": func(*Options) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := faking(t, answers, change)
			steps := 0
			for tool, arguments := range map[string]string{
				"get_model_schema": `{"model":"acme/painter"}`, "search_models": `{"limit":1}`, "recommend_model": `{"task":"paint"}`, "explore": `{}`,
				"run_model": `{"model":"acme/painter","params":{},"wait":false}`, "get_task": `{"tasktoken":"x"}`,
				"get_agent": `{"guid":"tpl"}`, "get_my_agent": theAgent, "list_my_agents": `{}`, "update_my_agent": theAgent,
			} {
				if _, on := f.Find(tool); !on {
					continue
				}
				if next, _ := f.call(tool, arguments).next(); next != "" {
					steps++
					_, on := f.Find(next)
					require.True(t, on, "%s leads to %s", tool, next)
				}
			}
			require.Positive(t, steps)
		})
	}
}

func TestANextStepKeepsWithinWhatTheCallerNarrowed(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"Task/Detail": saysNo("There is no task yet."), "Tool/Detail": oneModel})
	narrow := mcptool.WithScope(soon(t), mcptool.Scope{Caller: mcptool.ServerCredentials{}, Allowed: func(t mcptool.Tool) bool {
		return t.Name == "get_task" || t.Name == "get_model_schema"
	}})
	for tool, arguments := range map[string]map[string]any{"get_task": {"tasktoken": "x"}, "get_model_schema": {"model": "acme/painter"}} {
		for _, test := range []struct {
			ctx   context.Context
			leads bool
		}{{soon(t), true}, {narrow, false}} {
			result, err := f.Call(test.ctx, tool, arguments, nil)
			require.NoError(t, err)
			require.Equal(t, test.leads, strings.Contains(string(result.Structured), `"nextAction"`), tool)
			require.Equal(t, test.leads, strings.Contains(result.Text, "Next: "), tool)
		}
	}
}

func TestAListOfUnknownLengthGoesOn(t *testing.T) {
	t.Parallel()
	f := faking(t, map[string]string{"Tool/List": `{"result":true,"total":null,"tool":[{"cleanslugowner":"a","cleanslugproject":"b"}]}`})
	page := f.ok("search_models", `{"limit":"1","start":4}`)
	require.InDelta(t, 5, page.data["nextStart"], 0)
	require.Contains(t, page.text, "More: the same search with start 5.")
	last := f.ok("search_models", `{"limit":2}`)
	require.Contains(t, last.data, "nextStart")
	require.Nil(t, last.data["nextStart"])
	for _, list := range []result{page, last} {
		next, arguments := list.next()
		require.Equal(t, "get_model_schema", next)
		require.Equal(t, map[string]any{"model": "a/b"}, arguments)
	}
}

// Where an answer was lost, whoever looks must look in the right place: the wrong one shows
// nothing, and invites to spend again.
func TestALookAfterALostAnswerGoesWhereTheCallWent(t *testing.T) {
	t.Parallel()
	f := faking(t, ForSale("deploy_agent"))
	f.say("UserAgent/Deploy", "")
	f.say("UserAgent/Message/Send", "")
	next, arguments := f.refused("deploy_agent", `{"agentguid":"tpl","title":"x","teamguid":"team-1","confirm":true}`).next()
	require.Equal(t, "list_my_agents", next)
	require.Equal(t, map[string]any{"teamguid": "team-1"}, arguments)

	next, arguments = f.refused("send_agent_message", hello).next()
	require.Equal(t, "list_agent_messages", next)
	require.Equal(t, map[string]any{"useragentguid": agentID, "sessionkey": "user-42"}, arguments)
}
