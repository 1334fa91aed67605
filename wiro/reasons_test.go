package wiro

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Wiro's words as the documentation gives them, and what they mean.
//
// Wiro docs: Error Reference; Agent Overview; Agent Skills; Team API Access.
func TestRefusalsHaveReasons(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		operation    string
		status, code int
		message      string
		reason       Reason
		detail       string
		is           error
	}{
		{"Run/a/b", 200, 96, "You have reached your concurrent task limit.", ReasonConcurrencyLimit, "", ErrConcurrencyLimit},
		{"Run/a/b", 200, 97, "Insufficient balance", ReasonInsufficientBalance, "", ErrInsufficientBalance},
		{"Run/a/b", 200, 98, "sign in to run this model", ReasonSignInRequired, "", ErrSignInRequired},
		{"Run/a/b", 200, 0, "Request parameter [prompt] required", ReasonMissingParameter, "prompt", nil},
		{"Run/a/b", 200, 0, "Request files [inputImage] required", ReasonMissingParameter, "inputImage", nil},
		{"Run/a/b", 200, 0, "Request parameter [steps] must be between 1 and 50", ReasonInvalidParameter, "steps", nil},
		{"Run/a/b", 200, 0, "Request parameter [steps] must be integer or float", ReasonInvalidParameter, "steps", nil},
		{"Run/a/b", 200, 0, "Request parameters are invalid.", ReasonInvalidParameter, "", nil},
		{"Run/a/b", 200, 1, "tool-not-accessible", ReasonModelNotAccessible, "", ErrForbidden},
		{"Run/a/b", 200, 1, "slug-owner-project-not-exist", ReasonModelNotFound, "", ErrNotFound},
		{"Run/a/b", 200, 0, "This model is not allowed in your team. Contact your team admin.", ReasonModelNotInTeam, "", nil},
		{"Run/a/b", 200, 0, "Your account has been suspended. Please contact support.", ReasonAccountSuspended, "", ErrForbidden},
		{"Run/a/b", 200, 0, "This name is not allowed", ReasonOther, "", nil},
		{"Task/Detail", 200, 1, "There is no task yet.", ReasonTaskNotFound, "", ErrNotFound},
		{"Task/Detail", 200, 0, "You don't have any permission for this action.", ReasonForbidden, "", ErrForbidden},
		{"Task/Cancel", 200, 1, "Task is not in a cancellable state.", ReasonNotCancellable, "", ErrNotCancellable},
		{"Task/Kill", 200, 1, "Task could not be killed: not running", ReasonNotKillable, "", nil},
		{"Task/InputOutputDelete", 200, 1, "Task must be completed or cancelled before deleting files", ReasonTaskNotFinished, "", nil},
		{"Task/List", 401, 0, "Project authorization is not founded.", ReasonUnauthorized, "", ErrUnauthorized},
		{"Task/List", 200, 0, "Project authorization is not valid.", ReasonUnauthorized, "", ErrUnauthorized},
		{"Task/List", 401, 0, "Project requires signature authentication. x-signature and x-nonce headers are required.", ReasonSignatureRequired, "", ErrUnauthorized},
		{"Task/List", 401, 0, "Requested ip 10.0.0.1 is not allowed.", ReasonIPNotAllowed, "", ErrUnauthorized},
		{"Task/List", 401, 99, "Authorization bearer token expired.", ReasonTokenInvalid, "", ErrTokenInvalid},
		{"Task/List", 401, 0, "no", ReasonUnauthorized, "", ErrUnauthorized},
		{"Task/List", 403, 0, "no", ReasonForbidden, "", ErrForbidden},
		{"Task/List", 404, 0, "Error parsing url.", ReasonNotFound, "", ErrNotFound},
		{"Task/List", 429, 0, "slow down", ReasonRateLimited, "", ErrRateLimited},
		{"Task/List", 500, 0, "server error", ReasonUnavailable, "", ErrUnavailable},
		{"Task/List", 200, 1, "gone", ReasonNotFound, "", ErrNotFound},
		{"Task/List", 200, 0, "something else", ReasonOther, "", nil},

		{"UserAgent/Message/Send", 200, 0, "Agent is not running. Current status: 6", ReasonAgentNotRunning, "6", nil},
		{"UserAgent/Message/Send", 200, 0, "No credits available. Please purchase extra credits.", ReasonNoCredits, "", nil},
		{"UserAgent/Detail", 200, 0, "User agent not found", ReasonAgentNotFound, "", ErrNotFound},
		{"UserAgent/Detail", 200, 0, "Agent not found or access denied", ReasonAgentNotFound, "", ErrNotFound},
		{"UserAgent/Detail", 200, 0, "This agent belongs to a team. Switch to the team context to access it.", ReasonAgentInTeam, "", ErrForbidden},
		{"UserAgent/Detail", 200, 0, "This agent is personal. Switch to your personal context to access it.", ReasonAgentPersonal, "", ErrForbidden},
		{"UserAgent/Deploy", 200, 0, "Agent not found or inactive", ReasonTemplateInactive, "", ErrNotFound},
		{"UserAgent/Deploy", 200, 0, "Insufficient wallet balance", ReasonInsufficientWallet, "", ErrInsufficientBalance},
		{"Agent/Detail", 200, 0, "Agent not found", ReasonTemplateNotFound, "", ErrNotFound},
		{"UserAgent/Start", 200, 0, "Agent is already running", ReasonAlreadyRunning, "", nil},
		{"UserAgent/UpgradeTier", 200, 0, "No active subscription", ReasonNoSubscription, "", nil},
		{"UserAgent/CancelSubscription", 200, 0, "No active subscription found", ReasonNothingToCancel, "", nil},
		{"UserAgent/SkillsApply", 200, 102, "conflict", ReasonSkillsConflict, "", nil},
		{"UserAgent/SkillsApply", 200, 0, "skillsapply-in-progress", ReasonSkillsInProgress, "", nil},
		{"UserAgent/CustomSkillUpsert", 200, 0, "skill-not-found", ReasonScheduledSkillNotFound, "", ErrNotFound},
		{"UserAgent/CustomSkillDelete", 200, 0, "customskill-not-found", ReasonCustomSkillNotFound, "", ErrNotFound},
		{"UserAgentOAuth/TwitterConnect", 200, 0, "Twitter credentials not configured", ReasonAppNotConfigured, "", nil},
		{"UserAgentOAuth/TwitterStatus", 200, 0, "Twitter credentials not configured", ReasonCredentialsNotSet, "", nil},
		{"UserAgent/Message/Cancel", 200, 0, "Message cannot be cancelled in its current state", ReasonMessageNotCancellable, "", nil},
	} {
		refusal := newAPIError(test.operation, test.status, test.code, test.message)
		assert.Equal(t, test.reason, refusal.Reason, "%s: %s", test.operation, test.message)
		assert.Equal(t, test.detail, refusal.Detail, "%s: %s", test.operation, test.message)
		if test.is != nil {
			assert.ErrorIs(t, refusal, test.is, "%s: %s", test.operation, test.message)
		}
		assert.Equal(t, test.reason, ReasonOf(errors.Join(ErrUnknownOutcome, refusal)))
	}
	assert.Empty(t, ReasonOf(ErrUnreachable))
}

// A rule that an earlier one always hides is a mistake.
func TestEveryReasonRuleCanMatch(t *testing.T) {
	t.Parallel()
	for i, r := range reasonRules {
		operation := r.op
		if operation == "Connect" || operation == "Run/" || operation == "Agent" {
			operation += "x"
		}
		for j, earlier := range reasonRules[:i] {
			if earlier.reason != r.reason {
				assert.False(t, earlier.matches(operation, r.status, r.code, r.says), "rule %d (%s) is hidden by rule %d (%s)", i, r.reason, j, earlier.reason)
			}
		}
	}
}
