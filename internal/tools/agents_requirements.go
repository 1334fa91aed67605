package tools

import (
	"context"
	"maps"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// requirements says which credentials an agent will need that is about to be paid for, beside those
// that are given along, and which tools give them.
func (c *Call) requirements(credentials map[string]wiro.AgentCredential, given map[string]any) string {
	asked := make(map[string]wiro.AgentCredential, len(credentials))
	for key, credential := range credentials {
		if values, ok := given[key].(map[string]any); ok {
			all := maps.Clone(credential.Values)
			if all == nil {
				all = map[string]any{}
			}
			maps.Copy(all, values)
			credential.Values = all
		}
		asked[key] = credential
	}
	var needs []string
	for _, s := range credentialStates(asked) {
		if s.State == credentialMissing {
			needs = append(needs, c.need(s))
		}
	}
	if needs == nil {
		return "It needs no credentials for that."
	}
	return "Before it can start, " + strings.Join(needs, "; ") + "."
}

// skillRequirements is requirements of an agent that is built of skills, beside the credentials that it holds
// already. What the registry does not say keeps nobody from paying.
func (c *Call) skillRequirements(ctx context.Context, skills []string, given map[string]any, held map[string]wiro.AgentCredential) string {
	const unknown = "Which credentials it needs cannot be read now; get_my_agent says it afterwards."
	if len(skills) == 0 {
		return unknown
	}
	list, err := c.Wiro.Skills.List(ctx, wiro.SkillQuery{Names: skills})
	if err != nil {
		return unknown
	}
	wanted := map[string]bool{}
	for _, skill := range list.Skills {
		if skill.RequiresCredentials {
			for _, key := range append([]string{skill.CredentialKey}, skill.AdditionalCredentialKeys...) {
				if key != "" && !wiro.IsPlatformCredential(key) {
					wanted[key] = true
				}
			}
		}
	}
	types, err := c.Wiro.Credentials.List(ctx, wiro.CredentialQuery{})
	if err != nil {
		return unknown
	}
	credentials := map[string]wiro.AgentCredential{}
	for _, t := range types.Credentials {
		if has, ok := held[t.Key]; wanted[t.Key] && ok {
			credentials[t.Key] = has
		} else if wanted[t.Key] {
			credentials[t.Key] = wiro.AgentCredential{Schema: wiro.CredentialSchema{
				Title: t.Title, Mode: t.Mode, ConnectionModes: t.ConnectionModes, WiroConnectPending: t.WiroConnectPending, OAuth: t.OAuth, Fields: t.Fields,
			}}
		}
	}
	if len(credentials) < len(wanted) {
		return unknown
	}
	return c.requirements(credentials, given)
}
