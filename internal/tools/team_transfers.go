package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var transferAgent = define(Meta{
	Name:    "transfer_agent",
	Title:   "Transfer an agent",
	About:   "Move a deployed agent, with its subscription and credits, to a team or back to the personal workspace. From then on it is billed there and sees only what is there. It restarts.",
	Toolset: Teams,
	Effect:  Destroys,
}, func(ctx context.Context, call Call, in agentTransfer) (TeamAction, error) {
	if err := call.Wiro.TransferAgent(ctx, in.GUID, *in.To); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		Action: "transfer", Success: true, Team: *in.To, UserAgent: in.GUID,
		Message: "The agent is in " + workspace(*in.To) + " now and billed there. It restarts.",
	}, nil
})

type agentTransfer struct {
	agentGUID
	target
}

// target is where something goes. A pointer, because an empty text is a place too.
type target struct {
	To *string `json:"targetteamguid" doc:"guid of the team; empty for the personal workspace"`
}

func workspace(team string) string {
	if team == "" {
		return "the personal workspace"
	}
	return "team " + team
}

func wallet(team string) string {
	if team == "" {
		return "the personal wallet"
	}
	return "the wallet of team " + team
}

var transferProject = define(Meta{
	Name:    "transfer_project",
	Title:   "Transfer a project",
	About:   "Move a project to a team or back to the personal workspace. Its runs are billed there from then on. Agents of the old workspace that use it stop working.",
	Toolset: Teams,
	Effect:  Destroys,
}, func(ctx context.Context, call Call, in projectTransfer) (TeamAction, error) {
	if err := call.Wiro.TransferProject(ctx, wiro.Secret(in.Key), *in.To); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{
		Action: "transfer", Success: true, Team: *in.To,
		Message: "The project is in " + workspace(*in.To) + " now: its runs are billed there.",
	}, nil
})

type projectTransfer struct {
	Key string `json:"projectapikey" doc:"the project's API key"`
	target
}

var transferCredit = define(Meta{
	Name:    "transfer_credit",
	Title:   "Transfer credit",
	About:   "Move credit between the personal wallet and the wallets of teams that you manage, after a yes. Deposits keep their expiry.",
	Toolset: Teams,
	Effect:  Destroys,
	Spends:  true,
}, func(ctx context.Context, call Call, in creditTransfer) (CreditTransferred, error) {
	transfer := wiro.CreditTransfer{AmountUSD: in.Amount, From: in.From, To: in.To}
	if err := transfer.Check(); err != nil {
		return CreditTransferred{}, err
	}
	err := call.Confirm(in.Confirm, Charge{
		What: "Transferring credit to " + wallet(in.To),
		USD:  in.Amount,
		When: "now to " + wallet(in.From),
	})
	if err != nil {
		return CreditTransferred{}, err
	}
	moved, err := call.Wiro.TransferCredit(ctx, transfer)
	if err != nil {
		return CreditTransferred{}, err
	}
	return CreditTransferred{
		Action: "transfer", Success: true, From: in.From, To: in.To, TotalUSD: float64(moved.Total),
		GiftedUSD: float64(moved.Gifted), StoreUSD: float64(moved.Store), PaidUSD: float64(moved.Amount),
	}, nil
})

type creditTransfer struct {
	Amount  float64 `json:"amount" doc:"USD"`
	From    string  `json:"sourceteamguid,omitempty" doc:"guid of the team that gives; the personal wallet when left out"`
	To      string  `json:"targetteamguid,omitempty" doc:"guid of the team that gets; the personal wallet when left out"`
	Confirm bool    `json:"confirm,omitempty" doc:"true once the user has agreed"`
}
