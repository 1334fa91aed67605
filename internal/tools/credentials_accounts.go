package tools

import (
	"context"
	"errors"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// account names an agent's account with a service.
type account struct {
	UserAgent string `json:"useragentguid" doc:"guid of your agent"`
	Provider  string `json:"provider" enum:"twitter,tiktok,instagram,facebook-pages,linkedin,google-ads,meta-ads,hubspot,mailchimp,youtube,ga4,google-merchant-center" doc:"the service"`
}

func (a account) key() wiro.OAuthProvider { return wiro.OAuthProvider(a.Provider) }

// arguments name the account to another tool.
func (a account) arguments() map[string]any {
	return map[string]any{"useragentguid": a.UserAgent, "provider": a.Provider}
}

var connectAgentAccountTool = define(mcptool.Meta{
	Name:        "connect_agent_account",
	Title:       "Connect an agent's account",
	Description: "Get the address where the user lets an agent use their account with a service. Give it to the user to open; then look with get_agent_account_status.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "twitter", "redirecturl": "https://app.example.com/cb"}`}},
}, connectAgentAccount)

func connectAgentAccount(ctx context.Context, call *Call, in connection) (AccountLink, error) {
	if link, opened, err := call.OpenedPage(); opened || err != nil {
		return call.accountLink(in, link, linkOpened), err
	}
	address, err := call.Wiro.Credentials.Connect(ctx, in.key(), wiro.ConnectRequest{
		UserAgentGUID: in.UserAgent, RedirectURL: in.Redirect, AuthMethod: in.Method,
	})
	if err != nil {
		return AccountLink{}, in.notConfigured(err)
	}
	if !mcptool.IsWebAddress(address) {
		return AccountLink{}, mcptool.Problemf("Wiro gave an address for %s that is no https address, so it must not be opened. Nothing was connected: report this to Wiro's support.", in.key().Title())
	}
	if call.Client.SupportsURLElicitation {
		return AccountLink{question: call.AskToOpen(address, "Let the agent use your "+in.key().Title()+" account?")}, nil
	}
	return call.accountLink(in, address, linkReady), nil
}

// notConfigured says what an app of one's own lacks before an account can be connected; other
// errors stay as they are.
func (in connection) notConfigured(err error) error {
	if r := reasonOf(err); r != wiro.ReasonAppNotConfigured && r != wiro.ReasonCredentialsNotSet {
		return err
	}
	names := append(in.key().OwnAppFields(), "authmethod")
	fields := make([]any, 0, len(names))
	for _, name := range names {
		value := "…"
		if name == "authmethod" {
			value = "own"
		}
		fields = append(fields, map[string]any{"credentialkey": in.Provider, "fieldname": name, "fieldvalue": value})
	}
	return mcptool.Problemf("%s. If the agent has this credential at all (get_my_agent shows which it has), an app of your own needs %s, set with set_agent_credentials, before an account is connected through it.",
		wordsOf(err), strings.Join(names, ", ")).
		WithNext("set_agent_credentials", "enter what the user gives you for each …", map[string]any{"useragentguid": in.UserAgent, "fields": fields})
}

type connection struct {
	account
	Redirect string `json:"redirecturl" doc:"where the browser goes then: https, or http on localhost"`
	Method   string `json:"authmethod,omitempty" enum:"wiro,own" doc:"whose app asks: Wiro's, or your own (keys set with set_agent_credentials)"`
}

var getAgentAccountStatusTool = define(mcptool.Meta{
	Name:        "get_agent_account_status",
	Title:       "Get an agent's account status",
	Description: "Whether an agent is connected to an account of a service, to which one, and until when.",
	Toolset:     Agents,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-ads"}`}},
}, getAgentAccountStatus)

func getAgentAccountStatus(ctx context.Context, call *Call, in account) (AccountStatus, error) {
	connection, err := call.Wiro.Credentials.Status(ctx, in.key(), in.UserAgent)
	if err != nil {
		return AccountStatus{}, err
	}
	return call.accountStatus(in, connection), nil
}

var disconnectAgentAccountTool = define(mcptool.Meta{
	Name:        "disconnect_agent_account",
	Title:       "Disconnect an agent's account",
	Description: "Disconnect an account from an agent: its tokens are deleted. A running agent restarts without it. Connecting it again needs the user's consent.",
	Toolset:     Credentials,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-merchant-center"}`}},
}, disconnectAgentAccount)

func disconnectAgentAccount(ctx context.Context, call *Call, in account) (AccountAction, error) {
	if err := call.Wiro.Credentials.Disconnect(ctx, in.key(), in.UserAgent); err != nil {
		return AccountAction{}, err
	}
	return AccountAction{ActionResult: mcptool.Done("disconnect", "The agent has no "+in.key().Title()+" account any more. If it runs, it restarts."), account: in}, nil
}

var selectAgentAccountTool = define(mcptool.Meta{
	Name:        "select_agent_account",
	Title:       "Select an agent's account",
	Description: "After an account is connected, choose what of it the agent works with: Google Ads customer, Meta ad account, Facebook page (within 15 minutes), YouTube channel, GA4 property or merchant account. The address that the user's browser came back to lists the ids.",
	Toolset:     Credentials,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-ads", "id": "123-456-7890", "name": "Acme"}`}},
}, selectAgentAccount)

func selectAgentAccount(ctx context.Context, call *Call, in choice) (AccountAction, error) {
	thing, _ := in.key().Selection()
	if thing == "" {
		return AccountAction{}, mcptool.Problemf("%s has nothing to choose: its account is complete once it is connected.", in.key().Title()).
			WithNext("get_agent_account_status", "see whether it is connected", in.arguments())
	}
	account, err := submit(ctx, call, "UserAgentOAuth", nil, func(ctx context.Context) (wiro.Account, error) {
		return call.Wiro.Credentials.SelectAccount(ctx, in.key(), in.UserAgent, wiro.Account{ID: in.ID, Name: in.Name})
	})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return AccountAction{}, explain(err).WithNext("get_agent_account_status", "see whether it took effect", in.arguments())
	}
	if err != nil {
		return AccountAction{}, err
	}
	chosen := account.ID
	if account.Name != "" {
		chosen = account.Name + " (" + account.ID + ")"
	}
	return AccountAction{
		ActionResult: mcptool.Done("select", "The agent works with the "+thing+" "+chosen+". If it runs, it restarts."),
		account:      in.account,
		ID:           account.ID,
		Name:         account.Name,
		NextAction:   call.Next("get_agent_account_status", "see that it is connected", in.arguments()),
	}, nil
}

type choice struct {
	account
	ID   string `json:"id" doc:"id of the customer, ad account, page, channel, property or merchant account"`
	Name string `json:"name,omitempty" doc:"its name, for people"`
}

var refreshAgentTokenTool = define(mcptool.Meta{
	Name:        "refresh_agent_token",
	Title:       "Refresh an agent's token",
	Description: "Fetch a new token for a connected account. Running agents do so by themselves: this is for when one has expired all the same. The token is not shown; a running agent restarts.",
	Toolset:     Credentials,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "twitter"}`}},
}, refreshAgentToken)

func refreshAgentToken(ctx context.Context, call *Call, in account) (AccountAction, error) {
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
		ActionResult: mcptool.Done("refresh", "The agent has a new "+in.key().Title()+" token. If it runs, it restarts."),
		account:      in,
		AccessToken:  tokens.Access.String(),
		RefreshToken: tokens.Refresh.String(),
		NextAction:   call.Next("get_agent_account_status", "see until when it is good", in.arguments()),
	}, nil
}

var listDriveFoldersTool = define(mcptool.Meta{
	Name:        "list_drive_folders",
	Title:       "List Google Drive folders",
	Description: "The Google Drive folders that an agent's service account can reach: those shared with its e-mail address. Enter the ids to use with set_agent_credentials.",
	Toolset:     Credentials,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, listDriveFolders)

func listDriveFolders(ctx context.Context, call *Call, in driveQuery) (DriveFolders, error) {
	found, err := call.Wiro.Credentials.DriveFolders(ctx, in.UserAgent, wiro.Secret(in.Key))
	if err != nil {
		return DriveFolders{}, err
	}
	return driveFolders(found), nil
}

type driveQuery struct {
	UserAgent string `json:"useragentguid" doc:"guid of your agent"`
	Key       string `json:"serviceaccountjsonbase64,omitempty" doc:"the service account's JSON key in Base64, to try one that is not saved yet"`
}
