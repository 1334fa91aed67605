package docs

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	// sentenceOver is from how many bytes on a line of prose is cut into its sentences.
	sentenceOver = 240
	// leastSentence is how many bytes a piece of one has at least, as far as it is not the last.
	leastSentence = 40
	// again is what a word counts for that a passage has already.
	again = 0.15
	// cut stands where a passage leaves text out.
	cut = "…"
)

// finder says which lines of a section speak of what a query asks.
type finder struct {
	index    *index
	terms    map[int32]wanted
	concepts int
}

// wanted is what a term is worth to a passage.
type wanted struct {
	concept int
	worth   float64
}

func (x *index) finder(cs []concept) *finder {
	f := &finder{index: x, terms: map[int32]wanted{}, concepts: len(cs)}
	for i, c := range cs {
		for _, a := range c.alternatives {
			if worth := c.weight * a.fit; f.terms[a.term].worth < worth {
				f.terms[a.term] = wanted{i, worth}
			}
		}
	}
	return f
}

// look returns what a text of the pages has of the query.
func (f *finder) look(text string) []wanted {
	var found []wanted
	eachRun(text, func(run string) {
		for _, c := range f.index.runs[run] {
			if w, ok := f.terms[c.term]; ok {
				w.worth *= float64(c.weight)
				found = append(found, w)
			}
		}
	})
	return found
}

// piece is the least that a passage takes or leaves: a line, or a sentence of a long one.
type piece struct {
	line
	row   int  // number of the line it is of
	block span // pieces of the table or the code block it is of, empty for prose
	found []wanted
}

// span is a row of pieces: from the first up to end.
type span struct{ first, end int }

// pieces cuts lines up and notes what each piece says of the query. Prose is cut to at most limit bytes a piece;
// of a longer line of a table or of code only its length is left.
func (f *finder) pieces(lines []line, limit int) []piece {
	ps := make([]piece, 0, len(lines))
	first := 0 // piece of the current block
	finish := func() {
		for i := first; i < len(ps); i++ {
			ps[i].block = span{first, len(ps)}
		}
		first = len(ps)
	}
	for i, l := range lines {
		if l.kind == proseLine || l.kind == headingLine {
			finish()
			for _, s := range sentences(l.text, limit) {
				ps = append(ps, piece{line: line{s, l.kind}, row: i, found: f.look(s)})
			}
			first = len(ps)
			continue
		}
		if i > 0 && (l.kind == fenceOpen || lines[i-1].kind == fenceClose || l.kind == tableHead && lines[i-1].kind != tableHead) {
			finish()
		}
		found := f.look(l.text)
		if n := utf8.RuneCountInString(l.text); n > limit {
			l.text = fmt.Sprintf("%s (a line of %d characters)", cut, n)
		}
		ps = append(ps, piece{line: l, row: i, found: found})
	}
	finish()
	return ps
}

// sentences cuts a long line after its full stops, and what has no full stop for long between words, into
// pieces of at most limit bytes. A short line stays whole.
func sentences(s string, limit int) []string {
	limit = min(max(limit, utf8.UTFMax), 2*sentenceOver)
	if len(s) <= min(sentenceOver, limit) {
		return []string{s}
	}
	var all []string
	add := func(s string) {
		for len(s) > limit {
			at := strings.LastIndexByte(s[:limit], ' ')
			if at <= 0 {
				for at = limit; !utf8.RuneStart(s[at]); at-- {
				}
			}
			all = append(all, s[:at])
			s = strings.TrimPrefix(s[at:], " ")
		}
		all = append(all, s)
	}
	start := 0
	for i := 0; i+2 < len(s); i++ {
		if strings.IndexByte(".!?;", s[i]) >= 0 && s[i+1] == ' ' && i-start > leastSentence {
			add(s[start : i+1])
			start = i + 2
		}
	}
	add(s[start:])
	return all
}

// passage returns the part of lines that says most of what the query asks, at most limit characters, or all of
// them where they are no more than most. Lines of tables and code are kept whole, a table keeps its header, a
// code block its fences. An ellipsis shows where text was left out.
func (f *finder) passage(lines []line, limit, most int) string {
	ps := f.pieces(lines, limit-4)
	if len(ps) == 0 {
		return ""
	}
	if all := render(ps, 0, len(ps)); utf8.RuneCountInString(all) <= most {
		return all
	}
	room := limit - 4 // for the ellipses
	bestStart, bestEnd, best := 0, 0, -1.0
	gains := make([]float64, f.concepts)
	for start := range ps {
		if ps[start].text == "" || ps[start].kind == fenceClose {
			continue
		}
		clear(gains)
		used := sizeOf(head(ps, start))
		score := 0.0
		end := start
		for ; end < len(ps); end++ {
			used += sizeOf(ps[end : end+1])
			if used+sizeOf(tail(ps, end)) > room {
				break
			}
			for _, w := range ps[end].found {
				if gain := w.worth - gains[w.concept]; gain > 0 {
					score += gain
					gains[w.concept] = w.worth
				} else {
					score += again * w.worth * math.Exp2(-0.5*float64(end-start))
				}
			}
		}
		if end < len(ps) {
			end = settle(ps, start, end)
		}
		if end == start {
			continue // what opens a table or a code block leaves no room for more
		}
		if begins(ps, start) {
			score *= 1.05 // better to begin where something begins
		}
		if score > best {
			bestStart, bestEnd, best = start, end, score
		}
	}
	if best < 0 {
		return cut
	}
	text := render(ps, bestStart, bestEnd)
	if bestStart > 0 {
		text = cut + "\n" + text
	}
	if bestEnd < len(ps) {
		text += "\n" + cut
	}
	return text
}

// settle returns where to end a passage that would end at piece end, so that it does not end with what introduces
// something that is left out: a heading, the header of a table, the fence before code. It is the start where there
// is nothing else.
func settle(ps []piece, start, end int) int {
	for i := end; i > start; i-- {
		if last := ps[i-1]; last.text != "" && !introduces(last.line) {
			return i
		}
	}
	return start
}

// begins tells whether a block or a paragraph begins at piece i.
func begins(ps []piece, i int) bool {
	return i == 0 || ps[i-1].text == "" || ps[i].block != ps[i-1].block
}

// head returns the pieces that open the block of piece i and stand before it: a table's header or a code
// block's fence.
func head(ps []piece, i int) []piece {
	first := ps[i].block.first
	end := first
	for end < i && end < ps[i].block.end && (ps[end].kind == tableHead || ps[end].kind == fenceOpen) {
		end++
	}
	return ps[first:end]
}

// tail returns the pieces that close the block of piece i and stand after it.
func tail(ps []piece, i int) []piece {
	if end := ps[i].block.end; end > i+1 && ps[end-1].kind == fenceClose {
		return ps[end-1 : end]
	}
	return nil
}

func sizeOf(ps []piece) int {
	n := 0
	for _, p := range ps {
		n += utf8.RuneCountInString(p.text) + 1
	}
	return n
}

// render writes the pieces from start up to end, with what opens and closes the blocks they cut.
func render(ps []piece, start, end int) string {
	var b strings.Builder
	row := -1
	write := func(p piece) {
		switch {
		case row < 0:
		case p.row == row:
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
		b.WriteString(p.text)
		row = p.row
	}
	for _, p := range head(ps, start) {
		write(p)
	}
	for _, p := range ps[start:end] {
		write(p)
	}
	for _, p := range tail(ps, end-1) {
		write(p)
	}
	return strings.Trim(b.String(), "\n")
}
