package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/docs"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

var searchDocsTool = define(mcptool.Meta{
	Name:        "search_docs",
	Title:       "Search the documentation",
	Description: "Search Wiro's API documentation: a question, words, or an identifier such as task_postprocess_end.",
	Toolset:     Docs,
	Public:      true,
	Offline:     true,
	Examples:    []mcptool.Example{{Arguments: `{"query": "how do I cancel a task"}`}},
}, searchDocs)

func searchDocs(ctx context.Context, call *Call, in docQuery) (DocMatches, error) {
	found, err := call.Docs.Search(ctx, in.Query, cmp.Or(in.Limit, 3))
	if err != nil {
		return DocMatches{}, err
	}
	result := DocMatches{Query: found.Query, Matches: make([]DocMatch, 0, len(found.Matches)), DocsURL: docsURL}
	for _, m := range found.Matches {
		result.Matches = append(result.Matches, DocMatch{Title: m.Page, Section: m.Section, Passage: m.Text, URL: m.URL, URLNote: urlNote(m.HasURL)})
	}
	switch found.Outcome {
	case docs.NoQuery, docs.NoWords:
		return DocMatches{}, mcptool.Problemf("query has no words to search for: ask a question or name a thing, such as \"how to cancel a task\" or \"x-api-key\".")
	case docs.NothingFound:
		result.Note = fmt.Sprintf("Nothing in the documentation matches %q. The closest pages: %s.", mcptool.Clip(found.Query, 100), strings.Join(found.Closest, ", "))
	}
	return result, nil
}

const docsURL = "https://wiro.ai/docs"

// urlNote says of an address that it is not the page's own.
func urlNote(own bool) string {
	if own {
		return ""
	}
	return "the page has no address of its own; the documentation begins here"
}

// cited returns an address with its note.
func cited(url, note string) string {
	if note == "" {
		return url
	}
	return url + " (" + note + ")"
}

type docQuery struct {
	Query string `json:"query" doc:"question, words or identifier"`
	Limit int    `json:"limit,omitempty" min:"1" max:"20" default:"3" doc:"how many passages"`
}

// DocMatches are the passages that a search found.
type DocMatches struct {
	Query   string     `json:"query"`
	Matches []DocMatch `json:"matches"`
	DocsURL string     `json:"docsUrl"` // where the documentation begins
	Note    string     `json:"note,omitempty"`
}

// DocMatch is a passage, with where it stands.
type DocMatch struct {
	Title   string `json:"title"` // of the page, as read_doc takes it
	Section string `json:"section"`
	Passage string `json:"text" text:"lines"`
	URL     string `json:"url"`
	URLNote string `json:"urlNote,omitempty"` // if the page has no address of its own
}

// Text is the passages under their headings.
func (r DocMatches) Text() string {
	if len(r.Matches) == 0 {
		return r.Note
	}
	var b strings.Builder
	for _, m := range r.Matches {
		heading := m.Title
		if m.Section != m.Title && m.Section != "" {
			heading += " > " + m.Section
		}
		fmt.Fprintf(&b, "# %s\n%s\n\n%s\n\n", heading, cited(m.URL, m.URLNote), strings.TrimSpace(m.Passage))
	}
	b.WriteString("read_doc reads a whole page or section.")
	return b.String()
}

var readDocTool = define(mcptool.Meta{
	Name:        "read_doc",
	Title:       "Read a documentation page",
	Description: "Read a whole page of Wiro's API documentation, or a section. A long page comes as outline and first part.",
	Toolset:     Docs,
	Public:      true,
	Offline:     true,
	Examples:    []mcptool.Example{{Arguments: `{"page": "Tasks"}`}},
}, readDoc)

func readDoc(_ context.Context, call *Call, in docPage) (DocText, error) {
	reading, err := call.Docs.Read(in.Page, in.Section)
	if missing, ok := errors.AsType[*docs.NotFoundError](err); ok {
		return DocText{}, mcptool.Problemf("%s", missing.Error()).
			WithNext("search_docs", "find the page", map[string]any{"query": missing.Name})
	}
	if err != nil {
		return DocText{}, err
	}
	return DocText{Page: reading.Page, Section: reading.Section, URL: reading.URL, URLNote: urlNote(reading.HasURL), Content: reading.Text, Rest: reading.Rest}, nil
}

type docPage struct {
	Page    string `json:"page" doc:"title, slug or URL, such as \"Tasks\""`
	Section string `json:"section,omitempty" doc:"heading of the section to read"`
}

// DocText is a page, the beginning of one, or a section.
type DocText struct {
	Page    string `json:"page"`
	Section string `json:"section,omitempty"`
	URL     string `json:"url"`
	URLNote string `json:"urlNote,omitempty"` // if the page has no address of its own
	Content string `json:"text" text:"lines"`
	Rest    string `json:"rest,omitempty" text:"lines"` // what remains, and how to read it
}

// Text is the Markdown with where it is from.
func (d DocText) Text() string {
	text := cited(d.URL, d.URLNote) + "\n\n" + d.Content
	if d.Rest != "" {
		text += "\n\n[" + d.Rest + "]"
	}
	return text
}
