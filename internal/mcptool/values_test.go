package mcptool

import (
	"encoding/json"
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

// However an object is written, its members are those that encoding/json finds.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { } `, `{"a":1}`, "{\n\"a\" :\t-1.5e3 , \"b\":[1,{\"c\":\"]}\"}]\r}", `{"a":"\"","a":null,"\u0061\\":true,"":{}}`,
		`{"a":"\\","b":[[],"[",{"}":"{"}]}`, "{\"\xff\":\"\xff\"}", `{"a":false,"b":"é\ud83d\ude00"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		got := map[string]json.RawMessage{}
		Members(text, func(name []byte, value json.RawMessage) { got[string(name)] = value })
		require.Equal(t, want, got)
		for _, value := range got {
			var text *string
			isText := json.Unmarshal(value, &text) == nil && text != nil
			read, ok := TextOf(value)
			require.Equal(t, isText, ok, "%s", value)
			if isText {
				require.Equal(t, *text, read)
			}
		}
	})
}
