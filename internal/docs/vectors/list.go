package vectors

import "math/bits"

// maxSigns is how many components of two vectors may have different signs if the vectors are to be near. Of vectors
// that have nothing in common one in six has no more.
const maxSigns = 20

// A List is vectors, normalized, of which those near another are wanted.
type List struct {
	vectors []Vector
	signs   []uint64 // which components are negative, one bit each
}

// NewList returns an empty list with room for n vectors.
func NewList(n int) List {
	return List{make([]Vector, 0, n), make([]uint64, 0, n)}
}

// Add adds a vector.
func (l *List) Add(v Vector) {
	l.vectors = append(l.vectors, v)
	l.signs = append(l.signs, v.signs())
}

// Near yields the numbers of the vectors that are near v, and how near: up to 1. It compares the signs first, which
// rules out most vectors cheaply, and now and then one that is a little near.
func (l *List) Near(v *Vector, yield func(i int, near float64)) {
	if *v == (Vector{}) {
		return
	}
	signs := v.signs()
	for i, s := range l.signs {
		if bits.OnesCount64(s^signs) <= maxSigns {
			if near := v.Dot(&l.vectors[i]); near > 0 {
				yield(i, float64(near))
			}
		}
	}
}

func (v *Vector) signs() (signs uint64) {
	for i, x := range v {
		if x < 0 {
			signs |= 1 << i
		}
	}
	return signs
}
