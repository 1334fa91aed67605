package emulator_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// Statuses of an instance.
const (
	stopped  = 0
	stopping = 1
	queued   = 2
	starting = 3
	running  = 4
	failed   = 5
	setup    = 6
)

// blog fills in what the blog editor needs.
var blog = obj{"wordpress": obj{"url": "https://blog.example.com", "user": "ada", "apppassword": "open sesame now pls"}}

// template is an agent of the catalog, by its slug.
func (a *api) template(slug string) obj {
	a.t.Helper()
	return a.ok("Agent/Detail", obj{"slug": slug, "type": "full"})["agents"].([]any)[0].(obj)
}

// deploy deploys a template and returns the instance's guid. More changes the body.
func (a *api) deploy(slug string, more ...obj) string {
	a.t.Helper()
	body := obj{"agentguid": a.template(slug)["guid"], "title": "My agent", "useprepaid": true}
	return a.deployed(body, more...)["guid"].(string)
}

// custom deploys a custom build of some skills.
func (a *api) custom(skills obj, more ...obj) string {
	a.t.Helper()
	return a.deployed(obj{"custom": true, "title": "My build", "useprepaid": true, "skills": skills}, more...)["guid"].(string)
}

func (a *api) deployed(body obj, more ...obj) obj {
	a.t.Helper()
	for _, m := range more {
		maps.Copy(body, m)
	}
	return a.ok("UserAgent/Deploy", body)["useragents"].([]any)[0].(obj)
}

// mine is an instance as UserAgent/Detail shows it.
func (a *api) mine(guid string) obj {
	a.t.Helper()
	return a.ok("UserAgent/Detail", obj{"guid": guid})["useragents"].([]any)[0].(obj)
}

// rest waits until the instance is at rest and returns its status.
func (a *api) rest(guid string) int {
	a.t.Helper()
	status, err := a.s.AgentAtRest(a.ctx(), guid)
	require.NoError(a.t, err)
	return status
}

// up deploys a blog editor and starts it.
func (a *api) up() string {
	a.t.Helper()
	guid := a.deploy("blog-content-editor", obj{"credentials": blog})
	a.start(guid)
	return guid
}

func (a *api) start(guid string) {
	a.t.Helper()
	a.ok("UserAgent/Start", obj{"guid": guid})
	require.Equal(a.t, running, a.rest(guid))
}

// send sends a message and returns its tokens.
func (a *api) send(guid, text string, more ...obj) (agenttoken, messageguid string) {
	a.t.Helper()
	body := obj{"useragentguid": guid, "message": text}
	for _, m := range more {
		maps.Copy(body, m)
	}
	out := a.ok("UserAgent/Message/Send", body)
	require.Equal(a.t, "agent_queue", out["status"])
	return out["agenttoken"].(string), out["messageguid"].(string)
}

// say sends a message and waits for its answer.
func (a *api) say(guid, text string, more ...obj) obj {
	a.t.Helper()
	token, _ := a.send(guid, text, more...)
	require.NoError(a.t, a.s.Reached(a.ctx(), token, emulator.AgentEnd))
	return a.said(token)
}

// said is a message as Message/Detail shows it.
func (a *api) said(token string) obj {
	a.t.Helper()
	return a.ok("UserAgent/Message/Detail", obj{"agenttoken": token})["data"].(obj)
}

// inTeam sends a JSON body in the context of a team.
func (a *api) inTeam(team, path string, body any) answer {
	a.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(a.t, err)
	out, err := a.do(http.MethodPost, a.s.APIURL()+"/"+path, "application/json", http.Header{"Teamguid": {team}}, bytes.NewReader(data))
	require.NoError(a.t, err)
	return out
}

// must is the body of an answer that has to be good.
func (out answer) must(t *testing.T) obj {
	t.Helper()
	require.Equal(t, true, out.body["result"], out.text)
	return out.body
}

// objects are the members of a JSON array.
func objects(list any) []obj {
	var all []obj
	for _, item := range list.([]any) {
		all = append(all, item.(obj))
	}
	return all
}

// pluck is one member of each object.
func pluck(list any, name string) []any {
	all := []any{}
	for _, o := range objects(list) {
		all = append(all, o[name])
	}
	return all
}

// refusals checks calls that must be refused, and with which words.
func (a *api) refusals(calls []refusal) {
	a.t.Helper()
	for _, c := range calls {
		code, message := a.refused(c.path, c.body)
		require.Equal(a.t, c.message, message, c.path)
		if c.code == nil {
			require.Nil(a.t, code, c.message)
		} else {
			require.EqualValues(a.t, c.code, code, c.message)
		}
	}
}

type refusal struct {
	path    string
	body    obj
	code    any // nil: none
	message string
}

func decode(t *testing.T, text string) obj {
	t.Helper()
	var v obj
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

func jsonBody(v any) *bytes.Reader {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(data)
}
