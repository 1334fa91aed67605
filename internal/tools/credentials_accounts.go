package tools

import (
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// account names an agent's account with a service.
type account struct {
	UserAgent string `json:"useragentguid" alias:"guid,agentguid,agent" doc:"guid of your agent"`
	Provider  string `json:"provider" enum:"twitter,tiktok,instagram,facebook-pages,linkedin,google-ads,meta-ads,hubspot,mailchimp,youtube,ga4,google-merchant-center" doc:"the service"`
}

func (a account) key() wiro.OAuthProvider { return wiro.OAuthProvider(a.Provider) }

// arguments name the account to another tool.
func (a account) arguments() map[string]any {
	return map[string]any{"useragentguid": a.UserAgent, "provider": a.Provider}
}

var getAgentAccountStatusTool = define(mcptool.Meta{
	Name:        "get_agent_account_status",
	Title:       "Get an agent's account status",
	Description: "Is an account connected (login done), which one, until when.",
	Toolset:     Agents,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-ads"}`}},
}, getAgentAccountStatus)

func getAgentAccountStatus(ctx context.Context, call *Call, in account) (AccountStatus, error) {
	connection, err := call.Wiro.Credentials.Status(ctx, in.key(), in.UserAgent)
	if err != nil {
		return AccountStatus{}, err
	}
	status := call.accountStatus(in, connection)
	if flow := call.consentOf(ctx, in, ""); flow != nil && (!status.Connected || flow.NeedsSelection()) {
		call.addFlow(&status, flow)
	}
	return status, nil
}

var disconnectAgentAccountTool = define(mcptool.Meta{
	Name:        "disconnect_agent_account",
	Title:       "Disconnect an agent's account",
	Description: "Take an account away from an agent: removes its access and tokens. A running agent restarts without it. Connecting again needs the user's consent.",
	Toolset:     Credentials,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-merchant-center"}`}},
}, disconnectAgentAccount)

func disconnectAgentAccount(ctx context.Context, call *Call, in account) (AccountAction, error) {
	if err := call.Wiro.Credentials.Disconnect(ctx, in.key(), in.UserAgent); err != nil {
		return AccountAction{}, err
	}
	return AccountAction{ActionResult: mcptool.Done("The agent has no " + in.key().Title() + " account any more. If it runs, it restarts."), account: in}, nil
}

var refreshAgentTokenTool = define(mcptool.Meta{
	Name:        "refresh_agent_token",
	Title:       "Refresh an agent's token",
	Description: "Fetch a new token for a connected account. Running agents do so by themselves: this is for when one has expired all the same. The token is not shown; a running agent restarts.",
	Toolset:     Credentials,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "twitter"}`}},
}, refreshAgentToken)

func refreshAgentToken(ctx context.Context, call *Call, refreshed refreshable) (AccountAction, error) {
	in := account(refreshed)
	tokens, err := submit(ctx, call, "UserAgentOAuth/TokenRefresh", nil, func(ctx context.Context) (wiro.Tokens, error) {
		return call.Wiro.Credentials.RefreshTokens(ctx, in.key(), in.UserAgent)
	})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return AccountAction{}, explain(err).WithNext("get_agent_account_status", "see until when its token is good", in.arguments())
	}
	if err != nil {
		return AccountAction{}, err
	}
	return AccountAction{
		ActionResult: mcptool.Done("The agent has a new " + in.key().Title() + " token. If it runs, it restarts."),
		account:      in,
		AccessToken:  tokens.Access.String(),
		RefreshToken: tokens.Refresh.String(),
		NextAction:   call.Next("get_agent_account_status", "see until when it is good", in.arguments()),
	}, nil
}

// refreshable is an account whose tokens Wiro refreshes on request.
type refreshable struct {
	UserAgent string `json:"useragentguid" alias:"guid,agentguid,agent" doc:"guid of your agent"`
	Provider  string `json:"provider" enum:"twitter,tiktok,instagram,facebook-pages,linkedin,google-ads,meta-ads,hubspot" doc:"the service"`
}

var listDriveFoldersTool = define(mcptool.Meta{
	Name:        "list_drive_folders",
	Title:       "List Google Drive folders",
	Description: "The Google Drive folders that an agent's service account can reach: those shared with its e-mail address.",
	Toolset:     Credentials,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, listDriveFolders)

func listDriveFolders(ctx context.Context, call *Call, in driveQuery) (DriveFolders, error) {
	found, err := call.Wiro.Credentials.DriveFolders(ctx, in.UserAgent, wiro.Secret(in.Key))
	if err != nil {
		return DriveFolders{}, err
	}
	return call.driveFolders(in.UserAgent, found), nil
}

type driveQuery struct {
	UserAgent string `json:"useragentguid" alias:"guid,agentguid,agent" doc:"guid of your agent"`
	Key       string `json:"serviceaccountjsonbase64,omitempty" doc:"the service account's JSON key in Base64, to try one that is not saved yet"`
}
