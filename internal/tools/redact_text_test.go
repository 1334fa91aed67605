package tools

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestJSONThatAnErrorQuotesIsHiddenToo covers texts in which JSON is quoted again, and cut.
func TestJSONThatAnErrorQuotesIsHiddenToo(t *testing.T) {
	t.Parallel()
	const answer = `{"ok": true, "accesstoken": "planted \"in\" quotes", "apppassword":"planted two","name": "open", "apiKey": "planted thr`
	hidden := redactText(fmt.Sprintf("it starts with %q.", answer))
	require.NotContains(t, hidden, "planted")
	require.NotContains(t, hidden, "quotes")
	require.Contains(t, hidden, "open")
	require.Equal(t, 3, strings.Count(hidden, secretSet))
}

// TestHidingTakesTimeInProportionToTheText feeds texts that are written to be slow.
func TestHidingTakesTimeInProportionToTheText(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a:", `a:"`, `a="b`, `\"a\": \"b`, "apikey:"} {
		start := time.Now()
		redactText(strings.Repeat(unit, 32_000))
		require.Less(t, time.Since(start), 20*time.Second, unit)
	}
}
