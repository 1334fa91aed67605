package tools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var selectAgentAccountTool = define(mcptool.Meta{
	Name:        "select_agent_account",
	Title:       "Select an agent's account",
	Description: "After an account is connected, choose what of it the agent works with: Google Ads customer, Meta ad account, Facebook page (within 15 minutes), YouTube channel, GA4 property or merchant account. Without id it lists what there is to choose, from address or from the consent that connect_agent_account began.",
	Toolset:     Credentials,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "provider": "google-ads", "id": "123-456-7890", "name": "Acme"}`}},
}, selectAgentAccount)

type choice struct {
	account
	ID      string `json:"id,omitempty" doc:"id of the customer, ad account, page, channel, property or merchant account; may be left out where there is only one"`
	Name    string `json:"name,omitempty" doc:"its name, for people"`
	Address string `json:"address,omitempty" doc:"the whole address that the user's browser came back to"`
}

func selectAgentAccount(ctx context.Context, call *Call, in choice) (AccountAction, error) {
	thing, _ := in.key().Selection()
	if thing == "" {
		return AccountAction{}, mcptool.Problemf("%s has nothing to choose: its account is complete once it is connected.", in.key().Title()).
			WithNext("get_agent_account_status", "see whether it is connected", in.arguments())
	}
	flow := call.consentOf(ctx, in.account, "")
	back, err := in.returned(flow)
	if err != nil {
		return AccountAction{}, err
	}
	chosen, ok := in.pick(back.Choices)
	if !ok {
		return call.selectionRequired(in.account, thing, back.Choices)
	}
	account, err := submit(ctx, call, "UserAgentOAuth", nil, func(ctx context.Context) (wiro.Account, error) {
		return call.Wiro.Credentials.SelectAccount(ctx, in.key(), in.UserAgent, chosen)
	})
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return AccountAction{}, explain(err).WithNext("get_agent_account_status", "see whether it took effect", in.arguments())
	}
	if err != nil {
		return AccountAction{}, err
	}
	if flow != nil && flow.Return != nil { // what the page asks for is answered
		_ = call.consents.Complete(ctx, call.consentKey(in.account, ""), flow, account)
	}
	return AccountAction{
		ActionResult: mcptool.Done("The agent works with the " + thing + " " + nameAndID(account.Name, account.ID) + ". If it runs, it restarts."),
		account:      in.account,
		ID:           account.ID,
		Name:         account.Name,
		NextAction:   call.Next("get_agent_account_status", "see that it is connected", in.arguments()),
	}, nil
}

// returned is what the user's browser brought back: in the address that is given, or to our
// page.
func (in choice) returned(flow *consent.Flow) (wiro.ConsentReturn, error) {
	if in.Address == "" {
		if flow != nil && flow.Return != nil {
			return *flow.Return, nil
		}
		return wiro.ConsentReturn{}, nil
	}
	address, err := url.Parse(strings.TrimSpace(in.Address))
	if err != nil {
		return wiro.ConsentReturn{}, mcptool.Problemf("address is no address: copy it whole from the browser.")
	}
	back, ok := in.key().ParseReturn(address.Query())
	switch {
	case !ok:
		connected, failed := in.key().ReturnParams()
		return back, mcptool.Problemf("address does not say how the consent for %s ended: it has neither %s nor %s. Copy it whole from the browser, after the consent.", in.key().Title(), connected, failed)
	case back.Error != "":
		return back, mcptool.Problemf("%s is not connected: %s", in.key().Title(), consent.ErrorText(consent.Clean(back.Error), consent.Clean(back.Detail))).
			WithNext("connect_agent_account", "ask for consent again", in.arguments())
	}
	return back, nil
}

// pick finds what was asked for among the choices, by its id or its name; an id that is not
// among them stands for itself.
func (in choice) pick(choices []wiro.AccountChoice) (wiro.Account, bool) {
	id := strings.TrimSpace(in.ID)
	if id == "" && len(choices) == 1 {
		return wiro.Account{ID: choices[0].ID, Name: choices[0].Name}, true
	}
	i := slices.IndexFunc(choices, func(c wiro.AccountChoice) bool { return c.ID == id })
	if i < 0 {
		i = slices.IndexFunc(choices, func(c wiro.AccountChoice) bool { return id != "" && strings.EqualFold(c.Name, id) })
	}
	if i >= 0 {
		account := wiro.Account{ID: choices[i].ID, Name: choices[i].Name}
		if in.Name != "" {
			account.Name = in.Name
		}
		return account, true
	}
	return wiro.Account{ID: id, Name: in.Name}, id != ""
}

// selectionRequired lists the choices.
func (c *Call) selectionRequired(in account, thing string, choices []wiro.AccountChoice) (AccountAction, error) {
	if len(choices) == 0 {
		return AccountAction{}, mcptool.Problemf("Which %s? Give its id, or as address the whole address that the user's browser came back to. If nobody knows either, connect the account again: the page that the browser comes back to lists each %s.", thing, thing).
			WithNext("connect_agent_account", "ask for consent again", in.arguments())
	}
	arguments := in.arguments()
	arguments["id"] = placeholder
	return AccountAction{
		ActionResult: mcptool.ActionResult{Message: fmt.Sprintf("Nothing is set yet: ask the user which %s the agent shall work with.", thing)},
		account:      in, Choices: accountChoices(choices),
		NextAction: c.Next("select_agent_account", "with the id that the user chooses", arguments),
	}, nil
}

// AccountOption is something of an account that can be chosen.
type AccountOption struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Note string `json:"note,omitempty"` // its status, or what it belongs to
}

func accountChoices(choices []wiro.AccountChoice) []AccountOption {
	options := make([]AccountOption, len(choices))
	for i, c := range choices {
		options[i] = AccountOption{consent.Clean(c.ID), redactTokens(consent.Clean(c.Name)), consent.Clean(c.Note)}
	}
	return options
}

// choiceLines are the choices, a line each.
func choiceLines(options []AccountOption) string {
	var b strings.Builder
	for _, o := range options {
		b.WriteString("\n- " + mcptool.Row(o.ID, o.Name, o.Note))
	}
	return b.String()
}
