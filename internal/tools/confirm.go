package tools

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Charge is what a call would cost.
type Charge struct {
	What string  // "Deploy the agent X (Starter)", as it follows "to"
	USD  float64 // what is charged now
	When string  // "now, from the wallet's balance; then …", or, where USD is 0, why
}

// confirmation is what a spending call answers while it lacks a yes.
type confirmation struct {
	State      string      `json:"state"` // "confirmation_required"
	Message    string      `json:"message"`
	CostUSD    float64     `json:"costUsd"`
	Charged    string      `json:"charged"` // when and from what
	NextAction *NextAction `json:"nextAction,omitempty"`
}

func (c confirmation) Text() string {
	return withNext(c.Message+"\nNothing has been charged. If the user agrees, repeat the call with confirm:true.", c.NextAction)
}

// confirmLater carries a confirmation through a handler's error.
type confirmLater struct{ confirmation }

func (*confirmLater) Error() string { return "a confirmation is needed" }

// askUser carries a question to the client's user through a handler's error.
type askUser struct{ result *mcp.CallToolResult }

func (*askUser) Error() string { return "the user is asked" }

const (
	confirmID       = "confirm"
	confirmDeadline = 15 * time.Minute
)

// Confirm returns nil once the charge has a yes: the user's own where the client can ask
// its user, otherwise the argument confirm:true. Until then it returns an error that the
// handler passes on; nothing may be charged before. Secret names arguments whose values are
// not repeated in the suggestion.
func (c *Call) Confirm(confirm bool, charge Charge, secret ...string) error {
	if confirm && !c.canElicit {
		return nil
	}
	text := fmt.Sprintf("%s costs $%s, charged %s.", charge.What, money(charge.USD), charge.When)
	if charge.USD == 0 {
		text = fmt.Sprintf("%s costs nothing now: %s.", charge.What, charge.When)
	}
	if c.canElicit {
		return c.elicit(charge, text)
	}
	arguments := map[string]any{}
	maps.Copy(arguments, c.request.GetArguments())
	reason := "once the user has agreed"
	for _, name := range secret {
		if _, given := arguments[name]; given {
			delete(arguments, name)
			reason += ". Pass " + name + " again: not repeated here"
		}
	}
	arguments["confirm"] = true
	return &confirmLater{confirmation{
		State: "confirmation_required", Message: text, CostUSD: charge.USD, Charged: charge.When,
		NextAction: &NextAction{Tool: c.tool, Arguments: arguments, Reason: reason},
	}}
}

// elicit asks the user. The answer comes back with the state that went out: it is sealed, so
// that only this caller's own yes to this very charge counts, once and for a while. A price
// that changed meanwhile is asked about again, and so is a yes that comes a second time.
func (c *Call) elicit(charge Charge, text string) error {
	digest, state := c.digest(charge), c.request.Params.RequestState
	answer := server.ElicitationResponse(c.request.Params.InputResponses, confirmID)
	sealed := answer != nil && c.unseal(state, digest)
	switch {
	case answer == nil:
	case answer.Action != mcp.ElicitationResponseActionAccept, sealed && !agreed(answer.Content):
		return problem("The user did not agree: nothing was done or charged.")
	case sealed && (c.keyed || c.yeses.use(state)):
		return nil
	}
	ask := server.NewInputRequestBuilder(c.seal(digest)).Elicit(confirmID, mcp.ElicitationParams{
		Mode:    mcp.ElicitationModeForm,
		Message: text + " Go ahead?",
		RequestedSchema: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"agree": map[string]any{"type": "boolean", "title": "Charge $" + money(charge.USD), "default": true},
			},
		},
	})
	return &askUser{ask.ToolResult()}
}

// agreed is false only where the user unticked the box: accepting the form is a yes.
func agreed(content any) bool {
	fields, ok := content.(map[string]any)
	if !ok {
		return true
	}
	agree, ok := fields["agree"].(bool)
	return !ok || agree
}

// digest stands for the call: the tool, its arguments and what the user is asked about.
func (c *Call) digest(about any) string {
	data, err := json.Marshal([]any{c.tool, c.request.GetArguments(), about})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// seal binds a digest to the caller and a deadline; no two seals are alike. The key is made
// from the caller's own credentials: every replica can check it, no other caller can make it.
func (c *Call) seal(digest string) string {
	terms := strconv.FormatInt(time.Now().Add(confirmDeadline).Unix(), 10) + "." + rand.Text()
	return terms + "." + c.mac(terms, digest)
}

func (c *Call) unseal(state, digest string) bool {
	cut := strings.LastIndexByte(state, '.')
	if cut < 0 || digest == "" || !hmac.Equal([]byte(state[cut+1:]), []byte(c.mac(state[:cut], digest))) {
		return false
	}
	until, _, _ := strings.Cut(state, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && time.Now().Before(time.Unix(seconds, 0))
}

func (c *Call) mac(terms, digest string) string {
	return c.Wiro.Seal("confirm", terms, digest)
}

// yeses remembers which yeses were acted on: a request that a client or a proxy sends again
// must not charge again. It keeps each for as long as its seal could hold, and no longer than
// two such times; another replica does not know of them.
type yeses struct {
	mu         sync.Mutex
	young, old map[string]struct{}
	turned     time.Time // when old was young last
}

// use reports whether a yes may be acted on, which it may be once.
func (y *yeses) use(state string) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	if now := time.Now(); now.Sub(y.turned) > confirmDeadline {
		y.young, y.old, y.turned = map[string]struct{}{}, y.young, now
	}
	_, young := y.young[state]
	_, old := y.old[state]
	y.young[state] = struct{}{}
	return !young && !old
}
