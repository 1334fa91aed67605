package mcptool

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWaitLastsAsLongAsItsClientListens(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	for _, test := range []struct {
		client string
		asked  float64
		want   time.Duration
	}{
		{"", 0, defaultWait},
		{"Cursor", 30, 30 * time.Second},
		{"Cursor", 9999, longestWait},
		{"Claude-User/1.0", 0, 45 * time.Second},
		{"claude-ai", 300, 45 * time.Second},
		{"claude-ai", 5, 5 * time.Second},
	} {
		call := Call{server: s, Client: Client{ClientInfo: ClientInfo{Name: test.client}}}
		require.Equal(t, test.want, call.waitTimeout(test.asked), test.client)
	}
}

func TestAWaitEndsWithTheServer(t *testing.T) {
	t.Parallel()
	draining, drain := context.WithCancel(t.Context())
	call := Call{server: New(Options{Drain: draining})}
	err := call.Wait(t.Context(), 60, func(ctx context.Context) error {
		drain()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, ErrRestarting)
	require.True(t, WaitEnded(err))
	require.NoError(t, call.Wait(t.Context(), 60, func(context.Context) error { return nil }))
}
