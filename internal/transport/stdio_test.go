package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// local is a server over stdio, with an emulator of Wiro behind it.
type local struct {
	t    *testing.T
	wiro *emulator.Server
	in   *io.PipeWriter
	stop context.CancelFunc
	done chan error

	mu    sync.Mutex
	lines []string
	more  chan struct{}
}

// toolsOn returns a server of the tools with an emulator behind it.
func toolsOn(t *testing.T, own ...mcptool.Tool) (*tools.Server, *emulator.Server) {
	t.Helper()
	upstream := emulator.New(emulator.Options{})
	require.NoError(t, upstream.Start(""))
	t.Cleanup(upstream.Close)
	client := wiro.NewClient(wiro.Options{
		BaseURL: upstream.APIURL(), SocketURL: upstream.SocketURL(), Credentials: wiro.Credentials{Key: emulator.DemoKey},
		MinBackoff: time.Millisecond, SafetyPollInterval: time.Minute,
	})
	t.Cleanup(client.Close)
	options := tools.Options{Wiro: client, Docs: library, Version: "1.2.3", Toolsets: slices.Clone(tools.AllToolsets), Own: own}
	for _, tool := range own {
		options.Toolsets = append(options.Toolsets, tool.Toolset)
	}
	return tools.New(options), upstream
}

func startLocal(t *testing.T, own ...mcptool.Tool) *local {
	t.Helper()
	served, upstream := toolsOn(t, own...)
	in, input := io.Pipe()
	output, out := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	l := &local{t: t, wiro: upstream, in: input, stop: stop, done: make(chan error, 1), more: make(chan struct{}, 1)}
	go func() {
		l.done <- Stdio(ctx, served.MCP(), in, out, zerolog.Nop(), nil)
		_ = in.Close()
		_ = out.Close()
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		scanner := bufio.NewScanner(output)
		scanner.Buffer(nil, 1<<24)
		for scanner.Scan() {
			l.mu.Lock()
			l.lines = append(l.lines, scanner.Text())
			l.mu.Unlock()
			select {
			case l.more <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		_ = input.Close()
		<-read
	})
	return l
}

// send writes lines in one piece.
func (l *local) send(lines ...string) {
	l.t.Helper()
	_, err := io.WriteString(l.in, strings.Join(lines, "\n")+"\n")
	require.NoError(l.t, err)
}

// initialize agrees on a version.
func (l *local) initialize(version string, capabilities map[string]any) {
	l.t.Helper()
	l.initializeAs("t", version, capabilities)
}

func (l *local) initializeAs(client, version string, capabilities map[string]any) {
	l.t.Helper()
	l.send(rpcMessage("initialize", "init", map[string]any{
		"protocolVersion": version, "capabilities": capabilities, "clientInfo": map[string]any{"name": client, "version": "1"},
	}))
	require.Equal(l.t, version, l.answer(`"init"`).Result.ProtocolVersion)
}

// find waits for the line that a filter takes.
func (l *local) find(what string, keep func(line string) bool) string {
	l.t.Helper()
	timeout := time.After(time.Minute)
	for {
		l.mu.Lock()
		for _, line := range l.lines {
			if keep(line) {
				l.mu.Unlock()
				return line
			}
		}
		l.mu.Unlock()
		select {
		case <-l.more:
		case <-timeout:
			l.t.Fatalf("no %s among %s", what, l.all())
		}
	}
}

func (l *local) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// answer waits for the answer to an id, given as the bytes in JSON.
func (l *local) answer(id string) rpc {
	l.t.Helper()
	line := l.find("answer to "+id, func(line string) bool { return idOf(line) == id })
	var parsed rpc
	require.NoError(l.t, json.Unmarshal([]byte(line), &parsed))
	return parsed
}

// idOf is the id of an answer as it stands in the line; "" for other messages.
func idOf(line string) string {
	var m struct {
		ID     json.RawMessage
		Method string
	}
	if json.Unmarshal([]byte(line), &m) != nil || m.Method != "" {
		return ""
	}
	return string(m.ID)
}

const pingMessage = `{"jsonrpc":"2.0","id":"ping","method":"ping"}`

var forever = map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}}

// once serves an input that is all there, and returns the lines that came out.
func once(t *testing.T, in io.Reader) []string {
	t.Helper()
	served, _ := toolsOn(t)
	var out bytes.Buffer
	require.NoError(t, Stdio(t.Context(), served.MCP(), in, &out, zerolog.Nop(), nil))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, line := range lines {
		require.True(t, line == "" || json.Valid([]byte(line)), line)
	}
	return lines
}

func TestBytesThatClientsSendAreUnderstood(t *testing.T) {
	t.Parallel()
	search := call("ü", "search_docs", map[string]any{"query": "größe 🙂 task"})
	for name, input := range map[string]string{
		"a byte-order mark":              "\xef\xbb\xbf" + search + "\n",
		"one on its own line":            "\xef\xbb\xbf\r\n" + search + "\n",
		"one behind a blank line":        "\r\n \xef\xbb\xbf " + search + "\n",
		"two of them":                    "\xef\xbb\xbf\xef\xbb\xbf" + search + "\n\xef\xbb\xbf",
		"one before every line":          "\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\xef\xbb\xbf" + search + "\n",
		"blank lines":                    "\n \r\n\t\n" + search + "\n\n",
		"CRLF":                           search + "\r\n",
		"a last line without line break": search,
	} {
		for cut, in := range map[string]io.Reader{"whole": strings.NewReader(input), "byte by byte": iotest.OneByteReader(strings.NewReader(input))} {
			lines := once(t, in)
			require.Len(t, lines, 1, "%s, %s: %s", name, cut, lines)
			require.Equal(t, `"ü"`, idOf(lines[0]), "%s, %s", name, cut)
			require.Contains(t, lines[0], "matches", "%s, %s", name, cut)
		}
	}
}

// Not parallel: it is about the memory of the process.
func TestALineOverTheLimitIsRefusedInBoundedMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	lines := once(t, io.MultiReader(
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"`), io.LimitReader(zeros{}, 64<<20),
		strings.NewReader("\"}}\n"+pingMessage+"\n"),
	))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<20))
	require.Len(t, lines, 2)
	require.Contains(t, strings.Join(lines, "\n"), "16 MB")
	require.Contains(t, strings.Join(lines, "\n"), `"id":"ping"`)

	large := strings.Repeat("x", maxLine-200)
	l := startLocal(t)
	l.send(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"` + large + `"}}`)
	require.Nil(t, l.answer("1").Error)
}

// zeros is the character 0 without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestShortCallsAreAnsweredAtTheEndOfTheInput(t *testing.T) {
	t.Parallel()
	started := time.Now()
	lines := once(t, strings.NewReader(strings.Join([]string{
		call(1, "search_docs", map[string]any{"query": "task"}), call(2, "search_models", nil), call(3, "list_tasks", nil),
	}, "\n")))
	require.Less(t, time.Since(started), 2*time.Second)
	require.Len(t, lines, 3, lines)
}

func TestWaitsReturnTheirTokenAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*local){
		"of the input":   func(l *local) { _ = l.in.Close() },
		"of the context": func(l *local) { l.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startLocal(t)
			l.send(call(1, "run_model", forever))
			token, err := l.wiro.Launched(within(t), 1)
			require.NoError(t, err)
			require.NoError(t, l.wiro.Subscribed(within(t), token))
			end(l)
			result := l.answer("1").Result
			require.Equal(t, "running", result.StructuredContent["state"])
			require.Equal(t, token, result.StructuredContent["task"].(map[string]any)["token"])
			require.NoError(t, <-l.done)
		})
	}
}

func TestAPipedRunIsSubmittedOnceAndSaysItsToken(t *testing.T) {
	t.Parallel()
	served, upstream := toolsOn(t)
	var out bytes.Buffer
	require.NoError(t, Stdio(t.Context(), served.MCP(), strings.NewReader(call(1, "run_model", forever)), &out, zerolog.Nop(), nil))
	require.Equal(t, 1, upstream.RequestCount("Run/"))
	require.Contains(t, out.String(), `"token":"`)
}

func TestAClientThatNeverReadsDoesNotHoldTheEndUp(t *testing.T) {
	t.Parallel()
	served, _ := toolsOn(t)
	output, out := io.Pipe()
	defer output.Close()
	started := time.Now()
	input := strings.Repeat(listTools+"\nnonsense\n", 20)
	require.NoError(t, Stdio(t.Context(), served.MCP(), strings.NewReader(input), out, zerolog.Nop(), nil))
	require.Less(t, time.Since(started), 3*time.Second)
}

func TestACanceledCallGetsNoAnswerAndIdsAreToldApart(t *testing.T) {
	t.Parallel()
	l := startLocal(t)
	for _, id := range []string{`5`, `"5"`, `9007199254740992`, `9007199254740993`, `-9007199254740993`} {
		l.send(strings.Replace(call(0, "run_model", forever), `"id":0`, `"id":`+id, 1))
	}
	for n := range 5 {
		token, err := l.wiro.Launched(within(t), n+1)
		require.NoError(t, err)
		require.NoError(t, l.wiro.Subscribed(within(t), token))
	}
	for _, id := range []string{`"5"`, `9007199254740993`, `77`} {
		l.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
	}
	l.send(pingMessage)
	l.answer(`"ping"`)
	require.NoError(t, l.in.Close())
	require.NoError(t, <-l.done)
	for _, id := range []string{`5`, `9007199254740992`, `-9007199254740993`} {
		require.Equal(t, "running", l.answer(id).Result.StructuredContent["state"], id)
	}
	for _, line := range l.all() {
		require.NotContains(t, []string{`"5"`, `9007199254740993`}, idOf(line), line)
	}
}

func TestACancelRightBehindItsCallPreventsTheSubmit(t *testing.T) {
	t.Parallel()
	for _, meta := range []string{"", `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},`} {
		l := startLocal(t)
		run := strings.Replace(call(1, "run_model", forever), `"params":{"arguments"`, `"params":{`+meta+`"arguments"`, 1)
		l.send(run, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, pingMessage)
		l.answer(`"ping"`)
		require.NoError(t, l.in.Close())
		require.NoError(t, <-l.done)
		require.Zero(t, l.wiro.RequestCount("Run/"))
		require.Len(t, l.all(), 1, l.all())
	}
}

func TestTheCancelOfOldClientsIsUnderstood(t *testing.T) {
	t.Parallel()
	l := startLocal(t)
	l.send(call(0, "run_model", forever))
	token, err := l.wiro.Launched(within(t), 1)
	require.NoError(t, err)
	require.NoError(t, l.wiro.Subscribed(within(t), token))
	l.send(`{"jsonrpc":"2.0","method":"cancelled","params":{"requestId":0,"reason":"McpError: Request timed out"}}`)
	l.send(call(1, "run_model", forever), pingMessage)
	l.answer(`"ping"`)
	require.NoError(t, l.in.Close())
	require.NoError(t, <-l.done)
	require.Equal(t, true, l.answer("1").Result.StructuredContent["attached"])
	require.Equal(t, 1, l.wiro.RequestCount("Run/"))
	require.Len(t, l.all(), 2, "the call that was canceled gets no answer")
}

func TestAReplyIsNeverAnswered(t *testing.T) {
	t.Parallel()
	lines := once(t, strings.NewReader(strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no"}}`, `{"jsonrpc":"2.0","id":3}`,
		`{"id":4,"result":null}`, `{"jsonrpc":"2.0","id":{},"result":{}}`, pingMessage,
	}, "\n")))
	require.Len(t, lines, 1, lines)
	require.Equal(t, `"ping"`, idOf(lines[0]))
	notified := once(t, strings.NewReader(`{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}`+"\n"+pingMessage))
	require.Len(t, notified, 1, "a notification has no answer, with an id of null either")
}

func TestTheIDsOwnBytesComeBack(t *testing.T) {
	t.Parallel()
	ids := []string{`0`, `-1`, `""`, `"a\"b"`, `9007199254740993`, `-9223372036854775809`, `123456789012345678901234567890`, `1.5`, `"1"`, `1`, `"<&>"`, `1e5`}
	var input []string
	for _, id := range ids {
		input = append(input, `{"jsonrpc":"2.0","id":`+id+`,"method":"ping"}`)
	}
	var got []string
	for _, line := range once(t, strings.NewReader(strings.Join(input, "\n"))) {
		got = append(got, idOf(line))
	}
	require.ElementsMatch(t, ids, got)
	for _, id := range []string{`null`, `true`, `{}`, `[1]`} {
		lines := once(t, strings.NewReader(`{"jsonrpc":"2.0","id":`+id+`,"method":"ping"}`))
		require.Contains(t, lines[0], `text or a number`, id)
	}
}

func TestBatchesOverStdioGoByTheVersion(t *testing.T) {
	t.Parallel()
	batch := `[` + listTools + `,{"jsonrpc":"2.0","method":"notifications/initialized"},` + call("s", "search_docs", map[string]any{"query": "tasks"}) + `,7,{"jsonrpc":"2.0","id":9,"result":{}}]`
	l := startLocal(t)
	l.send(batch)
	require.Contains(t, l.find("a refusal", func(line string) bool { return strings.Contains(line, "Batches") }), `"id":null`)
	l.initialize("2025-03-26", nil)
	l.send(batch)
	line := l.find("a list", func(line string) bool { return strings.HasPrefix(line, "[") })
	var answers []rpc
	require.NoError(t, json.Unmarshal([]byte(line), &answers))
	require.Len(t, answers, 3, line)

	l = startLocal(t)
	l.initialize("2025-06-18", nil)
	l.send("["+call(1, "run_model", forever)+"]", pingMessage)
	l.find("a refusal", func(line string) bool { return strings.Contains(line, "Batches") })
	l.answer(`"ping"`)
	require.Zero(t, l.wiro.RequestCount("Run/"))
}

func TestProgressIsHeldBackAndDroppedIfTheResultComes(t *testing.T) {
	t.Parallel()
	var sent []string
	write := func(data []byte) { sent = append(sent, string(data)) }
	p := &heldProgress{write: write, keep: write}
	p.notify("notifications/progress", map[string]any{"progress": 1})
	p.notify("notifications/message", nil)
	eventually(t, "the first is sent once it was held", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(sent) == 2
	})
	require.Contains(t, sent[0], "message")
	p.notify("notifications/progress", map[string]any{"progress": 2})
	p.end()
	p.send()
	p.notify("notifications/progress", map[string]any{"progress": 3})
	require.Len(t, sent, 2)
}

func TestQuestionsToTheUserTakeTheirReply(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := newConnection(nil, &out, zerolog.Nop())
	t.Cleanup(c.cancel)
	answers := make(chan clientAnswer, 1)
	go func() {
		answer, err := c.ask(t.Context(), "elicitation/create", nil)
		if err == nil {
			answers <- answer
		}
	}()
	eventually(t, "the question is out", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.questions) == 1
	})
	for _, reply := range []string{`{"jsonrpc":"2.0","id":"1","result":{"action":"decline"}}`, `{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`, `{"jsonrpc":"2.0","id":1,"result":{}}`} {
		c.receive([]byte(reply))
	}
	require.JSONEq(t, `{"action":"accept"}`, string((<-answers).Result))
}

// Some write every member of a reply, and null for the one that it does not have.
func TestAnErrorOfNullIsNone(t *testing.T) {
	t.Parallel()
	l := startLocal(t)
	l.initialize("2025-11-25", map[string]any{"elicitation": map[string]any{}})
	l.send(call("list", "list_agents", map[string]any{"search": "blog"}))
	agents := l.answer(`"list"`).Result.StructuredContent["agents"].([]any)
	l.send(call(1, "deploy_agent", map[string]any{"agentguid": agents[0].(map[string]any)["guid"], "title": "x", "tier": "starter"}))
	var asked message
	require.NoError(t, json.Unmarshal([]byte(l.find("a question", func(line string) bool { return strings.Contains(line, "elicitation/create") })), &asked))
	l.send(`{"jsonrpc":"2.0","id":` + string(asked.ID) + `,"error":null,"result":{"action":"accept","content":{"agree":true}}}`)
	require.False(t, l.answer("1").Result.IsError)
	require.Equal(t, 1, l.wiro.RequestCount("UserAgent/Deploy"))
}

// A client may declare elicitation and have nobody to ask: the call then needs a confirmation
// like that of a client that never declared it.
func TestAClientThatCannotAskIsAskedToConfirm(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"method not found":   `"error":{"code":-32601,"message":"Method not found"}`,
		"an internal error":  `"error":{"code":-32603,"message":"no"}`,
		"a cancel at once":   `"result":{"action":"cancel"}`,
		"an odd shape":       `"result":7`,
		"no answer at all":   `"result":{}`,
		"null":               `"result":null`,
		"an unknown action":  `"result":{"action":"dismiss"}`,
		"declined by a user": `"result":{"action":"decline"}`,
		"declined by Codex":  `"result":{"action":"decline"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startLocal(t)
			client := map[bool]string{true: "codex-mcp-client", false: "t"}[strings.Contains(name, "Codex")]
			l.initializeAs(client, "2025-11-25", map[string]any{"elicitation": map[string]any{}})
			l.send(call("list", "list_agents", map[string]any{"search": "blog"}))
			agents := l.answer(`"list"`).Result.StructuredContent["agents"].([]any)
			deploy := map[string]any{"agentguid": agents[0].(map[string]any)["guid"], "title": "x", "tier": "starter"}
			l.send(call(1, "deploy_agent", deploy))
			question := l.find("a question", func(line string) bool { return strings.Contains(line, "elicitation/create") })
			var asked message
			require.NoError(t, json.Unmarshal([]byte(question), &asked))
			l.send(`{"jsonrpc":"2.0","id":` + string(asked.ID) + `,` + reply + `}`)
			first := l.answer("1")
			require.Nil(t, first.Error, "%v", first.Error)
			if strings.Contains(name, "by a user") {
				require.True(t, first.Result.IsError)
				return
			}
			require.Equal(t, "confirmation_required", first.Result.StructuredContent["state"])
			next := first.Result.StructuredContent["nextAction"].(map[string]any)
			l.send(call(2, "deploy_agent", next["arguments"]))
			require.False(t, l.answer("2").Result.IsError)
			require.Equal(t, 1, l.wiro.RequestCount("UserAgent/Deploy"))
		})
	}
}

// A price that changes after every answer is asked about again, and not without end.
func TestAPriceThatNeverStaysIsNotAskedAboutForever(t *testing.T) {
	t.Parallel()
	var price, charged atomic.Int64
	moving := mcptool.DefineConfirmed(mcptool.Meta{Name: "moving", Description: "x", Toolset: "own", Effect: mcptool.Writes},
		func(context.Context, *mcptool.Call, struct{}) (*mcptool.Charge, error) {
			return &mcptool.Charge{What: "Moving", USD: float64(price.Add(1)), When: "now"}, nil
		},
		func(context.Context, *mcptool.Call, struct{}) (struct{}, error) {
			charged.Add(1)
			return struct{}{}, nil
		})
	l := startLocal(t, moving)
	l.initialize("2025-11-25", map[string]any{"elicitation": map[string]any{}})
	l.send(call("moving", "moving", nil))
	for id := 1; ; id++ {
		line := l.find("the next question, or the answer", func(line string) bool {
			return strings.Contains(line, "elicitation/create") && strings.Contains(line, fmt.Sprintf(`"id":%d,`, id)) || strings.Contains(line, `"id":"moving"`)
		})
		var m message
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		if m.Method == "" {
			require.Contains(t, line, "call the tool again")
			require.NotContains(t, line, "round-trip")
			break
		}
		l.send(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"action":"accept","content":{"agree":true}}}`)
	}
	require.Zero(t, charged.Load())
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "\n", "a\n\nb", "\xef\xbb\xbfa\r\n", strings.Repeat("x", 70<<10) + "\ny", "a\nb\nc"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, input []byte, size int) {
		var want []string
		for line := range strings.SplitSeq(strings.TrimPrefix(string(input), "\xef\xbb\xbf"), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				want = append(want, line)
			}
		}
		lines := newLineReader(&chunks{input, max(1, size%100)})
		var got []string
		for {
			line, err := lines.next()
			if err == io.EOF { //nolint:errorlint // io.Reader's own
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

// chunks reads in pieces of a size.
type chunks struct {
	rest []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.rest[:min(c.size, len(c.rest))])
	c.rest = c.rest[n:]
	return n, nil
}
