package wiro

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var walletList = wire.Endpoint("Wallet/List", wire.Safe, wire.ShortTimeout)

// Balance is what a workspace can spend. The documentation names the endpoint without its
// response: Raw is all that Wiro answered, USD what can be told from it.
//
// Wiro docs: Organizations API Access; Organizations Billing, for the pools of a wallet.
type Balance struct {
	// USD is what is left; nil if Wiro's answer states no single figure. Figures are not added
	// up, as they may be parts of one another, but for the pools of one wallet: gifted, store and
	// amount.
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
	return Balance{USD: walletReader{s.client.team}.read(raw, true), Raw: raw}, nil
}

// Names are compared in lower case, without separators.
var (
	// balanceNames say what is left in all, the surest first.
	balanceNames = []string{
		"balance", "balanceusd", "usdbalance", "totalbalance", "walletbalance", "accountbalance", "currentbalance",
		"availablebalance", "remainingbalance", "available", "remaining",
	}
	// poolNames are the parts of a wallet, which a transfer of credit names.
	poolNames = []string{"gifted", "store", "amount"}
	// containerNames hold a wallet or several.
	containerNames = []string{"wallet", "wallets", "list", "rows", "data", "items", "balances"}
	// otherNames hold amounts that are no balance.
	otherNames = []string{"deposits", "transactions", "coupons", "autopay", "transfers", "limits", "history"}
	// depositNames tell a deposit from a wallet: both have an amount.
	depositNames = []string{"expirytime", "expiryconfirmed", "expiresat", "couponcode"}
)

// walletReader finds the balance in an answer whose shape is not documented.
type walletReader struct {
	team string // whose wallet is asked for; "" for the credentials' own
}

// read returns the one figure of a value that says what is left: its own, or that of the only
// object in it that has one. isWallet is set where the value can be a wallet itself.
func (r walletReader) read(value any, isWallet bool) *float64 {
	var found []*float64
	switch v := value.(type) {
	case map[string]any:
		own := make(map[string]any, len(v))
		for name, member := range v {
			own[fold.Name(name)] = member
		}
		if currency, ok := own["currency"].(string); ok && currency != "" && !strings.EqualFold(currency, "usd") {
			return nil
		}
		for _, name := range balanceNames {
			if usd := number(own[name]); usd != nil {
				return usd
			}
			if usd := r.nested(own[name]); usd != nil {
				return usd
			}
		}
		if usd := pools(own); isWallet && usd != nil {
			return usd
		}
		if usd := r.nested(own["wallet"]); usd != nil {
			return usd
		}
		for _, name := range slices.Sorted(maps.Keys(own)) {
			if !slices.Contains(otherNames, name) {
				found = append(found, r.read(own[name], isWallet && slices.Contains(containerNames, name)))
			}
		}
	case []any:
		for _, member := range r.ofTeam(v) {
			found = append(found, r.read(member, isWallet))
		}
	}
	found = slices.DeleteFunc(found, func(usd *float64) bool { return usd == nil })
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// nested reads an object that is a balance or a wallet by its name.
func (r walletReader) nested(value any) *float64 {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for name, member := range object {
		if fold.Name(name) == "usd" {
			return number(member)
		}
	}
	return r.read(object, true)
}

// ofTeam are the wallets that name the team, if any does.
func (r walletReader) ofTeam(wallets []any) []any {
	named := slices.DeleteFunc(slices.Clone(wallets), func(wallet any) bool {
		object, _ := wallet.(map[string]any)
		for _, member := range object {
			if member == r.team {
				return false
			}
		}
		return true
	})
	if r.team == "" || len(named) == 0 {
		return wallets
	}
	return named
}

// pools is what the pools of a wallet hold together, nil for what has none.
func pools(wallet map[string]any) *float64 {
	var sum *float64
	for _, name := range poolNames {
		if usd := number(wallet[name]); usd != nil {
			if sum == nil {
				sum = new(float64)
			}
			*sum += *usd
		}
	}
	if sum == nil || slices.ContainsFunc(depositNames, func(name string) bool { _, has := wallet[name]; return has }) {
		return nil
	}
	if total := number(wallet["total"]); total != nil {
		return total
	}
	return sum
}

// writtenAmount is an amount as people write it: "$1,234.50", "12 USD".
var writtenAmount = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:usd)?\s*(-?)\$?\s*(\d+|\d{1,3}(?:,\d{3})+)(\.\d+)?\s*(?i:usd)?$`)
})

// number is an amount, also as text; nil for anything else.
func number(value any) *float64 {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
		if parts := writtenAmount().FindStringSubmatch(text); parts != nil {
			text = parts[1] + strings.ReplaceAll(parts[2], ",", "") + parts[3]
		}
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
