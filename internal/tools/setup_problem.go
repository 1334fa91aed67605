package tools

import (
	"errors"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// setupRemedies are what helps when Wiro refuses something about credentials, accounts,
// skills or teams, in the order in which they are tried.
//
// Wiro docs: Agent Overview (CustomSkillRename, SkillsApply: error codes); Agent Skills
// (Update Rules Summary); Agent Credentials & OAuth (Security); Facebook Page Integration
// (Troubleshooting); Team Billing & Spending.
var setupRemedies = []remedy{
	// Credentials and accounts.
	{says: "fieldstatus-not-allowed", text: "Wiro fills that field itself when an account is connected (%s): connect_agent_account, then select_agent_account where there is something to choose.", tool: "get_my_agent", why: "see which fields can be entered"},
	{says: "no pending facebook connection", text: "%s The consent is more than 15 minutes old, or a page was chosen already.", tool: "connect_agent_account", why: "ask for consent again; redirecturl is where the browser goes afterwards", args: map[string]any{"provider": "facebook-pages"}},
	{says: "not found in pending pages", text: "%s: use an id exactly as the parameter fb_pages of the address that the browser came back to gives it."},
	{says: "credentials not configured", text: "%s: the agent has no such credential, or it is not set up.", tool: "get_my_agent", why: "see its credentials"},
	{says: "credential not found", text: "%s.", tool: "list_credential_types", why: "see what there is"},
	{says: "no credential associated", text: "%s: there is nothing to enter for it.", tool: "list_skills", why: "see what skills need"},
	{says: "invalid jwt", text: "%s: the service account's key is damaged. Encode the JSON file again, in Base64 without line breaks, and enter it with set_agent_credentials."},

	// Custom skills.
	{says: "rename-preset-forbidden", text: "Only custom skills that a user created can be renamed: this one belongs to the agent's template.", tool: "get_my_agent", why: "see which are whose"},
	{says: "rename-flavour-mismatch", text: "A scheduled task (cs-cron-…) stays one under its new name, and a preference (cs-…) too. To turn one into the other, delete it and create it with set_custom_skill.", tool: "get_my_agent", why: "see the keys"}, //nolint:misspell // Wiro's own word
	{says: "rename-collision", text: "The agent has a custom skill of the new name already.", tool: "get_my_agent", why: "see which names are taken"},
	{says: "rename-same-key", text: "The new name is the old one: there is nothing to rename."},
	{says: "customskill-not-found", text: "The agent has no such custom skill.", tool: "get_my_agent", why: "see the keys of those that it has"},
	{says: "skill-not-found", text: "The agent has no such custom skill. To create a scheduled task of that name, set usercreated:true.", tool: "get_my_agent", why: "see the keys of those that it has"},
	{says: "skill not found", text: "%s. Names carry a prefix, such as int-gmail-check.", tool: "list_skills", why: "find its name"},

	// Skills that are switched on and off; the same refusals also come by code.
	{says: "skillsapply-template-only", text: templateOnly, tool: "list_skills", why: "choose the skills of a custom agent"},
	{says: "skillsapply-deps", text: dependency, tool: "list_skills", why: "see what depends on what"},
	{says: "skillsapply-conflict", text: conflict, tool: "list_skills", why: "see which exclude each other"},
	{says: "skillsapply-insufficient", text: shortWallet},
	{says: "skillsapply-tier-downgrade", text: noDowngrade, tool: "cancel_agent_subscription", why: "let it end with the period that is paid for"},
	{says: "skillsapply-subscription", text: noSubscription, tool: "renew_agent_subscription", why: "renew it: it asks before it charges"},

	// Teams.
	{says: "not allowed in your team", text: "%s. An admin of the team changes which models it may run with update_team."},
}

const (
	templateOnly   = "The agent was deployed from a template, whose skills are fixed (%s). To choose the skills, deploy a custom agent: deploy_agent with custom:true."
	dependency     = "A skill needs another one that would be off (%s). Nothing was changed or charged: switch both on, or both off."
	conflict       = "Two of the skills exclude each other (%s). Nothing was changed or charged: switch one of them off."
	shortWallet    = "The wallet does not hold the difference in price for the rest of the period (%s). Nothing was changed or charged. Add funds at " + billingPage + ", then repeat the call."
	inProgress     = "Another change of this agent's skills is under way (%s). Repeat the call in a minute, with the same idempotency_key: it is not charged twice."
	noDowngrade    = "An agent does not go from Pro to Starter (%s). Nothing was changed or charged. Cancel the subscription; once it has ended, subscribe again as Starter."
	noSubscription = "The agent has no subscription that is paid for (%s). Nothing was changed or charged."
	rolledBack     = "Wiro could not save the change and took it back (%s). Nothing was changed or charged: repeat the call without idempotency_key, so that it gets a new one."
)

// applyRemedies are the refusals of SkillsApply by code.
var applyRemedies = map[int]remedy{
	wiro.CodeSkillsTemplateOnly:       {text: templateOnly, tool: "list_skills", why: "choose the skills of a custom agent"},
	wiro.CodeSkillsDependency:         {text: dependency, tool: "list_skills", why: "see what depends on what"},
	wiro.CodeSkillsConflict:           {text: conflict, tool: "list_skills", why: "see which exclude each other"},
	wiro.CodeSkillsInsufficientWallet: {text: shortWallet},
	wiro.CodeSkillsTierDowngrade:      {text: noDowngrade, tool: "cancel_agent_subscription", why: "let it end with the period that is paid for"},
	wiro.CodeSkillsSubscription:       {text: noSubscription, tool: "renew_agent_subscription", why: "renew it: it asks before it charges"},
}

// skillProblem turns a refusal about credentials, accounts, skills or teams into what helps;
// nil where it is about something else.
func skillProblem(err error) *Problem {
	answer, ok := errors.AsType[*wiro.APIError](err)
	if !ok {
		return unsureProblem(err)
	}
	if answer.Operation == "UserAgent/SkillsApply" {
		if r, known := applyRemedies[answer.Code]; known {
			return r.problem(answer)
		}
	}
	if r, known := setupRemedy(answer.Message()); known {
		return r.problem(answer)
	}
	return nil
}

func setupRemedy(said string) (remedy, bool) {
	said = strings.ToLower(said)
	i := slices.IndexFunc(setupRemedies, func(r remedy) bool { return strings.Contains(said, r.says) })
	if i < 0 {
		return remedy{}, false
	}
	return setupRemedies[i], true
}

// problem is the remedy of a refusal.
func (r remedy) problem(answer *wiro.APIError) *Problem { return r.of(answer.Message()) }

// of fills in Wiro's words.
func (r remedy) of(said string) *Problem {
	p := &Problem{Text: strings.ReplaceAll(r.text, "%s", strings.TrimRight(hideText(said), ". "))}
	if r.tool != "" {
		p = p.then(r.tool, r.why, r.args)
	}
	return p
}

// unsureProblem says where to look whether a request about teams, whose answer was lost,
// took effect. nil where it was about something else.
func unsureProblem(err error) *Problem {
	said := err.Error()
	if !errors.Is(err, wiro.ErrUncertain) || !strings.Contains(said, "Team/") && !strings.Contains(said, "Organization/") {
		return nil
	}
	place := "https://wiro.ai/panel"
	if strings.Contains(said, "Team/TransferCredit") {
		place = "both wallets' transactions at " + billingPage
	}
	return problem("No usable answer came back, but the request may have reached Wiro. Before you repeat it, look at %s whether it took effect.", place)
}

// notConnected says what an own app lacks before an account can be connected; other errors
// stay as they are.
func notConnected(in connection, err error) error {
	answer, ok := errors.AsType[*wiro.APIError](err)
	if !ok {
		return err
	}
	said := strings.ToLower(answer.Message())
	if !strings.Contains(said, "not configured") && !strings.Contains(said, "invalid_config") && !strings.Contains(said, "invalid config") {
		return err
	}
	fields := make([]any, 0, 4)
	names := append(in.key().OwnFields(), "authmethod")
	for _, name := range names {
		value := "…"
		if name == "authmethod" {
			value = "own"
		}
		fields = append(fields, map[string]any{"credentialkey": in.Provider, "fieldname": name, "fieldvalue": value})
	}
	return problem("%s. If the agent has this credential at all (get_my_agent shows which it has), an app of your own needs %s, set with set_agent_credentials, before an account is connected through it.",
		strings.TrimRight(hideText(answer.Message()), ". "), strings.Join(names, ", ")).
		then("set_agent_credentials", "enter what the user gives you for each …", map[string]any{"useragentguid": in.UserAgent, "fields": fields})
}
