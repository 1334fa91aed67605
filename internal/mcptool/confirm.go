package mcptool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Charge is what a call would cost.
type Charge struct {
	What    string  // "Deploying the agent X (Starter)", the subject of "costs"
	USD     float64 // what is charged now
	Unknown bool    // the amount is not known before; USD is 0
	When    string  // "now, from the wallet's balance; then …", or, where USD is 0, why
}

// String says what is charged and when, as a sentence.
func (c Charge) String() string {
	switch {
	case c.Unknown:
		return fmt.Sprintf("%s costs an amount that is not known before: %s.", c.What, c.When)
	case c.USD == 0:
		return fmt.Sprintf("%s costs nothing now: %s.", c.What, c.When)
	}
	return fmt.Sprintf("%s costs $%s, charged %s.", c.What, Money(c.USD), c.When)
}

func (c Charge) cost() *float64 {
	if c.Unknown {
		return nil
	}
	return &c.USD
}

// title is what the user ticks.
func (c Charge) title() string {
	if c.Unknown {
		return "Charge what it costs"
	}
	return "Charge $" + Money(c.USD)
}

// confirmation is the answer of a call that charges money and is not confirmed.
type confirmation struct {
	State      string      `json:"state"` // "confirmation_required"
	Message    string      `json:"message"`
	CostUSD    *float64    `json:"costUsd" nullable:"true"` // null where it is not known before
	Charged    string      `json:"charged"`                 // when and from what
	NextAction *NextAction `json:"nextAction,omitempty"`
}

func (c confirmation) Text() string {
	return TextWithNext(c.Message+"\nNothing has been charged. If the user agrees, repeat the call with confirm:true.", c.NextAction)
}

const (
	confirmArgument = "confirm"
	confirmID       = "confirm"
	confirmLifetime = 15 * time.Minute
	replayEntries   = 1 << 15 // used confirmations that are remembered
)

// confirm returns the zero outcome once the charge is confirmed: by the user where the client
// can ask its user, otherwise by the argument confirm. Until then the outcome is the question,
// and nothing may be charged.
func (c *Call) confirm(arguments map[string]json.RawMessage, price func() (*Charge, error)) (outcome, error) {
	given := arguments[confirmArgument]
	agreed := given != nil && isTrue(given)
	if agreed && !c.Client.SupportsElicitation {
		return outcome{}, nil
	}
	charge, err := price()
	if err != nil || charge == nil {
		return outcome{}, err
	}
	if c.Client.SupportsElicitation {
		question, err := c.elicit(*charge)
		return outcome{question: question}, err
	}
	repeated := c.Arguments()
	reason := "once the user has agreed"
	for _, name := range c.Tool.Secrets {
		if _, given := repeated[name]; given {
			delete(repeated, name)
			reason += ". Pass " + name + " again: not repeated here"
		}
	}
	repeated[confirmArgument] = true
	return outcome{confirmation: &confirmation{
		State: "confirmation_required", Message: charge.String(), CostUSD: charge.cost(), Charged: charge.When,
		NextAction: &NextAction{Tool: c.Tool.Name, Arguments: repeated, Reason: reason},
	}}, nil
}

func isTrue(value json.RawMessage) bool {
	coerced, err := coerce(value, reflect.TypeFor[bool]())
	return err == nil && string(coerced) == "true"
}

// elicit asks the user, and returns nil once the user has agreed. The answer comes back with
// the state that went out: it is sealed, so that only this caller's own confirmation of this
// very charge counts, once and for a limited time. A price that changed meanwhile is asked
// about again, and so is a confirmation that comes a second time.
func (c *Call) elicit(charge Charge) (*Question, error) {
	digest, state := c.digest(charge), c.State()
	answer := server.ElicitationResponse(c.request.Params.InputResponses, confirmID)
	sealed := answer != nil && c.unseal(state, digest)
	switch {
	case answer == nil:
	case answer.Action != mcp.ElicitationResponseActionAccept, sealed && !agreed(answer.Content):
		return nil, Problemf("The user did not agree: nothing was done or charged.")
	case sealed && (c.Idempotent || c.server.useOnce(state)):
		c.Charge = &charge
		return nil, nil
	}
	ask := server.NewInputRequestBuilder(c.seal(digest)).Elicit(confirmID, mcp.ElicitationParams{
		Mode:    mcp.ElicitationModeForm,
		Message: charge.String() + " Go ahead?",
		RequestedSchema: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"agree": map[string]any{"type": "boolean", "title": charge.title(), "default": true},
			},
		},
	})
	return &Question{ask.ToolResult()}, nil
}

// agreed is false only where the user unticked the box: accepting the form is agreement.
func agreed(content any) bool {
	fields, ok := content.(map[string]any)
	if !ok {
		return true
	}
	agree, ok := fields["agree"].(bool)
	return !ok || agree
}

// useOnce reports whether a confirmation may be acted on: a request that a client or a proxy
// sends again must not charge again. Another replica does not know of it. A confirmation
// expires by itself, so the cache needs no clock (expirable.LRU would leave a goroutine
// behind for every server).
func (s *Server) useOnce(state string) bool {
	used, _ := s.used.ContainsOrAdd(state, struct{}{})
	return !used
}

// digest stands for the call: the tool, its arguments and what the user is asked about.
func (c *Call) digest(subject any) string {
	data, err := json.Marshal([]any{c.Tool.Name, c.request.GetArguments(), subject})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// seal binds a digest to the caller and a deadline; no two seals are alike. The key is made
// from the caller's own credentials: every replica can check it, no other caller can make it.
func (c *Call) seal(digest string) string {
	terms := strconv.FormatInt(time.Now().Add(confirmLifetime).Unix(), 10) + "." + rand.Text()
	return terms + "." + c.Seal("confirm", terms, digest)
}

func (c *Call) unseal(state, digest string) bool {
	cut := strings.LastIndexByte(state, '.')
	if cut < 0 || digest == "" || !hmac.Equal([]byte(state[cut+1:]), []byte(c.Seal("confirm", state[:cut], digest))) {
		return false
	}
	until, _, _ := strings.Cut(state, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && time.Now().Before(time.Unix(seconds, 0))
}
