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

// neighbors finds terms by their meaning.
type neighbors struct {
	terms   []int32
	vectors []vectors.Vector
	signs   []uint64 // of the vectors' components, to rule out most terms cheaply
}

// add adds a term by the word that it first is on the pages.
func (n *neighbors) add(t int32, w string) {
	r, ok := vectors.Lookup(w)
	if !ok {
		return
	}
	v := r.Vector()
	n.terms = append(n.terms, t)
	n.vectors = append(n.vectors, v)
	n.signs = append(n.signs, v.Signs())
}

// neighbors returns the terms that mean nearly the same as a word, by what all words of the table mean.
func (x *index) neighbors(w string) []alternative {
	r, ok := vectors.Lookup(w)
	if !ok || x.weights.Neighbor == 0 {
		return nil
	}
	v := r.Vector()
	signs := v.Signs()
	var as []alternative
	for i, s := range x.near.signs {
		if bits.OnesCount64(s^signs) > maxSigns {
			continue
		}
		if near := float64(v.Dot(&x.near.vectors[i])); near >= minNeighbor {
			as = append(as, alternative{x.near.terms[i], x.weights.Neighbor * near})
		}
	}
	slices.SortFunc(as, func(a, b alternative) int {
		return cmp.Or(cmp.Compare(b.fit, a.fit), cmp.Compare(a.term, b.term))
	})
	return as[:min(maxNeighbors, len(as))]
}
