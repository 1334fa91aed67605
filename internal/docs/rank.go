package docs

import (
	"cmp"
	"math"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// negligible is the share of the highest score below which a section is of no use, not even to continue another.
const negligible = 0.15

// hit is a section that a query found.
type hit struct {
	section  int
	score    float64 // from 0 to 1
	question int32   // the section's question that is most like the query, -1 if none is
	likeness float64 // of that question, from 0 to 1
}

// leaders are the highest of some scores, best first.
type leaders [6]float64

func (l *leaders) add(score float64) {
	if score <= l[len(l)-1] {
		return
	}
	for i := range l {
		if score > l[i] {
			l[i], score = score, l[i]
		}
	}
}

// mean is the weighted mean of the leaders: each weighs ratio times as much as the one before.
func (l *leaders) mean(ratio float64) float64 {
	sum, weights, weight := 0.0, 0.0, 1.0
	for _, score := range l {
		sum += weight * score
		weights += weight
		weight *= ratio
	}
	return sum / weights
}

// scratch is what a query has in common with each question: in all, and of the concept at hand. It is zero
// between two queries.
type scratch struct{ common, shared []float64 }

// rank scores the sections that have any of the concepts, or that mean about the same, and returns them best first.
//
// A section's score has four parts: how much its words have in common with the query, how much its questions are
// like the query by their words and by their meaning, and how well the best sections of its page do, because what a
// page is about shows in several.
func (x *index) rank(meaning vectors.Vector, concepts []concept) []hit {
	total := 0.0
	for _, c := range concepts {
		total += c.weight
	}
	if total == 0 {
		return nil
	}
	words := make([]float64, len(x.sections))
	covered := make([]float64, len(x.sections))
	best := make([]float64, len(x.sections)) // of the current concept
	scratch := x.scratch.Get().(*scratch)    //nolint:forcetypeassert // it makes nothing else
	defer x.scratch.Put(scratch)
	common, shared := scratch.common, scratch.shared
	var touched []int32 // questions that share the current concept
	for _, c := range concepts {
		clear(best)
		touched = touched[:0]
		for _, a := range c.alternatives {
			t := &x.terms[a.term]
			for _, p := range t.sections {
				best[p.section] = max(best[p.section], a.fit*float64(p.impact))
			}
			for _, q := range t.questions {
				if shared[q] == 0 {
					touched = append(touched, q)
				}
				shared[q] = max(shared[q], a.fit*t.idf)
			}
		}
		for i, b := range best {
			words[i] += c.weight * b
			covered[i] += c.weight * min(1, b*2)
		}
		for _, q := range touched {
			common[q] += min(c.weight, shared[q])
			shared[q] = 0
		}
	}
	asked := make([]hit, len(x.sections))
	for i := range asked {
		asked[i].question = -1
	}
	likest := make([]leaders, len(x.sections)) // likeness of each section's questions
	for q, weight := range common {
		if weight == 0 {
			continue
		}
		common[q] = 0
		section := x.questions[q].section
		likeness := 2 * weight / (total + x.questions[q].weight)
		if h := &asked[section]; likeness > h.likeness {
			h.question, h.likeness = number(q), likeness
		}
		likest[section].add(likeness)
	}
	hits := make([]hit, 0, len(x.sections))
	ofPage := make([]leaders, len(x.pages)) // scores of each page's sections
	meant := x.meant(meaning)
	for i, words := range words {
		if words == 0 && meant[i] == 0 {
			continue
		}
		h := asked[i]
		h.section = i
		h.score = (math.Pow(words/total*covered[i]/total, x.weights.Evenness) + x.weights.Question*likest[i].mean(x.weights.Runner) + x.weights.Meaning*meant[i]) / (1 + x.weights.Question + x.weights.Meaning)
		ofPage[x.sections[i].page].add(h.score)
		hits = append(hits, h)
	}
	highest := 0.0
	for i := range hits {
		h := &hits[i]
		h.score = (h.score + x.weights.Page*ofPage[x.sections[h.section].page].mean(x.weights.Runner)) / (1 + x.weights.Page)
		highest = max(highest, h.score)
	}
	hits = slices.DeleteFunc(hits, func(h hit) bool { return h.score < negligible*highest })
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.section, b.section))
	})
	return hits
}

// promote puts the opening of a page first if the query is exactly the page's title or slug.
func (x *index) promote(query string, hits []hit) {
	page, ok := x.named[nameKey(query)]
	if !ok {
		return
	}
	i := slices.IndexFunc(hits, func(h hit) bool { return x.sections[h.section] == entry{page, 0} })
	if i > 0 {
		first := hits[i]
		first.score = hits[0].score
		copy(hits[1:i+1], hits[:i])
		hits[0] = first
	}
}

// share returns how much of the concepts a section has at all, from 0 to 1.
func (x *index) share(h hit, concepts []concept) float64 {
	total, has := 0.0, 0.0
	for _, c := range concepts {
		fit := 0.0
		for _, a := range c.alternatives {
			if slices.ContainsFunc(x.terms[a.term].sections, func(p posting) bool { return int(p.section) == h.section }) {
				fit = max(fit, a.fit)
			}
		}
		total += c.weight
		has += c.weight * fit
	}
	return has / total
}

// choose picks the results of a ranking: at most limit sections, at most two of a page, and none that scores
// much less than the first. A page's second section comes only before others that are clearly worse.
func (x *index) choose(hits []hit, limit int) []hit {
	ofPage := map[int]int{}
	var chosen []hit
	for _, h := range hits {
		page := x.sections[h.section].page
		ofPage[page]++
		if ofPage[page] == 2 {
			h.score *= x.weights.Second
		}
		if ofPage[page] <= 2 && h.score >= x.weights.Weak*hits[0].score {
			chosen = append(chosen, h)
		}
	}
	slices.SortStableFunc(chosen, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	return chosen[:min(limit, len(chosen))]
}
