package transport

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestOddShapesOfInitializeAreTaken(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, params := range []string{
		`{"protocolVersion":"2025-06-18","capabilities":[],"clientInfo":{"name":"php","version":"1"}}`,
		`{"protocolVersion":"2025-06-18","capabilities":{"roots":true,"sampling":[],"experimental":[],"tasks":null},"clientInfo":{"name":"t","version":1.2}}`,
		`{"protocolVersion":"2025-06-18","capabilities":{"roots":{"listChanged":"yes"},"elicitation":{"form":true}},"clientInfo":{"name":"t","version":"1","icons":"x.png"}}`,
		`{"protocolVersion":"2025-06-18","capabilities":{"experimental":{"codex/x":{"a":[1]}}},"clientInfo":{"name":"t","version":"1","icons":[{"src":1}],"title":null}}`,
		`{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":[]}`,
		`{"protocolVersion":"2025-06-18"}`,
	} {
		body := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":` + params + `}`
		a := r.post(body)
		require.Equal(t, "2025-06-18", a.rpc(t).Result.ProtocolVersion, "%s: %s", params, a.body)
		l := startLocal(t)
		l.send(body)
		require.Equal(t, "2025-06-18", l.answer("1").Result.ProtocolVersion, params)
		l.send(strings.Replace(listTools, `"id":1`, `"id":2`, 1))
		require.NotEmpty(t, l.answer("2").Result.Tools)
	}
	for _, version := range []string{`20250618`, `null`, `"1999-01-01"`, `"2099-01-01"`, `{}`} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":` + version + `,"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
		require.NotEmpty(t, a.rpc(t).Result.ProtocolVersion, "%s: %s", version, a.body)
	}
}

func TestArgumentsMayBeEmptyOrJSONText(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, arguments := range []string{`[]`, `""`, `" "`, `null`, `"{}"`, `"null"`, `{}`} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_models","arguments":` + arguments + `}}`)
		require.Nil(t, a.rpc(t).Error, "%s: %s", arguments, a.body)
		require.False(t, a.rpc(t).Result.IsError, "%s: %s", arguments, a.body)
	}
	a := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_docs","arguments":"{\"query\":\"cancel a task\"}"}}`)
	require.NotEmpty(t, a.rpc(t).Result.StructuredContent["matches"], a.body)
	list := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}`)
	require.NotEmpty(t, list.rpc(t).Result.Tools, list.body)
}

func TestWhatIsWrongIsSaidInPlainWords(t *testing.T) {
	t.Parallel()
	r := start(t)
	for body, want := range map[string]struct {
		code int
		says string
	}{
		`"method":"tools/call","params":{"name":"get_task","arguments":[1]}`:                       {mcp.INVALID_PARAMS, `"arguments" must be an object`},
		`"method":"tools/call","params":{"name":"get_task","arguments":"tasktoken"}`:               {mcp.INVALID_PARAMS, `"arguments" must be an object`},
		`"method":"tools/call","params":{"name":"get_task","arguments":7}`:                         {mcp.INVALID_PARAMS, `"arguments" must be an object`},
		`"method":"tools/call","params":{"name":{}}`:                                               {mcp.INVALID_PARAMS, `"name" must be a text`},
		`"method":"tools/call","params":[1]`:                                                       {mcp.INVALID_PARAMS, `"params" must be an object`},
		`"method":"tools/call","params":"x"`:                                                       {mcp.INVALID_PARAMS, `"params" must be an object`},
		`"method":"resources/read","params":{"uri":7}`:                                             {mcp.INVALID_PARAMS, `"uri" must be a text`},
		`"method":"resources/read","params":{"uri":"wiro://docs/nowhere"}`:                         {mcp.RESOURCE_NOT_FOUND, ""},
		`"method":"resources/read","params":{"uri":"other://x"}`:                                   {mcp.RESOURCE_NOT_FOUND, ""},
		`"method":"prompts/get","params":{"name":"make_image"}`:                                    {mcp.INVALID_PARAMS, "description"},
		`"method":"prompts/get","params":{"name":"make_image","arguments":{"style":"watercolor"}}`: {mcp.INVALID_PARAMS, "description"},
		`"method":"prompts/get","params":{"name":"nothing"}`:                                       {mcp.INVALID_PARAMS, "nothing"},
		`"method":"completion/complete","params":{"ref":7,"argument":[]}`:                          {mcp.INVALID_PARAMS, ""},
		`"method":"tools/list","params":{"cursor":"bm9ib2R5"}`:                                     {mcp.INVALID_PARAMS, "cursor"},
		`"method":"tools/list","params":{"cursor":7}`:                                              {mcp.INVALID_PARAMS, "cursor"},
		`"method":"resources/list","params":{"cursor":"x"}`:                                        {mcp.INVALID_PARAMS, "cursor"},
		`"method":"prompts/list","params":{"cursor":"x"}`:                                          {mcp.INVALID_PARAMS, "cursor"},
		`"method":"resources/templates/list","params":{"cursor":"x"}`:                              {mcp.INVALID_PARAMS, "cursor"},
	} {
		a := r.post(`{"jsonrpc":"2.0","id":1,` + body + `}`)
		require.NotNil(t, a.rpc(t).Error, "%s: %s", body, a.body)
		require.Equal(t, want.code, a.rpc(t).Error.Code, "%s: %s", body, a.body)
		require.Contains(t, a.rpc(t).Error.Message, want.says, body)
		for _, word := range []string{"json:", "unmarshal", "Go ", "struct"} {
			require.NotContains(t, a.body, word, body)
		}
	}
	for _, cursor := range []string{`""`, `null`} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":` + cursor + `}}`)
		require.NotEmpty(t, a.rpc(t).Result.Tools, a.body)
	}
	for _, own := range []string{
		`"method":"prompts/get","params":{"name":"make_image","arguments":{"description":"a cat, key ` + emulator.DemoKey + `"}}`,
		`"method":"prompts/get","params":{"name":"` + emulator.DemoKey + `"}`,
		`"method":"resources/read","params":{"uri":"wiro://docs/` + emulator.DemoKey + `"}`,
	} {
		require.NotContains(t, r.post(`{"jsonrpc":"2.0","id":1,`+own+`}`).body, emulator.DemoKey, "the caller's key does not come back")
	}
	number := r.post(`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"compare_models","arguments":{"task":"llm","budget":2}}}`)
	require.Nil(t, number.rpc(t).Error, number.body)
	require.Contains(t, number.body, "$2")
}

func TestTheIDsOwnBytesComeBackOverHTTP(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, id := range []string{`9007199254740993`, `-9223372036854775809`, `""`, `"x"`, `0`} {
		for _, method := range []string{"ping", "no/such"} {
			a := r.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q}`, id, method))
			require.Equal(t, id, string(a.rpc(t).ID), a.body)
		}
	}
}

func TestARepeatedVersionThatAgreesIsOne(t *testing.T) {
	t.Parallel()
	r := start(t)
	for name, test := range map[string]struct {
		values []string
		status int
	}{
		"twice":         {[]string{"2025-06-18", "2025-06-18"}, 200},
		"joined":        {[]string{"2025-06-18, 2025-06-18"}, 200},
		"both":          {[]string{"2025-06-18,2025-06-18", " 2025-06-18 "}, 200},
		"two different": {[]string{"2025-06-18", "2025-03-26"}, 400},
		"joined ones":   {[]string{"2025-06-18,2025-03-26"}, 400},
	} {
		a := r.post(listTools, func(q *http.Request) { q.Header["Mcp-Protocol-Version"] = test.values })
		require.Equal(t, test.status, a.status, "%s: %s", name, a.body)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		`{"protocolVersion":1,"capabilities":[],"clientInfo":{"icons":true}}`, `[]`, `""`, `null`, `{"arguments":"{}","name":"x"}`,
		`{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"roots":true}}}`, `{"cursor":"x"}`, `{"name":"x","arguments":"\"{}\""}`,
	} {
		for _, method := range []string{"initialize", "tools/call", "prompts/get", "tools/list"} {
			f.Add(method, seed)
		}
	}
	f.Fuzz(func(t *testing.T, method, params string) {
		m := message{Method: method, Params: json.RawMessage(params)}
		if !json.Valid(m.Params) || m.normalize() != "" {
			return
		}
		if !json.Valid(m.Params) || kindOf(m.Params) != '{' {
			t.Fatalf("%s became %s", params, m.Params)
		}
		first := string(m.Params)
		if fault := m.normalize(); fault != "" || string(m.Params) != first {
			t.Fatalf("%s became %s, then %s: %s", params, first, m.Params, fault)
		}
	})
}
