// Command eval measures documentation search on a file of queries.
//
//	go run ./internal/docs/eval [flags] QUERIES.jsonl
//
// Each line of the file is a query with the titles of the pages that answer it and the strings that an
// answer has:
//
//	{"id":"q1","q":"how large may an upload be","kind":"natural","pages":["Files"],"answer":["100 MB"]}
//
// testdata holds files of questions in two halves: tuned.jsonl, seen.jsonl and fresh.jsonl, which may be looked at
// while the search is improved, and held_out.jsonl, unseen.jsonl and later.jsonl, of which only the figures may be. All
// but the first two were written from the text of the pages alone, a third of them without the words of the page.
//
// It prints, over all and by kind, hit@1 and hit@3 (the share of queries with a right page first, or among
// three), MRR@5 (the mean of 1/rank of the first right page), answer@5 (the share with an answer's string in
// the texts of the five results), the characters of an answer, and how long searches take.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/docs"
)

const fiveResults = 5 // of a query, as MRR@5 and answer@5 want

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	misses := flags.Bool("misses", false, "list the queries whose first result, or whose texts, are not right")
	limit := flags.Int("limit", fiveResults, "how many results to ask for")
	folder := flags.String("pages", "", "search the pages of this `folder` instead of those inside")
	without := flags.String("without", "", "what to leave out, to see what it brings: `parts` of questions, meaning, fuzzy, inside, related, stemming")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("want one file of queries, have %d", flags.NArg())
	}
	weights, err := weightsWithout(*without)
	if err != nil {
		return err
	}
	queries, err := readQueries(flags.Arg(0))
	if err != nil {
		return err
	}
	pages := docsindex.Pages()
	if *folder != "" {
		pages = os.DirFS(*folder)
	}
	library := docs.Open(pages, docs.WithWeights(weights))
	results, err := search(library, queries, *limit)
	if err != nil {
		return err
	}
	report(out, results)
	if *misses {
		list(out, results)
	}
	return latency(out, library, queries, results[0].took)
}

// query is a line of the file.
type query struct {
	ID     string   `json:"id"`
	Q      string   `json:"q"`
	Kind   string   `json:"kind"`
	Pages  []string `json:"pages"`
	Answer []string `json:"answer"`
}

func readQueries(name string) ([]query, error) {
	f, err := os.Open(name) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var queries []query
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var q query
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		queries = append(queries, q)
	}
	if len(queries) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("%s: no queries", name)
	}
	return queries, lines.Err()
}

func weightsWithout(parts string) (docs.Weights, error) {
	w := docs.DefaultWeights()
	for part := range strings.SplitSeq(parts, ",") {
		switch strings.TrimSpace(part) {
		case "":
		case "meaning":
			w.Meaning, w.Neighbor = 0, 0
		case "questions":
			w.Question, w.Questions = 0, 0
		case "fuzzy":
			w.Fuzzy = 0
		case "inside":
			w.Inside = 0
		case "related":
			w.Related = 0
		case "stemming":
			w.NoStemming = true
		default:
			return w, fmt.Errorf("-without %s: not one of questions, meaning, fuzzy, inside, related, stemming", part)
		}
	}
	return w, nil
}

// result is what a query's search gave.
type result struct {
	query
	found    docs.Results
	rank     int // of the first right page, 0 for none
	answered bool
	chars    int
	took     time.Duration
}

func search(library *docs.Library, queries []query, limit int) ([]result, error) {
	results := make([]result, 0, len(queries))
	for _, q := range queries {
		start := time.Now()
		found, err := library.Search(context.Background(), q.Q, limit)
		if err != nil {
			return nil, err
		}
		r := result{query: q, found: found, took: time.Since(start)}
		var texts strings.Builder
		for i, m := range found.Matches {
			if r.rank == 0 && slices.Contains(q.Pages, m.Page) {
				r.rank = i + 1
			}
			texts.WriteString(strings.ToLower(m.Text) + "\n")
			r.chars += utf8.RuneCountInString(m.Page + m.Section + m.Text + m.URL)
		}
		r.answered = slices.ContainsFunc(q.Answer, func(a string) bool {
			return strings.Contains(texts.String(), strings.ToLower(a))
		})
		results = append(results, r)
	}
	return results, nil
}

// figures are the measures of a set of results; shares are in percent.
type figures struct {
	queries, chars         int
	first, three, answered float64
	meanReciprocal         float64
}

// measure returns the figures of the results of a kind, of all results if kind is empty.
func measure(results []result, kind string) figures {
	var f figures
	for _, r := range results {
		if kind != "" && kind != r.Kind {
			continue
		}
		f.queries++
		f.chars += r.chars
		if r.rank > 0 {
			f.meanReciprocal += 1 / float64(r.rank)
		}
		for _, c := range []struct {
			share *float64
			is    bool
		}{{&f.first, r.rank == 1}, {&f.three, r.rank > 0 && r.rank <= 3}, {&f.answered, r.answered}} {
			if c.is {
				*c.share++
			}
		}
	}
	n := float64(f.queries)
	f.first, f.three, f.answered = 100*f.first/n, 100*f.three/n, 100*f.answered/n
	f.meanReciprocal /= n
	f.chars /= f.queries
	return f
}

func report(out io.Writer, results []result) {
	kinds := []string{""}
	for _, r := range results {
		if !slices.Contains(kinds, r.Kind) {
			kinds = append(kinds, r.Kind)
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "kind\tqueries\thit@1\thit@3\tMRR@5\tanswer@5\tchars\t")
	for _, kind := range kinds {
		f := measure(results, kind)
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.1f%%\t%.1f%%\t%.3f\t%.1f%%\t%d\t\n",
			cmp.Or(kind, "all"), f.queries, f.first, f.three, f.meanReciprocal, f.answered, f.chars)
	}
	_ = t.Flush()
}

func list(out io.Writer, results []result) {
	for _, r := range results {
		if r.rank == 1 && r.answered {
			continue
		}
		_, _ = fmt.Fprintf(out, "\n%s (%s) %q: right page %d, answered %t\n  pages %q, answer %q\n",
			r.ID, r.Kind, r.Q, r.rank, r.answered, r.Pages, r.Answer)
		for _, m := range r.found.Matches {
			_, _ = fmt.Fprintf(out, "  %.3f  %s: %s\n", m.Score, m.Page, m.Section)
		}
	}
}

// latency prints how long the first search took and how long each takes once the index stands.
func latency(out io.Writer, library *docs.Library, queries []query, first time.Duration) error {
	var took []time.Duration
	for range 20 {
		for _, q := range queries {
			start := time.Now()
			if _, err := library.Search(context.Background(), q.Q, docs.DefaultLimit); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	_, err := fmt.Fprintf(out, "\nfirst search %s; warm median %s, p99 %s\n",
		first.Round(time.Microsecond), took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond))
	return err
}
