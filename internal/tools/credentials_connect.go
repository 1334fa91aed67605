package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var connectAgentAccountTool = define(mcptool.Meta{
	Name:        "connect_agent_account",
	Title:       "Connect an agent's account",
	Description: "Connect an account, such as Instagram or Google, to an agent. Show the user the address, then call again: it waits until they have consented.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "twitter", "redirecturl": "https://app.example.com/cb"}`}},
}, connectAgentAccount)

type connection struct {
	account
	Redirect string `json:"redirecturl,omitempty" doc:"your own page to come back to: https, or localhost"`
	Method   string `json:"authmethod,omitempty" enum:"wiro,own" doc:"whose app asks: Wiro's, or your own (its keys are credentials)"`
}

// connectAgentAccount starts a consent, or goes on with the one that the same call started.
func connectAgentAccount(ctx context.Context, call *Call, in connection) (AccountLink, error) {
	link, opened, err := call.OpenedPage()
	switch {
	case in.Redirect != "" || call.consents == nil:
		if opened || err != nil {
			return call.accountLink(in, link, linkOpened), err
		}
		return call.connectElsewhere(ctx, in, in.Redirect)
	case err != nil: // the user did not open it
		if flow := call.consentOf(ctx, in.account, in.Method); flow != nil && flow.Return == nil {
			_ = call.consents.Drop(ctx, call.consentKey(in.account, in.Method), flow)
		}
		return AccountLink{}, err
	}
	flow, err := call.consents.Find(ctx, call.consentKey(in.account, in.Method))
	switch {
	case err != nil:
		return AccountLink{}, mcptool.Problemf("The consent cannot be followed, as the server's store cannot be reached. Repeat the call in a moment.")
	case flow != nil:
		return call.awaitConsent(ctx, in, flow)
	case opened:
		return call.accountLink(in, link, linkOpened), nil
	}
	return call.beginConsent(ctx, in)
}

// connectElsewhere starts a consent that leads back to a page that is not ours.
func (c *Call) connectElsewhere(ctx context.Context, in connection, redirect string) (AccountLink, error) {
	address, err := c.authorizeURL(ctx, in, redirect)
	if err != nil {
		return AccountLink{}, err
	}
	if c.Client.SupportsURLElicitation {
		return AccountLink{question: c.askToConsent(in, address)}, nil
	}
	return c.accountLink(in, address, linkReady), nil
}

// beginConsent starts a consent that leads back to our page.
func (c *Call) beginConsent(ctx context.Context, in connection) (AccountLink, error) {
	key, base := c.consentKey(in.account, in.Method), c.Scope.PublicURL
	if base == "" && !c.ownServer() {
		return c.connectElsewhere(ctx, in, agentsPage)
	}
	flow, err := c.consents.Begin(ctx, key, base, c.selectFor(in.account))
	if err != nil {
		c.warn(ctx, err, "no page for a consent")
		return c.connectElsewhere(ctx, in, agentsPage)
	}
	address, err := c.authorizeURL(ctx, in, flow.Redirect)
	if err != nil {
		_ = c.consents.Drop(ctx, key, flow)
		return AccountLink{}, err
	}
	if err := c.consents.Save(ctx, key, flow, address); err != nil {
		return AccountLink{}, mcptool.Problemf("The consent cannot be followed, as the server's store cannot be reached. Nothing was connected: repeat the call in a moment.")
	}
	if c.Client.SupportsURLElicitation {
		return AccountLink{question: c.askToConsent(in, address)}, nil
	}
	return c.flowLink(in, flow, linkReady), nil
}

func (c *Call) askToConsent(in connection, address string) *mcptool.Question {
	return c.AskToOpen(address, "Let the agent use your "+in.key().Title()+" account?")
}

// authorizeURL is where the user consents.
func (c *Call) authorizeURL(ctx context.Context, in connection, redirect string) (string, error) {
	address, err := c.Wiro.Credentials.Connect(ctx, in.key(), wiro.ConnectRequest{
		UserAgentGUID: in.UserAgent, RedirectURL: redirect, AuthMethod: in.Method,
	})
	if err != nil {
		if _, refused := errors.AsType[*wiro.APIError](err); refused && in.Method != "own" {
			if p := c.requireOwnApp(ctx, in); p != nil {
				return "", p
			}
		}
		return "", c.notConfigured(in, err)
	}
	if !mcptool.IsWebAddress(address) {
		return "", mcptool.Problemf("Wiro gave an address for %s that is no https address, so it must not be opened. Nothing was connected: report this to Wiro's support.", in.key().Title())
	}
	return address, nil
}

// notConfigured says what an app of one's own lacks before an account can be connected; other
// errors stay as they are.
func (c *Call) notConfigured(in connection, err error) error {
	if r := reasonOf(err); r != wiro.ReasonAppNotConfigured && r != wiro.ReasonCredentialsNotSet {
		return err
	}
	names := append(in.key().OwnAppFields(), "authmethod")
	fields := make([]any, 0, len(names))
	for _, name := range names {
		value := placeholder
		if name == "authmethod" {
			value = "own"
		}
		fields = append(fields, map[string]any{"credentialkey": in.Provider, "fieldname": name, "fieldvalue": value})
	}
	return mcptool.Problemf("%s. If the agent has this credential at all (get_my_agent shows which it has), an app of your own needs %s, set with set_agent_credentials, before an account is connected through it. Its redirect URI must be %s.",
		wordsOf(err), strings.Join(names, ", "), c.Wiro.Credentials.CallbackURL(in.key())).
		WithNext("set_agent_credentials", "enter what the user gives you for each …", map[string]any{"useragentguid": in.UserAgent, "fields": fields})
}

// requireOwnApp says what to do where Wiro has no app of its own for a service yet; nil where it has,
// or where that is not known.
func (c *Call) requireOwnApp(ctx context.Context, in connection) *mcptool.Problem {
	agent, err := c.Wiro.MyAgents.Get(ctx, in.UserAgent)
	if err != nil {
		return nil
	}
	for key, credential := range agent.Credentials {
		if !credential.Schema.WiroConnectPending || credential.Schema.Provider(key) != in.key() {
			continue
		}
		p := mcptool.Problemf("Wiro has no app of its own for %s yet.", in.key().Title())
		state := credentialState(key, credential)
		if state.Provider == "" || !state.OwnApp { // it is connected, or set up for Wiro's app
			in.Method = "own"
			p.Text += " Connect through an app of your own: authmethod own."
			return p.WithNext("connect_agent_account", "connect through your own app", in.arguments())
		}
		state.State = credentialMissing // also where the agent can do without
		p.Text += " " + c.need(state) + "."
		p.Next = c.fix(in.UserAgent, []CredentialState{state})
		return p
	}
	return nil
}

// awaitConsent waits until the user has consented and chosen, and completes the connection.
func (c *Call) awaitConsent(ctx context.Context, in connection, flow *consent.Flow) (AccountLink, error) {
	in.Method = flow.Method
	p := c.StartProgress()
	defer p.Stop()
	p.Update(0.1, 0, "waiting for the user's consent to "+in.key().Title())
	waitErr := c.Wait(ctx, nil, func(ctx context.Context) (err error) {
		flow, err = c.consents.Wait(ctx, flow, func(f *consent.Flow) bool { return f.Chosen != nil || f.Done() })
		if err == nil && !flow.Done() {
			flow, err = c.consents.Finish(ctx, flow, c.selectFor(in.account))
		}
		return err
	})
	switch {
	case errors.Is(waitErr, consent.ErrGone):
		return AccountLink{}, mcptool.Problemf("The consent is over: it took longer than 15 minutes. Nothing was connected that was not before.").
			WithNext("connect_agent_account", "ask for consent again", in.arguments())
	case waitErr != nil && !mcptool.WaitEnded(waitErr):
		return AccountLink{}, mcptool.Problemf("The consent cannot be followed, as the server's store cannot be reached. Repeat the call in a moment.")
	case flow.Done():
		return c.consentDone(ctx, in, flow)
	case flow.Return != nil:
		return c.flowLink(in, flow, linkChoose), nil
	}
	return c.flowLink(in, flow, linkReady), nil
}

// consentDone tells how a consent ended, and forgets it.
func (c *Call) consentDone(ctx context.Context, in connection, flow *consent.Flow) (AccountLink, error) {
	defer func() { _ = c.consents.Forget(context.WithoutCancel(ctx), c.consentKey(in.account, in.Method), flow) }()
	thing, _ := in.key().Selection()
	switch {
	case flow.Return.Error != "":
		text := fmt.Sprintf("%s is not connected: %s", in.key().Title(), consent.ErrorText(flow.Return.Error, flow.Return.Detail))
		if flow.Return.Error == "token_exchange_failed" {
			text += " The callback address is " + c.Wiro.Credentials.CallbackURL(in.key()) + "."
		}
		return AccountLink{}, mcptool.Problemf("%s", text).WithNext("connect_agent_account", "ask for consent again", in.arguments())
	case flow.Failure != "":
		return AccountLink{}, mcptool.Problemf("%s is connected, but the %s %s was not set: %s", in.key().Title(), thing, flow.Chosen.ID, flow.Failure).
			WithNext("get_agent_account_status", "see whether it took effect", in.account.arguments())
	}
	link := AccountLink{State: linkConnected, account: in.account, Name: flow.Return.Account}
	if flow.Chosen != nil {
		link.ID, link.Name = flow.Chosen.ID, flow.Chosen.Name
	}
	link.Then, link.NextAction = c.remainingSetup(ctx, in.UserAgent)
	return link, nil
}

// arguments repeat the call.
func (in connection) arguments() map[string]any {
	arguments := in.account.arguments()
	if in.Method != "" {
		arguments["authmethod"] = in.Method
	}
	return arguments
}

// consentKey says whose consent it is.
func (c *Call) consentKey(in account, method string) consent.Key {
	return consent.Key{Caller: storeCaller(c.Wiro), Agent: in.UserAgent, Provider: in.key(), Method: method}
}

// consentOf is the caller's consent that is under way; nil if there is none or it is not known.
func (c *Call) consentOf(ctx context.Context, in account, method string) *consent.Flow {
	if c.consents == nil {
		return nil
	}
	flow, err := c.consents.Find(ctx, c.consentKey(in, method))
	if err != nil {
		return nil
	}
	return flow
}

// selectFor tells Wiro what was chosen of an account. Its errors are in words for people.
func (c *Call) selectFor(in account) consent.SelectFunc {
	return func(ctx context.Context, chosen wiro.Account) (wiro.Account, error) {
		account, err := c.Wiro.Credentials.SelectAccount(ctx, in.key(), in.UserAgent, chosen)
		if err == nil {
			return account, nil
		}
		if p := explain(err); p != nil {
			err = p
		}
		return account, err
	}
}
