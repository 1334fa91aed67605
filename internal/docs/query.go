package docs

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxWords        = 40  // words of a query that count
	maxAlternatives = 12  // words that may stand for one
	maxGap          = 4   // a verb's particle follows at most this many words later
	partsShare      = 0.3 // weight of each part of an identifier whose whole is known
)

// A concept is one thing that a query asks for: a word, with the terms that may stand for it.
type concept struct {
	weight       float64
	alternatives []alternative
}

// alternative is a term that may stand for a concept, and how well it does: 1 is the word itself.
type alternative struct {
	term int32
	fit  float64
}

// concepts reads a query. A word that no page has is a concept without alternatives: it lowers the score of all
// sections. Words are read as phrases only if they are in English order.
func (x *index) concepts(query string, inOrder bool) []concept {
	var words []word
	eachWord(query, func(w word) {
		if len(words) < maxWords {
			words = append(words, w)
		}
	})
	var cs []concept
	seen, unknown := map[int32]bool{}, map[string]bool{}
	add := func(share float64, w string, as []alternative) {
		if len(as) == 0 {
			if unknown[w] {
				return
			}
			unknown[w] = true
		} else {
			if seen[as[0].term] {
				return
			}
			seen[as[0].term] = true
		}
		cs = append(cs, x.concept(share, as))
	}
	for i, w := range words {
		if w.parts != nil {
			share := 1.0
			if as := x.identifier(w.whole); len(as) > 0 {
				add(1, w.whole, as)
				share = partsShare
			}
			for _, p := range w.parts {
				if !isStopWord(p) {
					add(share, p, x.alternatives(p))
				}
			}
			continue
		}
		for n := 2; n <= 3 && i+n <= len(words) && inOrder; n++ {
			if as := x.phrase(words[i : i+n]); len(as) > 0 {
				add(x.weights.Phrase, "", as)
			}
		}
		eachParticle(words[i:], func(particle string) {
			if as := x.related(w.whole, particle); len(as) > 0 {
				add(1, "", as)
			}
		})
		if w.whole != "" && !isStopWord(w.whole) {
			add(1, w.whole, x.alternatives(w.whole))
		}
	}
	return cs
}

// concept weighs alternatives by the heaviest one.
func (x *index) concept(share float64, as []alternative) concept {
	c := concept{alternatives: as}
	for _, a := range as {
		c.weight = max(c.weight, share*a.fit*x.terms[a.term].idf)
	}
	if len(as) == 0 {
		c.weight = share * x.unknown
	}
	return c
}

// lookup returns the term of a word.
func (x *index) lookup(w string) (t int32, ok bool) {
	if t, ok = x.forms[w]; !ok {
		t, ok = x.ids[x.stem(w)]
	}
	return t, ok
}

// identifier returns the terms that may stand for a whole identifier: itself, or terms with a similar spelling.
func (x *index) identifier(whole string) []alternative {
	if whole == "" {
		return nil
	}
	if t, ok := x.lookup(whole); ok {
		return []alternative{{t, 1}}
	}
	return best(x.nearly(whole))
}

// phrase returns the terms that may stand for words in a row: the word that they make when joined, such as apikey
// for api key, or words that mean the same, such as restore for bring back.
func (x *index) phrase(words []word) []alternative {
	wholes := make([]string, len(words))
	for i, w := range words {
		if w.parts != nil {
			return nil
		}
		wholes[i] = w.whole
	}
	var as []alternative
	if t, ok := x.forms[strings.Join(wholes, "")]; ok {
		as = append(as, alternative{t, 1})
	}
	return append(as, x.related(wholes...)...)
}

// alternatives returns the terms that may stand for a word: itself and words that mean about the same. If no page has
// the word, terms with a similar spelling are added.
func (x *index) alternatives(w string) []alternative {
	same := append(x.related(w), x.neighbors(w)...)
	if t, ok := x.lookup(w); ok {
		return append([]alternative{{t, 1}}, same...)
	}
	return best(append(same, x.nearly(w)...))
}

// eachParticle yields the particles that may belong to the first of some words, a verb: off in "switch the old
// agent off".
func eachParticle(words []word, yield func(particle string)) {
	for _, w := range words[min(len(words), 2):min(len(words), maxGap+1)] {
		switch w.whole {
		case "off", "on", "up", "down", "out", "over", "away", "back", "apart", "together":
			yield(w.whole)
		}
	}
}

// related returns the words that mean about the same as a word or a phrase.
func (x *index) related(words ...string) []alternative {
	if x.weights.Related == 0 {
		return nil
	}
	var as []alternative
	for _, other := range synonyms()[phraseKey(words...)] {
		if t, ok := x.lookup(other); ok {
			as = append(as, alternative{t, x.weights.Related})
		}
	}
	return as
}

// best returns the alternatives that fit best.
func best(as []alternative) []alternative {
	slices.SortFunc(as, func(a, b alternative) int {
		return cmp.Or(cmp.Compare(b.fit, a.fit), cmp.Compare(a.term, b.term))
	})
	return as[:min(len(as), maxAlternatives)]
}
