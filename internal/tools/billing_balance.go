package tools

import (
	"context"
	"errors"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var getBalanceTool = define(mcptool.Meta{
	Name:        "get_balance",
	Title:       "Get the balance",
	Description: "What is left in the wallet that pays for runs, and how many tasks may run at once with it.",
	Toolset:     Billing,
	Examples:    []mcptool.Example{{Arguments: `{}`}},
}, getBalance)

func getBalance(ctx context.Context, call *Call, in walletOf) (WalletBalance, error) {
	balance, err := call.Wiro.WithTeam(in.Team).Billing.Balance(ctx)
	if refusal, ok := errors.AsType[*wiro.APIError](err); ok && !isHinted(refusal.Reason) {
		return WalletBalance{}, mcptool.Problemf("Wiro refuses to show the wallet to this API key: %s (code %d). It is at %s.", wordsOf(err), refusal.Code, billingPage)
	}
	if err != nil {
		return WalletBalance{}, err
	}
	result := WalletBalance{USD: balance.USD, Team: in.Team}
	if balance.USD == nil {
		result.Answer, _ = redactSecrets(balance.Raw).(map[string]any)
	} else {
		tasks, limited := balance.MaxConcurrentTasks()
		if limited {
			result.Limit = &tasks
		} else {
			result.Unlimited = true
		}
	}
	return result, nil
}

func isHinted(r wiro.Reason) bool {
	_, known := hints[r]
	return known
}

type walletOf struct {
	Team string `json:"teamguid,omitempty" doc:"a team's wallet"`
}

// WalletBalance is what is left in a wallet.
type WalletBalance struct {
	USD       *float64       `json:"balanceUsd" nullable:"true"`         // null if Wiro's answer states no single figure
	Limit     *int           `json:"maxConcurrentTasks" nullable:"true"` // null if there is none, or it is not known
	Unlimited bool           `json:"unlimitedTasks,omitempty"`           // there is no limit
	Team      string         `json:"teamguid,omitempty"`                 // whose wallet; otherwise the API key's own
	Answer    map[string]any `json:"wallet,omitempty" text:"lines"`      // what Wiro answered, where the balance is null
}

// Text is the balance with the limit that follows from it, or what Wiro answered.
func (b WalletBalance) Text() string {
	if b.USD == nil {
		said, err := mcptool.Marshal(b.Answer)
		if err != nil || len(b.Answer) == 0 {
			return "Wiro's answer states no balance. It is at " + billingPage + "."
		}
		return "Wiro's answer states no single balance. It is: " + string(said)
	}
	text := fmt.Sprintf("Balance: %s. ", mcptool.USD(b.USD))
	if b.Limit == nil {
		return text + "Any number of tasks may run at once: the limit ends above $250."
	}
	return text + fmt.Sprintf("At most %s may run at once: one for each $10 of a balance of up to $250, and at least one.", mcptool.Count(*b.Limit, "task"))
}
