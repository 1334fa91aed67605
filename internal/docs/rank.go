package docs

import (
	"cmp"
	"slices"
)

// hit is a section that a query found.
type hit struct {
	section int
	score   float64 // from 0 to 1
}

// rank scores the sections that have anything of the concepts and returns them best first.
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
	pages := make([]float64, len(x.pages))
	pageBest := make([]float64, len(x.pages))
	common := make([]float64, len(x.questions))
	said := make([]float64, len(x.questions))
	for _, c := range concepts {
		clear(best)
		clear(pageBest)
		clear(said)
		for _, a := range c.alternatives {
			t := &x.terms[a.term]
			for _, p := range t.sections {
				best[p.section] = max(best[p.section], a.fit*float64(p.impact))
			}
			for _, q := range t.questions {
				said[q] = max(said[q], a.fit*t.idf)
			}
		}
		for i, b := range best {
			if b > 0 {
				words[i] += c.weight * b
				covered[i] += c.weight * min(1, b*2)
				pi := x.sections[i].page
				pageBest[pi] = max(pageBest[pi], b)
			}
		}
		for i, b := range pageBest {
			pages[i] += c.weight * b
		}
		for q, s := range said {
			common[q] += min(c.weight, s)
		}
	}
	asked := make([]float64, len(x.sections))
	for q, common := range common {
		if common > 0 {
			s := x.questions[q].section
			asked[s] = max(asked[s], 2*common/(total+x.questions[q].weight))
		}
	}
	w := x.weights
	var hits []hit
	for i, words := range words {
		if words == 0 {
			continue
		}
		score := words/total*covered[i]/total + w.Question*asked[i] + w.Page*pages[x.sections[i].page]/total
		hits = append(hits, hit{i, score / (1 + w.Question + w.Page)})
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.section, b.section))
	})
	return hits
}

// promote puts the beginning of a page first that the query names, by no more than its title or its slug.
func (x *index) promote(query string, hits []hit) {
	page, ok := x.named[nameKey(query)]
	if !ok {
		return
	}
	i := slices.IndexFunc(hits, func(h hit) bool { return x.sections[h.section] == entry{page, 0} })
	if i > 0 {
		first := hit{hits[i].section, hits[0].score}
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

// choose picks the results of a ranking: at most limit sections, at most two of a page, and a page's second
// one only before others that are clearly worse.
func (x *index) choose(hits []hit, limit int) []hit {
	seen := map[int]int{}
	candidates := make([]hit, 0, 2*len(x.pages))
	for _, h := range hits {
		page := x.sections[h.section].page
		seen[page]++
		if seen[page] > 2 {
			continue
		}
		if seen[page] == 2 {
			h.score *= x.weights.Second
		}
		candidates = append(candidates, h)
	}
	slices.SortStableFunc(candidates, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	return candidates[:min(limit, len(candidates))]
}
