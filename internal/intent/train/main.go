// Command train learns from testdata/train.tsv how much each feature of a request speaks for each
// job, and writes the table that package intent has embedded. It is run in the module's root:
//
//	go run ./internal/intent/train
//
// With -check it writes nothing, and reports how well requests are understood that it did not
// learn from: a fifth of all at a time, then those of each writer. The same file gives the same table.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
)

const (
	data  = "internal/intent/testdata/train.tsv"
	table = "internal/intent/weights.txt"
	folds = 5
)

func main() {
	check := flag.Bool("check", false, "report how well it learns")
	flag.Parse()
	examples, err := readExamples(data)
	if err != nil {
		log.Fatal(err)
	}
	if *check {
		crossValidate(examples)
		return
	}
	if err := os.WriteFile(table, learn(examples).text(), 0o644); err != nil { //nolint:gosec // a source file
		log.Fatal(err)
	}
}

// crossValidate prints the part of the requests that are served by what was learned from others.
func crossValidate(examples []example) {
	byFold := map[string]*tally{}
	for fold := range folds {
		apart(examples, byFold, func(e example) bool { return e.fold == fold })
	}
	report("each fifth, by what is learned from the others", byFold)
	for _, writer := range writers(examples) {
		byWriter := map[string]*tally{}
		apart(examples, byWriter, func(e example) bool { return e.writer == writer })
		report("all of writer "+writer+", by what is learned from others", byWriter)
	}
}

// apart learns from the examples that are not held back, and counts how those are served.
func apart(examples []example, into map[string]*tally, held func(example) bool) {
	m := learn(slices.DeleteFunc(slices.Clone(examples), held))
	for _, e := range examples {
		if !held(e) {
			continue
		}
		jobs, _ := intent.Likeliest(m.judge(e))
		for _, group := range []string{"all", "writer " + e.writer, "language " + e.language} {
			if into[group] == nil {
				into[group] = &tally{}
			}
			into[group].count(e, jobs)
		}
	}
}

type tally struct{ all, served, first, none, askedBack, lost int }

func (t *tally) count(e example, jobs []intent.Job) {
	t.all++
	if e.serves(jobs) {
		t.served++
	}
	if e.serves(jobs[:min(1, len(jobs))]) {
		t.first++
	}
	switch {
	case slices.Equal(e.wanted, []string{nothing}):
		t.none++
		if len(jobs) == 0 {
			t.askedBack++
		}
	case len(jobs) == 0:
		t.lost++
	}
}

func report(title string, groups map[string]*tally) {
	fmt.Println(title)
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		t := groups[name]
		part := func(n int) float64 { return 100 * float64(n) / float64(t.all) }
		fmt.Printf("  %-16s %5d requests, %5.1f%% served, %5.1f%% by the first; asked back %d of %d and %d others\n",
			name, t.all, part(t.served), part(t.first), t.askedBack, t.none, t.lost)
	}
}

func writers(examples []example) []string {
	var all []string
	for _, e := range examples {
		all = append(all, e.writer)
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// text is the table: what matters, the features in order.
func (m *model) text() []byte {
	var b bytes.Buffer
	for _, name := range slices.SortedFunc(maps.Keys(m.ids), cmp.Compare[string]) {
		row := ""
		for job, w := range m.row(m.ids[name]) {
			if hundredths := int(w * 100); hundredths >= matters || hundredths <= -matters {
				row += fmt.Sprintf(" %d:%d", job, hundredths)
			}
		}
		if row != "" {
			b.WriteString(name + row + "\n")
		}
	}
	return b.Bytes()
}
