package tools

import (
	"context"
	"errors"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// reason is why something did not work. hints says what helps for each.
type reason string

const (
	unknownReason reason = ""

	// Any request.
	unknownOutcome      reason = "unknown-outcome"
	concurrencyLimit    reason = "concurrency-limit"
	insufficientBalance reason = "insufficient-balance"
	signInRequired      reason = "sign-in-required"
	unauthorized        reason = "unauthorized"
	forbidden           reason = "forbidden"
	rateLimited         reason = "rate-limited"
	unreachable         reason = "unreachable"
	unavailable         reason = "unavailable"
	stopped             reason = "stopped"

	// Runs and tasks.
	invalidParameters reason = "invalid-parameters"
	modelNotOpen      reason = "model-not-open"
	taskNotOver       reason = "task-not-over"
	modelNotAllowed   reason = "model-not-allowed"

	// Which agent.
	teamAgent           reason = "team-agent"
	templateInactive    reason = "template-inactive"
	agentNotFound       reason = "agent-not-found"
	agentAccessDenied   reason = "agent-access-denied"
	noSuchAgent         reason = "no-such-agent"
	noSuchTemplate      reason = "no-such-template"
	templateNotFound    reason = "template-not-found"
	agentMissing        reason = "agent-missing"
	emptyCategories     reason = "empty-categories"
	invalidRedirect     reason = "invalid-redirect"
	ledgerUnreadable    reason = "ledger-unreadable"
	setupIncomplete     reason = "setup-incomplete"
	alreadyRunning      reason = "already-running"
	alreadyQueued       reason = "already-queued"
	alreadyStopped      reason = "already-stopped"
	currentlyStopping   reason = "currently-stopping"
	startToRetry        reason = "start-to-retry"
	agentNotRunning     reason = "agent-not-running"
	noCredits           reason = "no-credits"
	packMissing         reason = "pack-missing"
	priceZero           reason = "price-zero"
	pricingZero         reason = "pricing-zero"
	noRenewalPrice      reason = "no-renewal-price"
	noTargetPrice       reason = "no-target-price"
	alreadySubscribed   reason = "already-subscribed"
	subscriptionActive  reason = "subscription-active"
	noDowngrade         reason = "no-downgrade"
	sameTier            reason = "same-tier"
	invalidTier         reason = "invalid-tier"
	nothingToCancel     reason = "nothing-to-cancel"
	nothingToRenew      reason = "nothing-to-renew"
	noSubscription      reason = "no-subscription"
	inactive            reason = "subscription-inactive"
	renewByCard         reason = "renew-by-card"
	managedByCard       reason = "managed-by-card"
	customOnly          reason = "custom-only"
	insufficientWallet  reason = "insufficient-wallet"
	deductionFailed     reason = "deduction-failed"
	walletUnreadable    reason = "wallet-unreadable"
	noSuchMessage       reason = "no-such-message"
	messageNotFound     reason = "message-not-found"
	messageWasCanceled  reason = "message-was-canceled"
	messageNotCancelled reason = "message-not-cancellable"

	// Credentials, accounts and skills.
	fieldNotAllowed     reason = "field-not-allowed"
	noPendingFacebook   reason = "no-pending-facebook"
	notPendingPage      reason = "not-a-pending-page"
	credentialsNotSetUp reason = "credentials-not-set-up"
	appNotConfigured    reason = "app-not-configured"
	credentialNotFound  reason = "credential-not-found" //nolint:gosec // a name
	noCredentialNeeded  reason = "no-credential-needed" //nolint:gosec // a name
	invalidJWT          reason = "invalid-jwt"
	renamePreset        reason = "rename-preset"
	renameMismatch      reason = "rename-mismatch"
	renameCollision     reason = "rename-collision"
	renameSameKey       reason = "rename-same-key"
	customSkillNotFound reason = "custom-skill-not-found"
	customSkillToCreate reason = "custom-skill-to-create"
	skillNotFound       reason = "skill-not-found"
	applyTemplateOnly   reason = "apply-template-only"
	applyDependency     reason = "apply-dependency"
	applyConflict       reason = "apply-conflict"
	applyInsufficient   reason = "apply-insufficient-wallet"
	applyDowngrade      reason = "apply-downgrade"
	applyNoSubscription reason = "apply-no-subscription"
	applyInProgress     reason = "apply-in-progress"
	applyRolledBack     reason = "apply-rolled-back"
)

// wording is how Wiro words a reason in a refusal.
type wording struct {
	operation string // a part of the operation's path; "" for any
	words     string // a part of the refusal, in lower case; its beginning where it starts with ^
	reason    reason
}

// wordings are in the order in which they are tried: the first whose words occur counts.
//
// Wiro docs: Agent Overview (Error Messages, Common errors; CustomSkillRename, SkillsApply:
// error codes); Agent Transactions (Errors); Agent Skills (Update Rules Summary); Agent
// Credentials & OAuth (Security); Facebook Page Integration (Troubleshooting); Team API Access
// (Error Response); Team Billing & Spending.
var wordings = []wording{
	{"Run/", "tool-not-accessible", modelNotOpen},
	{"Run/", "^request ", invalidParameters},
	{"Task/", "must be completed", taskNotOver},

	{"", "fieldstatus-not-allowed", fieldNotAllowed},
	{"", "no pending facebook connection", noPendingFacebook},
	{"", "not found in pending pages", notPendingPage},
	{"", "credentials not configured", credentialsNotSetUp},
	{"", "credential not found", credentialNotFound},
	{"", "no credential associated", noCredentialNeeded},
	{"", "invalid jwt", invalidJWT},
	{"", "rename-preset-forbidden", renamePreset},
	{"", "rename-flavour-mismatch", renameMismatch}, //nolint:misspell // Wiro's own word
	{"", "rename-collision", renameCollision},
	{"", "rename-same-key", renameSameKey},
	{"", "customskill-not-found", customSkillNotFound},
	{"", "skill-not-found", customSkillToCreate},
	{"", "skill not found", skillNotFound},
	{"", "skillsapply-template-only", applyTemplateOnly},
	{"", "skillsapply-deps", applyDependency},
	{"", "skillsapply-conflict", applyConflict},
	{"", "skillsapply-insufficient", applyInsufficient},
	{"", "skillsapply-tier-downgrade", applyDowngrade},
	{"", "skillsapply-subscription", applyNoSubscription},
	{"", "not allowed in your team", modelNotAllowed},
	{"UserAgent/SkillsApply", "in-progress", applyInProgress},

	{"Agent", "agent is not running", agentNotRunning},
	{"Agent", "belongs to a team", teamAgent},
	{"Agent", "agent not found or inactive", templateInactive},
	{"Agent", "agent not found or access denied", agentNotFound},
	{"Agent", "user agent not found", agentNotFound},
	{"Agent", "useragent-access-denied", agentAccessDenied},
	{"Agent", "no such agent", noSuchAgent},
	{"Agent", "no such template", noSuchTemplate},
	{"Agent", "agent not found", templateNotFound},
	{"Agent", "useragentguid is required", agentMissing},
	{"Agent", "setup is not complete", setupIncomplete},
	{"Agent", "already running", alreadyRunning},
	{"Agent", "already queued", alreadyQueued},
	{"Agent", "already stopped", alreadyStopped},
	{"Agent", "currently stopping", currentlyStopping},
	{"Agent", "use start to retry", startToRetry},
	{"Agent", "no credits available", noCredits},
	{"Agent", "no remaining credits", noCredits},
	{"Agent", "pack key required", packMissing},
	{"Agent", "price must be greater than $0", priceZero},
	{"Agent", "pricing must be greater than $0", pricingZero},
	{"Agent", "renewal pricing not available", noRenewalPrice},
	{"Agent", "failed to compute target-tier pricing", noTargetPrice},
	{"Agent", "subscription already active", alreadySubscribed},
	{"Agent", "subscription is already active", subscriptionActive},
	{"Agent", "downgrading to starter", noDowngrade},
	{"Agent", "already on", sameTier},
	{"Agent", "targettier must be", invalidTier},
	{"Agent", "no active subscription found", nothingToCancel},
	{"Agent", "no expired subscription", nothingToRenew},
	{"Agent", "no active subscription", noSubscription},
	{"Agent", "subscription-inactive", inactive},
	{"Agent", "must be renewed via stripe", renewByCard},
	{"Agent", "via stripe portal", managedByCard},
	{"Agent", "only available for custom-built agents", customOnly},
	{"Agent", "insufficient wallet", insufficientWallet},
	{"Agent", "wallet deduction failed", deductionFailed},
	{"Agent", "could not retrieve wallet", walletUnreadable},
	{"Agent", "no such message", noSuchMessage},
	{"Agent", "message not found", messageNotFound},
	{"Agent", "cannot be cancelled (status: agent_cancel", messageWasCanceled},
	{"Agent", "cannot be cancelled", messageNotCancelled},
	{"Agent", "categories cannot be empty", emptyCategories},
	{"Agent", "invalid redirect url", invalidRedirect},
	{"Agent", "transactions-list-failed", ledgerUnreadable},
	{"Connect", "not configured", appNotConfigured},
	{"Connect", "invalid_config", appNotConfigured},
	{"Connect", "invalid config", appNotConfigured},
}

// applyCodes are the refusals of SkillsApply that have a code of their own.
var applyCodes = map[int]reason{
	wiro.CodeSkillsTemplateOnly:       applyTemplateOnly,
	wiro.CodeSkillsDependency:         applyDependency,
	wiro.CodeSkillsConflict:           applyConflict,
	wiro.CodeSkillsInsufficientWallet: applyInsufficient,
	wiro.CodeSkillsTierDowngrade:      applyDowngrade,
	wiro.CodeSkillsSubscription:       applyNoSubscription,
	wiro.CodeSkillsInProgress:         applyInProgress,
	wiro.CodeSkillsRolledBack:         applyRolledBack,
}

// sentinels are the reasons that the client tells apart itself, in the order in which they
// are tried.
var sentinels = []struct {
	err    error
	reason reason
}{
	{wiro.ErrConcurrencyLimit, concurrencyLimit},
	{wiro.ErrInsufficientBalance, insufficientBalance},
	{wiro.ErrSignInRequired, signInRequired},
	{wiro.ErrUnauthorized, unauthorized},
	{wiro.ErrForbidden, forbidden},
	{wiro.ErrRateLimited, rateLimited},
	{wiro.ErrUnreachable, unreachable},
	{wiro.ErrUnavailable, unavailable},
	{context.DeadlineExceeded, stopped},
	{context.Canceled, stopped},
}

// reasonOf names why something did not work. It is the one place that reads Wiro's words.
func reasonOf(err error) reason {
	if err == nil {
		return unknownReason
	}
	if errors.Is(err, wiro.ErrUncertain) {
		return unknownOutcome
	}
	if refusal, ok := errors.AsType[*wiro.APIError](err); ok {
		if refusal.Operation == "UserAgent/SkillsApply" {
			if r, known := applyCodes[refusal.Code]; known {
				return r
			}
		}
		said := strings.ToLower(refusal.Message())
		for _, w := range wordings {
			if strings.Contains(refusal.Operation, w.operation) && w.in(said) {
				return w.reason
			}
		}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.reason
		}
	}
	return unknownReason
}

func (w wording) in(said string) bool {
	if start, ok := strings.CutPrefix(w.words, "^"); ok {
		return strings.HasPrefix(said, start)
	}
	return strings.Contains(said, w.words)
}
