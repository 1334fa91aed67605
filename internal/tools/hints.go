package tools

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// errorHint is what helps for a reason.
type errorHint struct {
	text string // what it means and what to do; %s is Wiro's words without the full stop, {cause} the innermost error, {retry} when to repeat
	tool string // the tool that corrects it; "" where none does
	why  string
	args map[string]any // beside what the call is about, which is filled in
}

const (
	billingPage = "https://wiro.ai/panel/billing"
	agentsPage  = "https://wiro.ai/panel/agents"
	projectPage = "https://wiro.ai/panel/project"
)

// hints says for each reason what helps. What is not here is shown in Wiro's own words.
var hints = map[wiro.Reason]errorHint{
	wiro.ReasonConcurrencyLimit:    {text: "%s. Nothing was started or charged. A slot frees up when a running task ends; more funds raise the limit (10% of the balance in USD, at least 1, none above $250).", tool: "list_tasks", why: "see what is running", args: map[string]any{"limit": 10}},
	wiro.ReasonInsufficientBalance: {text: "%s. Nothing was started or charged. Add funds at " + billingPage + " (a run needs at least $0.50, training $10), then repeat the call."},
	wiro.ReasonSignInRequired:      {text: "%s. This model is for registered accounts: use the API key of one (" + projectPage + ")."},
	wiro.ReasonUnauthorized:        {text: "Wiro refused the credentials: %s. Check WIRO_API_KEY, and WIRO_API_SECRET if the project signs its requests (" + projectPage + ")."},
	wiro.ReasonTokenInvalid:        {text: "Wiro refused the credentials: %s. Check WIRO_API_KEY, and WIRO_API_SECRET if the project signs its requests (" + projectPage + ")."},
	wiro.ReasonSignatureRequired:   {text: "%s. Set WIRO_API_SECRET (over HTTP send KEY:SECRET): the project signs its requests (" + projectPage + ")."},
	wiro.ReasonIPNotAllowed:        {text: "%s. The project accepts requests from its listed addresses only (" + projectPage + ")."},
	wiro.ReasonNotInTeam:           {text: "%s. Check teamguid: get_my_agent and list_my_agents name the team of an agent.", tool: "list_my_agents", why: "see whose agents this key reaches", args: map[string]any{"teamguid": ""}},
	wiro.ReasonAgentPersonal:       {text: "%s: the agent is personal. Leave teamguid out; an API key of a team's project cannot reach it, only one of the personal workspace.", tool: "list_my_agents", why: "see whose agents this key reaches", args: map[string]any{"teamguid": ""}},
	wiro.ReasonForbidden:           {text: "Wiro does not permit this to the project: %s."},
	wiro.ReasonRateLimited:         {text: "Wiro is limiting the rate of requests{retry}. Nothing was done; repeat the call then."},
	unreachable:                    {text: "Wiro cannot be reached ({cause}). Nothing was sent or charged: check the network, then repeat the call."},
	disconnected:                   {text: "Wiro cannot be reached: the connection failed before the answer came ({cause}). Repeating the call is safe."},
	wiro.ReasonUnavailable:         {text: "Wiro has a problem at the moment (%s). Repeat the call in a minute."},
	stopped:                        {text: "The call was stopped before Wiro answered."},
	wiro.ReasonModelNotInTeam:      {text: "%s. An admin of the team changes which models it may run with update_team."},

	// Which agent.
	wiro.ReasonAgentInTeam:        {text: "%s: give the team's guid as teamguid (get_my_agent names it), or use an API key of the team's own project.", tool: "list_my_agents", why: "see whose agents this key reaches"},
	wiro.ReasonTemplateInactive:   {text: "%s: this template cannot be deployed at the moment.", tool: "list_agents", why: "find another template"},
	wiro.ReasonAgentNotFound:      {text: "%s. Check useragentguid: it is the guid of a deployed agent, not of a template; a team's agent also wants the team's own API key, or teamguid where the tool takes it.", tool: "list_my_agents", why: "find the agent's guid"},
	wiro.ReasonAgentAccessDenied:  {text: "This API key does not reach that agent. A team's agent wants the team's own API key, or teamguid where the tool takes it.", tool: "list_my_agents", why: "find the agents that it reaches"},
	wiro.ReasonTemplateNotFound:   {text: "%s. The catalog has no such template.", tool: "list_agents", why: "find the template"},
	wiro.ReasonAgentRequired:      {text: "%s.", tool: "list_my_agents", why: "find the agent's guid"},
	wiro.ReasonCategoriesRequired: {text: "%s: give at least one, or leave categories out."},

	// Starting and stopping.
	wiro.ReasonSetupIncomplete: {text: "Setup required: the agent lacks credentials. get_my_agent says which fields to enter, or which account to connect.", tool: "get_my_agent", why: "see what is missing"},
	wiro.ReasonAlreadyRunning:  {text: "%s.", tool: "get_my_agent", why: "see how it stands"},
	wiro.ReasonAlreadyQueued:   {text: "%s: a worker picks it up by itself.", tool: "get_my_agent", why: "see how it stands"},
	wiro.ReasonAlreadyStopped:  {text: "%s.", tool: "start_agent", why: "start it again"},
	wiro.ReasonStopping:        {text: "%s: start it again once it has stopped.", tool: "get_my_agent", why: "see whether it has stopped"},
	wiro.ReasonRetryByStart:    {text: "%s.", tool: "start_agent", why: "try to start it again"},

	// Credits, subscriptions and prices.
	wiro.ReasonNoCredits:             {text: "%s. A pack of credits helps at once (Pro only); the next period brings new ones.", tool: "buy_agent_credits", why: "buy a pack: it asks before it charges", args: map[string]any{"pack": "small"}},
	wiro.ReasonPackRequired:          {text: "%s: small, medium or large.", tool: "get_my_agent", why: "see the packs and their prices"},
	wiro.ReasonPriceZero:             {text: "%s. Wiro takes no agent that costs nothing.", tool: "list_skills", why: "find a paid skill"},
	wiro.ReasonSkillsUnpriced:        {text: "%s: apply_agent_skills switches one on.", tool: "list_skills", why: "find a paid skill"},
	wiro.ReasonRenewalPriceUnknown:   {text: "%s: Wiro cannot price its skills any more. apply_agent_skills changes them; otherwise ask Wiro's support.", tool: "preview_agent_price", why: "see which skill has no price"},
	wiro.ReasonUpgradePriceUnknown:   {text: "%s: Wiro cannot price its skills any more. Nothing was charged.", tool: "preview_agent_price", why: "see which skill has no price"},
	wiro.ReasonAlreadySubscribed:     {text: "%s.", tool: "upgrade_agent_tier", why: "go from Starter to Pro instead"},
	wiro.ReasonNothingToRenew:        {text: "%s: there is nothing to renew and nothing was charged.", tool: "get_my_agent", why: "see when it is renewed"},
	wiro.ReasonNoDowngrade:           {text: "%s. Cancel the subscription; once it has ended, subscribe again as Starter.", tool: "cancel_agent_subscription", why: "let it end with the period that is paid for"},
	wiro.ReasonAlreadyOnTier:         {text: "%s: nothing was changed or charged.", tool: "get_my_agent", why: "see its tier"},
	wiro.ReasonInvalidTier:           {text: "%s.", tool: "get_my_agent", why: "see its tier"},
	wiro.ReasonNothingToCancel:       {text: "%s: there is nothing to cancel.", tool: "get_my_agent", why: "see its subscription"},
	wiro.ReasonNoExpiredSubscription: {text: "%s: it has to be subscribed anew.", tool: "subscribe_agent", why: "subscribe it: it asks before it charges"},
	wiro.ReasonNoSubscription:        {text: "%s. The agent has no subscription that is paid for.", tool: "subscribe_agent", why: "subscribe it: it asks before it charges"},
	wiro.ReasonSubscriptionInactive:  {text: "%s. The agent has no subscription that is paid for.", tool: "renew_agent_subscription", why: "renew it: it asks before it charges"},
	wiro.ReasonRenewByCard:           {text: "%s. It was paid by card: renew it at " + agentsPage + ", or subscribe it from the wallet.", tool: "subscribe_agent", why: "pay from the wallet: it asks before it charges"},
	wiro.ReasonManagedByCard:         {text: "%s. It was paid by card: manage it at " + agentsPage + "."},
	wiro.ReasonCustomAgentOnly:       {text: "%s. To choose the skills, deploy a custom agent: deploy_agent with custom:true.", tool: "list_skills", why: "choose its skills"},
	wiro.ReasonInsufficientWallet:    {text: "%s. Nothing was done or charged. Add funds at " + billingPage + ", then repeat the call."},
	wiro.ReasonWalletDeductionFailed: {text: "%s. Look at the agent's subscription and credits before you repeat the call.", tool: "get_my_agent", why: "see whether it took effect"},
	wiro.ReasonWalletUnreadable:      {text: "%s. Nothing was charged: repeat the call in a minute."},
	wiro.ReasonTransactionsFailed:    {text: "Wiro could not read the ledger. Repeat the call in a minute."},

	// Messages.
	wiro.ReasonMessageNotFound:       {text: "There is no such message under this API key: %s.", tool: "list_my_agents", why: "find the agent, then its conversations"},
	wiro.ReasonMessageNotCancellable: {text: "%s: it is over.", tool: "get_agent_message", why: "read how it ended"},

	// Credentials and accounts.
	wiro.ReasonFieldNotEditable:      {text: "Wiro fills that field itself when an account is connected (%s): connect_agent_account, then select_agent_account where there is something to choose.", tool: "get_my_agent", why: "see which fields can be entered"},
	wiro.ReasonNoPendingConnection:   {text: "%s The consent is more than 15 minutes old, or a page was chosen already.", tool: "connect_agent_account", why: "ask for consent again", args: map[string]any{"provider": "facebook-pages"}},
	wiro.ReasonPageNotPending:        {text: "%s: use an id exactly as the parameter fb_pages of the address that the browser came back to gives it."},
	wiro.ReasonCredentialsNotSet:     {text: "%s: the agent has no such credential, or it is not set up.", tool: "get_my_agent", why: "see its credentials"},
	wiro.ReasonCredentialNotFound:    {text: "%s.", tool: "list_credential_types", why: "see what there is"},
	wiro.ReasonNoCredential:          {text: "%s: there is nothing to enter for it.", tool: "list_skills", why: "see what skills need"},
	wiro.ReasonInvalidServiceAccount: {text: "%s: the service account's key is damaged. Encode the JSON file again, in Base64 without line breaks, and enter it with set_agent_credentials."},
	wiro.ReasonInvalidRedirectURL:    {text: "%s: redirecturl must be an https address, or http on localhost."},

	// Skills.
	wiro.ReasonRenamePreset:           {text: "Only custom skills that a user created can be renamed: this one belongs to the agent's template.", tool: "get_my_agent", why: "see which are whose"},
	wiro.ReasonRenameKind:             {text: "A scheduled task (cs-cron-…) stays one under its new name, and a preference (cs-…) too. To turn one into the other, delete it and create it with set_custom_skill.", tool: "get_my_agent", why: "see the keys"},
	wiro.ReasonRenameCollision:        {text: "The agent has a custom skill of the new name already.", tool: "get_my_agent", why: "see which names are taken"},
	wiro.ReasonRenameSame:             {text: "The new name is the old one: there is nothing to rename."},
	wiro.ReasonCustomSkillNotFound:    {text: "The agent has no such custom skill.", tool: "get_my_agent", why: "see the keys of those that it has"},
	wiro.ReasonScheduledSkillNotFound: {text: "The agent has no such custom skill. To create a scheduled task of that name, set usercreated:true.", tool: "get_my_agent", why: "see the keys of those that it has"},
	wiro.ReasonSkillNotFound:          {text: "%s. Names carry a prefix, such as int-gmail-check.", tool: "list_skills", why: "find its name"},
	wiro.ReasonSkillsTemplateOnly:     {text: "The agent was deployed from a template, whose skills are fixed (%s). To choose the skills, deploy a custom agent: deploy_agent with custom:true.", tool: "list_skills", why: "choose the skills of a custom agent"},
	wiro.ReasonSkillsDependency:       {text: "A skill needs another one that would be off (%s). Nothing was changed or charged: switch both on, or both off.", tool: "list_skills", why: "see what depends on what"},
	wiro.ReasonSkillsConflict:         {text: "Two of the skills exclude each other (%s). Nothing was changed or charged: switch one of them off.", tool: "list_skills", why: "see which exclude each other"},
	wiro.ReasonSkillsInsufficient:     {text: "The wallet does not hold the difference in price for the rest of the period (%s). Nothing was changed or charged. Add funds at " + billingPage + ", then repeat the call."},
	wiro.ReasonSkillsTierDowngrade:    {text: "An agent does not go from Pro to Starter (%s). Nothing was changed or charged. Cancel the subscription; once it has ended, subscribe again as Starter.", tool: "cancel_agent_subscription", why: "let it end with the period that is paid for"},
	wiro.ReasonSkillsNoSubscription:   {text: "The agent has no subscription that is paid for (%s). Nothing was changed or charged.", tool: "renew_agent_subscription", why: "renew it: it asks before it charges"},
	wiro.ReasonSkillsInProgress:       {text: "Another change of this agent's skills is under way (%s). Repeat the call in a minute, with the same idempotency_key: it is not charged twice."},
	wiro.ReasonSkillsRolledBack:       {text: "Wiro could not save the change and took it back (%s). Nothing was changed or charged: repeat the call without idempotency_key, so that it gets a new one."},
}

// explain turns an error into what helps. It returns nil for what it does not know: a fault of
// this server.
func explain(err error) *mcptool.Problem {
	if p, ok := errors.AsType[*mcptool.Problem](err); ok {
		return p
	}
	if input, ok := errors.AsType[*wiro.InputError](err); ok {
		return mcptool.Problemf("%s %s", input.Field, input.Reason)
	}
	switch r := reasonOf(err); r {
	case unknownOutcome:
		return explainUnknownOutcome(err)
	case wiro.ReasonAgentNotRunning:
		return explainNotRunning(err)
	default:
		if hint, ok := hints[r]; ok {
			return hint.problem(err)
		}
	}
	if refusal, ok := errors.AsType[*wiro.APIError](err); ok {
		return mcptool.Problemf("Wiro refused: %s (code %d).", wordsOf(err), refusal.Code)
	}
	if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		return mcptool.Problemf("Wiro's answer cannot be read: %s.", foreignWords(answer.Error()))
	}
	if errors.Is(err, wiro.ErrNotFound) {
		return mcptool.Problemf("%s.", wordsOf(err))
	}
	return nil
}

// explainTo is explain, for a caller who may have no say in this server's settings.
func explainTo(call *mcptool.Call, err error) *mcptool.Problem {
	p := explain(err)
	if _, own := call.Scope.Caller.(mcptool.ServerCredentials); own || p == nil {
		return p
	}
	hosted := *p
	hosted.Text = strings.NewReplacer(
		"Check WIRO_API_KEY, and WIRO_API_SECRET if the project signs its requests", "Check the key that you send, and send KEY:SECRET if the project signs its requests",
		"Set WIRO_API_SECRET (over HTTP send KEY:SECRET)", "Send KEY:SECRET",
	).Replace(p.Text)
	return &hosted
}

// problem fills the hint in for an error.
func (h errorHint) problem(err error) *mcptool.Problem {
	fill := strings.NewReplacer("%s", wordsOf(err), "{cause}", causeOf(err), "{retry}", retryHint(err)) // in one pass: Wiro's words are not filled in
	p := &mcptool.Problem{Text: fill.Replace(h.text)}
	if h.tool != "" {
		p = p.WithNext(h.tool, h.why, h.args)
	}
	return p
}

// wordsOf are Wiro's own words with what the refusal says beside them, or the error's where Wiro
// said nothing, without secrets and without the full stop.
func wordsOf(err error) string {
	refusal, ok := errors.AsType[*wiro.APIError](err)
	if !ok {
		return foreignWords(err.Error())
	}
	words := strings.TrimRight(foreignWords(refusal.Message()), ". ")
	if details := foreignWords(detailsOf(refusal)); details != "" {
		words += ": " + details
	}
	return words
}

// foreignWords is what somebody else wrote, as part of a sentence: without secrets, on one
// line, and of a long text its beginning.
func foreignWords(text string) string {
	const most = 4 << 10
	return mcptool.Clip(redactText(plaintext.Line(strings.ToValidUTF8(text[:min(len(text), most)], ""))), 1000)
}

// causeOf is what caused an error that the client wrapped, without the wrapper's own words.
func causeOf(err error) string {
	text := foreignWords(err.Error())
	for _, wrapper := range []error{wiro.ErrUnreachable, wiro.ErrDisconnected, wiro.ErrUnknownOutcome} {
		if _, cause, found := strings.Cut(text, wrapper.Error()+": "); found {
			return cause
		}
	}
	return text
}

func retryHint(err error) string {
	var wait time.Duration
	if answer, ok := errors.AsType[*wiro.APIError](err); ok {
		wait = answer.RetryAfter
	} else if answer, ok := errors.AsType[*wiro.ResponseError](err); ok {
		wait = answer.RetryAfter
	}
	if wait <= 0 {
		return ""
	}
	return fmt.Sprintf("; it asks to wait %s", wait.Round(time.Second))
}

// verifyHints say where to look whether a request took effect whose answer was lost, by a part
// of the operation's path; the first that occurs counts.
var verifyHints = []struct{ operation, tool, look string }{
	{"UserAgent/Deploy", "list_my_agents", "see whether it was deployed after all"},
	{"UserAgent/Message/", "list_agent_messages", "see whether it arrived after all"},
	{"UserAgent/CreateExtraCreditCheckout", "get_my_agent", "see whether the credits came after all"},
	{"UserAgent/", "get_my_agent", "see whether it took effect after all"},
	{"Team/TransferAgent", "get_my_agent", "see which team it is in"},
	{"Team/TransferCredit", "", "both wallets' transactions at " + billingPage},
	{"Team/", "", "https://wiro.ai/panel"},
	{"Organization/", "", "https://wiro.ai/panel"},
}

// explainUnknownOutcome is for a request that may have reached Wiro and was not answered.
func explainUnknownOutcome(err error) *mcptool.Problem {
	said := foreignWords(err.Error())
	cause := causeOf(err)
	for _, v := range verifyHints {
		switch {
		case !strings.Contains(said, v.operation):
		case v.tool == "":
			return mcptool.Problemf("No usable answer came back, but the request may have reached Wiro. Before you repeat it, look at %s whether it took effect.", v.look)
		default:
			if operation, rest, found := strings.Cut(cause, ": "); found && strings.HasPrefix(operation, "UserAgent/") {
				cause = rest
			}
			return mcptool.Problemf("No usable answer came back, but the request may have reached Wiro (%s). "+
				"Do not repeat it before you have looked: what spends would be paid twice.", cause).WithNext(v.tool, v.look, nil)
		}
	}
	return mcptool.Problemf("No usable answer came back (%s), but the request may have reached Wiro. "+
		"Do not repeat it before you have looked whether it took effect.", cause)
}

// explainNotRunning says what to do about an agent that takes no messages, by its status.
func explainNotRunning(err error) *mcptool.Problem {
	status := statusOf(err)
	const text = "The agent is not running, so it takes no messages."
	switch status {
	case "6":
		return mcptool.Problemf("%s Setup required: it lacks credentials. get_my_agent says which.", text).
			WithNext("get_my_agent", "see what is missing", nil)
	case "2", "3":
		return mcptool.Problemf("%s It is starting: send the message once it runs, in a minute or so.", text).
			WithNext("get_my_agent", "see whether it runs", nil)
	case "1":
		return mcptool.Problemf("%s It is stopping: start it once it has stopped.", text).
			WithNext("get_my_agent", "see whether it has stopped", nil)
	case "5":
		return mcptool.Problemf("%s It ended with an error: start_agent tries again.", text).
			WithNext("start_agent", "start it again", nil)
	}
	return mcptool.Problemf("%s Start it first.", text).WithNext("start_agent", "start it", nil)
}

// toolName names a tool in a text, with a note where the caller cannot call it.
func (c *Call) toolName(tool string) string {
	if c.Enabled(tool) {
		return tool
	}
	if !c.ownServer() {
		return fmt.Sprintf("%s (off here: do it at %s)", tool, agentsPage)
	}
	return fmt.Sprintf("%s (its toolset is off here: WIRO_TOOLSETS=all turns it on)", tool)
}

// ownServer reports whether the caller runs this server: its settings are theirs to change.
func (c *Call) ownServer() bool {
	_, own := c.Scope.Caller.(mcptool.ServerCredentials)
	return own
}

// agentRef names a deployed agent to another tool.
func agentRef(guid string) map[string]any { return map[string]any{"useragentguid": guid} }
