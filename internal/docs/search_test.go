package docs

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestSearchFindsTheSectionThatAnswers(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	for query, want := range map[string]string{
		"how do I place an order?": "Orders: Place an order: POST /Shop/Order/Place",
		"printing leaflets":        "Orders: Place an order: POST /Shop/Order/Place", // a question, stemmed
		"Shop/Order/Place":         "Orders: Place an order: POST /Shop/Order/Place",
		"/Order/Place":             "Orders: Place an order: POST /Shop/Order/Place",
		"POST https://print.example/v1/Shop/Order/Place": "Orders: Place an order: POST /Shop/Order/Place",
		"ordertoken":         "Orders: Place an order: POST /Shop/Order/Place",
		"order token":        "Orders: Place an order: POST /Shop/Order/Place",
		"delivery_address":   "Orders: Place an order: POST /Shop/Order/Place",
		"DELIVERYADDRESS":    "Orders: Place an order: POST /Shop/Order/Place",
		"order_stage_07":     "Orders: Follow an order",
		"order_shippped":     "Orders: Follow an order",
		"where is my parcel": "Orders: Follow an order",
		"abort a purchase":   "Orders: Cancel an order", // words that mean the same
		"cancle":             "Orders: Cancel an order",
		"code 96":            "Inks & papers: Inks & papers",
		"x-ink-key":          "Inks & papers: Inks & papers",
		"x-ink":              "Inks & papers: Inks & papers",
		"glosy papr":         "Inks & papers: Glossy paper",
		"couriersecret":      "Courier: Courier",
		"Gwendolyn":          "Courier: Opening hours",
		"gwendoline bell":    "Courier: Opening hours",
	} {
		r, err := l.Search(t.Context(), query, 0)
		require.NoError(t, err)
		require.Equal(t, Found, r.Outcome, query)
		require.Equal(t, want, r.Matches[0].Page+": "+r.Matches[0].Section, query)
	}
}

func TestAMatchShowsThePassageThatAnswersAndWhereItStands(t *testing.T) {
	t.Parallel()
	l := Open(shelf())

	r, err := l.Search(t.Context(), "order_shipped", 1)
	require.NoError(t, err)
	m := r.Matches[0]
	require.Equal(t, "https://print.example/docs/orders#follow-an-order", m.URL)
	require.True(t, m.HasURL)
	require.True(t, strings.HasPrefix(m.Text, "…\n| Status | Meaning |\n|---|---|\n| `order_stage_"), m.Text)
	require.Contains(t, m.Text, "| `order_shipped` | The courier took the parcel |")
	require.LessOrEqual(t, utf8.RuneCountInString(m.Text), 1500)
	require.Positive(t, m.Score)
	require.LessOrEqual(t, m.Score, 1.0)

	r, err = l.Search(t.Context(), "Gwendolyn bell", 1)
	require.NoError(t, err)
	m = r.Matches[0]
	require.Equal(t, "https://wiro.ai/docs", m.URL, "the page's own address is not known")
	require.False(t, m.HasURL)
	require.Contains(t, m.Text, "On Saturdays a bell named Gwendolyn rings at dawn.")
	require.True(t, strings.HasPrefix(m.Text, "…\n"))
	require.True(t, strings.HasSuffix(m.Text, "\n…"))
	require.LessOrEqual(t, utf8.RuneCountInString(m.Text), 1200)

	r, err = l.Search(t.Context(), "what is a print order", 1)
	require.NoError(t, err)
	require.Equal(t, "https://print.example/docs/orders", r.Matches[0].URL, "an opening has no anchor")
	require.NotContains(t, r.Matches[0].Text, "what is a print order", "questions are never shown")
}

func TestLinesOfTablesAndCodeAreNeverCut(t *testing.T) {
	t.Parallel()
	var src strings.Builder
	src.WriteString("# Press\n\nIntroduction to the press.\n\n## Settings\n\n| Setting | Meaning |\n|:--|--:|\n")
	src.WriteString(rows("| `press_speed_%d` | How fast roller %d turns when the plates are cold and the ink is thick |\n", 40))
	src.WriteString("\n## Example\n\n```json\n{\n")
	src.WriteString(rows("  \"roller_pressure_%d\": \"the pressure of roller %d in bars, as the gauge on the left side shows it\",\n", 40))
	src.WriteString("  \"end\": true\n}\n```\n\nAfterwards the press rests.\n")
	l := Open(fstest.MapFS{"press.md": {Data: []byte(src.String())}})
	lines := map[string]bool{"…": true, "": true}
	for line := range strings.Lines(src.String()) {
		lines[strings.TrimRight(line, "\n")] = true
	}
	for _, query := range []string{"press_speed_20", "roller_pressure_31", "speed of roller 5", "roller pressure example"} {
		r, err := l.Search(t.Context(), query, 5)
		require.NoError(t, err)
		require.NotEmpty(t, r.Matches)
		for _, m := range r.Matches {
			for line := range strings.Lines(m.Text) {
				require.True(t, lines[strings.TrimRight(line, "\n")], "%q is not a whole line", line)
			}
			require.Equal(t, strings.Contains(m.Text, "press_speed"), strings.Contains(m.Text, "| Setting | Meaning |\n|:--|--:|\n"), m.Text)
			require.Zero(t, strings.Count(m.Text, "```")%2, "a code block keeps its fences: %s", m.Text)
		}
	}
}

func TestAPassageDoesNotEndWithTheBeginningOfWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	long := "\"" + strings.Repeat("oats and hay and straw ", 50) + "\""
	for name, rest := range map[string]string{
		"code":  "A meal in JSON:\n\n```json\n" + long + "\n" + long + "\n```\n",
		"table": "All meals:\n\n| Meal | Food |\n|---|---|\n| dawn | " + long + " |\n| noon | " + long + " |\n",
	} {
		l := Open(fstest.MapFS{"zoo.md": {Data: []byte("# Zoo\n\nWelcome.\n\n## Zebras\n\nZebras eat at dawn.\n\n" + rest)}})
		r, err := l.Search(t.Context(), "when do zebras eat", 1)
		require.NoError(t, err)
		require.Equal(t, "Zebras eat at dawn.\n…", r.Matches[0].Text, name)
	}
}

func TestAPageThatTheQueryNamesComesFirst(t *testing.T) {
	t.Parallel()
	l := Open(fstest.MapFS{
		"loom-care.md": {Data: []byte("---\ntitle: Looms & care\nslug: loom-care\nurl: https://x.example/docs/loom-care\n---\n\nOil them.\n\n## Dust\n\nBrush it off.\n")},
		"mill.md":      {Data: []byte("# Mill\n\nThe mill.\n\n## Care of looms, looms care\n\nLoom care: the looms of the mill need care.\n")},
	})
	for query, want := range map[string]string{
		"looms & care":                           "Looms & care",
		"LOOM-CARE":                              "Looms & care",
		"https://x.example/docs/loom-care":       "Looms & care",
		"wiro://docs/loom-care":                  "Looms & care",
		"read https://x.example/docs/loom-care/": "Looms & care",
		"https://x.example/docs/loom-care#dust":  "Dust",
	} {
		r, err := l.Search(t.Context(), query, 2)
		require.NoError(t, err)
		require.NotEmpty(t, r.Matches, query)
		require.Equal(t, want, r.Matches[0].Section, query)
	}
}

func TestAnUnknownWordCountsOnceHoweverOftenItIsSaid(t *testing.T) {
	t.Parallel()
	r, err := Open(shelf()).Search(t.Context(), "glossy paper "+strings.Repeat("blah ", 30), 1)
	require.NoError(t, err)
	require.Equal(t, Found, r.Outcome)
	require.Equal(t, "Glossy paper", r.Matches[0].Section)
}

func TestALineTooLongToShowIsNamedInstead(t *testing.T) {
	t.Parallel()
	l := Open(fstest.MapFS{"keys.md": {Data: []byte("# Keys\n\n```\nzebra " + strings.Repeat("x", 9000) + "\n```\n")}})
	r, err := l.Search(t.Context(), "zebra", 5)
	require.NoError(t, err)
	require.Less(t, len(r.Matches[0].Text), 100)
	require.Contains(t, r.Matches[0].Text, "characters")
}

func TestResultsKeepTheirBounds(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for i := range 30 {
		name := strings.Repeat("very ", i) + "long"
		files["p"+string(rune('a'+i%26))+strings.Repeat("x", i)+".md"] = &fstest.MapFile{Data: []byte(
			"# Loom " + name + "\n\nThe loom weaves.\n\n## Weave " + name + "\n\n" + strings.Repeat("The loom weaves cloth of wool. ", 200) +
				"\n\n## Wool\n\n" + strings.Repeat("Wool for the loom is spun. ", 200) + "\n\n### More wool\n\nLoom.\n")}
	}
	l := Open(files)
	for _, limit := range []int{-1, 0, 1, 2, 5, 7, 12, 20, 1000} {
		r, err := l.Search(t.Context(), "weave wool on the loom", limit)
		require.NoError(t, err)
		want := limit
		if limit <= 0 {
			want = DefaultLimit
		}
		require.LessOrEqual(t, len(r.Matches), min(want, MaxLimit))
		if limit <= 7 {
			require.Len(t, r.Matches, want)
		}
		total, perPage, most := 0, map[string]int{}, 625
		if limit == 1 || limit == 2 { // few results leave room
			most = 1000
		}
		for i, m := range r.Matches {
			require.NotEmpty(t, m.Text)
			total += utf8.RuneCountInString(m.Page + m.Section + m.Text + m.URL)
			perPage[m.Page]++
			require.LessOrEqual(t, perPage[m.Page], 2)
			if i > 0 {
				require.LessOrEqual(t, m.Score, r.Matches[i-1].Score, "best first")
				require.LessOrEqual(t, utf8.RuneCountInString(m.Text), most)
			} else {
				require.LessOrEqual(t, utf8.RuneCountInString(m.Text), 1500)
			}
		}
		require.LessOrEqual(t, total, 6000)
	}
}

func TestAShortPassageGoesOnWithThePagesNextBestSection(t *testing.T) {
	t.Parallel()
	r, err := Open(shelf()).Search(t.Context(), "cancel an order", 1)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(r.Matches[0].Text, "Orders on the press cannot be canceled"))
	require.Contains(t, r.Matches[0].Text, "\n\n## Place an order: POST /Shop/Order/Place\n\n")
}

func TestAHeadingWithoutTextAnswersWithWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	l := Open(fstest.MapFS{"a.md": {Data: []byte("# A\n\n## Zeppelins\n\n### Rigid ones\n\nThey have a skeleton.\n")}})
	r, err := l.Search(t.Context(), "zeppelins", 1)
	require.NoError(t, err)
	require.Contains(t, r.Matches[0].Text, "They have a skeleton.")
}

func TestQueriesThatFindNothingGetAClearAnswer(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	for query, want := range map[string]Outcome{
		"":                       NoQuery,
		" \n\t ":                 NoQuery,
		"???":                    NoWords,
		"…—🙂":                    NoWords,
		"how do I":               NoWords,
		"what is it about":       NoWords,
		"xylophone qwertyuiop":   NothingFound,
		"zzzzzzzz":               NothingFound,
		"\xff\xfe\x00":           NoWords,
		strings.Repeat("zq ", 9): NothingFound,
	} {
		r, err := l.Search(t.Context(), query, 5)
		require.NoError(t, err)
		require.Equal(t, want, r.Outcome, "%q", query)
		require.Empty(t, r.Matches)
		require.Equal(t, want == NothingFound, len(r.Closest) > 0, "%q", query)
	}
	r, err := l.Search(t.Context(), "courrierz zzzzzz qqqqqq xxxxxx", 5)
	require.NoError(t, err)
	require.Equal(t, NothingFound, r.Outcome)
	require.Equal(t, "Courier", r.Closest[0])
}

func TestAHugeQueryIsCutAndStillAnswered(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	for _, query := range []string{
		"glossy paper " + strings.Repeat("glossy paper ", 100000),
		"glossy paper " + strings.Repeat("x", 1<<20),
		"glossy paper " + strings.Repeat("é", 1<<20),
	} {
		r, err := l.Search(t.Context(), query, 5)
		require.NoError(t, err)
		require.LessOrEqual(t, len(r.Query), 1000)
		require.True(t, utf8.ValidString(r.Query))
		require.Equal(t, "Glossy paper", r.Matches[0].Section)
	}
}

func TestSearchHonorsItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(shelf()).Search(ctx, "order", 5)
	require.ErrorIs(t, err, context.Canceled)
}

func TestSearchesAtOnceWaitForOneIndexAndAgree(t *testing.T) {
	t.Parallel()
	files := shelf()
	delete(files, "courier.md")
	l := Open(files)
	var wg sync.WaitGroup
	found := make([]Results, 16)
	for i := range found {
		wg.Go(func() {
			if i%4 == 0 {
				l.Warm()
			}
			var err error
			found[i], err = l.Search(t.Context(), "glossy paper", 3)
			if err != nil {
				t.Error(err)
			}
			l.Pages()
		})
	}
	wg.Wait()
	for _, r := range found {
		require.Equal(t, found[0], r)
	}
}

func TestASearchOfNoPagesFindsNothing(t *testing.T) {
	t.Parallel()
	r, err := Open(fstest.MapFS{}).Search(t.Context(), "order", 5)
	require.NoError(t, err)
	require.Equal(t, NothingFound, r.Outcome)
	require.Empty(t, r.Closest)
}

func TestWeakResultsAreDropped(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	r, err := l.Search(t.Context(), "where is my parcel", 5)
	require.NoError(t, err)
	require.NotEmpty(t, r.Matches)
	require.Less(t, len(r.Matches), 5, "a clear answer comes without the noise")
	for _, m := range r.Matches {
		require.GreaterOrEqual(t, m.Score, r.Matches[0].Score/2-0.001)
	}
}

func TestTheSnippetFollowsTheQuestionThatMatched(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("The keeper notes the weather in a book every morning. ", 30)
	l := Open(fstest.MapFS{"zoo.md": {Data: []byte("# Zoo\n\nWelcome.\n\n## Zebras\n\n<!-- questions:\n- at what hour is the striped animal fed hay\n-->\n\n" +
		filler + "Hay comes at dawn. " + filler)}})
	r, err := l.Search(t.Context(), "hour when the striped animal is fed", 1)
	require.NoError(t, err)
	require.Contains(t, r.Matches[0].Text, "Hay comes at dawn.", "the query has no word of this sentence, the question has")
}

func TestAQueryFindsWhatItMeansWithoutAWordInCommon(t *testing.T) {
	t.Parallel()
	l := Open(fstest.MapFS{
		"bakery.md": {Data: []byte("# Bakery\n\nBread and cakes.\n\n## Invoices\n\n<!-- questions:\n- what do I owe this month\n- where is my invoice\n-->\n\nPayment is due in a week.\n")},
		"garden.md": {Data: []byte("# Garden\n\nTrees and shrubs.\n\n## Watering\n\n<!-- questions:\n- how often do plants need rain\n- when do blossoms thirst\n- dry soil in summer\n-->\n\nWater the roses at dusk.\n")},
		"garage.md": {Data: []byte("# Garage\n\nCars and bicycles are repaired here.\n\n## Wheels\n\nWheels are balanced after each change.\n")}, // no questions
	})
	for query, want := range map[string]string{
		"bills and costs":         "Bakery",
		"moisture for the flower": "Garden",
		"vehicles, trucks":        "Garage",
	} {
		r, err := l.Search(t.Context(), query, 1)
		require.NoError(t, err)
		require.Equal(t, Found, r.Outcome, query)
		require.Equal(t, want, r.Matches[0].Page, query)
	}
}
