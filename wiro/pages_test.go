package wiro_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// paging is a Wiro with a list of guids m-0, m-1, … and both ways to page through one.
func paging(t *testing.T, length int) *wiro.Client {
	t.Helper()
	return fake(t, func(w http.ResponseWriter, r *http.Request) {
		var query struct {
			Start, Limit int
			Before       string
		}
		_ = json.NewDecoder(r.Body).Decode(&query)
		if query.Before != "" {
			_, _ = fmt.Sscanf(query.Before, "m-%d", &query.Start)
			query.Start++
		}
		var items []string
		for i := query.Start; i < min(length, query.Start+query.Limit); i++ {
			items = append(items, fmt.Sprintf(`{"guid":"m-%d"}`, i))
		}
		list := strings.Join(items, ",")
		answer(w, 200, fmt.Sprintf(`{"result":true,"total":%d,"agents":[%[2]s],"useragents":[%[2]s],"transactions":[%[2]s],
			"data":{"messages":[%[2]s],"hasmore":%t}}`, length, list, query.Start+query.Limit < length))
	})
}

func TestAllIteratesOverEveryPage(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 1, 4, 5, 6, 12} {
		c := paging(t, length)
		seen := map[string][]string{}
		for agent, err := range c.Agents.All(t.Context(), wiro.AgentQuery{Limit: 5}) {
			require.NoError(t, err)
			seen["agents"] = append(seen["agents"], agent.GUID)
		}
		for agent, err := range c.MyAgents.All(t.Context(), wiro.MyAgentsQuery{Limit: 5}) {
			require.NoError(t, err)
			seen["deployed agents"] = append(seen["deployed agents"], agent.GUID)
		}
		for transaction, err := range c.Billing.AllTransactions(t.Context(), wiro.TransactionQuery{UserAgentGUID: "ua-1", Limit: 5}) {
			require.NoError(t, err)
			seen["transactions"] = append(seen["transactions"], transaction.GUID)
		}
		for message, err := range c.Messages.All(t.Context(), wiro.HistoryQuery{UserAgentGUID: "ua-1", Limit: 5}) {
			require.NoError(t, err)
			seen["messages"] = append(seen["messages"], message.GUID)
		}
		var want []string
		for i := range length {
			want = append(want, fmt.Sprintf("m-%d", i))
		}
		for _, kind := range []string{"agents", "deployed agents", "transactions", "messages"} {
			require.Equal(t, want, seen[kind], "%s of %d", kind, length)
		}
	}
}

func TestAllStopsWhereItsCallerDoes(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result":true,"agents":[{"guid":"a"},{"guid":"b"}],"data":{"messages":[{"guid":"a"}],"hasmore":true}}`)
	for _, err := range o.Agents.All(t.Context(), wiro.AgentQuery{Limit: 2}) {
		require.NoError(t, err)
		break
	}
	for _, err := range o.Messages.All(t.Context(), wiro.HistoryQuery{UserAgentGUID: "ua-1"}) {
		require.NoError(t, err)
		break
	}
	paths, _ := o.seen()
	require.Len(t, paths, 2)
}

func TestAllEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result":false,"errors":[{"code":0,"message":"User agent not found"}]}`)
	failures := 0
	for _, err := range o.MyAgents.All(t.Context(), wiro.MyAgentsQuery{}) {
		require.ErrorIs(t, err, wiro.ErrNotFound)
		failures++
	}
	for _, err := range o.Messages.All(t.Context(), wiro.HistoryQuery{}) {
		_, refused := errors.AsType[*wiro.InputError](err)
		require.True(t, refused)
		failures++
	}
	require.Equal(t, 2, failures)
}

// A history whose cursor does not move must not be read forever.
func TestAllEndsWhereTheHistoryDoesNotMove(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result":true,"data":{"messages":[{"guid":"a"}],"hasmore":true}}`)
	count := 0
	for _, err := range o.Messages.All(t.Context(), wiro.HistoryQuery{UserAgentGUID: "ua-1"}) {
		require.NoError(t, err)
		count++
	}
	require.Equal(t, 2, count)
}
