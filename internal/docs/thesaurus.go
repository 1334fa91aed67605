package docs

import (
	_ "embed" // the list of words
	"strings"
	"sync"
)

//go:embed thesaurus.txt
var thesaurusText string

// thesaurus maps the key of a word or a phrase to the words that mean about the same.
var thesaurus = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for l := range strings.Lines(thesaurusText) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		group := strings.Fields(l)
		for _, w := range group {
			key := phraseKey(strings.Split(w, "_")...)
			for _, other := range group {
				if other != w && !strings.Contains(other, "_") {
					m[key] = append(m[key], other)
				}
			}
		}
	}
	return m
})

// phraseKey makes the key of a phrase from its words.
func phraseKey(words ...string) string {
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = stem(w)
	}
	return strings.Join(stems, " ")
}
