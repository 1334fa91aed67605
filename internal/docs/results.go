package docs

import (
	"math"
	"slices"
	"unicode/utf8"
)

const (
	maxText         = 6000 // characters of all results together
	firstSnippet    = 1200 // characters of the best result's text
	otherSnippet    = 500  // characters of the others'
	fewerSnippet    = 800  // characters of the others' in a search for at most three
	minSnippet      = 120  // a result with less room than this is left out
	minContinuation = 200  // a snippet with less room left than this is not continued
)

// results returns the chosen hits of a ranking with their snippets, within the limits on all of them together.
func (x *index) results(chosen, ranking []hit, concepts []concept, limit int) []Match {
	ms := make([]Match, 0, len(chosen))
	left := maxText
	for i, h := range chosen {
		p, s := x.at(h)
		m := Match{
			Page: p.Title, Section: s.PathText(), URL: p.link(s), HasURL: p.URL != "",
			Score: math.Round(h.score*1000) / 1000,
		}
		size := utf8.RuneCountInString(m.Page) + utf8.RuneCountInString(m.Section) + utf8.RuneCountInString(m.URL)
		if left-size < (i+1)*minSnippet { // many results with long names
			break
		}
		left -= size
		ms = append(ms, m)
	}
	chosen = chosen[:len(ms)]
	w := snippets{index: x, finder: x.finder(concepts), ranking: ranking, used: map[int]bool{}}
	for _, h := range chosen {
		w.used[h.section] = true
	}
	other := otherSnippet
	if limit <= 3 {
		other = fewerSnippet
	}
	wanted := firstSnippet + other*(len(chosen)-1)
	for i, h := range chosen {
		want := other
		if i == 0 {
			want = firstSnippet
		}
		share := left * want / wanted
		length := min(want, share)
		ms[i].Text = w.write(h, length, min(length*5/4, share))
		wanted -= want
		left -= utf8.RuneCountInString(ms[i].Text)
	}
	return ms
}

// snippets writes the snippets of one search's results.
type snippets struct {
	index   *index
	finder  *finder
	ranking []hit
	used    map[int]bool // sections that some snippet has
}

// write returns the snippet of a hit: about limit characters, never more than most. If the section is shorter,
// the snippet continues with the page's next best section that scores at least a quarter as much.
func (w *snippets) write(h hit, limit, most int) string {
	e := w.index.sections[h.section]
	w.finder.ask(h)
	text := w.finder.snippet(w.index.pages[e.page].text(e.section), limit, most)
	for {
		room := limit - utf8.RuneCountInString(text)
		if room < minContinuation {
			return text
		}
		at := slices.IndexFunc(w.ranking, func(o hit) bool {
			return !w.used[o.section] && w.index.sections[o.section].page == e.page && o.score >= h.score/4
		})
		if at < 0 {
			return text
		}
		next := w.ranking[at]
		w.used[next.section] = true
		_, s := w.index.at(next)
		head := "\n\n" + joinLines(s.head) + "\n\n"
		room -= utf8.RuneCountInString(head)
		if len(s.head) == 0 || len(s.body) == 0 || room < minSnippet {
			continue
		}
		w.finder.ask(next)
		if more := w.finder.snippet(s.body, room, room); more != ellipsis {
			text += head + more
		}
	}
}

// at returns the page and the section of a hit.
func (x *index) at(h hit) (*Page, *Section) {
	e := x.sections[h.section]
	p := x.pages[e.page]
	return p, &p.Sections[e.section]
}
