package docs

import (
	"cmp"
	"slices"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

const (
	maxNeighbors = 5   // terms by their meaning that may stand for a word
	minNeighbor  = 0.5 // least likeness of a word and such a term
)

// neighbors are the terms that mean something, each what the word means that it first is on the pages.
type neighbors struct {
	terms    []int32
	meanings vectors.List
	known    sync.Map // []alternative, by the Row of a word: to find them takes as long as the rest of a query
}

func (x *index) listNeighbors() {
	x.near = &neighbors{meanings: vectors.NewList(len(x.terms))}
	for i := range x.terms {
		if r := x.terms[i].row; r != vectors.None {
			x.near.terms = append(x.near.terms, number(i))
			x.near.meanings.Add(r.Vector())
		}
	}
}

// neighbors returns the terms that mean nearly the same as a word, which no page needs to have.
func (x *index) neighbors(w string) []alternative {
	row := vectors.Find(w)
	if x.weights.Neighbor == 0 || row == vectors.None {
		return nil
	}
	if known, ok := x.near.known.Load(row); ok {
		return known.([]alternative) //nolint:forcetypeassert // nothing else is stored
	}
	var as []alternative
	x.near.meanings.Near(row.Vector(), func(i int, near float64) {
		if near >= minNeighbor {
			as = append(as, alternative{x.near.terms[i], x.weights.Neighbor * near})
		}
	})
	slices.SortFunc(as, func(a, b alternative) int {
		return cmp.Or(cmp.Compare(b.fit, a.fit), cmp.Compare(a.term, b.term))
	})
	as = slices.Clip(as[:min(maxNeighbors, len(as))])
	x.near.known.Store(row, as)
	return as
}
