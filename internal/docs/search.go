package docs

import (
	"context"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// Bounds of a search.
const (
	// DefaultLimit is the number of results if a search asks for none.
	DefaultLimit = 5
	// MaxLimit is the largest number of results.
	MaxLimit = 20

	maxQuery     = 1000 // bytes of a query that are searched
	closestPages = 5
	minScore     = 0.15 // nothing is found if the best result has a lower score and
	minShare     = 0.3  // a smaller share of the query's words
)

// Outcome says how a search ended.
type Outcome int

// How a search can end.
const (
	// Found: there are matches.
	Found Outcome = iota
	// NothingFound: no section has enough of the query's words.
	NothingFound
	// NoQuery: the query is empty.
	NoQuery
	// NoWords: the query has no word to search for: only signs, or words such as "how do I".
	NoWords
)

// Results are what a search found.
type Results struct {
	// Query is the query as it was searched: trimmed, and cut if it was very long.
	Query string
	// English are the words that were searched if the query is in another language; otherwise it is empty.
	English string
	Outcome Outcome
	// Matches are the sections found, best first. Empty unless Outcome is Found.
	Matches []Match
	// Closest are the titles of up to five pages nearest to the query, if nothing was found.
	Closest []string
}

// A Match is a section that answers a query.
type Match struct {
	// Page is the exact title of the page.
	Page string
	// Section is the path of headings to the section. For a page's opening it is the page's title.
	Section string
	// Text is the passage of the section that answers, Markdown. An ellipsis on its own line shows where
	// more stands before or after.
	Text string
	// URL is the section's address; https://wiro.ai/docs if the page has no address of its own.
	URL string
	// HasURL reports whether the page has an address of its own.
	HasURL bool
	// Score is from 0 to 1: how much of the query the section answers.
	Score float64
}

// Search finds the sections that answer a query, best first: at most limit of them (DefaultLimit if limit is
// 0 or less, MaxLimit at most), at most two of a page, none with less than three fifths of the best one's score, and at
// most 6,000 characters in all. The best one's text has about 1,200 characters, the others' about 500, or 800 in a
// search for at most three. A query can be a question, words, an identifier, or the title or the address of a page,
// which then comes first. It is searched by its words and by what they mean. Words misspelled by a letter or two are
// found too. A query in German, Turkish, Spanish or French is searched by the English words for what it names, and
// always finds something if it names anything. The error is the context's.
func (l *Library) Search(ctx context.Context, query string, limit int) (Results, error) {
	if err := ctx.Err(); err != nil {
		return Results{}, err
	}
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	r := Results{Query: cleanQuery(query)}
	if r.Query == "" {
		r.Outcome = NoQuery
		return r, nil
	}
	x := l.index()
	query, addressed := x.withTitles(r.Query)
	if english, ok := x.translate(query); ok {
		query, r.English = english, english
	}
	concepts := x.concepts(query, r.English == "")
	if len(concepts) == 0 {
		r.Outcome = NoWords
		return r, nil
	}
	var meaning vectors.Vector
	if !addressed { // an address names what it means
		meaning = x.meaningOf(query)
	}
	if r.English != "" {
		meaning.Scale(translated)
	}
	ranking := x.rank(meaning, concepts)
	if len(ranking) == 0 || !addressed && r.English == "" && ranking[0].score < minScore && x.share(ranking[0], concepts) < minShare {
		r.Outcome = NothingFound
		r.Closest = x.closest(r.Query)
		return r, nil
	}
	x.promote(query, ranking)
	r.Matches = x.results(x.choose(ranking, limit), ranking, concepts, limit)
	return r, nil
}

// cleanQuery trims a query and cuts it between words if it is too long.
func cleanQuery(q string) string {
	q = strings.Join(strings.Fields(strings.ToValidUTF8(q, " ")), " ")
	if len(q) <= maxQuery {
		return q
	}
	q = q[:maxQuery]
	if at := strings.LastIndexByte(q, ' '); at > maxQuery/2 {
		return q[:at]
	}
	return strings.ToValidUTF8(q, "")
}

// withTitles replaces the addresses of pages in a query by their titles and the words of the anchors. found
// reports whether there were any.
func (x *index) withTitles(query string) (titled string, found bool) {
	if !strings.Contains(query, docsPath) {
		return query, false
	}
	words := strings.Fields(query)
	for i, w := range words {
		address, anchor, _ := strings.Cut(w, "#")
		if !strings.Contains(address, docsPath) {
			continue
		}
		if p := findPage(x.pages, address); p != nil {
			words[i] = p.Title + " " + strings.ReplaceAll(anchor, "-", " ")
			found = true
		}
	}
	return strings.Join(words, " "), found
}

// closest returns the titles of the pages nearest to a query: first pages that have any of its words, then those
// with the most similar titles.
func (x *index) closest(query string) []string {
	var titles []string
	for _, h := range x.rank(x.meaningOf(query), x.concepts(cleanQuery(query), true)) {
		if p, _ := x.at(h); !slices.Contains(titles, p.Title) && len(titles) < closestPages {
			titles = append(titles, p.Title)
		}
	}
	others := make([]string, 0, len(x.pages))
	for _, p := range x.pages {
		if !slices.Contains(titles, p.Title) {
			others = append(others, p.Title)
		}
	}
	return append(titles, nearest(query, others, closestPages-len(titles))...)
}
