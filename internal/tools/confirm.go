package tools

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Charge is what a call would cost.
type Charge struct {
	What string  // "Deploy the agent X (Starter)", as it follows "to"
	USD  float64 // what is charged now
	When string  // "now, from the wallet's prepaid balance; then $9.00 on the 24th of each month"
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
	return fmt.Sprintf("%s\nNothing has been charged. %s", c.Message, c.NextAction.Reason)
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
	if c.canElicit {
		return c.elicit(charge, text)
	}
	arguments := map[string]any{}
	maps.Copy(arguments, c.request.GetArguments())
	reason := "If the user agrees, repeat the call with confirm:true."
	for _, name := range secret {
		if _, given := arguments[name]; given {
			delete(arguments, name)
			reason += " Pass " + name + " again: it is not repeated here."
		}
	}
	arguments["confirm"] = true
	return &confirmLater{confirmation{
		State: "confirmation_required", Message: text, CostUSD: charge.USD, Charged: charge.When,
		NextAction: &NextAction{Tool: c.tool, Arguments: arguments, Reason: reason},
	}}
}

// elicit asks the user. The answer comes back with the state that went out: it is sealed, so
// that only this caller's own yes to this very charge counts, for a while. A price that
// changed meanwhile is asked about again.
func (c *Call) elicit(charge Charge, text string) error {
	digest := c.digest(charge)
	answer := server.ElicitationResponse(c.request.Params.InputResponses, confirmID)
	if answer != nil && c.unseal(c.request.Params.RequestState, digest) {
		if answer.Action == mcp.ElicitationResponseActionAccept && agreed(answer.Content) {
			return nil
		}
		return problem("The user did not agree: nothing was done or charged.")
	}
	if answer != nil && answer.Action != mcp.ElicitationResponseActionAccept {
		return problem("The user did not agree: nothing was done or charged.")
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

// seal binds a digest to the caller and a deadline. The key is made from the caller's own
// credentials: every replica can check it, no other caller can make it.
func (c *Call) seal(digest string) string {
	until := strconv.FormatInt(time.Now().Add(confirmDeadline).Unix(), 10)
	return until + "." + c.mac(until, digest)
}

func (c *Call) unseal(state, digest string) bool {
	until, mac, ok := strings.Cut(state, ".")
	if !ok || digest == "" || !hmac.Equal([]byte(mac), []byte(c.mac(until, digest))) {
		return false
	}
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && time.Now().Before(time.Unix(seconds, 0))
}

func (c *Call) mac(until, digest string) string {
	return c.Wiro.Seal("confirm", until, digest)
}
