package tools

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// remedy is what helps when Wiro refuses something about an agent.
type remedy struct {
	says string // a part of Wiro's words, in lower case
	text string // what they mean and what to do; %s is Wiro's words, without the full stop
	tool string // the tool that mends it; "" where none does
	why  string
	args map[string]any // beside the agent, which is filled in
}

// remedies are in the order in which they are tried: the first whose words occur counts.
//
// Wiro docs: Agent Overview (Error Messages, Common errors); Agent Transactions (Errors);
// Team API Access (Error Response).
var remedies = []remedy{
	// Which agent.
	{says: "belongs to a team", text: "%s: use an API key of the team's own project, or give teamguid where the tool takes it.", tool: "list_my_agents", why: "see whose agents this key reaches"},
	{says: "agent not found or inactive", text: "%s: this template cannot be deployed at the moment.", tool: "list_agents", why: "find another template"},
	{says: "agent not found or access denied", text: "%s. Check useragentguid: it is the guid of a deployed agent, not of a template; a team's agent also wants the team's own API key, or teamguid where the tool takes it.", tool: "list_my_agents", why: "find the agent's guid"},
	{says: "user agent not found", text: "%s. Check useragentguid: it is the guid of a deployed agent, not of a template; a team's agent also wants the team's own API key, or teamguid where the tool takes it.", tool: "list_my_agents", why: "find the agent's guid"},
	{says: "useragent-access-denied", text: "This API key does not reach that agent. A team's agent wants the team's own API key, or teamguid where the tool takes it.", tool: "list_my_agents", why: "find the agents that it reaches"},
	{says: "no such agent", text: "%s. Check useragentguid: it is the guid of a deployed agent, not of a template.", tool: "list_my_agents", why: "find the agent's guid"},
	{says: "no such template", text: "%s in the catalog.", tool: "list_agents", why: "find the template"},
	{says: "agent not found", text: "%s. The catalog has no such template.", tool: "list_agents", why: "find the template"},
	{says: "useragentguid is required", text: "%s.", tool: "list_my_agents", why: "find the agent's guid"},

	// Starting and stopping.
	{says: "setup is not complete", text: "Setup required: the agent lacks credentials. get_my_agent says which fields to enter, or which account to connect.", tool: "get_my_agent", why: "see what is missing"},
	{says: "already running", text: "%s.", tool: "get_my_agent", why: "see how it stands"},
	{says: "already queued", text: "%s: a worker picks it up by itself.", tool: "get_my_agent", why: "see how it stands"},
	{says: "already stopped", text: "%s.", tool: "start_agent", why: "start it again"},
	{says: "currently stopping", text: "%s: start it again once it has stopped.", tool: "get_my_agent", why: "see whether it has stopped"},
	{says: "use start to retry", text: "%s.", tool: "start_agent", why: "try to start it again"},

	// Credits.
	{says: "no credits available", text: "%s. A pack of credits helps at once (Pro only); the next period brings new ones.", tool: "buy_agent_credits", why: "buy a pack: it asks before it charges", args: map[string]any{"pack": "small"}},
	{says: "no remaining credits", text: "%s. A pack of credits helps at once (Pro only); the next period brings new ones.", tool: "buy_agent_credits", why: "buy a pack: it asks before it charges", args: map[string]any{"pack": "small"}},
	{says: "pack key required", text: "%s: small, medium or large.", tool: "get_my_agent", why: "see the packs and their prices"},

	// Subscriptions and prices.
	{says: "price must be greater than $0", text: "%s. Wiro takes no agent that costs nothing.", tool: "list_skills", why: "find a paid skill"},
	{says: "pricing must be greater than $0", text: "%s: apply_agent_skills switches one on.", tool: "list_skills", why: "find a paid skill"},
	{says: "renewal pricing not available", text: "%s: Wiro cannot price its skills any more. apply_agent_skills changes them; otherwise ask Wiro's support.", tool: "preview_agent_price", why: "see which skill has no price"},
	{says: "failed to compute target-tier pricing", text: "%s: Wiro cannot price its skills any more. Nothing was charged.", tool: "preview_agent_price", why: "see which skill has no price"},
	{says: "subscription already active", text: "%s.", tool: "upgrade_agent_tier", why: "go from Starter to Pro instead"},
	{says: "subscription is already active", text: "%s: there is nothing to renew and nothing was charged.", tool: "get_my_agent", why: "see when it is renewed"},
	{says: "downgrading to starter", text: "%s. Cancel the subscription; once it has ended, subscribe again as Starter.", tool: "cancel_agent_subscription", why: "let it end with the period that is paid for"},
	{says: "already on", text: "%s: nothing was changed or charged.", tool: "get_my_agent", why: "see its tier"},
	{says: "targettier must be", text: "%s.", tool: "get_my_agent", why: "see its tier"},
	{says: "no active subscription found", text: "%s: there is nothing to cancel.", tool: "get_my_agent", why: "see its subscription"},
	{says: "no expired subscription", text: "%s: it has to be subscribed anew.", tool: "subscribe_agent", why: "subscribe it: it asks before it charges"},
	{says: "no active subscription", text: "%s. The agent has no subscription that is paid for.", tool: "subscribe_agent", why: "subscribe it: it asks before it charges"},
	{says: "subscription-inactive", text: "%s. The agent has no subscription that is paid for.", tool: "renew_agent_subscription", why: "renew it: it asks before it charges"},
	{says: "must be renewed via stripe", text: "%s. It was paid by card: renew it at " + agentsPage + ", or subscribe it from the wallet.", tool: "subscribe_agent", why: "pay from the wallet: it asks before it charges"},
	{says: "via stripe portal", text: "%s. It was paid by card: manage it at " + agentsPage + "."},
	{says: "only available for custom-built agents", text: "%s. To choose the skills, deploy a custom agent: deploy_agent with custom:true.", tool: "list_skills", why: "choose its skills"},

	// The wallet.
	{says: "insufficient wallet", text: "%s. Nothing was done or charged. Add funds at " + billingPage + ", then repeat the call."},
	{says: "wallet deduction failed", text: "%s. Look at the agent's subscription and credits before you repeat the call.", tool: "get_my_agent", why: "see whether it took effect"},
	{says: "could not retrieve wallet", text: "%s. Nothing was charged: repeat the call in a minute."},

	// Messages.
	{says: "no such message", text: "%s under this API key.", tool: "list_my_agents", why: "find the agent, then its conversations"},
	{says: "message not found", text: "There is no such message under this API key: %s.", tool: "list_my_agents", why: "find the agent, then its conversations"},
	{says: "message cannot be cancelled", text: "%s: it is over.", tool: "get_agent_message", why: "read how it ended"},

	// The rest.
	{says: "categories cannot be empty", text: "%s: give at least one, or leave categories out."},
	{says: "invalid redirect url", text: "%s: redirecturl must be an https address, or http on localhost."},
	{says: "transactions-list-failed", text: "Wiro could not read the ledger. Repeat the call in a minute."},
}

const agentsPage = "https://wiro.ai/panel/agents"

// notRunning is the refusal of a message, with the agent's status.
var notRunning = pattern(`(?i)agent is not running\D*(\d+)?`)

// agentProblem turns a refusal about an agent into what helps; nil where it is about
// something else, or is known by its code.
func agentProblem(err error) *Problem {
	if errors.Is(err, wiro.ErrUncertain) {
		return uncertainAgent(err)
	}
	answer, ok := errors.AsType[*wiro.APIError](err)
	if !ok || !strings.Contains(answer.Operation, "Agent") {
		return nil
	}
	said := hideText(answer.Message())
	if parts := notRunning().FindStringSubmatch(said); parts != nil {
		return asleep(parts[1])
	}
	lower := strings.ToLower(said)
	for _, r := range remedies {
		if strings.Contains(lower, r.says) {
			return r.problem(answer)
		}
	}
	return nil
}

// asleep says what to do about an agent that takes no messages, by its status.
func asleep(status string) *Problem {
	text := "The agent is not running, so it takes no messages."
	switch status {
	case "6":
		return problem("%s Setup required: it lacks credentials. get_my_agent says which.", text).
			then("get_my_agent", "see what is missing", nil)
	case "2", "3":
		return problem("%s It is starting: send the message once it runs, in a minute or so.", text).
			then("get_my_agent", "see whether it runs", nil)
	case "1":
		return problem("%s It is stopping: start it once it has stopped.", text).
			then("get_my_agent", "see whether it has stopped", nil)
	case "5":
		return problem("%s It ended with an error: start_agent tries again.", text).
			then("start_agent", "start it again", nil)
	}
	return problem("%s Start it first.", text).then("start_agent", "start it", nil)
}

// looks are where to see whether something took effect whose answer was lost.
var looks = []struct{ path, tool, why string }{
	{"UserAgent/Deploy", "list_my_agents", "see whether it was deployed after all"},
	{"UserAgent/Message/", "list_agent_messages", "see whether it arrived after all"},
	{"UserAgent/CreateExtraCreditCheckout", "get_my_agent", "see whether the credits came after all"},
	{"UserAgent/", "get_my_agent", "see whether it took effect after all"},
}

// uncertainAgent is for a request that may have reached Wiro; nil where it was about no agent.
func uncertainAgent(err error) *Problem {
	said := hideText(err.Error())
	for _, look := range looks {
		if strings.Contains(said, look.path) {
			return problem("No usable answer came back, but the request may have reached Wiro (%s). "+
				"Do not repeat it before you have looked: what spends would be paid twice.", innermost(err)).
				then(look.tool, look.why, nil)
		}
	}
	return nil
}

// innermost is the last cause of an uncertain error, without the operation's path.
func innermost(err error) string {
	said := hideText(err.Error())
	said = strings.TrimPrefix(said, wiro.ErrUncertain.Error()+": ")
	if operation, rest, found := strings.Cut(said, ": "); found && strings.HasPrefix(operation, "UserAgent/") {
		return rest
	}
	return said
}

// toolName names a tool in a text, with a note where the caller cannot call it.
func (c *Call) toolName(tool string) string {
	if c.on != nil && !c.on(tool) {
		return fmt.Sprintf("%s (its toolset is off here: WIRO_TOOLSETS=all turns it on)", tool)
	}
	return tool
}

// next is a next step, or nil where its tool is off.
func (c *Call) next(tool, reason string, arguments map[string]any) *NextAction {
	if c.on != nil && !c.on(tool) {
		return nil
	}
	return &NextAction{Tool: tool, Arguments: arguments, Reason: reason}
}
