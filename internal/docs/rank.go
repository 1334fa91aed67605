package docs

import (
	"cmp"
	"math"
	"slices"
)

var X = [12]float64{0.5,0,5,-0.2,-0.3}

// hit is a section that a query found.
type hit struct {
	section  int
	score    float64 // from 0 to 1
	question int32   // the section's question that is most like the query, -1 if none is
	likeness float64 // of that question, from 0 to 1
}

// rank scores the sections that have any of the concepts and returns them best first.
func (x *index) rank(concepts []concept) []hit {
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
	common := make([]float64, len(x.questions))
	shared := make([]float64, len(x.questions)) // with the current concept
	for _, c := range concepts {
		clear(best)
		clear(shared)
		for _, a := range c.alternatives {
			t := &x.terms[a.term]
			for _, p := range t.sections {
				best[p.section] = max(best[p.section], a.fit*float64(p.impact))
			}
			for _, q := range t.questions {
				shared[q] = max(shared[q], a.fit*t.idf)
			}
		}
		for i, b := range best {
			words[i] += c.weight * b
			covered[i] += c.weight * min(1, b*2)
		}
		for q, s := range shared {
			common[q] += min(c.weight, s)
		}
	}
	asked := make([]hit, len(x.sections))
	for i := range asked {
		asked[i].question = -1
	}
	tops := make([][6]float64, len(x.sections))
	for q, common := range common {
		if common == 0 {
			continue
		}
		section := x.questions[q].section
		qw := x.questions[q].weight
		var l float64
		if X[1] == 0 {
			l = 2 * common / (total + qw)
		} else {
			l = common / (math.Pow(total, X[1]) * math.Pow(qw, 1-X[1]))
		}
		h := &asked[section]
		if l > h.likeness {
			h.question, h.likeness = number(q), l
		}
		ts := &tops[section]
		for i := range ts {
			if l > ts[i] {
				ts[i], l = l, ts[i]
			}
		}
	}
	var hits []hit
	for i, words := range words {
		if words == 0 {
			continue
		}
		h := asked[i]
		h.section = i
		questions, f, fs := 0.0, 1.0, 0.0
		for k := range min(6, 1+int(X[2])) {
			questions += f * tops[i][k]
			fs += f
			f *= x.weights.Runner
		}
		questions /= fs
		h.score = (math.Pow(words/total, 1+X[3])*math.Pow(covered[i]/total, 1+X[4]) + x.weights.Question*questions) / (1 + x.weights.Question)
		hits = append(hits, h)
	}
	if X[0] > 0 {
		type pg struct{ a, b, c float64 }
		best := make([]pg, len(x.pages))
		for _, h := range hits {
			b := &best[x.sections[h.section].page]
			v := h.score
			if v > b.a {
				b.a, v = v, b.a
			}
			if v > b.b {
				b.b, v = v, b.b
			}
			if v > b.c {
				b.c, v = v, b.c
			}
		}
		for i := range hits {
			b := best[x.sections[hits[i].section].page]
			hits[i].score = (hits[i].score + X[0]*(b.a+b.b+b.c)/3) / (1 + X[0])
		}
	}
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
