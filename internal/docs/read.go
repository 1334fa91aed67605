package docs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxLookup    = 200   // bytes of the name of a page or a section; comparing a longer one costs time
	maxReading   = 20000 // characters of a reading at most
	maxPart      = 19500 // of a part, which leaves room for the note on what remains
	wholePage    = 12000 // characters up to which a page is read whole
	maxOutline   = 6000
	minFirstPart = 4000 // of a page's first part, below the outline
	fenceRoom    = 16   // for the fences of a code block that is cut
)

// A Reading is what Read gives: a page, the beginning of one, or a section.
type Reading struct {
	// Page is the page's exact title.
	Page string
	// Section is the path of headings to the section; empty if the page was read.
	Section string
	// URL is the address of the page or the section; https://wiro.ai/docs if the page has no address of its own.
	URL string
	// HasURL reports whether the page has an address of its own.
	HasURL bool
	// Text is the Markdown, at most 20,000 characters with Rest.
	Text string
	// Rest says what remains and how to read it; empty if nothing remains.
	Rest string
}

// NotFoundError says that no page, or no section of a page, has a name.
type NotFoundError struct {
	// Page is the title of the page whose section was requested; empty if a page was requested.
	Page string
	// Name is the name that was requested.
	Name string
	// Closest are the titles or headings nearest to it, the nearest first.
	Closest []string
}

func (e *NotFoundError) Error() string {
	what := fmt.Sprintf("no documentation page %q", e.Name)
	if e.Page != "" {
		what = fmt.Sprintf("the page %q has no section %q", e.Page, e.Name)
	}
	if len(e.Closest) == 0 {
		return what
	}
	return what + "; closest: " + strings.Join(e.Closest, ", ")
}

// Read returns a page, or a section of one with its subsections. A page is named by its title, its slug or
// its address, a section by its heading, its path or its anchor; case, signs and small errors do not matter,
// and a part of a name is enough where only one page has it. Without a section a short page comes whole, a
// long one as its outline and its first part. What is longer than 20,000 characters comes in parts: the
// section "Limits, part 2" reads on. The error is a *NotFoundError.
func (l *Library) Read(page, section string) (Reading, error) {
	c := l.corpus()
	if len(page) > maxLookup {
		return Reading{}, &NotFoundError{Name: shortName(page)}
	}
	address, anchor, _ := strings.Cut(page, "#")
	p := findPage(c.pages, address)
	if p == nil {
		return Reading{}, &NotFoundError{Name: shortName(page), Closest: c.index().closest(page)}
	}
	name, part := cutPart(strings.TrimSpace(section))
	at := -1 // the page itself
	if len(section) > maxLookup {
		return Reading{}, &NotFoundError{Page: p.Title, Name: shortName(section)}
	}
	if name != "" {
		var err error
		if at, err = p.find(name); err != nil {
			return Reading{}, err
		}
	} else if anchor != "" {
		if found, err := p.find(anchor); err == nil {
			at = found // an anchor that the page does not have leads to its top, as in a browser
		}
	}
	r, parts := p.read(at, part)
	if part > parts {
		return Reading{}, &NotFoundError{Page: p.Title, Name: shortName(section), Closest: []string{partName(name, parts)}}
	}
	return r, nil
}

// findPage finds a page by title, slug or address, nil if there is none.
func findPage(pages []*Page, name string) *Page {
	name, _, _ = strings.Cut(strings.TrimSpace(name), "?")
	name = strings.TrimSuffix(strings.TrimRight(name, "/"), ".md")
	if strings.Contains(name, "://") || strings.Contains(name, docsPath) {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	names := make([][]string, len(pages))
	for i, p := range pages {
		names[i] = []string{p.Title, p.Slug}
	}
	if i := pick(name, names); i >= 0 {
		return pages[i]
	}
	return nil
}

// find finds a section by heading, path or anchor.
func (p *Page) find(name string) (int, error) {
	name = strings.TrimLeft(name, "# ")
	headings := make([]string, len(p.Sections))
	names := make([][]string, len(p.Sections))
	for i, s := range p.Sections {
		headings[i] = s.Heading
		names[i] = []string{s.Heading}
		if key := nameKey(name); key != "" && (key == nameKey(s.PathText()) || key == nameKey(s.Anchor)) {
			return i, nil
		}
	}
	if i := pick(name, names); i >= 0 {
		return i, nil
	}
	closest := nearest(name, headings, closestPages)
	if key := nameKey(name); len(key) >= minNamePart && strings.Contains(nameKey(closest[0]), key) {
		return slices.Index(headings, closest[0]), nil // several hold the name: the nearest of them
	}
	return 0, &NotFoundError{Page: p.Title, Name: shortName(name), Closest: closest}
}

// cutPart splits "Limits, part 2" into name and number. Without a number it is part 1.
func cutPart(name string) (string, int) {
	at := strings.LastIndexByte(name, ',')
	number, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name[at+1:])), "part ")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if !found || err != nil || n < 1 {
		return name, 1
	}
	return strings.TrimSpace(name[:max(0, at)]), n
}

// partName is the name by which a part of a section, or of a page, is asked for.
func partName(section string, part int) string {
	return strings.TrimPrefix(fmt.Sprintf("%s, part %d", section, part), ", ")
}

// read returns a part of section at with its subsections, or of the page if at is negative, and the number of
// parts. The first part of a long page follows its outline.
func (p *Page) read(at, part int) (r Reading, parts int) {
	var (
		texts   [][]line
		outline string
		what    = "page"
		name    string
	)
	r = Reading{Page: p.Title, URL: p.link(nil), HasURL: p.URL != ""}
	if at < 0 {
		lines := p.shown(0, len(p.Sections))
		first := wholePage
		if size(lines) > wholePage {
			outline = p.outline()
			first = max(first-utf8.RuneCountInString(outline), minFirstPart)
		}
		texts = cutLines(lines, first, maxPart)
	} else {
		s := &p.Sections[at]
		r.Section, r.URL, what, name = s.PathText(), p.link(s), "section", s.Heading
		texts = cutLines(p.shown(at, p.subtree(at)), maxPart, maxPart)
	}
	if parts = len(texts); part > parts {
		return r, parts
	}
	r.Text = joinLines(texts[part-1])
	if outline != "" && part == 1 {
		r.Text = outline + "\n\n" + r.Text
	}
	if part < parts {
		r.Rest = fmt.Sprintf("This is part %d of %d of the %s. Read one of its sections by heading, or go on with the section %q.",
			part, parts, what, partName(name, part+1))
	}
	return r, parts
}

// outline lists the headings of a page, as many as fit.
func (p *Page) outline() string {
	var b strings.Builder
	b.WriteString("Sections of " + p.Title + ":")
	for _, s := range p.Sections {
		if s.head == nil {
			continue
		}
		entry := "\n" + strings.Repeat("  ", len(s.Path)-1) + "- " + s.Heading
		if b.Len()+len(entry) > maxOutline {
			b.WriteString("\n" + ellipsis)
			break
		}
		b.WriteString(entry)
	}
	return b.String()
}

// cutLines cuts lines into parts, the first of at most first characters, the others of at most rest. It
// cuts between paragraphs if it can. A code block that does not fit is closed and opened again. Only a line that
// is longer than a part is cut itself.
func cutLines(lines []line, first, rest int) [][]line {
	var (
		parts [][]line
		part  []line
		left  = first
		fence string // the line that opened the code block we are in
	)
	next := func() {
		if fence != "" {
			part = append(part, line{closingFence(fence), fenceClose})
		}
		parts = append(parts, part)
		part, left = nil, rest
		if fence != "" {
			part = append(part, line{fence, fenceOpen})
			left -= len(fence) + 1
		}
	}
	for i := 0; i < len(lines); {
		end, size := paragraph(lines, i)
		if size > left && len(part) > 0 && size <= rest && fence == "" {
			next()
		}
		for ; i < end; i++ {
			l := lines[i]
			if utf8.RuneCountInString(l.text)+fenceRoom > left && len(part) > 0 {
				next()
			}
			for utf8.RuneCountInString(l.text)+fenceRoom > left && left > fenceRoom {
				head := string([]rune(l.text)[:left-fenceRoom])
				part = append(part, line{head, l.kind})
				l.text = l.text[len(head):]
				next()
			}
			part = append(part, l)
			left -= utf8.RuneCountInString(l.text) + 1
			switch l.kind {
			case fenceOpen:
				fence = l.text
			case fenceClose:
				fence = ""
			}
		}
	}
	return append(parts, part)
}

// paragraph returns the end of the block of lines that begins at line i, and its size in characters. A heading,
// and a line that introduces code or a table, belong to what follows.
func paragraph(lines []line, i int) (end, size int) {
	for end = i; end < len(lines); end++ {
		size += utf8.RuneCountInString(lines[end].text) + 1
		if lines[end].text == "" && lines[end].kind == proseLine && (end == i || !introduces(lines[end-1])) {
			return end + 1, size
		}
	}
	return end, size
}

// introduces reports whether a line has no meaning without the next.
func introduces(l line) bool {
	switch l.kind {
	case headingLine, tableHead, fenceOpen:
		return true
	case proseLine:
		return strings.HasSuffix(l.text, ":")
	}
	return false
}

// closingFence returns the line that closes a code block opened by another.
func closingFence(opening string) string {
	indent := opening[:len(opening)-len(strings.TrimLeft(opening, " >\t"))]
	marks := opening[len(indent):]
	n := 0
	for n < len(marks) && marks[n] == marks[0] {
		n++
	}
	return indent + marks[:n]
}
