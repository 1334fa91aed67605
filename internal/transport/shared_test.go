package transport

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// limiter answers as a test tells it, and remembers the keys.
type limiter struct {
	retry time.Duration
	err   error
	keys  []string

	during func() // a call; may be nil
}

func (l *limiter) Allow(_ context.Context, key string, _ int) (time.Duration, error) {
	l.keys = append(l.keys, key)
	if l.during != nil {
		l.during()
	}
	return l.retry, l.err
}

func TestReplicasCountTheRequestsOfAKeyTogether(t *testing.T) {
	t.Parallel()
	one, two := wiro.Credentials{Key: "one"}, wiro.Credentials{Key: "two"}
	l := &limiter{retry: 3 * time.Second}
	a, b := &sharedRate{limiter: l}, &sharedRate{limiter: l}
	require.Equal(t, 3*time.Second, a.take(t.Context(), one, 1))
	b.take(t.Context(), one, 1)
	b.take(t.Context(), two, 1)
	require.Equal(t, l.keys[0], l.keys[1], "the same key on every replica")
	require.NotEqual(t, l.keys[0], l.keys[2])
	require.NotContains(t, l.keys, "one")

	l.retry, l.err = 0, store.ErrUnavailable
	for range 3 {
		require.Zero(t, a.take(t.Context(), one, 1), "a store that is down refuses nobody")
	}
	require.Len(t, l.keys, 4, "and is left alone for a while")
	a.down.Store(1) // a while later
	asked := make(chan struct{})
	l.during = func() {
		l.during = nil
		require.Zero(t, a.take(t.Context(), one, 1), "the others do not wait")
		close(asked)
	}
	a.take(t.Context(), one, 1)
	<-asked
	require.Len(t, l.keys, 5, "one asks")
	a.down.Store(1)
	l.err = nil
	a.take(t.Context(), one, 1)
	a.take(t.Context(), one, 1)
	require.Len(t, l.keys, 7, "a store that answers again counts")

	memory, err := store.Open("memory", store.Options{})
	require.NoError(t, err)
	require.Nil(t, newSharedRate(memory, HTTPOptions{}))
	require.Zero(t, newSharedRate(nil, HTTPOptions{}).take(t.Context(), one, 1))
}

func TestACancelSaysWhetherTheUserWantsIt(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]struct {
		id     string
		byUser bool
	}{
		`{"requestId":7}`: {"7", true},
		`{"requestId":"7","reason":"User requested"}`:        {`"7"`, true},
		`{"requestId":7,"reason":"Request timed out"}`:       {"7", false},
		`{"requestId":7,"reason":"Timeout of 60 s reached"}`: {"7", false},
		`{"requestId":7,"reason":{"odd":true}}`:              {"7", true},
		`{}`:                                                 {"", false},
		`broken`:                                             {"", false},
	} {
		id, byUser := message{Params: []byte(params)}.cancels()
		require.Equal(t, want.id, string(id), params)
		require.Equal(t, want.byUser, byUser, params)
	}
}
