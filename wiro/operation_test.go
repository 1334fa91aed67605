package wiro_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// leftOut are the documented endpoints that this client does not call, and why.
var leftOut = map[string]string{
	"Agent/CustomSkillRename":     "for Wiro's own administrators",
	"Project/List":                "named in passing, without request or answer",
	"Task/Stat":                   "named in passing, without request or answer",
	"User/Avatar":                 "named in passing, without request or answer",
	"User/Detail":                 "named in passing, without request or answer",
	"Wallet/TransactionList":      "named in passing, without request or answer",
	"UserAgent/SkillToggle":       "not part of the public API, says the documentation: SkillsApply is",
	"UserAgent/TransactionInsert": "for the runtime of an agent, which reports what it used",
	"UserAgent/CreditSync":        "for the runtime of an agent, which reports what it used",
}

// callback is why the OAuth callbacks are left out: browsers go there, by redirect.
func callback(path string) bool {
	return strings.HasPrefix(path, "UserAgentOAuth/") && strings.HasSuffix(path, "Callback")
}

func TestEveryDocumentedEndpointIsCoveredOrLeftOutForAReason(t *testing.T) {
	t.Parallel()
	documented, operations := documentedEndpoints(t), wire.Operations()
	for _, path := range documented {
		_, covered := operations[path]
		switch {
		case path == "Run/{owner}/{model}":
			_, covered = operations["Run"]
			require.True(t, covered, path)
		case callback(path) || leftOut[path] != "":
			require.False(t, covered, "%s is left out, and covered", path)
		default:
			require.True(t, covered, "%s is documented: cover it, or leave it out with a reason", path)
		}
	}
	for path := range operations {
		if path != "Run" {
			require.Contains(t, documented, path, "%s is nowhere in the documentation", path)
		}
	}
	for path := range leftOut {
		require.Contains(t, documented, path, "%s is left out without being documented", path)
	}
}

func documentedEndpoints(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/endpoints.txt")
	require.NoError(t, err)
	var paths []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			paths = append(paths, line)
		}
	}
	require.Greater(t, len(paths), 100)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(paths))), len(paths), "listed twice")
	return paths
}

// What starts or spends something must never be repeated on its own; what only looks may.
func TestOnlyWhatIsSafeToRepeatIsRepeated(t *testing.T) {
	t.Parallel()
	spends := []string{
		"Run", "File/Upload", "File/FolderCreate", "UserAgent/Deploy", "UserAgent/Message/Send", "UserAgent/Message/SystemInsert",
		"UserAgent/CreateSubscriptionCheckout", "UserAgent/RenewSubscription", "UserAgent/UpgradeTier",
		"UserAgent/CreateExtraCreditCheckout", "Team/TransferCredit",
	}
	operations := wire.Operations()
	for _, path := range spends {
		require.Equal(t, wire.NonIdempotent, operations[path].Effect, path)
	}
	for path, op := range operations {
		looks := slices.ContainsFunc([]string{"List", "Detail", "History", "Sessions", "Status", "Logs", "LogsFile", "Preview", "MyAgents"}, func(end string) bool {
			return strings.HasSuffix(path, end)
		})
		if looks {
			require.Equal(t, wire.Safe, op.Effect, path)
		}
		require.Positive(t, op.Timeout, path)
	}
}

// An error must not show how an answer starts that may carry secrets.
func TestAnswersWithCredentialsArePrivate(t *testing.T) {
	t.Parallel()
	operations := wire.Operations()
	for _, path := range []string{
		"UserAgent/Detail", "UserAgent/Deploy", "UserAgent/Update", "UserAgent/Cover", "UserAgent/MyAgents",
		"UserAgent/PinnedAgents", "UserAgent/CredentialUpsert", "UserAgent/CredentialFieldHistory", "UserAgentOAuth/TokenRefresh",
	} {
		require.True(t, operations[path].Secret, path)
	}
}
