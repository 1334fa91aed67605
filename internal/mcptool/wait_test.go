package mcptool

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWaitLastsAsLongAsItsClientListens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		client string
		set    time.Duration
		asked  *float64
		want   time.Duration
	}{
		{"", 0, nil, 45 * time.Second},
		{"", 0, new(0.0), 0},
		{"somebody's client", 0, nil, 45 * time.Second},
		{"Cursor", 0, new(30.0), 30 * time.Second},
		{"Cursor", 0, new(9999.0), longestWait},
		{"Cursor", 0, nil, 2 * time.Minute},
		{"Claude-User/1.0", 0, nil, 45 * time.Second},
		{"claude-ai", 0, new(300.0), 45 * time.Second},
		{"claude-ai", 0, new(5.0), 5 * time.Second},
		{"claude-code/2.1.3", 0, nil, 4 * time.Minute},
		{"claude-code/2.1.3", 30 * time.Second, nil, 30 * time.Second},
		{"claude-ai", 2 * time.Minute, nil, 45 * time.Second},
		{InProcess, 0, nil, longestWait},
	} {
		s := New(Options{WaitTimeout: test.set})
		call := Call{server: s, Client: Client{ClientInfo: ClientInfo{Name: test.client}}}
		require.Equal(t, test.want, call.waitTimeout(test.asked), test.client)
	}
}

func TestAWaitEndsWithTheServer(t *testing.T) {
	t.Parallel()
	draining, drain := context.WithCancel(t.Context())
	call := Call{server: New(Options{Drain: draining})}
	err := call.Wait(t.Context(), new(60.0), func(ctx context.Context) error {
		drain()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, ErrRestarting)
	require.True(t, WaitEnded(err))
	require.NoError(t, call.Wait(t.Context(), new(60.0), func(context.Context) error { return nil }))
}
