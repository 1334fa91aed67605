package mcptool_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type paint struct {
	Color  string   `json:"color" enum:"red,blue" doc:"which color"`
	Coats  int      `json:"coats,omitempty" min:"1" max:"9" default:"1" doc:"how many coats"`
	Tags   []string `json:"tags,omitempty" doc:"labels"`
	Secret string   `json:"secret,omitempty" doc:"a secret"`
	Agree  bool     `json:"confirm,omitempty" doc:"true once the user has agreed"`
}

type painted struct {
	Action string `json:"action"`
	mcptool.ActionResult
	Color string   `json:"color"`
	Coats int      `json:"coats"`
	Tags  []string `json:"tags"`
}

type plain struct {
	Text  string   `json:"text"`
	Lines []string `json:"lines,omitempty"`
}

type fence struct {
	URL      string `json:"url"`
	question *mcptool.Question
}

func (f fence) Text() string                { return "fence at " + f.URL }
func (f fence) Question() *mcptool.Question { return f.question }

// toys are tools of no use: they are here to be called.
type toys struct {
	*mcptool.Server
	t       *testing.T
	painted int
	price   float64
	what    string // what is charged for
	mu      sync.Mutex
}

var errRain = errors.New("it rains")

func newToys(t *testing.T, change ...func(*mcptool.Options)) *toys {
	t.Helper()
	y := &toys{t: t, price: 2.5}
	o := mcptool.Options{
		Name: "toys", Version: "1", ContextArguments: []string{"color"},
		Explain: func(_ *mcptool.Call, err error) *mcptool.Problem {
			if errors.Is(err, errRain) {
				return mcptool.Problemf("It rains.").WithNext("look", "see whether it stops", nil)
			}
			return nil
		},
		Tools: []mcptool.Tool{
			mcptool.Define(mcptool.Meta{Name: "look", Toolset: "eyes", Description: "Look."}, y.look),
			mcptool.Define(mcptool.Meta{Name: "paint", Toolset: "hands", Effect: mcptool.Writes}, y.paint),
			mcptool.DefineConfirmed(mcptool.Meta{Name: "buy_paint", Toolset: "shop", Effect: mcptool.Writes, Secrets: []string{"secret"}}, y.cost, y.paint),
			mcptool.Define(mcptool.Meta{Name: "open_fence", Toolset: "hands"}, y.open),
			mcptool.Define(mcptool.Meta{Name: "mend", Toolset: "hands", Confirms: true}, y.mend),
		},
	}
	for _, c := range change {
		c(&o)
	}
	y.Server = mcptool.New(o)
	return y
}

func (y *toys) look(_ context.Context, _ *mcptool.Call, in paint) (plain, error) {
	if in.Color == "blue" {
		panic("the sky")
	}
	return plain{Text: "a wall <&>", Lines: in.Tags}, nil
}

func (y *toys) paint(_ context.Context, call *mcptool.Call, in paint) (painted, error) {
	switch in.Coats {
	case 8:
		return painted{}, errRain
	case 9:
		return painted{}, errors.New("broken brush")
	}
	p := call.StartProgress()
	defer p.Stop()
	p.Update(0.5, 1, "half done")
	y.mu.Lock()
	defer y.mu.Unlock()
	y.painted++
	return painted{"paint", mcptool.Done("Painted it " + in.Color + "."), in.Color, in.Coats, in.Tags}, nil
}

func (y *toys) cost(_ context.Context, _ *mcptool.Call, in paint) (*mcptool.Charge, error) {
	if in.Coats == 1 {
		return nil, nil
	}
	return &mcptool.Charge{What: cmp.Or(y.what, "Painting it "+in.Color), USD: y.price, When: "now"}, nil
}

func (y *toys) open(_ context.Context, call *mcptool.Call, _ struct{}) (fence, error) {
	if page, opened, err := call.OpenedPage(); opened || err != nil {
		return fence{URL: page}, err
	}
	if call.Client.CannotAsk {
		return fence{URL: "https://fence.example"}, nil
	}
	return fence{question: call.AskToOpen("https://fence.example", "Open it?")}, nil
}

// mend costs what it costs.
func (y *toys) mend(ctx context.Context, call *mcptool.Call, in struct {
	Color string `json:"color"`
},
) (fence, error) {
	question, err := call.Confirm(ctx, mcptool.Charge{What: "Mending it", When: "when it is done", Unknown: true})
	return fence{URL: in.Color, question: question}, err
}

// request calls a tool in a scope.
func (y *toys) request(scope mcptool.Scope, tool, arguments string, params mcp.CallToolParams) *mcp.CallToolResult {
	y.t.Helper()
	var parsed map[string]any
	require.NoError(y.t, json.Unmarshal([]byte(arguments), &parsed))
	params.Name, params.Arguments = tool, parsed
	if scope.Client == nil {
		scope.Client = &mcptool.Client{}
	}
	ctx, cancel := context.WithTimeout(y.t.Context(), time.Minute)
	defer cancel()
	return y.CallTool(mcptool.WithScope(ctx, scope), mcp.CallToolRequest{Params: params})
}

func (y *toys) call(tool, arguments string) (text string, data map[string]any, isError bool) {
	y.t.Helper()
	return y.read(y.request(mcptool.Scope{}, tool, arguments, mcp.CallToolParams{}))
}

func (y *toys) read(r *mcp.CallToolResult) (text string, data map[string]any, isError bool) {
	y.t.Helper()
	structured, err := json.Marshal(r.StructuredContent)
	require.NoError(y.t, err)
	_ = json.Unmarshal(structured, &data)
	for _, content := range r.Content {
		text += content.(mcp.TextContent).Text
	}
	return text, data, r.IsError
}

// answer is a user's answer to a question.
func answer(id, state string, response mcp.ElicitationResponse) mcp.CallToolParams {
	var params mcp.CallToolParams
	params.RequestState = state
	params.InputResponses = mcp.InputResponses{id: {Elicitation: &mcp.ElicitationResult{ElicitationResponse: response}}}
	return params
}

func TestArgumentsAreCoercedAndChecked(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	written := []string{`{"color":"red","coats":"3","tags":"x"}`, `{"Color":"red","COATS":3,"Tags":["x"]}`}
	for _, arguments := range written {
		_, data, failed := y.call("paint", arguments)
		require.False(t, failed, arguments)
		require.Equal(t, map[string]any{"action": "paint", "message": "Painted it red.", "color": "red", "coats": 3.0, "tags": []any{"x"}}, data)
	}
	for arguments, says := range map[string]string{
		`{}`:                            "paint needs color: which color",
		`{"color":"green"}`:             `color must be one of red, blue, not "green"`,
		`{"color":"red","coats":10}`:    "coats must be between 1 and 9, not 10",
		`{"color":"red","coats":"two"}`: "coats must be a whole number",
		`{"colr":"red"}`:                `paint has no argument "colr": it takes color, coats, tags, secret, confirm`,
		`{"color":{"a":1}}`:             "color must be text, not an object",
	} {
		text, _, failed := y.call("paint", arguments)
		require.True(t, failed, arguments)
		require.Contains(t, text, says)
	}
	require.Equal(t, len(written), y.painted)
}

func TestAResultWithoutTextIsShownAsItsJSON(t *testing.T) {
	t.Parallel()
	text, _, _ := newToys(t).call("look", `{"color":"red"}`)
	require.JSONEq(t, `{"text":"a wall <&>"}`, text)
	require.Contains(t, text, "<&>", "not escaped: it is for people")
}

func TestProblemsLeadOnAndFaultsAreHidden(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	text, data, failed := y.call("paint", `{"color":"red","coats":8}`)
	require.True(t, failed)
	require.Equal(t, "It rains.\nNext: look {\"color\":\"red\"} (see whether it stops)", text)
	require.Equal(t, "look", data["nextAction"].(map[string]any)["tool"])

	text, _, failed = y.call("paint", `{"color":"red","coats":9}`)
	require.True(t, failed)
	require.Contains(t, text, "Internal error")
	require.NotContains(t, text, "brush")
	text, _, failed = y.call("look", `{"color":"blue"}`)
	require.True(t, failed)
	require.NotContains(t, text, "the sky")

	off := newToys(t, func(o *mcptool.Options) { o.Toolsets = []mcptool.Toolset{"hands"} })
	text, _, _ = off.call("paint", `{"color":"red","coats":8}`)
	require.Equal(t, "It rains.", text, "a tool that is off is no next step")
}

func TestAChargeNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	text, data, failed := y.call("buy_paint", `{"color":"red","coats":2,"secret":"planted"}`)
	require.False(t, failed)
	require.Equal(t, "confirmation_required", data["state"])
	require.InDelta(t, 2.5, data["costUsd"], 0)
	require.Contains(t, text, "Painting it red costs $2.50, charged now.")
	require.NotContains(t, text, "planted")
	require.Zero(t, y.painted)
	tool, arguments := next(t, data)
	require.Equal(t, "buy_paint", tool)
	require.Equal(t, true, arguments["confirm"])
	_, data, _ = y.call(tool, with(t, arguments, map[string]any{"secret": "planted", "confirm": "true"}))
	require.Equal(t, "paint", data["action"])
	require.Equal(t, 1, y.painted)
	_, data, _ = y.call("buy_paint", `{"color":"red","coats":1}`)
	require.Equal(t, "paint", data["action"], "no charge, no question")
}

// next is the next step of a result.
func next(t *testing.T, data map[string]any) (tool string, arguments map[string]any) {
	t.Helper()
	step, ok := data["nextAction"].(map[string]any)
	require.True(t, ok, "%v", data)
	return step["tool"].(string), step["arguments"].(map[string]any)
}

// with returns arguments with changes, as JSON; nil leaves one out.
func with(t *testing.T, arguments, changes map[string]any) string {
	t.Helper()
	changed := maps.Clone(arguments)
	for name, value := range changes {
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
	}
	data, err := json.Marshal(changed)
	require.NoError(t, err)
	return string(data)
}

func TestTheUserConfirmsAChargeOnce(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	scope := mcptool.Scope{Client: &mcptool.Client{SupportsElicitation: true}}
	const arguments = `{"color":"red","coats":2,"confirm":true}` // the model's word is not the user's
	answered := func(state string, action mcp.ElicitationResponseAction, content map[string]any) mcp.CallToolParams {
		return answer("confirm", state, mcp.ElicitationResponse{Action: action, Content: content})
	}
	agree := map[string]any{"agree": true}
	ask := func() string {
		asked := y.request(scope, "buy_paint", arguments, mcp.CallToolParams{})
		require.NotEmpty(t, asked.InputRequests)
		return asked.RequestState
	}
	state := ask()
	require.True(t, y.request(scope, "buy_paint", arguments, answered(state, mcp.ElicitationResponseActionDecline, nil)).IsError)
	require.True(t, y.request(scope, "buy_paint", arguments, answered(state, mcp.ElicitationResponseActionAccept, map[string]any{"agree": false})).IsError)
	require.NotEmpty(t, y.request(scope, "buy_paint", `{"color":"blue","coats":2}`, answered(state, mcp.ElicitationResponseActionAccept, agree)).InputRequests, "another call")
	require.NotEmpty(t, y.request(scope, "buy_paint", arguments, answered("9"+state, mcp.ElicitationResponseActionAccept, agree)).InputRequests, "another seal")
	y.price = 99
	require.NotEmpty(t, y.request(scope, "buy_paint", arguments, answered(state, mcp.ElicitationResponseActionAccept, agree)).InputRequests, "another price")
	y.price = 2.5
	require.Zero(t, y.painted)
	done := y.request(scope, "buy_paint", arguments, answered(state, mcp.ElicitationResponseActionAccept, agree))
	require.False(t, done.IsError)
	require.Equal(t, 1, y.painted)
	require.NotEmpty(t, y.request(scope, "buy_paint", arguments, answered(state, mcp.ElicitationResponseActionAccept, agree)).InputRequests, "a second time")
	require.Equal(t, 1, y.painted)
}

func TestAQuestionIsAnOutcome(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	var events []mcptool.Event
	scope := mcptool.Scope{RequestID: "r1", Observe: func(e mcptool.Event) { events = append(events, e) }}
	asked := y.request(scope, "open_fence", `{}`, mcp.CallToolParams{})
	require.False(t, asked.IsError)
	opened := y.request(scope, "open_fence", `{}`, answer("open", asked.RequestState, mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept}))
	text, _, _ := y.read(opened)
	require.Equal(t, "fence at https://fence.example", text)
	require.Equal(t, []mcptool.Status{mcptool.Asked, mcptool.OK}, []mcptool.Status{events[0].Status, events[1].Status})
	require.Equal(t, "r1", events[0].RequestID)
}

func TestPrepareDecidesWhoMayCall(t *testing.T) {
	t.Parallel()
	y := newToys(t, func(o *mcptool.Options) {
		o.Prepare = func(_ context.Context, call *mcptool.Call) error {
			if call.Scope.Caller == nil && !call.Tool.Public {
				return mcptool.Problemf("Who are you?")
			}
			return nil
		}
	})
	text, _, failed := y.call("paint", `{"color":"red"}`)
	require.True(t, failed)
	require.Equal(t, "Who are you?", text)
	require.False(t, y.request(mcptool.Scope{Caller: "ada"}, "paint", `{"color":"red"}`, mcp.CallToolParams{}).IsError)
	require.Equal(t, 1, y.painted)
}

func TestTheScopeLimitsWhichToolsExist(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	ctx := mcptool.WithScope(t.Context(), mcptool.Scope{Allowed: func(t mcptool.Tool) bool { return t.Name == "look" }})
	list, err := json.Marshal(y.MCP().HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)))
	require.NoError(t, err)
	require.Contains(t, string(list), `"look"`)
	require.NotContains(t, string(list), `"paint"`)

	readers := newToys(t, func(o *mcptool.Options) { o.ReadOnly = true })
	require.False(t, readers.Enabled("paint"))
	_, err = readers.Call(t.Context(), "paint", nil)
	require.ErrorContains(t, err, "read-only")
	_, err = y.Call(t.Context(), "pain", nil)
	require.ErrorContains(t, err, "Did you mean paint?")
}

func TestProgressRisesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	var messages []string
	scope := mcptool.Scope{Progress: func(value, total float64, message string) {
		require.InDelta(t, 0.5, value, 0)
		require.InDelta(t, 1, total, 0)
		messages = append(messages, message)
	}}
	y.request(scope, "paint", `{"color":"red"}`, mcp.CallToolParams{})
	require.Equal(t, []string{"half done"}, messages)
}

func TestLongResultsAreTruncatedInBothForms(t *testing.T) {
	t.Parallel()
	y := newToys(t)
	many, err := json.Marshal(map[string]any{"color": "red", "tags": strings.Split(strings.Repeat("some words,", 30_000), ",")})
	require.NoError(t, err)
	text, data, _ := y.call("look", string(many))
	require.LessOrEqual(t, len(text), 100_000)
	require.Contains(t, text, "[cut: ")
	structured, err := json.Marshal(data)
	require.NoError(t, err)
	require.LessOrEqual(t, len(structured), 110_000)
	require.NotEmpty(t, data["lines"])
}

func TestTwoToolsOfOneNamePanic(t *testing.T) {
	t.Parallel()
	look := mcptool.Define(mcptool.Meta{Name: "look"}, (&toys{}).look)
	require.PanicsWithValue(t, `mcptool: two tools are named "look"`, func() {
		mcptool.New(mcptool.Options{Tools: []mcptool.Tool{look, look}})
	})
}

func TestToolsetsAreParsed(t *testing.T) {
	t.Parallel()
	all, some := []mcptool.Toolset{"eyes", "hands", "shop"}, []mcptool.Toolset{"eyes"}
	for text, want := range map[string][]mcptool.Toolset{
		"": some, " , ": some, "all": all, "shop, EYES": {"eyes", "shop"}, "default,hands": {"eyes", "hands"},
	} {
		got, err := mcptool.ParseToolsets(text, all, some)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	_, err := mcptool.ParseToolsets("feet", all, some)
	require.ErrorContains(t, err, `there is no toolset "feet": there are eyes, hands, shop, default and all`)
}

func TestAPageKnowsItsPlace(t *testing.T) {
	t.Parallel()
	require.Equal(t, mcptool.Page{Total: 12, Start: 3, NextStart: 6}, mcptool.NewPage(12, 3, 3))
	require.Equal(t, mcptool.Page{Total: 6, Start: 3}, mcptool.NewPage(2, 3, 3))
	require.Equal(t, "12 models, 4 to 6 shown:\n", mcptool.NewPage(12, 3, 3).Heading(3, "model"))
	require.Equal(t, "1 model:\n", mcptool.NewPage(1, 0, 1).Heading(1, "model"))
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{`{"color":"red","coats":[1,{"y":null}]}`, `{"tags":"[]"}`, `{"coats":1e400}`, `{"confirm":[]}`, `{"":""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var arguments map[string]any
		if json.Unmarshal([]byte(text), &arguments) != nil {
			return
		}
		y := newToys(t)
		for _, tool := range []string{"paint", "buy_paint", "open_fence"} {
			_, err := y.Call(t.Context(), tool, arguments)
			require.NoError(t, err)
		}
	})
}
