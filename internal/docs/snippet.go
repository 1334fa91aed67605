package docs

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	longLine     = 240  // bytes; a longer line of prose is cut into its sentences
	minSentence  = 40   // bytes of a sentence, except the last
	repeatWeight = 0.15 // weight of a word that the snippet already has
	ellipsis     = "…"  // marks text that a snippet leaves out
)

// finder finds the lines of a section that answer a query: those with the query's words, and with the words of
// the section's question that matched it.
type finder struct {
	index    *index
	query    map[int32]termWeight
	question map[int32]termWeight
	concepts int // of the query
}

// termWeight is what a term contributes to a snippet, once per concept.
type termWeight struct {
	concept int
	weight  float64
}

func (x *index) finder(cs []concept) *finder {
	f := &finder{index: x, query: map[int32]termWeight{}, question: map[int32]termWeight{}, concepts: len(cs)}
	for i, c := range cs {
		for _, a := range c.alternatives {
			if weight := c.weight * a.fit; f.query[a.term].weight < weight {
				f.query[a.term] = termWeight{i, weight}
			}
		}
	}
	return f
}

// ask takes up the question of a hit, in place of that of the hit before. The more it is like the query, the
// more its words count.
func (f *finder) ask(h hit) {
	clear(f.question)
	if h.question < 0 {
		return
	}
	for i, t := range f.index.questions[h.question].terms {
		f.question[t] = termWeight{f.concepts + i, f.index.weights.Asked * h.likeness * f.index.terms[t].idf}
	}
}

// matches returns the terms of the query and the question in a text of the pages.
func (f *finder) matches(text string) []termWeight {
	var found []termWeight
	eachToken(text, func(token string) {
		for _, c := range f.index.tokens[token].terms {
			w, ok := f.query[c.term]
			if !ok {
				w, ok = f.question[c.term]
			}
			if ok {
				w.weight *= float64(c.weight)
				found = append(found, w)
			}
		}
	})
	return found
}

// piece is the smallest unit of a snippet: a line, or a sentence of a long line.
type piece struct {
	line
	row   int  // number of the line it is of
	block span // pieces of the table or the code block it is of, empty for prose
	found []termWeight
}

// span is a row of pieces: from the first up to end.
type span struct{ first, end int }

// pieces cuts lines into pieces and finds the terms in each. A piece of prose has at most limit bytes; a longer
// line of a table or of code is replaced by its length.
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
				ps = append(ps, piece{line: line{s, l.kind}, row: i, found: f.matches(s)})
			}
			first = len(ps)
			continue
		}
		if i > 0 && (l.kind == fenceOpen || lines[i-1].kind == fenceClose || l.kind == tableHead && lines[i-1].kind != tableHead) {
			finish()
		}
		found := f.matches(l.text)
		if n := utf8.RuneCountInString(l.text); n > limit {
			l.text = fmt.Sprintf("%s (a line of %d characters)", ellipsis, n)
		}
		ps = append(ps, piece{line: l, row: i, found: found})
	}
	finish()
	return ps
}

// sentences cuts a long line into sentences, and long sentences between words, into pieces of at most limit
// bytes. A short line stays whole.
func sentences(s string, limit int) []string {
	limit = min(max(limit, utf8.UTFMax), 2*longLine)
	if len(s) <= min(longLine, limit) {
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
		if strings.IndexByte(".!?;", s[i]) >= 0 && s[i+1] == ' ' && i-start > minSentence {
			add(s[start : i+1])
			start = i + 2
		}
	}
	add(s[start:])
	return all
}

// snippet returns the part of lines that answers the query best, at most limit characters, or all lines if they
// have at most most characters. Lines of tables and code stay whole; a table keeps its header, a code block its
// fences. An ellipsis marks text that is left out.
func (f *finder) snippet(lines []line, limit, most int) string {
	ps := f.pieces(lines, limit-4)
	if len(ps) == 0 {
		return ""
	}
	if all := render(ps, 0, len(ps)); utf8.RuneCountInString(all) <= most {
		return all
	}
	room := limit - 4 // for the ellipses
	bestStart, bestEnd, best := 0, 0, -1.0
	gains := make([]float64, f.concepts+len(f.question))
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
				if gain := w.weight - gains[w.concept]; gain > 0 {
					score += gain
					gains[w.concept] = w.weight
				} else {
					score += repeatWeight * w.weight * math.Exp2(-0.5*float64(end-start))
				}
			}
		}
		if end < len(ps) {
			end = trimEnd(ps, start, end)
		}
		if end == start {
			continue // the header of the table, or the fence, leaves no room for a line
		}
		if begins(ps, start) {
			score *= 1.05 // prefer the beginning of a paragraph or a block
		}
		if score > best {
			bestStart, bestEnd, best = start, end, score
		}
	}
	if best < 0 {
		return ellipsis
	}
	text := render(ps, bestStart, bestEnd)
	if bestStart > 0 {
		text = ellipsis + "\n" + text
	}
	if bestEnd < len(ps) {
		text += "\n" + ellipsis
	}
	return text
}

// trimEnd moves the end of a snippet back before lines that only introduce what is left out: a heading, the
// header of a table, the fence before code. It returns start if nothing else remains.
func trimEnd(ps []piece, start, end int) int {
	for i := end; i > start; i-- {
		if last := ps[i-1]; last.text != "" && !introduces(last.line) {
			return i
		}
	}
	return start
}

// begins reports whether a block or a paragraph begins at piece i.
func begins(ps []piece, i int) bool {
	return i == 0 || ps[i-1].text == "" || ps[i].block != ps[i-1].block
}

// head returns the pieces before piece i that open its block: a table's header or a code block's fence.
func head(ps []piece, i int) []piece {
	first := ps[i].block.first
	end := first
	for end < i && end < ps[i].block.end && (ps[end].kind == tableHead || ps[end].kind == fenceOpen) {
		end++
	}
	return ps[first:end]
}

// tail returns the pieces after piece i that close its block.
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

// render writes the pieces from start up to end, and opens and closes the blocks that they cut.
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
