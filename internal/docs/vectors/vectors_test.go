package vectors

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWordsThatMeanTheSameAreNear(t *testing.T) {
	t.Parallel()
	near := func(a, b string) float64 {
		require.NotEqual(t, None, Find(a), a)
		require.NotEqual(t, None, Find(b), b)
		v, o := Find(a).Vector(), Find(b).Vector()
		return float64(v.Dot(&o))
	}
	require.Greater(t, near("bill", "invoice"), near("bill", "video"))
	require.Greater(t, near("photo", "picture"), near("photo", "token"))
	require.Greater(t, near("delete", "remove"), near("delete", "price"))
	require.InDelta(t, 1, near("agent", "agent"), 1e-5)
}

func TestAWordThatTheTableDoesNotHaveMeansNothing(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"", "\n", "qwertyuiop1", "Agent", "zzzzzzzz"} {
		require.Equal(t, None, Find(w), w)
		require.Equal(t, Vector{}, Find(w).Vector())
	}
	l := NewList(1)
	l.Add(Find("agent").Vector())
	v := Vector{}
	l.Near(v, func(int, float64) { t.Error("nothing is near nothing") })
}

func TestAListFindsWhatIsNear(t *testing.T) {
	t.Parallel()
	l := NewList(3)
	for _, w := range []string{"invoice", "giraffe", "payment"} {
		l.Add(Find(w).Vector())
	}
	v := Find("invoice").Vector()
	found := map[int]float64{}
	l.Near(v, func(i int, near float64) { found[i] = near })
	require.InDelta(t, 1, found[0], 0.01)
	require.Greater(t, found[2], found[1])
}

func TestATableReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	var a, b Vector
	for i := range a {
		a[i], b[i] = float32(i)/10-2, -float32(i*i)
	}
	written := open(string(Encode([]string{"ant", "bee", "cat"}, []Vector{a, b, {}})))
	require.Equal(t, []string{"ant", "bee", "cat"}, written.words)
	for row, want := range []Vector{a, b, {}} {
		var got Vector
		written.add(&got, Row(row))
		largest := 0.0
		for _, x := range want {
			largest = max(largest, math.Abs(float64(x)))
		}
		for i := range want {
			require.InDelta(t, want[i], got[i], largest/250)
		}
	}
}
