package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheHeapOfAServerGrowsAsItAllocates(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, c := range []struct{ size, perSecond, growth uint64 }{
		{0, 0, 12 * mb}, {10 * mb, 0, 12 * mb}, {80 * mb, mb, 12 * mb}, // what holds much and does little
		{10 * mb, 15 * mb, 30 * mb}, {10 * mb, 1000 * mb, 48 * mb}, // what holds little
		{80 * mb, 25 * mb, 50 * mb}, {80 * mb, 1000 * mb, 80 * mb}, // what holds much: as without it
	} {
		require.InDelta(t, float64(c.growth), float64(max(c.size, minHeap))*float64(gogc(c.size, c.perSecond))/100, float64(c.size)/100, "%+v", c)
	}
}
