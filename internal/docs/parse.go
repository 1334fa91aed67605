package docs

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
)

// errEmpty is returned by Parse for a file without text.
var errEmpty = errors.New("the page is empty")

// Parse reads one page of Markdown. name is the file's name: it gives the slug, and with no other source the
// title.
//
// Front matter (between two lines of ---, a key and a value a line as in YAML) may set title, slug, section,
// summary and url. Without it the title is the first heading of level 1. Headings cut the page into sections;
// marks inside code blocks, lists and quotes are no headings. A comment "<!-- questions: ... -->" is taken out of
// the text and kept as the questions of its section. Parse fails on a file without text and on one that is not
// UTF-8.
func Parse(name string, src []byte) (*Page, error) {
	meta, body, err := frontMatter(src)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	d := scan(body)
	first := slices.IndexFunc(d.headings, func(h heading) bool { return h.level == 1 })
	if meta.Title == "" && first >= 0 {
		meta.Title = d.headings[first].text
	}
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	meta.Title, meta.Slug = cmp.Or(meta.Title, base), cmp.Or(meta.Slug, base)
	p := d.page(meta, 0, len(d.lines))
	if len(p.Sections) == 0 {
		return nil, fmt.Errorf("parse %s: %w", name, errEmpty)
	}
	return p, nil
}

// parseBundle reads a file that may hold several pages: without front matter, each heading of level 1
// starts one, named after the heading. Any other file is one page.
func parseBundle(name string, src []byte) ([]*Page, error) {
	meta, body, err := frontMatter(src)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	d := scan(body)
	var starts []heading
	for _, h := range d.headings {
		if h.level == 1 {
			starts = append(starts, h)
		}
	}
	if len(starts) < 2 || meta.Title != "" {
		p, err := Parse(name, src)
		if err != nil {
			return nil, err
		}
		return []*Page{p}, nil
	}
	var pages []*Page
	for i, h := range starts {
		end := len(d.lines)
		if i+1 < len(starts) {
			end = starts[i+1].line
		}
		pages = append(pages, d.page(pageMeta{Title: h.text, Slug: h.text}, h.line, end))
	}
	return pages, nil
}

// page makes a page of the lines from from up to end.
func (d *document) page(meta pageMeta, from, end int) *Page {
	p := meta.page()
	opening := Section{Heading: p.Title, Path: []string{p.Title}, Level: 1}
	anchors := map[string]bool{}
	var trail []heading // the headings above, innermost last
	current, start := opening, from
	finish := func(end int) {
		current.body = d.visible(start, end)
		current.Questions = d.questions(start, end)
		if current.head != nil || len(current.body) > 0 || len(current.Questions) > 0 {
			p.Sections = append(p.Sections, current)
		}
	}
	for _, h := range d.headings {
		if h.line < from || h.line >= end {
			continue
		}
		if h.level == 1 && current.head == nil && len(d.visible(from, h.line)) == 0 {
			start = h.line + h.lines // the title itself
			continue
		}
		finish(h.line)
		for len(trail) > 0 && trail[len(trail)-1].level >= h.level {
			trail = trail[:len(trail)-1]
		}
		trail = append(trail, h)
		current = Section{
			Heading: h.text,
			Level:   max(h.level, 2),
			Anchor:  uniqueAnchor(h.text, anchors),
			head:    d.lines[h.line : h.line+h.lines],
		}
		for _, t := range trail {
			current.Path = append(current.Path, t.text)
		}
		start = h.line + h.lines
	}
	finish(end)
	return p
}

// visible returns the shown lines from start up to end, with no blank lines around them and no two of
// them in a row outside code.
func (d *document) visible(start, end int) []line {
	var shown []line
	for i := start; i < end; i++ {
		l := d.lines[i]
		if d.hidden[i] {
			continue
		}
		if l.kind == proseLine && strings.TrimSpace(l.text) == "" {
			if len(shown) == 0 || shown[len(shown)-1] == (line{}) {
				continue
			}
			l.text = ""
		}
		shown = append(shown, l)
	}
	if n := len(shown); n > 0 && shown[n-1] == (line{}) {
		shown = shown[:n-1]
	}
	return shown
}

// questions returns the questions of the comments from start up to end.
func (d *document) questions(start, end int) []string {
	var all []string
	for _, c := range d.comments {
		if start <= c.line && c.line < end {
			all = append(all, c.questions...)
		}
	}
	return all
}

// anchorOf makes the fragment that GitHub gives a heading: lower case, letters, digits, - and _ kept,
// spaces turned to -.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
}

// uniqueAnchor numbers anchors that a page would have twice: limits, limits-1, limits-2.
func uniqueAnchor(heading string, taken map[string]bool) string {
	base := cmp.Or(anchorOf(heading), "section")
	anchor := base
	for n := 1; taken[anchor]; n++ {
		anchor = fmt.Sprintf("%s-%d", base, n)
	}
	taken[anchor] = true
	return anchor
}
