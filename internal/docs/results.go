package docs

import (
	"math"
	"slices"
	"unicode/utf8"
)

const (
	maxText      = 6000 // characters of all results together
	firstPassage = 1200 // characters of the best result's text
	otherPassage = 500  // characters of the others'
	leastPassage = 120  // characters for which a result is worth its place
	leastMore    = 200  // characters of room from which a passage goes on
)

// results gives the chosen hits of a ranking their passages, within the bounds of all together.
func (x *index) results(chosen, ranking []hit, concepts []concept) []Match {
	ms := make([]Match, 0, len(chosen))
	left := maxText
	for i, h := range chosen {
		p, s := x.at(h)
		m := Match{Page: p.Title, Section: s.PathText(), URL: p.link(s), Score: math.Round(h.score*1000) / 1000}
		size := utf8.RuneCountInString(m.Page) + utf8.RuneCountInString(m.Section) + utf8.RuneCountInString(m.URL)
		if left-size < (i+1)*leastPassage { // many results of long names
			break
		}
		left -= size
		ms = append(ms, m)
	}
	chosen = chosen[:len(ms)]
	w := passages{index: x, finder: x.finder(concepts), ranking: ranking, used: map[int]bool{}}
	for _, h := range chosen {
		w.used[h.section] = true
	}
	wanted := firstPassage + otherPassage*(len(chosen)-1)
	for i, h := range chosen {
		want := otherPassage
		if i == 0 {
			want = firstPassage
		}
		share := left * want / wanted
		limit := min(want, share)
		ms[i].Text = w.write(h, limit, min(limit*5/4, share))
		wanted -= want
		left -= utf8.RuneCountInString(ms[i].Text)
	}
	return ms
}

// passages writes the passages of one search's results.
type passages struct {
	index   *index
	finder  *finder
	ranking []hit
	used    map[int]bool // sections that some passage has
}

// write returns the passage of a hit: of about limit characters, of no more than most. Where the section is
// shorter, the passage goes on with the page's next best section that is at least half as good.
func (w *passages) write(h hit, limit, most int) string {
	e := w.index.sections[h.section]
	text := w.finder.passage(w.index.pages[e.page].text(e.section), limit, most)
	for {
		room := limit - utf8.RuneCountInString(text)
		if room < leastMore {
			return text
		}
		at := slices.IndexFunc(w.ranking, func(o hit) bool {
			return !w.used[o.section] && w.index.sections[o.section].page == e.page && o.score >= h.score/2
		})
		if at < 0 {
			return text
		}
		w.used[w.ranking[at].section] = true
		_, s := w.index.at(w.ranking[at])
		head := "\n\n" + joinLines(s.head) + "\n\n"
		room -= utf8.RuneCountInString(head)
		if len(s.head) == 0 || len(s.body) == 0 || room < leastPassage {
			continue
		}
		if more := w.finder.passage(s.body, room, room); more != cut {
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
