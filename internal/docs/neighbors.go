package docs

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

const (
	maxNeighbors = 5   // terms by their meaning that may stand for a word
	minNeighbor  = 0.5 // least likeness of a word and such a term
	maxSigns     = 20  // components that may have another sign: of random vectors one in six has no more than that
)

// neighbor is a term with what it means.
type neighbor struct {
	term   int32
	vector vectors.Vector
	signs  uint64 // of the vector, to rule out most terms cheaply
}

// listNeighbors lists the terms that mean something: what the word means that a term first is on the pages.
func (x *index) listNeighbors() {
	x.near = make([]neighbor, 0, len(x.terms))
	for i := range x.terms {
		if r := x.terms[i].row; r != vectors.None {
			v := r.Vector()
			x.near = append(x.near, neighbor{number(i), v, v.Signs()})
		}
	}
}

// neighbors returns the terms that mean nearly the same as a word, by what all words of the table mean.
func (x *index) neighbors(w string) []alternative {
	r := vectors.Find(w)
	if r == vectors.None || x.weights.Neighbor == 0 {
		return nil
	}
	v := r.Vector()
	signs := v.Signs()
	var as []alternative
	for i := range x.near {
		n := &x.near[i]
		if bits.OnesCount64(n.signs^signs) > maxSigns {
			continue
		}
		if near := float64(v.Dot(&n.vector)); near >= minNeighbor {
			as = append(as, alternative{n.term, x.weights.Neighbor * near})
		}
	}
	slices.SortFunc(as, func(a, b alternative) int {
		return cmp.Or(cmp.Compare(b.fit, a.fit), cmp.Compare(a.term, b.term))
	})
	return as[:min(maxNeighbors, len(as))]
}
