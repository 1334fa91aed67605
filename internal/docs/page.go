package docs

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// defaultURL is the address given for a page that has none of its own.
const defaultURL = "https://wiro.ai/docs"

// docsPath is what addresses of pages have before the slug.
const docsPath = "docs/"

// pathSeparator stands between the headings of a section's path: "Task statuses > Realtime".
const pathSeparator = " > "

// A Page is one page of the documentation, cut into sections.
type Page struct {
	// Title is the page's exact title, the name that searches answer with.
	Title string
	// Slug names the page in addresses: "error-reference".
	Slug string
	// Section is the group of pages it belongs to in the table of contents, such as "Agents".
	// Pages from outside often have none.
	Section string
	// Summary says in one line what the page lets one do. May be empty.
	Summary string
	// URL is the page's own address on the web; empty if it is not known.
	URL string
	// Sections are the page's sections in reading order. The first is the opening, before the first
	// subheading; it is missing if the page has no text there.
	Sections []Section
}

// A Section is the part of a page from one heading to the next.
type Section struct {
	// Heading is the heading as plain text. The opening's heading is the page's title.
	Heading string
	// Path is the headings that lead here below the page's title, this one last. The opening's path
	// is its title alone.
	Path []string
	// Level is the heading's level, 1 for the opening.
	Level int
	// Anchor is the fragment of the section's address, made as GitHub makes it. The opening has none.
	Anchor string
	// Questions are what the section answers, in people's words. They are searched and never shown.
	Questions []string

	head []line // the heading as written; the opening has none
	body []line // what stands below, up to the next heading
}

// Markdown returns the whole page as it is shown: with its title as first heading, without front
// matter and without question comments.
func (p *Page) Markdown() string { return joinLines(p.shown(0, len(p.Sections))) }

// shown returns the lines of n sections, from section i on.
func (p *Page) shown(i, n int) []line {
	var lines []line
	blank := func() {
		if len(lines) > 0 {
			lines = append(lines, line{})
		}
	}
	if i == 0 {
		lines = append(lines, line{"# " + p.Title, headingLine})
	}
	for _, s := range p.Sections[i : i+n] {
		if len(s.head) > 0 {
			blank()
			lines = append(lines, s.head...)
		}
		if len(s.body) > 0 {
			blank()
			lines = append(lines, s.body...)
		}
	}
	return lines
}

// PathText returns the section's path as one text: "Task statuses > Realtime sessions".
func (s *Section) PathText() string { return strings.Join(s.Path, pathSeparator) }

// link returns the address of a section of the page, or that of the whole documentation if the page has none.
func (p *Page) link(s *Section) string {
	if p.URL == "" {
		return defaultURL
	}
	if s == nil || s.Anchor == "" {
		return p.URL
	}
	return p.URL + "#" + url.PathEscape(s.Anchor)
}

// subtree returns how many of the page's sections, from section i on, are section i and the sections below it.
// The opening is alone: all others are below it.
func (p *Page) subtree(i int) int {
	n := 1
	if p.Sections[i].head == nil {
		return n
	}
	for i+n < len(p.Sections) && p.Sections[i+n].Level > p.Sections[i].Level {
		n++
	}
	return n
}

// text returns the lines of section i. If it has none, it returns those of its subsections; for an opening, those
// of the first section after it.
func (p *Page) text(i int) []line {
	if len(p.Sections[i].body) > 0 {
		return p.Sections[i].body
	}
	end := i + p.subtree(i)
	if p.Sections[i].head == nil {
		end = min(i+2, len(p.Sections))
	}
	var lines []line
	for _, s := range p.Sections[i+1 : end] {
		lines = append(append(append(lines, s.head...), line{}), s.body...)
		lines = append(lines, line{})
	}
	return lines
}

// lineKind is the kind of a line; snippets treat them differently.
type lineKind uint8

const (
	proseLine lineKind = iota
	headingLine
	fenceOpen // the fences around a code block
	codeLine
	fenceClose
	tableHead // header or delimiter row of a table
	tableRow
)

// line is one line of a page as shown.
type line struct {
	text string // without its line break
	kind lineKind
}

// size returns how many characters lines have, each with its line break.
func size(lines []line) int {
	n := 0
	for _, l := range lines {
		n += utf8.RuneCountInString(l.text) + 1
	}
	return n
}

func joinLines(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return strings.Trim(b.String(), "\n")
}
