package docs

import (
	"cmp"
	"slices"
	"strings"
)

// merge returns the pages inside, replaced and extended by those from outside, in the order of slugs.
func merge(inside, outside []*Page) []*Page {
	merged := slices.Clone(inside)
	taken := map[string]bool{} // slugs of pages from outside
	for _, p := range outside {
		n := *p
		n.Slug = uniqueAnchor(p.Slug, taken)
		i := slices.IndexFunc(inside, func(old *Page) bool { return old.Slug == n.Slug })
		if i < 0 {
			i = slices.IndexFunc(inside, func(old *Page) bool { return strings.EqualFold(old.Title, n.Title) })
		}
		if i < 0 || merged[i] != inside[i] {
			merged = append(merged, &n)
			continue
		}
		merged[i] = inherit(n, inside[i])
	}
	slices.SortStableFunc(merged, func(a, b *Page) int { return strings.Compare(a.Slug, b.Slug) })
	return merged
}

// inherit returns a page from outside with what only the page it replaces has: its place in the table of
// contents and the questions of its sections, each given to the section that has most words in common.
func inherit(n Page, old *Page) *Page {
	n.Section, n.Summary, n.URL = cmp.Or(n.Section, old.Section), cmp.Or(n.Summary, old.Summary), cmp.Or(n.URL, old.URL)
	for _, s := range n.Sections {
		if len(s.Questions) > 0 {
			return &n // it brings its own
		}
	}
	n.Sections = slices.Clone(n.Sections)
	words := make([]map[string]bool, len(n.Sections))
	common := map[string]int{} // how many sections have a word
	for i := range n.Sections {
		words[i] = sectionWords(&n.Sections[i])
		for w := range words[i] {
			common[w]++
		}
	}
	for i := range old.Sections {
		s := &old.Sections[i]
		if len(s.Questions) == 0 {
			continue
		}
		best, at := -1.0, 0
		for j := range n.Sections {
			score := 0.0
			if nameKey(n.Sections[j].Heading) == nameKey(s.Heading) {
				score = 1e6
			}
			for w := range sectionWords(s) {
				if words[j][w] {
					score += 1 / float64(common[w])
				}
			}
			score /= float64(20 + len(words[j]))
			if score > best {
				best, at = score, j
			}
		}
		n.Sections[at].Questions = append(slices.Clip(n.Sections[at].Questions), s.Questions...)
	}
	return &n
}

// sectionWords returns the words of a section's heading and text.
func sectionWords(s *Section) map[string]bool {
	words := map[string]bool{}
	note := func(w word) {
		if w.whole != "" && !isStopWord(w.whole) {
			words[stem(w.whole)] = true
		}
	}
	eachWord(s.Heading, note)
	for _, l := range s.body {
		eachWord(l.text, note)
	}
	return words
}
