package main

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAProcessEndsAfterItsParent(t *testing.T) {
	t.Parallel()
	var id atomic.Int64
	id.Store(4711)
	ctx, stop := withParent(t.Context(), func() int { return int(id.Load()) }, time.Millisecond)
	defer stop()
	require.NoError(t, ctx.Err())
	id.Store(1)
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("it lives on")
	}
	require.LessOrEqual(t, parentInterval, 10*time.Second)
}

func TestAnOrphanLivesOn(t *testing.T) {
	t.Parallel()
	looked := make(chan struct{}, 1)
	ctx, stop := withParent(t.Context(), func() int {
		select {
		case looked <- struct{}{}:
		default:
		}
		return 1
	}, time.Millisecond)
	for range 3 {
		<-looked
	}
	require.NoError(t, ctx.Err())
	stop()
	require.Error(t, ctx.Err())
}
