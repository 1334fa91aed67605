package tools

import (
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var selectAgentAccount = define(Meta{
	Name:       "select_agent_account",
	Title:      "Select an agent's account",
	About:      "After an account is connected, choose what of it the agent works with: Google Ads customer, Meta ad account, Facebook page (within 15 minutes), YouTube channel, GA4 property or merchant account. The address that the user's browser came back to lists the ids.",
	Toolset:    Credentials,
	Effect:     Writes,
	Idempotent: true,
}, func(ctx context.Context, call Call, in choice) (AccountAction, error) {
	thing, _ := in.key().Picks()
	if thing == "" {
		return AccountAction{}, problem("%s has nothing to choose: its account is complete once it is connected.", in.key().Title()).
			then("get_agent_account_status", "see whether it is connected", in.arguments())
	}
	id, name, err := call.Wiro.Pick(ctx, in.key(), in.UserAgent, in.ID, in.Name)
	if errors.Is(err, wiro.ErrUncertain) {
		return AccountAction{}, explain(err).then("get_agent_account_status", "see whether it took effect", in.arguments())
	}
	if err != nil {
		return AccountAction{}, err
	}
	chosen := id
	if name != "" {
		chosen = name + " (" + id + ")"
	}
	return AccountAction{
		Action: "select", Success: true, account: in.account, ID: id, Name: name,
		Message:    "The agent works with the " + thing + " " + chosen + ". If it runs, it restarts.",
		NextAction: call.next("get_agent_account_status", "see that it is connected", in.arguments()),
	}, nil
})

type choice struct {
	account
	ID   string `json:"id" doc:"id of the customer, ad account, page, channel, property or merchant account"`
	Name string `json:"name,omitempty" doc:"its name, for people"`
}

var refreshAgentToken = define(Meta{
	Name:    "refresh_agent_token",
	Title:   "Refresh an agent's token",
	About:   "Fetch a new token for a connected account. Running agents do so by themselves: this is for when one has expired all the same. The token is not shown; a running agent restarts.",
	Toolset: Credentials,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in account) (AccountAction, error) {
	tokens, err := call.Wiro.RefreshTokens(ctx, in.key(), in.UserAgent)
	if errors.Is(err, wiro.ErrUncertain) {
		return AccountAction{}, explain(err).then("get_agent_account_status", "see until when its token is good", in.arguments())
	}
	if err != nil {
		return AccountAction{}, err
	}
	return AccountAction{
		Action: "refresh", Success: true, account: in,
		AccessToken: tokens.Access.String(), RefreshToken: tokens.Refresh.String(),
		Message:    "The agent has a new " + in.key().Title() + " token. If it runs, it restarts.",
		NextAction: call.next("get_agent_account_status", "see until when it is good", in.arguments()),
	}, nil
})

var listDriveFolders = define(Meta{
	Name:    "list_drive_folders",
	Title:   "List Google Drive folders",
	About:   "The Google Drive folders that an agent's service account can reach: those shared with its e-mail address. Enter the ids to use with set_agent_credentials.",
	Toolset: Credentials,
}, func(ctx context.Context, call Call, in driveQuery) (DriveFolders, error) {
	found, err := call.Wiro.DriveFolders(ctx, in.UserAgent, wiro.Secret(in.Key))
	if err != nil {
		return DriveFolders{}, err
	}
	return driveFolders(found), nil
})

type driveQuery struct {
	UserAgent string `json:"useragentguid" doc:"guid of your agent"`
	Key       string `json:"serviceaccountjsonbase64,omitempty" doc:"the service account's JSON key in Base64, to try one that is not saved yet"`
}
