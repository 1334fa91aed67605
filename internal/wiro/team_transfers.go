package wiro

import "context"

// Done twice, a transfer of an agent or project fails, and one of credit moves twice as much.
var (
	teamTransferAgent   = endpoint("Team/TransferAgent", submit, quick)
	teamTransferProject = endpoint("Team/TransferProject", submit, quick)
	teamTransferCredit  = endpoint("Team/TransferCredit", submit, quick)
)

// TransferAgent moves an agent, with its subscription and credits, to a team; to "", into
// the caller's personal workspace. The agent is restarted, and from then on works with what
// is in the new place.
//
// Wiro docs: Managing Teams, POST /Team/TransferAgent.
func (c *Client) TransferAgent(ctx context.Context, useragent, team string) error {
	if err := given("useragentguid", useragent); err != nil {
		return err
	}
	return act(ctx, c, teamTransferAgent, struct {
		byUserAgent
		Team string `json:"targetteamguid"`
	}{byUserAgent{useragent}, team})
}

// TransferProject moves a project, named by its API key, to a team; to "", into the caller's
// personal workspace. Its runs are billed there from then on, and agents of the old place
// lose it. No error repeats the key.
//
// Wiro docs: Managing Teams, POST /Team/TransferProject.
func (c *Client) TransferProject(ctx context.Context, apiKey Secret, team string) error {
	if err := given("projectapikey", apiKey.Reveal()); err != nil {
		return err
	}
	return act(ctx, c.hiding(apiKey.Reveal()), teamTransferProject, struct {
		Key  string `json:"projectapikey"`
		Team string `json:"targetteamguid"`
	}{apiKey.Reveal(), team})
}

// CreditTransfer moves credit between wallets. An empty team stands for the caller's
// personal wallet; at least one of the two must name a team.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
type CreditTransfer struct {
	AmountUSD float64 `json:"amount"`
	From      string  `json:"sourceteamguid,omitempty"`
	To        string  `json:"targetteamguid,omitempty"`
}

// Check reports what Wiro could not carry out.
func (t CreditTransfer) Check() error {
	switch {
	case t.AmountUSD <= 0:
		return &InputError{Field: "amount", Reason: "must be above 0, in USD"}
	case t.From == t.To:
		return &InputError{Field: "targetteamguid", Reason: "must differ from sourceteamguid: " +
			"one of them, or neither, is left out for the personal wallet"}
	}
	return nil
}

// CreditTransferred is what was moved, in USD, by where it had come from.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
type CreditTransferred struct {
	Total  Float `json:"total"`
	Gifted Float `json:"gifted"` // coupons and rewards
	Store  Float `json:"store"`  // earned with models
	Amount Float `json:"amount"` // paid in
}

// TransferCredit moves credit between wallets that the caller controls as an owner or admin.
// Deposits keep their expiry. It is sent once: ErrUncertain means that the credit may have
// moved.
//
// Wiro docs: Team Billing & Spending, POST /Team/TransferCredit.
func (c *Client) TransferCredit(ctx context.Context, t CreditTransfer) (CreditTransferred, error) {
	if err := t.Check(); err != nil {
		return CreditTransferred{}, err
	}
	answer, err := call[struct {
		Transferred CreditTransferred `json:"transferred"`
	}](ctx, c, teamTransferCredit, t)
	return answer.Transferred, err
}
