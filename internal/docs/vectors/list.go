package vectors

import (
	"math"
	"math/bits"
)

// maxSigns is how many components of two vectors may have different signs if the vectors are to be near. Of vectors
// that have nothing in common one in six has no more.
const maxSigns = 20

// A List is vectors, normalized, of which those near another are wanted.
type List struct {
	vectors []packed
	signs   []uint64 // which components are negative, one bit each
}

// NewList returns an empty list with room for n vectors.
func NewList(n int) List {
	return List{make([]packed, 0, n), make([]uint64, 0, n)}
}

// Add adds a vector.
func (l *List) Add(v Vector) {
	l.vectors = append(l.vectors, v.pack())
	l.signs = append(l.signs, v.signs())
}

// Near yields the numbers of the vectors that are near v, and how near: up to 1. It compares the signs first, which
// rules out most vectors cheaply, and now and then one that is a little near.
func (l *List) Near(v Vector, yield func(i int, near float64)) {
	if v == (Vector{}) {
		return
	}
	signs, p := v.signs(), v.pack()
	for i, s := range l.signs {
		if bits.OnesCount64(s^signs) <= maxSigns {
			if near := p.dot(&l.vectors[i]); near > 0 {
				yield(i, near)
			}
		}
	}
}

// packed is a normalized vector in a quarter of the memory.
type packed [Dims]int8

func (v *Vector) pack() (p packed) {
	for i, x := range v {
		p[i] = int8(math.Round(float64(x) * math.MaxInt8))
	}
	return p
}

func (p *packed) dot(o *packed) float64 {
	sum := int32(0)
	for i := range p {
		sum += int32(p[i]) * int32(o[i])
	}
	return float64(sum) / (math.MaxInt8 * math.MaxInt8)
}

func (v *Vector) signs() (signs uint64) {
	for i, x := range v {
		if x < 0 {
			signs |= 1 << i
		}
	}
	return signs
}
