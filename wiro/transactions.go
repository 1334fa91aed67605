package wiro

import (
	"context"
	"iter"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var userAgentTransactions = wire.Endpoint("UserAgent/TransactionList", wire.Safe, wire.ShortTimeout)

// Ledger is a page of an agent's credit transactions, newest first, with its balance.
//
// Wiro docs: Agent Transactions, POST /UserAgent/TransactionList.
type Ledger struct {
	Total        int64         `json:"total"` // of all pages
	Summary      CreditBalance `json:"summary"`
	Transactions []Transaction `json:"transactions"`
}

// CreditBalance is how an agent's credits stand. An amount is nil if Wiro does not state it.
type CreditBalance struct {
	Monthly   *float64  `json:"monthlycredits"`
	Extra     *float64  `json:"extracredits"`
	Used      *float64  `json:"usedcredits"` // in this period
	Remaining *float64  `json:"remainingcredits"`
	Period    string    `json:"creditperiod"`          // YYYY-MM
	SyncedAt  time.Time `json:"creditsyncat,omitzero"` // when the agent last reported its use
}

// Transaction is a change of an agent's credits.
//
// Wiro docs: Agent Transactions (Transaction fields).
type Transaction struct {
	GUID         string         `json:"guid"`
	Type         string         `json:"type"`         // deduct, renewal, purchase, grant, expired, refund or cancel
	Action       string         `json:"action"`       // such as message, monthly, small, skill-toggle
	Amount       *float64       `json:"amount"`       // credits, negative if they were used or lost; nil if Wiro does not state it
	BalanceAfter *float64       `json:"balanceafter"` // nil if it was not recorded
	Description  string         `json:"description"`
	SessionKey   string         `json:"sessionkey"`
	MessageGUID  string         `json:"messageguid"`
	Provider     string         `json:"provider"` // agent, prepaid or stripe
	ProviderRef  string         `json:"providerref"`
	Metadata     map[string]any `json:"metadata"` // such as priceUsd of a purchase; numbers are json.Number
	UUID         string         `json:"uuid"`     // of the user who caused it, or system
	User         *User          `json:"user"`     // nil for Wiro itself and for deleted accounts
	CreatedAt    time.Time      `json:"createdat,omitzero"`
}

// TransactionQuery pages a ledger.
type TransactionQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	Start         int    `json:"start,omitempty"`
	Limit         int    `json:"limit,omitempty"` // 50 if 0, MaxTransactions at most
}

// MaxTransactions is the largest page of a ledger.
const MaxTransactions = 500

// Transactions returns a page of the changes of an agent's credits, newest first.
//
// Wiro docs: Agent Transactions, POST /UserAgent/TransactionList.
func (s *BillingService) Transactions(ctx context.Context, query TransactionQuery) (Ledger, error) {
	if err := require("useragentguid", query.UserAgentGUID); err != nil {
		return Ledger{}, err
	}
	return call[Ledger](ctx, s.client, userAgentTransactions, query)
}

// AllTransactions iterates over the changes of an agent's credits, newest first, from
// query.Start on, and fetches pages of query.Limit (100 if 0) as it goes. It ends with the
// first error.
//
// Wiro docs: Agent Transactions, POST /UserAgent/TransactionList.
func (s *BillingService) AllTransactions(ctx context.Context, query TransactionQuery) iter.Seq2[Transaction, error] {
	guid := func(t Transaction) string { return t.GUID }
	return allPages(query.Start, min(query.Limit, MaxTransactions), guid, func(start, limit int) ([]Transaction, int64, error) {
		query.Start, query.Limit = start, limit
		page, err := s.Transactions(ctx, query)
		return page.Transactions, page.Total, err
	})
}
