package wiro

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Sent twice, a transfer of an agent or a project fails, and one of credit moves twice as much.
var (
	teamTransferAgent   = wire.Endpoint("Team/TransferAgent", wire.NonIdempotent, wire.ShortTimeout)
	teamTransferProject = wire.Endpoint("Team/TransferProject", wire.NonIdempotent, wire.ShortTimeout)
	teamTransferCredit  = wire.Endpoint("Team/TransferCredit", wire.NonIdempotent, wire.ShortTimeout).Receipts("transferred")
)

// TransferAgent moves an agent, with its subscription and credits, to a team or, if team is
// empty, to the caller's personal workspace. The agent restarts and is paid for from the wallet
// of its new workspace.
//
// Wiro docs: Managing Teams, POST /Team/TransferAgent.
func (s *TeamsService) TransferAgent(ctx context.Context, userAgentGUID, team string) error {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return err
	}
	return do(ctx, s.client, teamTransferAgent, struct {
		byUserAgent
		Team string `json:"targetteamguid"`
	}{byUserAgent{userAgentGUID}, team})
}

// TransferProject moves a project, named by its API key, to a team or, if team is empty, to the
// caller's personal workspace. Its runs are charged there from then on, and agents of the old
// workspace can no longer use it. No error repeats the key.
//
// Wiro docs: Managing Teams, POST /Team/TransferProject.
func (s *TeamsService) TransferProject(ctx context.Context, apiKey Secret, team string) error {
	if err := require("projectapikey", apiKey.Reveal()); err != nil {
		return err
	}
	return do(ctx, s.client.withRedacted(apiKey.Reveal()), teamTransferProject, struct {
		Key  string `json:"projectapikey"`
		Team string `json:"targetteamguid"`
	}{apiKey.Reveal(), team})
}

// CreditTransfer moves credit between wallets. An empty team stands for the caller's personal
// wallet; at least one of the two must name a team.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
type CreditTransfer struct {
	AmountUSD float64 `json:"amount"`
	From      string  `json:"sourceteamguid,omitempty"`
	To        string  `json:"targetteamguid,omitempty"`
}

// Validate returns an InputError for a transfer that Wiro cannot carry out.
func (t CreditTransfer) Validate() error {
	switch {
	case t.AmountUSD <= 0:
		return &InputError{Field: "amount", Reason: "must be above 0, in USD"}
	case t.From == t.To:
		return &InputError{Field: "targetteamguid", Reason: "must differ from sourceteamguid: " +
			"leave out one of them for the personal wallet"}
	}
	return nil
}

// CreditTransferred is what was moved, in USD, by where it had come from. An amount is nil if
// Wiro does not state it.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
type CreditTransferred struct {
	Total  *float64 `json:"total"`
	Gifted *float64 `json:"gifted"` // coupons and rewards
	Store  *float64 `json:"store"`  // earned with models
	Amount *float64 `json:"amount"` // paid in
}

// TransferCredit moves credit between wallets that the caller controls as an owner or admin.
// Deposits keep their expiry. It is sent once; ErrUnknownOutcome means that the credit may have
// moved.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
func (s *TeamsService) TransferCredit(ctx context.Context, t CreditTransfer) (CreditTransferred, error) {
	if err := t.Validate(); err != nil {
		return CreditTransferred{}, err
	}
	answer, err := call[struct {
		Transferred *CreditTransferred `json:"transferred"`
	}](ctx, s.client, teamTransferCredit, t)
	switch {
	case err != nil:
		return CreditTransferred{}, err
	case answer.Transferred == nil:
		return CreditTransferred{}, s.client.invalidResponse(teamTransferCredit, "does not say what was transferred", nil)
	}
	return *answer.Transferred, nil
}
