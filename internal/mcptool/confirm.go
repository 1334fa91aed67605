package mcptool

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

// Charge is what a call would cost. Texts of callers and of the upstream inside What and When
// are quoted with Quote.
type Charge struct {
	What    string  // `Deploying the agent "X" (Starter)`, the subject of "costs"
	USD     float64 // what is charged now
	When    string  // "now, from the wallet's balance; then …", or, if USD is 0, why
	Also    string  `json:"-"` // what else the user should know before, as sentences; no part of what is confirmed
	Unknown bool    // the cost cannot be known before; USD is not used
}

// String says what is charged and when, and what else the user should know, as sentences.
func (c Charge) String() string {
	text := fmt.Sprintf("%s costs $%s, charged %s.", c.What, money.USD(c.USD), c.When)
	switch {
	case c.Unknown:
		text = fmt.Sprintf("%s: what it costs cannot be known before it ends. It is charged %s.", c.What, c.When)
	case c.USD == 0:
		text = fmt.Sprintf("%s costs nothing now: %s.", c.What, c.When)
	}
	if c.Also != "" {
		text += " " + c.Also
	}
	return text
}

// usd is the amount, nil if it is unknown.
func (c Charge) usd() *float64 {
	if c.Unknown {
		return nil
	}
	return &c.USD
}

const (
	quotedCharacters   = 80   // of a foreign text inside a question
	questionCharacters = 1500 // of a whole question
)

// Quote returns a text of a caller or of the upstream as part of a question: in quotes, on one
// line, cut, without control and direction characters.
func Quote(text string) string { return plaintext.Quote(text, quotedCharacters) }

// question is the charge as a user is asked about it. A text inside that was not quoted
// cannot break out of its line either.
func (c Charge) question() string {
	text := plaintext.Line(plaintext.Terminal(c.String()))
	if utf8.RuneCountInString(text) > questionCharacters {
		text = string([]rune(text)[:questionCharacters]) + "…"
	}
	return text
}

// confirmation is the answer of a call that charges money and is not confirmed.
type confirmation struct {
	State      string      `json:"state"` // "confirmation_required"
	Message    string      `json:"message"`
	CostUSD    *float64    `json:"costUsd" nullable:"true"` // null if it cannot be known before
	Note       string      `json:"note,omitempty"`          // why it is asked, where that is not plain
	NextAction *NextAction `json:"nextAction,omitempty"`
}

// Text is the charge, and how to agree to it.
func (c confirmation) Text() string {
	text := c.Message
	if c.Note != "" {
		text = c.Note + "\n" + text
	}
	return TextWithNext(text+"\nNothing has been charged. Ask the user. If they agree, repeat the call with confirm:true and this confirmation, which works once.", c.NextAction)
}

const (
	confirmArgument      = "confirm"
	confirmationArgument = "confirmation"
	confirmID            = "confirm"
	confirmLifetime      = 15 * time.Minute
	replayEntries        = 1 << 15 // used confirmations that are remembered
)

// confirmArguments are the arguments that every tool has that asks before it charges.
type confirmArguments struct {
	Confirm      bool   `json:"confirm,omitempty" doc:"the user agreed to the price"`
	Confirmation string `json:"confirmation,omitempty" doc:"from the quote's nextAction"`
}

// Confirm returns nil once the charge is confirmed, and nothing may be charged before.
// Otherwise it returns the question to answer the call with: an elicitation if the client can
// ask its user, else the charge with a sealed confirmation for a second call. An error refuses
// the call: the user said no, or it cannot be told whether the confirmation was used before.
//
// A confirmation is bound to the caller, the tool, its arguments and the charge. It expires
// after 15 minutes and works once; with Idempotent it may be repeated.
//
// A tool that is not made with DefineConfirmed sets Meta.Confirms to call it.
func (c *Call) Confirm(ctx context.Context, charge Charge) (*Question, error) {
	digest := c.digest(charge)
	if c.givenTrue(confirmArgument) {
		if token := c.givenText(confirmationArgument); token != "" {
			if _, valid := c.unseal(confirmationArgument, token, digest); !valid {
				return c.quote(charge, digest, "The confirmation that was given does not count: it has expired, or the price or an argument has changed since."), nil
			}
			first, err := c.use(ctx, token)
			if err != nil || first {
				c.Charge = &charge
				return nil, err
			}
			return c.quote(charge, digest, "The confirmation that was given was used already. To do it once more would be a new charge."), nil
		}
	}
	if c.Client.SupportsElicitation {
		return c.elicit(ctx, charge, digest)
	}
	note := ""
	if c.Client.CannotAsk {
		note = couldNotAsk
	}
	return c.quote(charge, digest, note), nil
}

const couldNotAsk = "This client could not ask its user."

// maxRepeated is how long a text argument may be that a suggestion to repeat the call holds, such
// as the content of a file.
const maxRepeated = 8 << 10

// quote answers with the charge, and with the confirmation that a second call needs.
func (c *Call) quote(charge Charge, digest, note string) *Question {
	repeated := c.Arguments()
	reason := "once the user has agreed"
	for _, name := range slices.Sorted(maps.Keys(repeated)) {
		text, _ := repeated[name].(string)
		if slices.Contains(c.Tool.Secrets, name) || len(text) > maxRepeated {
			delete(repeated, name)
			reason += ". Pass " + name + " again: not repeated here"
		}
	}
	repeated[confirmArgument], repeated[confirmationArgument] = true, c.seal(confirmationArgument, digest)
	return &Question{confirmation: &confirmation{
		State: "confirmation_required", Message: charge.question(), CostUSD: charge.usd(),
		Note: note, NextAction: &NextAction{Tool: c.Tool.Name, Arguments: repeated, Reason: reason},
	}}
}

// elicit asks the user, and returns nil once the user has agreed. The answer comes back with
// the state that went out: it is sealed, so that only this caller's own confirmation of this
// very charge counts, once and for a limited time. A price that changed meanwhile is asked
// about again, and so is a confirmation that comes a second time.
func (c *Call) elicit(ctx context.Context, charge Charge, digest string) (*Question, error) {
	answer := server.ElicitationResponse(c.request.Params.InputResponses, confirmID)
	asked, sealed := c.unseal(confirmID, c.State(), digest)
	if sealed && (answer == nil || c.Client.AnswersByItself(answer.Action, time.Since(asked))) {
		return c.quote(charge, digest, couldNotAsk), nil
	}
	if answer != nil {
		switch {
		case answer.Action != mcp.ElicitationResponseActionAccept, sealed && !agreed(answer.Content):
			return nil, Problemf("The user did not agree: nothing was done or charged.")
		case sealed:
			if first, err := c.use(ctx, c.State()); err != nil || first {
				c.Charge = &charge
				return nil, err
			}
		}
	}
	title := "Charge $" + money.USD(charge.USD)
	if charge.Unknown {
		title = "Charge what it costs"
	}
	ask := server.NewInputRequestBuilder(c.seal(confirmID, digest)).Elicit(confirmID, mcp.ElicitationParams{
		Mode:    mcp.ElicitationModeForm,
		Message: charge.question() + " Go ahead?",
		RequestedSchema: map[string]any{
			"type":       "object",
			"properties": map[string]any{"agree": map[string]any{"type": "boolean", "title": title}},
			"required":   []string{"agree"},
		},
	})
	return &Question{result: ask.ToolResult()}, nil
}

// agreed reports whether the user ticked the box. Nothing but true is agreement.
func agreed(content any) bool {
	fields, _ := content.(map[string]any)
	agree, _ := fields["agree"].(bool)
	return agree
}

// use reports whether a confirmation may be acted on. A request that a client or a proxy sends
// again must not charge again. If that cannot be told, nothing is charged.
func (c *Call) use(ctx context.Context, token string) (bool, error) {
	if c.Idempotent {
		return true, nil
	}
	first, err := c.server.options.UseOnce(ctx, token, confirmLifetime)
	if err != nil {
		return false, Problemf("It cannot be told whether this confirmation was used before, as the server's store cannot be reached. Nothing was done or charged: repeat the call later.")
	}
	return first, nil
}

// useOnce is Options.UseOnce of a server without a store. A confirmation expires by itself, so
// the cache needs no clock (expirable.LRU would leave a goroutine behind for every server).
func (s *Server) useOnce(_ context.Context, token string, _ time.Duration) (bool, error) {
	used, _ := s.used.ContainsOrAdd(token, struct{}{})
	return !used, nil
}

// digest stands for the call: the tool, its arguments and what the user is asked about.
func (c *Call) digest(subject any) string {
	arguments := c.Arguments()
	delete(arguments, confirmArgument)
	delete(arguments, confirmationArgument)
	data, err := json.Marshal([]any{c.Tool.Name, arguments, subject})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// givenTrue reports whether an argument is true, as models write it.
func (c *Call) givenTrue(name string) bool {
	coerced, err := coerce(c.rawArgument(name), reflect.TypeFor[bool]())
	return err == nil && string(coerced) == "true"
}

func (c *Call) givenText(name string) string {
	var text string
	_ = json.Unmarshal(c.rawArgument(name), &text) // anything else is no confirmation
	return text
}

func (c *Call) rawArgument(name string) json.RawMessage {
	data, err := json.Marshal(c.given()[name])
	if err != nil {
		return json.RawMessage("null")
	}
	return data
}
