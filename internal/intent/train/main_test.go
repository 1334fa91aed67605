package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is learned from some requests serves others: those of one fold, by the others.
func TestRequestsThatAreNotLearnedFromAreServed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it learns for seconds")
	}
	examples, err := readExamples(filepath.Join("..", "testdata", "train.tsv"))
	require.NoError(t, err)
	groups := map[string]*tally{}
	apart(examples, groups, func(e example) bool { return e.fold == 0 })
	all := groups["all"]
	t.Logf("%+v", *all)
	require.Greater(t, all.all, 500)
	require.GreaterOrEqual(t, float64(all.served)/float64(all.all), 0.9)
	require.GreaterOrEqual(t, float64(all.first)/float64(all.all), 0.8)
}
