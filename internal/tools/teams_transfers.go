package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var transferAgentTool = define(mcptool.Meta{
	Name:        "transfer_agent",
	Title:       "Transfer an agent",
	Description: "Move a deployed agent, with its subscription and credits, to a team or back to the personal workspace. From then on it is billed there and sees only what is there. It restarts.",
	Toolset:     Teams,
	Effect:      mcptool.Destroys,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "targetteamguid": ""}`}},
}, transferAgent)

func transferAgent(ctx context.Context, call *Call, in agentTransfer) (TeamAction, error) {
	if err := submitDone(ctx, call, "Team/TransferAgent", func(ctx context.Context) error {
		return call.Wiro.Teams.TransferAgent(ctx, in.GUID, *in.To)
	}); err != nil {
		return TeamAction{}, err
	}
	agent := agentRef(in.GUID)
	if *in.To != "" {
		agent["teamguid"] = *in.To
	}
	return TeamAction{
		ActionResult: mcptool.Done("The agent is in " + workspace(*in.To) + " now and billed there, with its subscription and credits. It restarts."),
		Team:         *in.To,
		UserAgent:    in.GUID,
		NextAction:   call.Next("get_my_agent", "see how it stands", agent),
	}, nil
}

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

// quotedWallet is wallet for a question.
func quotedWallet(team string) string {
	if team != "" {
		team = mcptool.Quote(team)
	}
	return wallet(team)
}

var transferProjectTool = define(mcptool.Meta{
	Name:        "transfer_project",
	Title:       "Transfer a project",
	Description: "Move a project to a team or back to the personal workspace. Its runs are billed there from then on. Agents of the old workspace that use it stop working.",
	Toolset:     Teams,
	Effect:      mcptool.Destroys,
	Examples:    []mcptool.Example{{Arguments: `{"projectapikey": "pk", "targetteamguid": "t1"}`}},
}, transferProject)

func transferProject(ctx context.Context, call *Call, in projectTransfer) (TeamAction, error) {
	if err := submitDone(ctx, call, "Team/TransferProject", func(ctx context.Context) error {
		return call.Wiro.Teams.TransferProject(ctx, wiro.Secret(in.Key), *in.To)
	}); err != nil {
		return TeamAction{}, err
	}
	return TeamAction{ActionResult: mcptool.Done("The project is in " + workspace(*in.To) + " now: its runs are billed there."), Team: *in.To}, nil
}

type projectTransfer struct {
	Key string `json:"projectapikey" doc:"the project's API key"`
	target
}

var transferCreditTool = defineConfirmed(mcptool.Meta{
	Name:        "transfer_credit",
	Title:       "Transfer credit",
	Description: "Move credit between the personal wallet and the wallets of teams that you manage, after confirmation. Deposits keep their expiry.",
	Toolset:     Teams,
	Effect:      mcptool.Destroys,
	Examples:    []mcptool.Example{{Arguments: `{"amount": 100, "targetteamguid": "t1", "confirm": true}`}},
}, transferCharge, transferCredit)

func transferCredit(ctx context.Context, call *Call, in creditTransfer) (CreditTransferred, error) {
	moved, err := submit(ctx, call, "Team/TransferCredit", nil, func(ctx context.Context) (wiro.CreditTransferred, error) {
		return call.Wiro.Teams.TransferCredit(ctx, in.transfer())
	})
	if err != nil {
		return CreditTransferred{}, err
	}
	return CreditTransferred{
		From: in.From, To: in.To, TotalUSD: stated(moved.Total),
		GiftedUSD: stated(moved.Gifted), StoreUSD: stated(moved.Store), PaidUSD: stated(moved.Amount),
	}, nil
}

// transferCharge is what is moved.
func transferCharge(_ context.Context, _ *Call, in creditTransfer) (*mcptool.Charge, error) {
	if err := in.transfer().Validate(); err != nil {
		return nil, err
	}
	return charge("Transferring credit to "+quotedWallet(in.To), &in.Amount, "now to "+quotedWallet(in.From))
}

func (t creditTransfer) transfer() wiro.CreditTransfer {
	return wiro.CreditTransfer{AmountUSD: t.Amount, From: t.From, To: t.To}
}

type creditTransfer struct {
	Amount float64 `json:"amount" doc:"USD"`
	From   string  `json:"sourceteamguid,omitempty" doc:"guid of the team that gives; the personal wallet when left out"`
	To     string  `json:"targetteamguid,omitempty" doc:"guid of the team that gets; the personal wallet when left out"`
}
