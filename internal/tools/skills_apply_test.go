package tools_test

import (
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

const (
	preview = `{"result": true, "errors": [], "tier": "starter", "totalPriceUsd": 9, "totalMonthlyCredits": 1000}`
	applied = `{"result": true, "errors": [], "tier": "pro", "prepaidWalletDelta": 19.99, "restartTriggered": true, "restartedAt": 1714694520,
		"pricing": {"previousPriceUsd": 9, "newPriceUsd": 39, "deltaUsd": 30, "previousMonthlyCredits": 1000, "newMonthlyCredits": 6000,
		"enabledSkills": ["int-instagram-post", "int-wiro-generator"], "peractioncosts": {"message": 10, "create": 60, "modify": 20, "regenerate": 20}}}`
	applyArguments = `{"useragentguid": "ua1", "skills": {"int-instagram-post": true, "int-x": "false"}, "tier": "pro", "teamguid": "t1"}`
)

func skillScript(t *testing.T) *script {
	t.Helper()
	return newScript(t, map[string]string{"UserAgent/PricingPreview": preview, "UserAgent/SkillsApply": applied})
}

func TestSkillsAreNotAppliedBeforeAYesAndThenUnderOneKey(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	asked := s.call("apply_agent_skills", applyArguments).ok(`on "int-instagram-post"; off "int-x"; tier pro`, "Nothing has been charged")
	require.Equal(t, "confirmation_required", asked.at("state"))
	require.Empty(t, s.to("UserAgent/SkillsApply"))

	key := asked.at("nextAction.arguments.idempotency_key")
	require.NotEmpty(t, key)
	require.Equal(t, true, asked.at("nextAction.arguments.confirm"))

	done := s.follow(asked).ok("$19.99 was taken", "$39.00 a month", "int-wiro-generator", "restarts")
	require.Equal(t, key, done.at("idempotencyKey"))
	requests := s.to("UserAgent/SkillsApply")
	require.Len(t, requests, 1)
	require.Equal(t, "t1", requests[0].team)
	require.Equal(t, map[string]any{"useragentguid": "ua1", "tier": "pro", "idempotencyKey": key,
		"skills": map[string]any{"int-instagram-post": true, "int-x": false}}, requests[0].body)
	for _, request := range s.to("UserAgent/PricingPreview") {
		require.Equal(t, "t1", request.team)
	}
}

func TestTheSkillsPriceIsTheDifferenceAtMost(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	asked := s.call("apply_agent_skills", `{"useragentguid": "ua1", "skills": {"int-x": false}}`).ok("the price does not rise", "$9.00 a month for 1,000 credits")
	require.Zero(t, asked.at("costUsd"))
	requests := s.to("UserAgent/PricingPreview")
	require.Len(t, requests, 2)
	require.Equal(t, map[string]any{"useragentguid": "ua1"}, requests[0].body)
	require.Equal(t, map[string]any{"useragentguid": "ua1", "skillOverrides": map[string]any{"int-x": false}}, requests[1].body)

	s.answer("UserAgent/PricingPreview", preview, `{"result": true, "errors": [], "totalPriceUsd": "39", "totalMonthlyCredits": 6000}`)
	asked = s.call("apply_agent_skills", applyArguments).ok("costs $30.00", "at most", "days that are left", "$39.00 a month for 6,000 credits, instead of $9.00 for 1,000 credits")
	require.Equal(t, float64(30), asked.at("costUsd"))
	s.answer("UserAgent/PricingPreview", preview, refusal(0, "User agent not found"))
	s.call("apply_agent_skills", applyArguments).refused("Check useragentguid")
	require.Empty(t, s.to("UserAgent/SkillsApply"))
}

func TestAChangeOfSkillsWhoseAnswerIsLostIsSeenThroughUnderItsKey(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	s.breaks("UserAgent/SkillsApply", 4)
	lost := s.call("apply_agent_skills", `{"useragentguid": "ua1", "skills": {"int-instagram-post": true}, "confirm": true}`).
		refused("may have taken effect", "charged once")
	s.follow(lost).ok("Skills applied")
	requests := s.to("UserAgent/SkillsApply")
	require.Len(t, requests, 5)
	for _, request := range requests {
		require.Equal(t, requests[0].body, request.body, "the same change under the same key")
	}
	require.NotEmpty(t, requests[0].body["idempotencyKey"])
}

func TestAChangeOfSkillsUnderWayIsRepeatedUnderItsKeyAndARolledBackOneIsNot(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	const arguments = `{"useragentguid": "ua1", "skills": {"int-instagram-post": true}, "idempotency_key": "k1", "confirm": true}`
	s.answer("UserAgent/SkillsApply", refusal(104, "skillsapply-in-progress"))
	busy := s.call("apply_agent_skills", arguments).refused("under way", "not charged twice")
	require.Equal(t, "k1", busy.at("nextAction.arguments.idempotency_key"))

	s.answer("UserAgent/SkillsApply", refusal(108, "skillsapply-db-tx-failed"))
	back := s.call("apply_agent_skills", arguments).refused("took it back")
	require.NotContains(t, back.at("nextAction.arguments"), "idempotency_key")

	s.answer("UserAgent/SkillsApply", applied)
	s.follow(back).ok()
	requests := s.to("UserAgent/SkillsApply")
	require.NotEqual(t, "k1", requests[len(requests)-1].body["idempotencyKey"])
}

func TestTheUserIsAskedAboutSkillsAndTheKeyHoldsForTheirYes(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		s := skillScript(t)
		yes := s.connect(era, mcp.ElicitationResponseActionAccept, mcp.ElicitationCapability{Form: &struct{}{}})
		first := s.use(yes, "apply_agent_skills", applyArguments).ok("Skills applied")
		questions := yes.questions()
		require.Len(t, questions, 1)
		require.Contains(t, questions[0].Message, "tier pro")
		requests := s.to("UserAgent/SkillsApply")
		require.Len(t, requests, 1)
		require.Equal(t, first.at("idempotencyKey"), requests[0].body["idempotencyKey"])

		no := s.connect(era, mcp.ElicitationResponseActionDecline, mcp.ElicitationCapability{Form: &struct{}{}})
		s.use(no, "apply_agent_skills", applyArguments).refused("nothing was done or charged")
		s.use(no, "apply_agent_skills", `{"useragentguid": "ua1", "skills": {"int-a": true}, "confirm": true}`).refused("nothing was done or charged")
		require.Len(t, s.to("UserAgent/SkillsApply"), 1, "confirm:true does not stand in for a user who can be asked")
	}
}

// TestAYesThatIsSentTwiceCarriesOneKey is a client that repeats the second leg.
func TestAYesThatIsSentTwiceCarriesOneKey(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	state := s.leg("apply_agent_skills", applyArguments, "", nil)
	require.NotEmpty(t, state)
	require.Empty(t, s.to("UserAgent/SkillsApply"))
	for range 2 {
		require.Empty(t, s.leg("apply_agent_skills", applyArguments, state, accepted("confirm")))
	}
	requests := s.to("UserAgent/SkillsApply")
	require.Len(t, requests, 2)
	require.Equal(t, requests[0].body["idempotencyKey"], requests[1].body["idempotencyKey"])

	s.answer("UserAgent/PricingPreview", `{"result": true, "errors": [], "totalPriceUsd": 12, "totalMonthlyCredits": 1000}`)
	require.NotEmpty(t, s.leg("apply_agent_skills", applyArguments, state, accepted("confirm")), "another price is asked about again")
	require.Len(t, s.to("UserAgent/SkillsApply"), 2)
}

func TestSkillsToApplyAreCheckedFirst(t *testing.T) {
	t.Parallel()
	s := skillScript(t)
	s.call("apply_agent_skills", `{"useragentguid": "ua1", "skills": {}}`).refused("at least one")
	s.call("apply_agent_skills", `{"useragentguid": "ua1", "skills": {"int-a": "maybe"}}`).refused("int-a must be true or false")
	require.Empty(t, s.to("UserAgent/SkillsApply"))
	require.Empty(t, s.to("UserAgent/PricingPreview"))
}
