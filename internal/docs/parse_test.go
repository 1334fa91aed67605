package docs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const tasksPage = `---
title: Jobs
slug: jobs
section: Work
summary: "What a job is: its life and its end."
url: https://example.com/docs/jobs
---

# Jobs

A job is one run of a model.

<!-- questions:
- what is a job
- explain runs
-->

## Stop a job: POST /Job/Kill

<!-- questions:
- halt it
-->

Send ` + "`jobtoken`" + `.

` + "```bash" + `
# Ends the job
## not a heading

<!-- questions: not a comment -->
curl https://example.com/Job/Kill
` + "```" + `

### Errors

| Code | Meaning |
|---|---|
| 7 | Already over |

## Limits

Ten at once.
`

func TestParseTakesAPageApart(t *testing.T) {
	t.Parallel()
	p, err := Parse("jobs.md", []byte(tasksPage))
	require.NoError(t, err)
	require.Equal(t, "Jobs", p.Title)
	require.Equal(t, "jobs", p.Slug)
	require.Equal(t, "Work", p.Section)
	require.Equal(t, "What a job is: its life and its end.", p.Summary)
	require.Equal(t, "https://example.com/docs/jobs", p.URL)

	require.Equal(t, []string{"Jobs", "Stop a job: POST /Job/Kill", "Stop a job: POST /Job/Kill > Errors", "Limits"}, paths(p))
	require.Equal(t, []string{"what is a job", "explain runs"}, p.Sections[0].Questions)
	require.Equal(t, []string{"halt it"}, p.Sections[1].Questions)
	require.Empty(t, p.Sections[2].Questions)
	require.Equal(t, []string{"", "stop-a-job-post-jobkill", "errors", "limits"}, anchors(p))
}

func TestMarkdownShowsThePageWithoutItsQuestions(t *testing.T) {
	t.Parallel()
	p, err := Parse("jobs.md", []byte(tasksPage))
	require.NoError(t, err)
	shown := p.Markdown()
	require.True(t, strings.HasPrefix(shown, "# Jobs\n\nA job is one run of a model.\n\n## Stop a job: POST /Job/Kill\n\nSend"), shown)
	require.NotContains(t, shown, "explain runs")
	require.NotContains(t, shown, "halt it")
	require.Contains(t, shown, "# Ends the job\n## not a heading\n\n<!-- questions: not a comment -->\ncurl")
	require.True(t, strings.HasSuffix(shown, "## Limits\n\nTen at once."), shown)
}

func TestParseReadsWhateverPeopleWrite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		title     string
		paths     []string
		anchors   []string
		shown     string
	}{
		{
			name: "no front matter", src: "# Files & folders\n\nText.\n",
			title: "Files & folders", paths: []string{"Files & folders"}, anchors: []string{""},
		},
		{
			name: "no heading", src: "Just text.\n",
			title: "page", paths: []string{"page"}, anchors: []string{""}, shown: "# page\n\nJust text.",
		},
		{
			name: "no text before the first section", src: "# A\n\n## B\n\nText.\n",
			title: "A", paths: []string{"B"}, anchors: []string{"b"}, shown: "# A\n\n## B\n\nText.",
		},
		{
			name: "carriage returns and byte order mark", src: "\ufeff---\r\ntitle: A\r\n---\r\n# A\r\n\r\nOne.\r\n\r\n## B\r\n\r\nTwo.\r\n",
			title: "A", paths: []string{"A", "B"}, anchors: []string{"", "b"}, shown: "# A\n\nOne.\n\n## B\n\nTwo.",
		},
		{
			name: "the same heading twice", src: "# A\n\n## B\n\nx\n\n## B\n\ny\n\n### B-1\n\nz\n",
			title: "A", paths: []string{"B", "B", "B > B-1"}, anchors: []string{"b", "b-1", "b-1-1"},
		},
		{
			name: "marks in headings", src: "# The `x_y` *field*\n\nText.\n\n## See [it](http://x) \\_now\\_ &amp; <http://y>\n\nText.\n",
			title: "The x_y field", paths: []string{"The x_y field", "See it _now_ & http://y"}, anchors: []string{"", "see-it-_now_--httpy"},
		},
		{
			name: "underlined headings", src: "A\n=\n\nText.\n\nOver\ntwo lines\n---\n\nMore.\n",
			title: "A", paths: []string{"A", "Over two lines"}, anchors: []string{"", "over-two-lines"}, shown: "# A\n\nText.\n\nOver\ntwo lines\n---\n\nMore.",
		},
		{
			name: "marks in lists, quotes and code", src: "# A\n\n- # item\n\n> ## quote\n\n    # indented\n\n~~~\n# fenced\n",
			title: "A", paths: []string{"A"}, anchors: []string{""},
		},
		{
			name: "skipped levels", src: "# A\n\n#### D\n\nx\n\n## B\n\ny\n\n### C\n\nz\n",
			title: "A", paths: []string{"D", "B", "B > C"}, anchors: []string{"d", "b", "c"},
		},
		{
			name: "several titles", src: "# A\n\nx\n\n# B\n\ny\n\n## C\n\nz\n",
			title: "A", paths: []string{"A", "B", "B > C"}, anchors: []string{"", "b", "c"},
		},
		{
			name: "empty headings", src: "# A\n\nx\n\n##\n\ny\n",
			title: "A", paths: []string{"A"}, anchors: []string{""},
		},
		{
			name: "a rule that is not front matter", src: "---\n\nText.\n",
			title: "page", paths: []string{"page"}, anchors: []string{""},
		},
		{
			name: "questions that never end", src: "# A\n\n<!-- questions:\n- x\n\n## B\n",
			title: "A", paths: []string{"A"}, anchors: []string{""}, shown: "# A\n\n<!-- questions:\n- x\n\n## B",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("docs/page.md", []byte(test.src))
			require.NoError(t, err)
			require.Equal(t, test.title, p.Title)
			require.Equal(t, "page", p.Slug)
			require.Equal(t, test.paths, paths(p))
			require.Equal(t, test.anchors, anchors(p))
			if test.shown != "" {
				require.Equal(t, test.shown, p.Markdown())
			}
		})
	}
}

func TestFrontMatterIsReadAsYAMLWritesIt(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"A page":              "A page",
		"\"A: \\\"page\\\"\"": `A: "page"`,
		"'It''s: a page'":     "It's: a page",
		"A page # not really": "A page",
		"https://x.example/a": "https://x.example/a",
		"C#":                  "C#",
		"":                    "Heading", // what is not one line of text does not count
		"[a, list]":           "Heading",
		">":                   "Heading",
		"\"never closed":      "Heading",
	} {
		p, err := Parse("page.md", []byte("---\ntags:\n  - title: x\ntitle: "+written+"\nother: y\n---\n# Heading\n\nText.\n"))
		require.NoError(t, err)
		require.Equal(t, want, p.Title, written)
		require.Equal(t, "# "+want+"\n\nText.", p.Markdown())
	}
}

func TestParseRefusesWhatIsNoPage(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"empty":              "",
		"blank":              " \n\n\t\n",
		"a title alone":      "# A\n",
		"front matter alone": "---\ntitle: A\n---\n",
		"not text":           "# A\n\n\x00\x01",
		"not UTF-8":          "# A\n\n\xff\xfe",
	} {
		_, err := Parse("page.md", []byte(src))
		require.ErrorContains(t, err, "page.md", name)
	}
}

func TestABundleIsOnePageForEachTitle(t *testing.T) {
	t.Parallel()
	pages, err := parseBundle("all.md", []byte("Preface.\n\n# First page\n\nOne.\n\n## Part\n\nx\n\n# Second\n\nTwo.\n\n```\n# code\n```\n"))
	require.NoError(t, err)
	require.Len(t, pages, 2)
	require.Equal(t, "first-page", pages[0].Slug)
	require.Equal(t, "# First page\n\nOne.\n\n## Part\n\nx", pages[0].Markdown())
	require.Equal(t, "Second", pages[1].Title)
	require.Contains(t, pages[1].Markdown(), "# code")

	pages, err = parseBundle("one.md", []byte("---\ntitle: One\n---\n# A\n\nx\n\n# B\n\ny\n"))
	require.NoError(t, err)
	require.Len(t, pages, 1)
}

func paths(p *Page) []string {
	var all []string
	for _, s := range p.Sections {
		all = append(all, s.PathText())
	}
	return all
}

func anchors(p *Page) []string {
	var all []string
	for _, s := range p.Sections {
		all = append(all, s.Anchor)
	}
	return all
}
