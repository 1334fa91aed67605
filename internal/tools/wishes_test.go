package tools_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// stems are the words of a text in their plain form, without those that say nothing.
func stems(text string) []string {
	const fillers = " a an and are as at be by for from has have how i in is it its me my of on or so that the this to was what which with you your do did does "
	var found []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if strings.Contains(fillers, " "+word+" ") {
			continue
		}
		env := snowballstem.NewEnv(word)
		english.Stem(env)
		found = append(found, env.Current())
	}
	return found
}

// A model picks a tool by its name and description: the words of a wish are in those of the right
// tool, more than in those of any other.
func TestTheRightToolIsTheClosestToAWish(t *testing.T) {
	t.Parallel()
	words := map[string][]string{}
	holders := map[string]float64{}
	for _, d := range tools.All() {
		if d.ForViews {
			continue
		}
		words[d.Name] = stems(strings.ReplaceAll(d.Name, "_", " ") + " " + d.Title + " " + d.Description)
		for _, word := range slices.Compact(slices.Sorted(slices.Values(words[d.Name]))) {
			holders[word]++
		}
	}
	score := func(tool string, wish []string) (sum float64) {
		for _, word := range slices.Compact(slices.Sorted(slices.Values(wish))) {
			if i := slices.Index(words[tool], word); i >= 0 {
				weight := math.Log(float64(len(words)) / holders[word])
				if i < 12 { // its name, its title and the first words
					weight *= 1.3
				}
				sum += weight
			}
		}
		return sum / (8 + math.Sqrt(float64(len(words[tool]))))
	}
	content, err := os.ReadFile("testdata/wishes.tsv")
	require.NoError(t, err)
	var wrong []string
	for line := range strings.Lines(string(content)) {
		wish, right, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok, line)
		require.Contains(t, words, right)
		best, most := "", 0.0
		for tool := range words {
			if s := score(tool, stems(wish)); s > most || s == most && tool == right {
				best, most = tool, s
			}
		}
		if best != right {
			wrong = append(wrong, fmt.Sprintf("%q: %s rather than %s", wish, best, right))
		}
	}
	require.Empty(t, wrong, strings.Join(wrong, "\n"))
}
