package store

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheOutcomeOfASessionIsHadFromAnyReplica(t *testing.T) {
	eachStore(t, func(r *rig) {
		a, b := r.replica(), r.replica()
		caller, another := r.caller(), Caller{r.caller().BaseURL, "another"}
		look := func(s *Store, caller Caller, name string) (string, bool) {
			outcome, held, err := s.Outcome(r.Context(), caller, name)
			require.NoError(r, err)
			return string(outcome), held
		}
		outcome, held := look(b, caller, "token")
		require.Empty(r, outcome)
		require.False(r, held)

		require.NoError(r, a.HoldSession(r.Context(), caller, "7", "token", ""))
		outcome, held = look(b, caller, "token")
		require.Empty(r, outcome)
		require.Equal(r, a.owner != b.owner, held)
		_, held = look(b, another, "token")
		require.False(r, held)

		require.NoError(r, a.KeepOutcome(r.Context(), caller, json.RawMessage(`{"note":"x"}`), "7", "token"))
		require.NoError(r, a.HoldSession(r.Context(), caller, "7", "token"), "a last touch")
		for _, name := range []string{"7", "token"} {
			outcome, held = look(b, caller, name)
			require.JSONEq(r, `{"note":"x"}`, outcome)
			require.False(r, held)
		}
		outcome, _ = look(b, another, "token")
		require.Empty(r, outcome, "another caller's")

		if !a.Shared() { // Redis has a clock of its own
			r.clock.add(OutcomeFor)
			outcome, _ = look(a, caller, "token")
			require.Empty(r, outcome)
		}
		require.NoError(r, a.KeepOutcome(r.Context(), caller, json.RawMessage(`"`+strings.Repeat("x", mostOutcome)+`"`), "8"))
		outcome, _ = look(a, caller, "8")
		require.Empty(r, outcome, "too large")
	})
}

func TestASessionOfAKilledProcessIsNotHeld(t *testing.T) {
	eachStore(t, func(r *rig) {
		if r.address == "memory" {
			r.Skip("memory has one process")
		}
		a, b := r.replica(), r.replica()
		require.NoError(r, a.HoldSession(r.Context(), r.caller(), "token"))
		require.NoError(r, a.Close())
		_, held, err := b.Outcome(r.Context(), r.caller(), "token")
		require.ErrorIs(r, err, ErrSessionLost)
		require.False(r, held)
	})
}
