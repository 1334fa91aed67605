package realtime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A model may send for ever, whatever it was asked.
func TestASessionThatWasAskedToEndHasNotForEver(t *testing.T) {
	t.Parallel()
	r := &talk{Talk: Talk{AnswerTimeout: time.Minute}, finished: true, heardAll: true}
	for ago, over := range map[time.Duration]bool{0: false, 110 * time.Second: false, 130 * time.Second: true} {
		r.last, r.finishedAt = time.Now(), time.Now().Add(-ago)
		wait, due := r.due(true)
		require.True(t, due)
		require.Equal(t, over, wait <= 0, ago)
	}
}

func TestTheLimitOfCostHoldsInASessionThatWasAskedToEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		talk *talk
		now  bool
	}{
		"another turn":          {&talk{pending: true}, true},
		"nothing to answer":     {&talk{}, false},
		"the task was canceled": {&talk{pending: true, canceled: true}, false},
	} {
		r := test.talk
		r.AnswerTimeout, r.finished, r.overCost, r.last, r.finishedAt = time.Minute, true, true, time.Now(), time.Now()
		wait, due := r.due(true)
		require.True(t, due)
		require.Equal(t, test.now, wait <= 0, name)
	}
}
