package tools

import (
	"context"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// account names an agent's account with a service.
type account struct {
	UserAgent string `json:"useragentguid" doc:"guid of your agent"`
	Provider  string `json:"provider" enum:"twitter,tiktok,instagram,facebook-pages,linkedin,google-ads,meta-ads,hubspot,mailchimp,youtube,ga4,google-merchant-center" doc:"the service"`
}

func (a account) key() wiro.OAuthKey { return wiro.OAuthKey(a.Provider) }

// arguments name the account to another tool.
func (a account) arguments() map[string]any {
	return map[string]any{"useragentguid": a.UserAgent, "provider": a.Provider}
}

var connectAgentAccount = define(Meta{
	Name:    "connect_agent_account",
	Title:   "Connect an agent's account",
	About:   "Get the address where the user lets an agent use their account with a service. Give it to the user to open; then look with get_agent_account_status.",
	Toolset: Credentials,
	Effect:  Writes,
}, func(ctx context.Context, call Call, in connection) (AccountLink, error) {
	if link, opened, err := call.openedPage(); opened || err != nil {
		return call.accountLink(in, link, linkOpened), err
	}
	address, err := call.Wiro.Connect(ctx, in.key(), wiro.ConnectRequest{
		UserAgent: in.UserAgent, RedirectURL: in.Redirect, AuthMethod: in.Method,
	})
	if err != nil {
		return AccountLink{}, notConnected(in, err)
	}
	if call.canOpen {
		return AccountLink{}, call.openPage(address, "Let the agent use your "+in.key().Title()+" account?")
	}
	return call.accountLink(in, address, linkReady), nil
})

type connection struct {
	account
	Redirect string `json:"redirecturl" doc:"where the user's browser goes afterwards: https, or http on localhost"`
	Method   string `json:"authmethod,omitempty" enum:"wiro,own" doc:"whose app asks: Wiro's (the default) or your own, its keys set with set_agent_credentials"`
}

var getAgentAccountStatus = define(Meta{
	Name:    "get_agent_account_status",
	Title:   "Get an agent's account status",
	About:   "Whether an agent is connected to an account of a service, to which one, and until when.",
	Toolset: Credentials,
}, func(ctx context.Context, call Call, in account) (AccountStatus, error) {
	connection, err := call.Wiro.Connection(ctx, in.key(), in.UserAgent)
	if err != nil {
		return AccountStatus{}, err
	}
	return call.accountStatus(in, connection), nil
})

var disconnectAgentAccount = define(Meta{
	Name:       "disconnect_agent_account",
	Title:      "Disconnect an agent's account",
	About:      "Take an account of a service away from an agent: its tokens are deleted. A running agent restarts without it. Connecting it again needs the user's consent.",
	Toolset:    Credentials,
	Effect:     Destroys,
	Idempotent: true,
}, func(ctx context.Context, call Call, in account) (AccountAction, error) {
	if err := call.Wiro.Disconnect(ctx, in.key(), in.UserAgent); err != nil {
		return AccountAction{}, err
	}
	return AccountAction{
		Action: "disconnect", Success: true, account: in,
		Message: "The agent has no " + in.key().Title() + " account any more. If it runs, it restarts.",
	}, nil
})
