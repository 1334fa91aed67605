package wiro_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// What Wiro adds to a refusal helps to mend it: none of it may be lost.
func TestWhatWiroAddsToARefusalIsReachable(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]map[string]any{
		`"errors": [{"code": 102, "message": "skillsapply-conflict"}], "conflicts": ["util-approval-flow", "util-autopilot"]`:  {"conflicts": []any{"util-approval-flow", "util-autopilot"}},
		`"errors": [{"code": 101, "message": "skillsapply-deps-violation"}], "deps": [{"skill": "int-a", "missing": "int-b"}]`: {"deps": []any{map[string]any{"skill": "int-a", "missing": "int-b"}}},
		`"errors": [{"code": 0, "message": "Agent is not running. Current status: 6"}], "agentstatus": 6`:                      {"agentstatus": json.Number("6")},
		`"errors": [{"code": 0, "message": "No credits available."}], "agentbalance": {"remainingcredits": 0}`:                 {"agentbalance": map[string]any{"remainingcredits": json.Number("0")}},
		`"errors": [{"code": 0, "message": "No."}]`: nil,
	} {
		_, err := answering(t, `{"result": false, `+body+`}`).Skills.
			Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua-1", Tier: wiro.TierPro})
		refusal, ok := errors.AsType[*wiro.APIError](err)
		require.True(t, ok, body)
		require.Equal(t, want, refusal.Extra, body)
	}
}

// It may repeat what the caller handed over.
func TestWhatWiroAddsToARefusalNeverRepeatsASecret(t *testing.T) {
	t.Parallel()
	const secret = "abcd efgh ijkl mnop"
	o := answering(t, `{"result": false, "errors": [{"message": "bad row"}], "row": {"value": "`+secret+`", "abcd efgh ijkl mnop": ["`+secret+`"]}}`)
	_, err := o.Credentials.Set(t.Context(), "ua-1", []wiro.CredentialValue{{Credential: "gmail", Field: "apppassword", Value: secret}})
	require.Error(t, err)
	require.NotContains(t, errorsOf(err), "efgh")
	require.NotContains(t, errorsOf(o.Teams.TransferProject(t.Context(), secret, "t1")), "efgh")
}

func TestASentMessageThatWasNotSentHasNoAnswer(t *testing.T) {
	t.Parallel()
	_, err := wiro.SentMessage{AgentToken: "tok"}.Wait(t.Context())
	require.ErrorContains(t, err, "Messages.Wait")
}
