package docs

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/docsindex"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(tasksPage))
	f.Add([]byte("# A\n\n<!-- questions:\n- x\n-->\n\n|a|b|\n|-|-|\n|1|2|\n\n> ```go\n> x\n"))
	f.Add([]byte("- ```\n  # x\n  ```\n\n  |a|\n  |-|\n\nA\n=\n\n    code\n<!-- questions: x --> y\n"))
	f.Add([]byte("---\ntitle: x\n---\n<!-- questions:\n"))
	f.Add([]byte("## !\n\nx\n\n## ?\n\ny\n"))
	f.Add([]byte("# " + strings.Repeat("long ", 3000) + "\n\nx\n"))
	f.Add([]byte("# A\n# B\n## C\n# D\r\rtext\x85"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := Parse("page.md", src)
		if err != nil {
			return
		}
		require.NotEmpty(t, p.Title)
		require.NotEmpty(t, p.Sections)
		require.True(t, utf8.ValidString(p.Markdown()))
		anchors := map[string]bool{}
		for _, s := range p.Sections {
			require.False(t, anchors[s.Anchor] && s.head != nil, "anchor %q twice", s.Anchor)
			anchors[s.Anchor] = true
			require.NotEmpty(t, s.Path)
		}
		bundle, err := parseBundle("page.md", src)
		require.NoError(t, err)
		for _, p := range bundle {
			require.NotEmpty(t, p.Title)
		}
		l := Open(fstest.MapFS{"page.md": {Data: src}})
		for i := range p.Sections {
			if r, err := l.Read("page", p.Sections[i].Heading); err == nil {
				require.LessOrEqual(t, utf8.RuneCountInString(r.Text+r.Rest), maxReading)
			}
			checkSearch(t, l, p.Sections[i].Heading, 5)
		}
	})
}

func FuzzSearch(f *testing.F) {
	l := Open(docsindex.Pages())
	for _, q := range []string{
		"how many jobs at once", "UserAgent/Message/Send", "x-api-key", "code 96", "task_postprocess_end", "api key",
		"appSecret appsecrte", "", "???", "a b c d e f g", "\xff\x00", "éèê ñ", "100MB", "it's n't", "////", "a_b-c.d/e:f@g",
	} {
		f.Add(q, 5)
	}
	f.Fuzz(func(t *testing.T, query string, limit int) { checkSearch(t, l, query, limit) })
}

// checkSearch holds what a search must keep whatever is asked.
func checkSearch(t *testing.T, l *Library, query string, limit int) {
	t.Helper()
	r, err := l.Search(t.Context(), query, limit)
	require.NoError(t, err)
	require.True(t, utf8.ValidString(r.Query))
	require.Equal(t, r.Outcome == Found, len(r.Matches) > 0)
	require.LessOrEqual(t, len(r.Matches), MaxLimit)
	total := 0
	for _, m := range r.Matches {
		require.True(t, m.Score >= 0 && m.Score <= 1, "score %v", m.Score)
		require.NotEmpty(t, m.Text)
		require.True(t, utf8.ValidString(m.Text))
		total += utf8.RuneCountInString(m.Page + m.Section + m.Text + m.URL)
	}
	require.LessOrEqual(t, total, maxText)
}
