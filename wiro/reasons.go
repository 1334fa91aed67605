package wiro

import (
	"net/http"
	"strings"
)

// Reason says why Wiro refused a request. The client reads it once from the code, the HTTP
// status and Wiro's English, so that programs need not match Wiro's words.
type Reason string

// Reasons of any request.
const (
	ReasonOther             Reason = "other"              // none of the others: see APIError.Messages
	ReasonUnavailable       Reason = "unavailable"        // HTTP 5xx: Wiro has a problem
	ReasonRateLimited       Reason = "rate_limited"       // HTTP 429: see APIError.RetryAfter
	ReasonUnauthorized      Reason = "unauthorized"       // key, secret or signature are wrong
	ReasonSignatureRequired Reason = "signature_required" // the project wants signed requests: give the secret
	ReasonIPNotAllowed      Reason = "ip_not_allowed"     // the project has an IP whitelist
	ReasonTokenInvalid      Reason = "token_invalid"      // code 99
	ReasonAccountSuspended  Reason = "account_suspended"
	ReasonForbidden         Reason = "forbidden"
	ReasonNotFound          Reason = "not_found"
)

// Reasons of a run and of tasks.
//
// Wiro docs: Error Reference (Run Errors, Task Errors).
const (
	ReasonInsufficientBalance Reason = "insufficient_balance" // code 97: a run needs $0.50, training $10
	ReasonConcurrencyLimit    Reason = "concurrency_limit"    // code 96
	ReasonSignInRequired      Reason = "sign_in_required"     // code 98: the model is for registered accounts
	ReasonModelNotFound       Reason = "model_not_found"      // there is no such model
	ReasonModelNotAccessible  Reason = "model_not_accessible" // the model is not open to the project
	ReasonModelNotInTeam      Reason = "model_not_in_team"    // the team may not run the model
	ReasonMissingParameter    Reason = "missing_parameter"    // APIError.Detail is its name
	ReasonInvalidParameter    Reason = "invalid_parameter"    // APIError.Detail is its name, if Wiro says it
	ReasonTaskNotFound        Reason = "task_not_found"       // no such task under this key
	ReasonNotCancellable      Reason = "not_cancellable"      // a worker has accepted the task: kill it
	ReasonNotKillable         Reason = "not_killable"         // the task could not be killed
	ReasonTaskNotFinished     Reason = "task_not_finished"    // files can be deleted once the task is over
)

// Reasons of requests about agents.
//
// Wiro docs: Agent Overview (Error Messages, Common errors); Team API Access.
const (
	ReasonAgentInTeam           Reason = "agent_in_team"       // the agent belongs to a team: use the team's key
	ReasonAgentPersonal         Reason = "agent_personal"      // the agent is personal: use a personal key
	ReasonNotInTeam             Reason = "not_in_team"         // the caller is no member of the team that the client names
	ReasonAgentNotFound         Reason = "agent_not_found"     // no such deployed agent, or not the caller's
	ReasonAgentAccessDenied     Reason = "agent_access_denied" // the key does not reach the agent
	ReasonAgentRequired         Reason = "agent_required"      // useragentguid is missing
	ReasonTemplateNotFound      Reason = "template_not_found"  // the catalog has no such template
	ReasonTemplateInactive      Reason = "template_inactive"   // the template cannot be deployed now
	ReasonAgentNotRunning       Reason = "agent_not_running"   // takes no messages; APIError.Detail is its status
	ReasonSetupIncomplete       Reason = "setup_incomplete"    // credentials are missing
	ReasonAlreadyRunning        Reason = "already_running"
	ReasonAlreadyQueued         Reason = "already_queued"
	ReasonAlreadyStopped        Reason = "already_stopped"
	ReasonStopping              Reason = "stopping"            // can be started once it has stopped
	ReasonRetryByStart          Reason = "retry_by_start"      // in error: start tries again
	ReasonNoCredits             Reason = "no_credits"          // the agent has no credits left
	ReasonPackRequired          Reason = "pack_required"       // the credit pack must be named
	ReasonCustomAgentOnly       Reason = "custom_agent_only"   // only for agents that were built, not deployed from a template
	ReasonCategoriesRequired    Reason = "categories_required" // an agent has at least one category
	ReasonInvalidRedirectURL    Reason = "invalid_redirect_url"
	ReasonTransactionsFailed    Reason = "transactions_failed" // Wiro could not read the ledger
	ReasonMessageNotFound       Reason = "message_not_found"
	ReasonMessageNotCancellable Reason = "message_not_cancellable" // the message is over
)

// Reasons of requests about an agent's price, subscription and the wallet.
const (
	ReasonPriceZero             Reason = "price_zero"      // an agent must cost something
	ReasonSkillsUnpriced        Reason = "skills_unpriced" // the agent has no paid skill
	ReasonRenewalPriceUnknown   Reason = "renewal_price_unknown"
	ReasonUpgradePriceUnknown   Reason = "upgrade_price_unknown"
	ReasonAlreadySubscribed     Reason = "already_subscribed"
	ReasonNothingToRenew        Reason = "nothing_to_renew" // the subscription is active
	ReasonNoDowngrade           Reason = "no_downgrade"     // Pro cannot become Starter
	ReasonAlreadyOnTier         Reason = "already_on_tier"
	ReasonInvalidTier           Reason = "invalid_tier"
	ReasonNothingToCancel       Reason = "nothing_to_cancel" // there is no active subscription
	ReasonNoExpiredSubscription Reason = "no_expired_subscription"
	ReasonNoSubscription        Reason = "no_subscription" // the agent has no subscription that is paid for
	ReasonSubscriptionInactive  Reason = "subscription_inactive"
	ReasonRenewByCard           Reason = "renew_by_card"           // paid by card: renewed on Wiro's site
	ReasonManagedByCard         Reason = "managed_by_card"         // paid by card: managed on Wiro's site
	ReasonInsufficientWallet    Reason = "insufficient_wallet"     // the wallet does not hold the price
	ReasonWalletDeductionFailed Reason = "wallet_deduction_failed" // look before repeating
	ReasonWalletUnreadable      Reason = "wallet_unreadable"       // Wiro could not read the wallet
	ReasonSkillsTemplateOnly    Reason = "skills_template_only"    // the skills of a template are fixed
	ReasonSkillsDependency      Reason = "skills_dependency"       // a skill needs one that would be off
	ReasonSkillsConflict        Reason = "skills_conflict"         // two skills exclude each other
	ReasonSkillsInsufficient    Reason = "skills_insufficient"     // the wallet does not hold the difference
	ReasonSkillsInProgress      Reason = "skills_in_progress"      // another change is under way: same key again
	ReasonSkillsTierDowngrade   Reason = "skills_tier_downgrade"
	ReasonSkillsNoSubscription  Reason = "skills_no_subscription"
	ReasonSkillsRolledBack      Reason = "skills_rolled_back" // nothing was changed: repeat with a new key
)

// Reasons of requests about credentials, accounts and custom skills.
//
// Wiro docs: Agent Skills; Agent Credentials & OAuth; Facebook Page Integration.
const (
	ReasonFieldNotEditable       Reason = "field_not_editable"      // Wiro fills it when an account is connected
	ReasonNoPendingConnection    Reason = "no_pending_connection"   // the consent is too old, or a page was chosen
	ReasonPageNotPending         Reason = "page_not_pending"        // not among the pages that the user consented to
	ReasonCredentialsNotSet      Reason = "credentials_not_set"     // the agent has no such credential, or it is not set up
	ReasonAppNotConfigured       Reason = "app_not_configured"      // an own OAuth app lacks its fields
	ReasonCredentialNotFound     Reason = "credential_not_found"    // the registry has no such credential
	ReasonNoCredential           Reason = "no_credential"           // the skill needs no credential
	ReasonInvalidServiceAccount  Reason = "invalid_service_account" // the service account's key is damaged
	ReasonRenamePreset           Reason = "rename_preset"           // belongs to the template
	ReasonRenameKind             Reason = "rename_kind"             // a scheduled task and a preference keep their kind
	ReasonRenameCollision        Reason = "rename_collision"        // the new name is taken
	ReasonRenameSame             Reason = "rename_same"
	ReasonCustomSkillNotFound    Reason = "custom_skill_not_found"
	ReasonScheduledSkillNotFound Reason = "scheduled_skill_not_found" // to create one, say that it is the user's own
	ReasonSkillNotFound          Reason = "skill_not_found"
)

// reasonRule gives the reason of refusals that it matches; every field that is set must match.
type reasonRule struct {
	reason Reason
	says   string // a part of Wiro's words, in lower case
	op     string // a part of the endpoint
	code   int
	status int
}

// reasonRules are tried in their order.
var reasonRules = []reasonRule{
	// Codes that mean the same in every text.
	{reason: ReasonConcurrencyLimit, code: CodeConcurrencyLimit},
	{reason: ReasonSignInRequired, code: CodeSignInRequired},
	{reason: ReasonTokenInvalid, code: CodeTokenInvalid},
	{reason: ReasonRateLimited, status: http.StatusTooManyRequests},
	{reason: ReasonSkillsTemplateOnly, code: CodeSkillsTemplateOnly, op: skillsApply},
	{reason: ReasonSkillsDependency, code: CodeSkillsDependency, op: skillsApply},
	{reason: ReasonSkillsConflict, code: CodeSkillsConflict, op: skillsApply},
	{reason: ReasonSkillsInsufficient, code: CodeSkillsInsufficientWallet, op: skillsApply},
	{reason: ReasonSkillsInProgress, code: CodeSkillsInProgress, op: skillsApply},
	{reason: ReasonSkillsTierDowngrade, code: CodeSkillsTierDowngrade, op: skillsApply},
	{reason: ReasonSkillsNoSubscription, code: CodeSkillsSubscription, op: skillsApply},
	{reason: ReasonSkillsRolledBack, code: CodeSkillsRolledBack, op: skillsApply},

	// Runs and tasks.
	{reason: ReasonModelNotFound, says: "slug-owner-project-not-exist"},
	{reason: ReasonModelNotAccessible, says: "not-accessible"},
	{reason: ReasonModelNotInTeam, says: "not allowed in your team"},
	{reason: ReasonMissingParameter, says: "] required", op: "Run/"},
	{reason: ReasonInvalidParameter, says: "request parameter", op: "Run/"},
	{reason: ReasonInvalidParameter, says: "request files", op: "Run/"},
	{reason: ReasonTaskNotFound, says: "there is no task yet"},
	{reason: ReasonNotCancellable, says: "cancellable"},
	{reason: ReasonNotKillable, says: "could not be killed"},
	{reason: ReasonTaskNotFinished, says: "must be completed"},

	// Authentication.
	{reason: ReasonSignatureRequired, says: "requires signature authentication"},
	{reason: ReasonUnauthorized, says: "project authorization is not"},
	{reason: ReasonIPNotAllowed, says: "requested ip"},
	{reason: ReasonAccountSuspended, says: "account has been suspended"},
	{reason: ReasonForbidden, says: "any permission"},

	// Credentials and accounts.
	{reason: ReasonFieldNotEditable, says: "fieldstatus-not-allowed"},
	{reason: ReasonNoPendingConnection, says: "no pending facebook connection"},
	{reason: ReasonPageNotPending, says: "not found in pending pages"},
	{reason: ReasonAppNotConfigured, says: "not configured", op: "Connect"},
	{reason: ReasonAppNotConfigured, says: "invalid_config"},
	{reason: ReasonAppNotConfigured, says: "invalid config"},
	{reason: ReasonCredentialsNotSet, says: "credentials not configured"},
	{reason: ReasonAppNotConfigured, says: "not configured"},
	{reason: ReasonCredentialNotFound, says: "credential not found"},
	{reason: ReasonNoCredential, says: "no credential associated"},
	{reason: ReasonInvalidServiceAccount, says: "invalid jwt"},

	// Custom skills, and skills that are switched on and off.
	{reason: ReasonRenamePreset, says: "rename-preset-forbidden"},
	{reason: ReasonRenameKind, says: "rename-flavour-mismatch"}, //nolint:misspell // Wiro's own word
	{reason: ReasonRenameCollision, says: "rename-collision"},
	{reason: ReasonRenameSame, says: "rename-same-key"},
	{reason: ReasonCustomSkillNotFound, says: "customskill-not-found"},
	{reason: ReasonScheduledSkillNotFound, says: "skill-not-found"},
	{reason: ReasonSkillNotFound, says: "skill not found"},
	{reason: ReasonSkillsTemplateOnly, says: "skillsapply-template-only"},
	{reason: ReasonSkillsDependency, says: "skillsapply-deps"},
	{reason: ReasonSkillsConflict, says: "skillsapply-conflict"},
	{reason: ReasonSkillsInsufficient, says: "skillsapply-insufficient"},
	{reason: ReasonSkillsTierDowngrade, says: "skillsapply-tier-downgrade"},
	{reason: ReasonSkillsNoSubscription, says: "skillsapply-subscription"},
	{reason: ReasonSkillsInProgress, says: "in-progress", op: skillsApply},

	// Agents.
	{reason: ReasonAgentNotRunning, says: "agent is not running"},
	{reason: ReasonAgentInTeam, says: "belongs to a team"},
	{reason: ReasonAgentPersonal, says: "agent is personal"},
	{reason: ReasonNotInTeam, says: "not a member of this team"},
	{reason: ReasonTemplateInactive, says: "agent not found or inactive"},
	{reason: ReasonAgentNotFound, says: "agent not found or access denied"},
	{reason: ReasonAgentNotFound, says: "user agent not found"},
	{reason: ReasonAgentAccessDenied, says: "useragent-access-denied"},
	{reason: ReasonAgentNotFound, says: "no such agent"},
	{reason: ReasonTemplateNotFound, says: "no such template"},
	{reason: ReasonTemplateNotFound, says: "agent not found", op: "Agent"},
	{reason: ReasonAgentRequired, says: "useragentguid is required"},
	{reason: ReasonSetupIncomplete, says: "setup is not complete"},
	{reason: ReasonAlreadyRunning, says: "already running", op: "Agent"},
	{reason: ReasonAlreadyQueued, says: "already queued", op: "Agent"},
	{reason: ReasonAlreadyStopped, says: "already stopped", op: "Agent"},
	{reason: ReasonStopping, says: "currently stopping"},
	{reason: ReasonRetryByStart, says: "use start to retry"},
	{reason: ReasonNoCredits, says: "no credits available"},
	{reason: ReasonNoCredits, says: "no remaining credits"},
	{reason: ReasonPackRequired, says: "pack key required"},

	// Subscriptions, prices and the wallet.
	{reason: ReasonPriceZero, says: "price must be greater than $0"},
	{reason: ReasonSkillsUnpriced, says: "pricing must be greater than $0"},
	{reason: ReasonRenewalPriceUnknown, says: "renewal pricing not available"},
	{reason: ReasonUpgradePriceUnknown, says: "failed to compute target-tier pricing"},
	{reason: ReasonAlreadySubscribed, says: "subscription already active"},
	{reason: ReasonNothingToRenew, says: "subscription is already active"},
	{reason: ReasonNoDowngrade, says: "downgrading to starter"},
	{reason: ReasonAlreadyOnTier, says: "already on", op: "Agent"},
	{reason: ReasonInvalidTier, says: "targettier must be"},
	{reason: ReasonNothingToCancel, says: "no active subscription found"},
	{reason: ReasonNoExpiredSubscription, says: "no expired subscription"},
	{reason: ReasonNoSubscription, says: "no active subscription"},
	{reason: ReasonSubscriptionInactive, says: "subscription-inactive"},
	{reason: ReasonRenewByCard, says: "must be renewed via stripe"},
	{reason: ReasonManagedByCard, says: "via stripe portal"},
	{reason: ReasonCustomAgentOnly, says: "only available for custom-built agents"},
	{reason: ReasonInsufficientWallet, says: "insufficient wallet"},
	{reason: ReasonInsufficientWallet, says: "insufficient-wallet"},
	{reason: ReasonWalletDeductionFailed, says: "wallet deduction failed"},
	{reason: ReasonWalletUnreadable, says: "could not retrieve wallet"},
	{reason: ReasonInsufficientBalance, code: CodeInsufficientBalance},

	// Messages, and what is left.
	{reason: ReasonMessageNotFound, says: "no such message"},
	{reason: ReasonMessageNotFound, says: "message not found"},
	{reason: ReasonMessageNotCancellable, says: "message cannot be cancelled"},
	{reason: ReasonCategoriesRequired, says: "categories cannot be empty"},
	{reason: ReasonInvalidRedirectURL, says: "invalid redirect url"},
	{reason: ReasonTransactionsFailed, says: "transactions-list-failed"},

	// By status and code alone.
	{reason: ReasonUnauthorized, status: http.StatusUnauthorized},
	{reason: ReasonForbidden, status: http.StatusForbidden},
	{reason: ReasonForbidden, says: "access denied"},
	{reason: ReasonForbidden, says: "access-denied"},
	{reason: ReasonNotFound, status: http.StatusNotFound},
	{reason: ReasonNotFound, code: http.StatusNotFound},
	{reason: ReasonNotFound, code: CodeNotFound},
	{reason: ReasonNotFound, says: "not found"},
	{reason: ReasonNotFound, says: "not-found"},
	{reason: ReasonNotFound, says: "not-exist"},
}

const skillsApply = "UserAgent/SkillsApply"

// reasonOf names the reason of a refusal, and what Wiro's words say it is about.
func reasonOf(operation string, status, code int, message string) (Reason, string) {
	said := strings.ToLower(message)
	for _, r := range reasonRules {
		if r.matches(operation, status, code, said) {
			return r.reason, detailOf(r.reason, message)
		}
	}
	if status >= http.StatusInternalServerError {
		return ReasonUnavailable, ""
	}
	return ReasonOther, ""
}

func (r reasonRule) matches(operation string, status, code int, said string) bool {
	return (r.code == 0 || r.code == code) && (r.status == 0 || r.status == status) &&
		strings.Contains(said, r.says) && strings.Contains(operation, r.op)
}

// detailOf returns the parameter that a message names in brackets, the number of an agent's
// status, or a message's status.
func detailOf(reason Reason, message string) string {
	switch reason { //nolint:exhaustive // the others have none
	case ReasonMissingParameter, ReasonInvalidParameter:
		_, rest, _ := strings.Cut(message, "[")
		name, _, found := strings.Cut(rest, "]")
		if found {
			return name
		}
	case ReasonMessageNotCancellable:
		_, rest, _ := strings.Cut(message, "status: ")
		status, _, found := strings.Cut(rest, ")")
		if found {
			return strings.TrimSpace(status)
		}
	case ReasonAgentNotRunning:
		isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
		if i := strings.IndexFunc(message, isDigit); i >= 0 {
			rest := message[i:]
			return rest[:len(rest)-len(strings.TrimLeftFunc(rest, isDigit))]
		}
	}
	return ""
}

// reasonSentinels are the errors that a reason stands for in errors.Is.
var reasonSentinels = map[Reason][]error{
	ReasonUnavailable:            {ErrUnavailable},
	ReasonRateLimited:            {ErrRateLimited},
	ReasonUnauthorized:           {ErrUnauthorized},
	ReasonSignatureRequired:      {ErrUnauthorized},
	ReasonIPNotAllowed:           {ErrUnauthorized},
	ReasonTokenInvalid:           {ErrUnauthorized, ErrTokenInvalid},
	ReasonAccountSuspended:       {ErrForbidden},
	ReasonForbidden:              {ErrForbidden},
	ReasonNotFound:               {ErrNotFound},
	ReasonInsufficientBalance:    {ErrInsufficientBalance},
	ReasonInsufficientWallet:     {ErrInsufficientBalance},
	ReasonSkillsInsufficient:     {ErrInsufficientBalance},
	ReasonConcurrencyLimit:       {ErrConcurrencyLimit},
	ReasonSignInRequired:         {ErrSignInRequired},
	ReasonModelNotFound:          {ErrNotFound},
	ReasonModelNotAccessible:     {ErrForbidden},
	ReasonTaskNotFound:           {ErrNotFound},
	ReasonNotCancellable:         {ErrNotCancellable},
	ReasonAgentInTeam:            {ErrForbidden},
	ReasonAgentPersonal:          {ErrForbidden},
	ReasonNotInTeam:              {ErrForbidden},
	ReasonAgentAccessDenied:      {ErrForbidden},
	ReasonAgentNotFound:          {ErrNotFound},
	ReasonTemplateNotFound:       {ErrNotFound},
	ReasonTemplateInactive:       {ErrNotFound},
	ReasonMessageNotFound:        {ErrNotFound},
	ReasonPageNotPending:         {ErrNotFound},
	ReasonCredentialNotFound:     {ErrNotFound},
	ReasonCustomSkillNotFound:    {ErrNotFound},
	ReasonScheduledSkillNotFound: {ErrNotFound},
	ReasonSkillNotFound:          {ErrNotFound},
}
