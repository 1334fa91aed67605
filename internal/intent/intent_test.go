package intent_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
)

// rate reads requests with the categories that serve them, and returns the part of them whose
// first two categories hold one: the first three models come from these.
func rate(t *testing.T, file string) float64 {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	total, served := 0, 0
	for line := range strings.Lines(string(content)) {
		request, wanted, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok, line)
		total++
		found := intent.Understand(request)
		first := found.Categories[:min(2, len(found.Categories))]
		if slices.ContainsFunc(strings.Split(wanted, ","), func(c string) bool { return slices.Contains(first, c) }) {
			served++
		} else {
			t.Logf("%s: taken for %q %v, wanted %s", request, found.As, found.Categories, wanted)
		}
	}
	return float64(served) / float64(total)
}

func TestOrdinaryRequestsAreUnderstood(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, rate(t, "testdata/tuned.tsv"), 0.95)
	require.GreaterOrEqual(t, rate(t, "testdata/held_out.tsv"), 0.9)
}

func TestNothingIsMadeUp(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"", "   ", "42", "asdf qwer", "hello there"} {
		require.Empty(t, intent.Understand(request).Categories, request)
	}
	require.Equal(t, []string{"lighthouse", "dawn"}, intent.Understand("make a picture of a lighthouse at dawn").Words)
}

func FuzzUnderstand(f *testing.F) {
	f.Add("a picture of İstanbul’s çay")
	f.Fuzz(func(t *testing.T, request string) {
		if found := intent.Understand(request); (found.As == "") != (len(found.Categories) == 0) {
			t.Fatalf("%q: %+v", request, found)
		}
	})
}
