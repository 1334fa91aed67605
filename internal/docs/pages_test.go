package docs_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
)

func TestThePagesInsideAreWhole(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(docsindex.Pages(), "*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	titles, slugs := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		src, err := fs.ReadFile(docsindex.Pages(), name)
		require.NoError(t, err)
		p, err := docs.Parse(name, src)
		require.NoError(t, err)
		require.Equal(t, name, p.Slug+".md")
		require.False(t, titles[p.Title], "title %q twice", p.Title)
		require.False(t, slugs[p.Slug], "slug %q twice", p.Slug)
		titles[p.Title], slugs[p.Slug] = true, true
		require.NotEmpty(t, p.Summary, name)
		require.NotEmpty(t, p.Section, name)
		require.Regexp(t, `(?m)^url: (https://\S+|none)$`, string(src), "%s says where it stands on the web, or that it does not", name)
		require.Equal(t, !strings.Contains(string(src), "\nurl: none\n"), p.URL != "", name)

		anchors := map[string]bool{}
		for i, s := range p.Sections {
			require.False(t, anchors[s.Anchor], "%s: anchor %q twice", name, s.Anchor)
			anchors[s.Anchor] = true
			require.Equal(t, i == 0, s.Anchor == "", "%s: %q", name, s.Heading)
			require.GreaterOrEqual(t, len(s.Questions), 3, "%s: %q answers few questions", name, s.Heading)
		}
	}
}

func TestThePagesInsideAnswerWhatPeopleAsk(t *testing.T) {
	t.Parallel()
	l := docs.Open(docsindex.Pages())
	for query, page := range map[string]string{
		"UserAgent/Message/Send":               "Agent Messaging",
		"x-api-key header":                     "Authentication",
		"code 96":                              "Concurrency Limits",
		"wehbook for a model run":              "Model Parameters",
		"how do I sign requests with a secret": "Authentication",
		"upload a document":                    "Files",
	} {
		r, err := l.Search(t.Context(), query, 3)
		require.NoError(t, err)
		var pages []string
		for _, m := range r.Matches {
			pages = append(pages, m.Page)
		}
		require.Contains(t, pages, page, query)
	}
}

// BenchmarkFirstSearch parses the pages, builds the index and answers one query.
func BenchmarkFirstSearch(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		r, err := docs.Open(docsindex.Pages()).Search(b.Context(), "how large may an upload be", docs.DefaultLimit)
		require.NoError(b, err)
		require.NotEmpty(b, r.Matches)
	}
}

func BenchmarkWarmSearch(b *testing.B) {
	l := docs.Open(docsindex.Pages())
	l.Warm()
	queries := []string{
		"how large may an upload be", "x-api-key", "UserAgent/Message/Send", "authentification signatrue heder",
		"what happens to the money of a job that I stopped half way through",
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := l.Search(b.Context(), queries[i%len(queries)], docs.DefaultLimit)
		require.NoError(b, err)
	}
}

func BenchmarkPages(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		require.NotEmpty(b, docs.Open(docsindex.Pages()).Pages())
	}
}
