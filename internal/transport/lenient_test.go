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
		`{"protocolVersion":"2025-06-18","capabilities":{"tasks":{"list":true,"cancel":[],"requests":{"elicitation":{"create":true},"sampling":[],"tools":{"call":null}}}}}`,
		`{"protocolVersion":"2025-06-18","capabilities":{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]},"x":true}}}`,
		`{"protocolVersion":" 2025-06-18\n"}`,
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
	for _, params := range []string{`{}`, `[]`, `null`, `{"protocolVersion":null}`, `{"protocolVersion":""}`} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":` + params + `}`)
		require.Equal(t, "2025-03-26", a.rpc(t).Result.ProtocolVersion, "no version is that of a request without the header: %s: %s", params, a.body)
	}
}

// What a capability holds beyond the protocol is the client's own, and arrives as it was sent.
func TestExtensionsKeepTheirContent(t *testing.T) {
	t.Parallel()
	m, err := readMessage([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{` +
		`"extensions":{"x/y":{"list":[1,true],"on":true}},"elicitation":{"form":{"applyDefaults":true}}}}}`))
	require.NoError(t, err)
	require.Contains(t, string(m.Params), `"extensions":{"x/y":{"list":[1,true],"on":true}}`)
	require.Contains(t, string(m.Params), `"form":{"applyDefaults":true}`)
}

// A client waits for an answer with its id: one without an id leaves it waiting.
func TestAMessageOfAnOddKindIsAnsweredWithItsID(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, version := range []string{`2`, `2.0`} {
		body := `{"jsonrpc":` + version + `,"id":7,"method":"ping"}`
		a := r.post(body)
		require.Equal(t, 200, a.status, a.body)
		require.Nil(t, a.rpc(t).Error)
		require.Contains(t, once(t, strings.NewReader(body))[0], `"result":{}`)
	}
	for body, says := range map[string]string{
		`{"jsonrpc":"2.0","id":7,"method":5}`:                                  `"method" must be a text`,
		`{"jsonrpc":"2.0","id":7,"method":["ping"]}`:                           `"method" must be a text`,
		`{"jsonrpc":"2.0","id":7,"method":{"a":1},"result":{}}`:                `"method" must be a text`,
		`{"jsonrpc":1,"id":7,"method":"ping"}`:                                 `"2.0"`,
		`{"jsonrpc":{},"id":7,"method":"ping"}`:                                `"2.0"`,
		`{"id":7,"method":"ping"}`:                                             `"2.0"`,
		`{"jsonrpc":"2.0","id":7,"method":"` + strings.Repeat("m", 300) + `"}`: "no such method",
	} {
		a := r.post(body)
		require.Equal(t, http.StatusBadRequest, a.status, body)
		for _, answer := range []string{a.body, once(t, strings.NewReader(body))[0]} {
			require.Equal(t, "7", idOf(answer), "%s: %s", body, answer)
			require.Contains(t, answer, `"code":-32600`, body)
			require.Contains(t, answer, strings.ReplaceAll(says, `"`, `\"`), body)
		}
	}
}

func TestCompletionsTakeOddShapes(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, rest := range []string{
		`"argument":{"name":"slug","value":"task"}`, `"argument":{"name":"slug","value":"task"},"context":[]`,
		`"argument":{"name":"slug","value":"task"},"context":{"arguments":[]}`, `"argument":{"name":"slug","value":"task"},"context":{"arguments":{"a":5}}`,
		`"argument":{"name":"slug","value":"task"},"context":null`,
	} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"wiro://docs/{slug}"},` + rest + `}}`)
		require.Contains(t, a.body, `"tasks"`, rest)
	}
	for _, rest := range []string{`"argument":{"name":"task","value":5}`, `"argument":[]`, `"argument":null`} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"compare_models"},` + rest + `}}`)
		require.Nil(t, a.rpc(t).Error, "%s: %s", rest, a.body)
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
	for _, params := range []string{
		`{"name":" search_models\n"}`, `{"name":"search_models","task":[]}`, `{"name":"search_models","task":true}`,
		`{"name":"search_models","inputResponses":[],"requestState":null}`, "{\"name\":\"search_models\",\"arguments\":\"\ufeff{}\"}",
	} {
		a := r.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + params + `}`)
		require.Nil(t, a.rpc(t).Error, "%s: %s", params, a.body)
		require.False(t, a.rpc(t).Result.IsError, "%s: %s", params, a.body)
	}
	page := r.post(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":" wiro://docs/tasks "}}`)
	require.Nil(t, page.rpc(t).Error, page.body)
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
		`"method":"resources/read","params":{"uri":"other://x"}`:                                   {mcp.RESOURCE_NOT_FOUND, `There is no resource "other://x"`},
		`"method":"resources/read","params":{"uri":""}`:                                            {mcp.RESOURCE_NOT_FOUND, `There is no resource ""`},
		`"method":"prompts/get","params":{"name":"make_image"}`:                                    {mcp.INVALID_PARAMS, "description"},
		`"method":"prompts/get","params":{"name":"make_image","arguments":{"style":"watercolor"}}`: {mcp.INVALID_PARAMS, "description"},
		`"method":"prompts/get","params":{"name":"nothing"}`:                                       {mcp.INVALID_PARAMS, `There is no prompt "nothing"`},
		`"method":"completion/complete","params":{"ref":7,"argument":[]}`:                          {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete"`:                                                           {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete","params":[]`:                                               {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete","params":{"ref":{},"argument":{}}`:                         {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete","params":{"ref":{"type":"ref/model","name":"x"}}`:          {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete","params":{"ref":{"type":5}}`:                               {mcp.INVALID_PARAMS, `"ref" must`},
		`"method":"completion/complete","params":{"ref":{"type":"ref/prompt"},"argument":5}`:       {mcp.INVALID_PARAMS, `"argument" must`},
		`"method":"tools/call","params":{"name":"serch_models"}`:                                   {mcp.INVALID_PARAMS, `There is no tool "serch_models": tools/list names those that there are. Did you mean search_models?`},
		`"method":"tools/call","params":{"name":""}`:                                               {mcp.INVALID_PARAMS, `There is no tool ""`},
		`"method":"tools/call","params":{"name":"get_task","inputResponses":7}`:                    {mcp.INVALID_PARAMS, "shape"},
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
		for _, word := range []string{"json:", "unmarshal", "Go ", "struct", "unparsable", "handler", "nil", "JSON input"} {
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
	for _, id := range []string{`9007199254740993`, `-9223372036854775809`, `""`, `"x"`, `0`, `"<&>"`, `"\u0041"`} {
		for _, method := range []string{"ping", "no/such", "completion/complete"} {
			body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q}`, id, method)
			a := r.post(body)
			require.Equal(t, id, string(a.rpc(t).ID), a.body)
			require.Contains(t, r.post("["+body+"]").body, `"id":`+id+`,`)
		}
	}
}

// The tokens of progress are the client's, digit by digit.
func TestTheProgressTokensOwnBytesComeBack(t *testing.T) {
	t.Parallel()
	r := start(t)
	l := startLocal(t)
	for i, token := range []string{`9007199254740993`, `1.50`, `"<a>"`, `""`, `0`} {
		with := func(arguments map[string]any) string {
			return strings.Replace(call(i+1, "run_model", arguments), `"params":{`, `"params":{"_meta":{"progressToken":`+token+`},`, 1)
		}
		once := with(map[string]any{"model": "black-forest-labs/flux-2-pro", "params": map[string]any{"prompt": token}})
		require.Contains(t, r.post(once, header("Accept", "text/event-stream")).body, `"progressToken":`+token+`}`)
		l.send(with(forever)) // over stdio the progress of a run that ends at once is dropped
		l.find("progress of "+token, func(line string) bool { return strings.Contains(line, `"progressToken":`+token+`}`) })
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
		"commas alone":  {[]string{",", " , "}, 200},
		"one and blank": {[]string{"", "2025-06-18,"}, 200},
	} {
		a := r.post(listTools, func(q *http.Request) { q.Header["Mcp-Protocol-Version"] = test.values })
		require.Equal(t, test.status, a.status, "%s: %s", name, a.body)
	}
}

func TestAnUnknownVersionIsNamed(t *testing.T) {
	t.Parallel()
	r := start(t)
	initialize := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}`
	for _, version := range []string{"1999-01-01", "2099-01-01", "latest", "2025-06-18;q=1"} {
		named := header("MCP-Protocol-Version", version)
		a := r.post(listTools, named)
		require.Equal(t, http.StatusBadRequest, a.status, version)
		require.Contains(t, a.rpc(t).Error.Message, "unsupported protocol version", version)
		require.Equal(t, "2025-06-18", r.post(initialize, named).rpc(t).Result.ProtocolVersion, "initialize says it in its body")
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		`{"protocolVersion":1,"capabilities":[],"clientInfo":{"icons":true}}`, `[]`, `""`, `null`, `{"arguments":"{}","name":"x"}`,
		`{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"roots":true}}}`, `{"cursor":"x"}`, `{"name":"x","arguments":"\"{}\""}`,
	} {
		for _, method := range []string{"initialize", "tools/call", "prompts/get", "tools/list", "completion/complete", "resources/read"} {
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

// Texts are encoded as json.Marshal encodes them.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", "plain", "two\nlines", `"\<a href="x?a=1&b">`, "tab\t, é, \u2028, \x7f, \xff, \x00", "\n\"\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, "x"+string(want), string(appendText([]byte("x"), text)))
	})
}
