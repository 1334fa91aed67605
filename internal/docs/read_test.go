package docs

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestAPageIsFoundByWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	for name, want := range map[string]string{
		"Inks & papers":                      "Inks & papers",
		" inks AND papers":                   "Inks & papers",
		"inks":                               "Inks & papers",
		"INKS.md":                            "Inks & papers",
		"Ink":                                "Inks & papers",
		"papers":                             "Inks & papers",
		"Inks & paperz":                      "Inks & papers",
		"https://print.example/docs/orders":  "Orders",
		"https://print.example/docs/orders/": "Orders",
		"https://print.example/docs/orders#unknown": "Orders",
		"wiro://docs/courier":                       "Courier",
		"/docs/courier":                             "Courier",
		"curier":                                    "Courier",
		"oders":                                     "Orders",
	} {
		r, err := l.Read(name, "")
		require.NoError(t, err, name)
		require.Equal(t, want, r.Page, name)
		require.Empty(t, r.Section)
		require.True(t, strings.HasPrefix(r.Text, "# "+want+"\n"), name)
		require.Empty(t, r.Rest, name)
	}
}

func TestANameThatCouldMeanSeveralPagesMeansNone(t *testing.T) {
	t.Parallel()
	page := func(title string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("# " + title + "\n\nAbout " + title + ".\n\n## Toll: POST /Toll/Pay\n\nPay.\n")}
	}
	l := Open(fstest.MapFS{"a.md": page("Bridge Tolls"), "b.md": page("Bridge Skills"), "c.md": page("Wooden Bridge Plans"), "d.md": page("Ferry Timetable")})
	for name, want := range map[string]string{
		"wooden bridge": "Wooden Bridge Plans",
		"plans":         "Wooden Bridge Plans",
		"bridgeplans":   "Wooden Bridge Plans", // words run together
		"bridge sk":     "Bridge Skills",
		"fery":          "Ferry Timetable", // the first word, misspelled
	} {
		r, err := l.Read(name, "")
		require.NoError(t, err, name)
		require.Equal(t, want, r.Page)
	}
	for _, name := range []string{"bridge", "bridges", "bridge s and more", "/Toll/Pay"} {
		_, err := l.Read(name, "")
		var notFound *NotFoundError
		require.ErrorAs(t, err, &notFound, name)
		require.Equal(t, name, notFound.Name)
		require.Contains(t, notFound.Closest, "Bridge Tolls")
	}
	r, err := l.Read("plans", "tollpay")
	require.NoError(t, err)
	require.Equal(t, "Toll: POST /Toll/Pay", r.Section)

	_, err = l.Read(strings.Repeat("long ", 1000), "")
	require.Less(t, len(err.Error()), 500, "a long name is not repeated whole")
	_, err = l.Read("plans", strings.Repeat("long ", 1000))
	require.Less(t, len(err.Error()), 500)
}

func TestASectionIsReadWithItsSubsections(t *testing.T) {
	t.Parallel()
	l := Open(fstest.MapFS{"a.md": {Data: []byte("---\nurl: https://x.example/a\n---\n# A\n\nTop.\n\n## Bees: POST /Bee\n\nHum.\n\n" +
		"### Queens\n\nOne a hive.\n\n## Wasps\n\nSting.\n\n### Queens\n\nSleep in winter.\n\n## Bees in winter\n\nHuddle.\n")}})
	for name, want := range map[string]string{
		"Bees: POST /Bee":                   "## Bees: POST /Bee\n\nHum.\n\n### Queens\n\nOne a hive.",
		"post /bee":                         "## Bees: POST /Bee\n\nHum.\n\n### Queens\n\nOne a hive.",
		"## wasps":                          "## Wasps\n\nSting.\n\n### Queens\n\nSleep in winter.",
		"waspz":                             "## Wasps\n\nSting.\n\n### Queens\n\nSleep in winter.",
		"queens":                            "### Queens\n\nOne a hive.",
		"Wasps > Queens":                    "### Queens\n\nSleep in winter.",
		"queens-1":                          "### Queens\n\nSleep in winter.",
		"#bees-in-winter":                   "## Bees in winter\n\nHuddle.",
		"A":                                 "# A\n\nTop.",
		"Bees: POST /Bee, part 1":           "## Bees: POST /Bee\n\nHum.\n\n### Queens\n\nOne a hive.",
		strings.Repeat(" ", 50) + " winter": "## Bees in winter\n\nHuddle.",
	} {
		r, err := l.Read("a", name)
		require.NoError(t, err, name)
		require.Equal(t, want, r.Text, name)
		require.NotEmpty(t, r.Section)
	}
	r, err := l.Read("https://x.example/a#queens-1", "")
	require.NoError(t, err)
	require.Equal(t, "Wasps > Queens", r.Section)
	require.Equal(t, "https://x.example/a#queens-1", r.URL)
}

func TestWhatIsNotThereIsAnErrorThatNamesTheClosest(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	var notFound *NotFoundError

	_, err := l.Read("bananas and ink", "")
	require.ErrorAs(t, err, &notFound)
	require.Equal(t, "Inks & papers", notFound.Closest[0])
	require.ErrorContains(t, err, `no documentation page "bananas and ink"; closest: Inks & papers`)

	_, err = l.Read("", "")
	require.ErrorAs(t, err, &notFound)

	_, err = l.Read("orders", "volcanoes")
	require.ErrorAs(t, err, &notFound)
	require.Equal(t, "Orders", notFound.Page)
	require.Len(t, notFound.Closest, 4)

	_, err = l.Read("orders", "part 2")
	require.ErrorAs(t, err, &notFound)
	require.Equal(t, []string{"part 1"}, notFound.Closest)
}

func TestALongPageComesInPartsThatAreAllOfIt(t *testing.T) {
	t.Parallel()
	var src strings.Builder
	src.WriteString("# Long\n\nOpening.\n")
	for i := range 30 {
		fmt.Fprintf(&src, "\n## Chapter %d\n\n", i)
		for j := range 20 {
			fmt.Fprintf(&src, "Sentence %d of chapter %d tells a story, as all sentences of all chapters do.\n\n", j, i)
		}
		src.WriteString("```go\n" + strings.Repeat("fmt.Println(\"a line of code\")\n", 20) + "```\n")
	}
	src.WriteString("\n## Code\n\n```text\n" + rows("line %d and again %d of a block that is longer than a part may be\n", 700) + "```\n")
	l := Open(fstest.MapFS{"long.md": {Data: []byte(src.String())}})

	for section, start := range map[string]string{
		"":     "Sections of Long:\n- Chapter 0\n- Chapter 1\n",
		"Code": "## Code\n\n```text\nline 0",
	} {
		var all strings.Builder
		next := section
		for part := 1; ; part++ {
			r, err := l.Read("long", next)
			require.NoError(t, err)
			require.LessOrEqual(t, utf8.RuneCountInString(r.Text+r.Rest), 20000)
			require.Zero(t, strings.Count(r.Text, "```")%2, "code blocks are closed and opened again")
			require.NotRegexp(t, `\n#+ [^\n]*$`, r.Text, "a heading stands with what it heads")
			if part == 1 {
				require.True(t, strings.HasPrefix(r.Text, start), r.Text[:100])
			}
			all.WriteString(r.Text + "\n")
			if r.Rest == "" {
				require.Greater(t, part, 2)
				break
			}
			next = strings.TrimPrefix(fmt.Sprintf("%s, part %d", section, part+1), ", ")
			require.Contains(t, r.Rest, fmt.Sprintf("%q", next))
		}
		for line := range strings.Lines(src.String()) {
			if section == "" || strings.HasPrefix(line, "line ") {
				require.Contains(t, all.String(), line)
			}
		}
	}

	r, err := l.Read("long", "chapter 7")
	require.NoError(t, err)
	require.Equal(t, "Chapter 7", r.Section)
	require.Empty(t, r.Rest)
}

func TestALineLongerThanAPartIsCut(t *testing.T) {
	t.Parallel()
	letters := strings.Repeat("é", 50000)
	l := Open(fstest.MapFS{"line.md": {Data: []byte("# Line\n\n" + letters + "\n")}})
	var all strings.Builder
	for part := 1; ; part++ {
		r, err := l.Read("line", fmt.Sprintf("part %d", part))
		require.NoError(t, err)
		require.LessOrEqual(t, utf8.RuneCountInString(r.Text+r.Rest), 20000)
		all.WriteString(r.Text)
		if r.Rest == "" {
			break
		}
	}
	require.Equal(t, 50000, strings.Count(all.String(), "é"))
}
