package intent

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryConceptThatIsNamedHasWords(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Concat(grammar, things, takers, given) {
		require.NotNil(t, words().stems[name], name)
	}
}
