package wiro

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var walletList = wire.Endpoint("Wallet/List", wire.Safe, wire.ShortTimeout)

// Balance is what a workspace can spend. The documentation names the endpoint without its
// response: Raw is all that Wiro answered, USD what can be told from it.
//
// Wiro docs: Organizations API Access.
type Balance struct {
	// USD is what is left; nil if Wiro's answer states no single figure. Figures are not added
	// up: they may be parts of one another.
	USD *float64
	// Raw is the answer without the envelope's result and errors. Numbers are json.Number.
	Raw map[string]any
}

// Balance returns what is left in the wallet that pays for the caller's runs: the personal one,
// or that of the team whose key it is or that WithTeam names. Wiro may refuse it to API keys.
//
// Wiro docs: Organizations API Access, POST /Wallet/List.
func (s *BillingService) Balance(ctx context.Context) (Balance, error) {
	raw, err := call[map[string]any](ctx, s.client, walletList, nil)
	if err != nil {
		return Balance{}, err
	}
	maps.DeleteFunc(raw, func(name string, _ any) bool { return name == "result" || name == "errors" })
	return Balance{USD: balanceOf(raw), Raw: raw}, nil
}

// balanceNames are members that say what is left, as they are written without separators.
var balanceNames = []string{"balance", "balanceusd", "totalbalance", "walletbalance", "currentbalance", "availablebalance", "remainingbalance"}

// balanceOf is the one figure of a value that says what is left: its own, or that of the only
// object in it that has one.
func balanceOf(value any) *float64 {
	var found []*float64
	switch v := value.(type) {
	case map[string]any:
		for _, name := range balanceNames { // in this order
			for key, member := range v {
				plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
				if usd := number(member); plain == name && usd != nil {
					return usd
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, balanceOf(v[key]))
		}
	case []any:
		for _, member := range v {
			found = append(found, balanceOf(member))
		}
	}
	found = slices.DeleteFunc(found, func(usd *float64) bool { return usd == nil })
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// number is a finite number, also as text; nil for anything else.
func number(value any) *float64 {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimPrefix(strings.TrimSpace(v), "$")
	default:
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n-n != 0 { // not finite
		return nil
	}
	return &n
}

// MaxConcurrentTasks is how many tasks a workspace with this balance may run at once: a tenth of
// it, at least one. Limited is false above $250, where there is no limit.
//
// Wiro docs: Concurrency Limits.
func (b Balance) MaxConcurrentTasks() (tasks int, limited bool) {
	const unlimitedAbove = 250
	if b.USD == nil || *b.USD > unlimitedAbove {
		return 0, false
	}
	return max(1, int(*b.USD/10)), true
}
