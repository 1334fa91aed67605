package wiro

import (
	"context"
	"encoding/json"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var userAgentDeploy = wire.Endpoint("UserAgent/Deploy", wire.NonIdempotent, wire.LongTimeout).Private().Receipts("useragents")

// Deployment is what Deploy makes an agent of: a template, named by AgentGUID, or, if Custom,
// the given skills.
//
// Wiro docs: Agent Overview, POST /UserAgent/Deploy; Agent Builder.
type Deployment struct {
	AgentGUID    string          `json:"agentguid,omitempty"`
	Custom       bool            `json:"custom,omitempty"`
	Title        string          `json:"title"`
	Description  string          `json:"description,omitempty"`
	Cover        string          `json:"cover,omitempty"`       // URL; of custom builds only
	Tier         string          `json:"tier,omitempty"`        // TierStarter (the default) or TierPro
	Pinned       *bool           `json:"pinned,omitempty"`      // true if nil
	Credentials  map[string]any  `json:"credentials,omitempty"` // by service, each an object of texts and numbers
	Skills       map[string]bool `json:"skills,omitempty"`      // on or off, by name
	CustomSkills []DeployedSkill `json:"customskills,omitempty"`
}

// DeployedSkill is a preference or a scheduled task that comes with a deployment.
type DeployedSkill struct {
	Key         string `json:"key"`
	Value       string `json:"value,omitempty"`    // instructions, in Markdown
	Interval    string `json:"interval,omitempty"` // a cron expression, UTC
	Enabled     *bool  `json:"enabled,omitempty"`
	Description string `json:"description,omitempty"`
	UserCreated *bool  `json:"_user_created,omitempty"` // true for a task of the caller's own
}

// Deploy makes an agent and charges the wallet the monthly price of its tier at once. The
// subscription lasts 30 days and renews itself until Billing.Cancel. Billing.Preview
// states the price of a custom build before, Agent.Tiers that of a template.
//
// An agent that lacks credentials is returned with AgentSetupRequired: Credentials.Set and
// Credentials.Connect complete it. Start launches it then.
//
// ErrInsufficientBalance means that the wallet does not hold the price and nothing was made.
// ErrUnknownOutcome means that the agent may have been made and paid for: look with List before
// deploying again. No error repeats a credential.
//
// Wiro docs: Agent Overview, POST /UserAgent/Deploy.
func (s *MyAgentsService) Deploy(ctx context.Context, d Deployment) (UserAgent, error) {
	switch {
	case d.AgentGUID == "" && !d.Custom:
		return UserAgent{}, &InputError{Field: "agentguid", Reason: "names the template to deploy; without one say custom:true"}
	case d.AgentGUID != "" && d.Custom:
		return UserAgent{}, &InputError{Field: "agentguid", Reason: "and custom:true exclude each other"}
	}
	answer, err := call[userAgents](ctx, s.client.withRedacted(texts(d.Credentials)...), userAgentDeploy, struct {
		Deployment
		Prepaid bool `json:"useprepaid"`
	}{d, true})
	if err == nil && (len(answer.List) == 0 || answer.List[0].GUID == "") { // the wallet was charged all the same
		err = s.client.invalidResponse(userAgentDeploy, "names no agent", nil)
	}
	return oneAgent(answer, err)
}

// texts returns the texts and numbers in a value, at any depth.
func texts(value any) []string {
	var found []string
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			found = append(found, texts(member)...)
		}
	case []any:
		for _, item := range v {
			found = append(found, texts(item)...)
		}
	case string:
		found = []string{v}
	case json.Number:
		found = []string{v.String()}
	}
	return found
}
