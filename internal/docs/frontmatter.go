package docs

import (
	"bytes"
	"cmp"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on names: titles and headings in characters, addresses in bytes.
const (
	maxName    = 250
	maxAddress = 500
)

// noURL is what the front matter says of a page that has no address of its own.
const noURL = "none"

// pageMeta is the front matter of a page.
type pageMeta struct{ Title, Slug, Section, Summary, URL string }

// page returns a page that has no sections yet.
func (m pageMeta) page() *Page {
	p := &Page{
		Title: shortName(m.Title), Slug: cmp.Or(anchorOf(shortName(m.Slug)), "page"), Section: shortName(m.Section),
		Summary: shortName(m.Summary), URL: m.URL,
	}
	if len(p.URL) > maxAddress {
		p.URL = ""
	}
	return p
}

// shortName makes one line of at most maxName characters of a text.
func shortName(s string) string {
	const enough = 64 * maxName // bytes: whatever is behind them is not looked at
	if len(s) > enough {
		s = strings.ToValidUTF8(s[:enough], "")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= maxName {
		return s
	}
	return string([]rune(s)[:maxName-1]) + ellipsis
}

// frontMatter splits src into its front matter, if it has any, and the Markdown below, with line breaks
// made uniform.
func frontMatter(src []byte) (meta pageMeta, body []byte, err error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if !utf8.Valid(src) || bytes.IndexByte(src, 0) >= 0 {
		return meta, nil, errors.New("not UTF-8 text")
	}
	if bytes.IndexByte(src, '\r') >= 0 {
		src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
		src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	}
	rest, found := bytes.CutPrefix(src, []byte("---\n"))
	if !found {
		return meta, src, nil
	}
	head, body, found := bytes.Cut(rest, []byte("\n---\n"))
	if !found {
		return meta, src, nil // a rule, not front matter
	}
	for l := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(l, ":")
		switch value = scalar(value); key {
		case "title":
			meta.Title = value
		case "slug":
			meta.Slug = value
		case "section":
			meta.Section = value
		case "summary":
			meta.Summary = value
		case "url":
			if meta.URL = value; value == noURL {
				meta.URL = ""
			}
		}
	}
	return meta, body, nil
}

// scalar reads a YAML value on one line, plain or in quotes. That is all a page's front matter has; of a list,
// a map or a text of several lines nothing is taken.
func scalar(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	switch s[0] {
	case '"':
		s, _ = strconv.Unquote(s)
		return s
	case '\'':
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], "'"), "''", "'")
	case '[', '{', '|', '>', '&', '*', '!', '#':
		return ""
	}
	s, _, _ = strings.Cut(s, " #")
	return strings.TrimSpace(s)
}
