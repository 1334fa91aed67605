package mcptool

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValuesAreCountedWithoutDecoding(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`1`:                                1,
		`{"a":1,"b":[true,null]}`:          4,
		`"[[[,,,{{{"`:                      1,
		`{"a":"\\",\",[[","b":1}`:          3,
		`"` + strings.Repeat(",", 100_000): 1,
	} {
		got, err := CountValues([]byte(text))
		require.NoError(t, err)
		require.InDelta(t, want, got, 2, text[:min(len(text), 40)])
	}
	_, err := CountValues([]byte("[" + strings.Repeat("{},", MaxValues) + "{}]"))
	require.ErrorContains(t, err, "values")
	_, err = CountValues([]byte(strings.Repeat("[", maxDepth+1)))
	require.ErrorContains(t, err, "deeper")
}
