package docs

import (
	_ "embed" // the list of words
	"strings"
	"sync"
)

//go:embed synonyms.txt
var synonymsText string

// synonyms maps the key of a word or a phrase to the words that mean about the same.
var synonyms = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for l := range strings.Lines(synonymsText) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		said, meant, directed := strings.Cut(l, ":")
		if !directed {
			meant = said
		}
		for w := range strings.FieldsSeq(said) {
			key := phraseKey(strings.Split(w, "_")...)
			for other := range strings.FieldsSeq(meant) {
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
