package intent

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryConceptHasWordsAndAUse(t *testing.T) {
	t.Parallel()
	used := slices.Concat(grammar, takers, []string{"article"})
	for _, j := range jobs() {
		for _, s := range j.signs {
			for _, concept := range s.concepts {
				name := strings.Trim(concept, "!<>")
				used = append(used, name)
				require.True(t, name == "article" || words().stems[name] != nil, "%s: %s has no words", j.as, concept)
			}
		}
	}
	for name, stems := range words().stems { // a concept with stems ranks models
		require.True(t, len(stems) > 0 || slices.Contains(used, name), "%s is of no use", name)
	}
}
