package wire

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

type elided struct {
	Status     string         `json:"status"`
	Parameters map[string]any `json:"parameters"`
	Other      string         `json:"other"`
}

func TestLongStringsAreLeftOutOfElidedMembersAlone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`x\"y`, maxElidedString)
	text := `{"other":"` + long + `","parameters":{"prompt":"a \"cat\"","image":"data:` + long + `","list":["` + long + `",{"deep":"` + long +
		`"}],"parameters":"p"} , "status":"task_start","note":"parameters"}`
	for name, reader := range map[string]io.Reader{
		"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)), "in halves": iotest.HalfReader(strings.NewReader(text)),
	} {
		data, err := readEliding(nil, reader, []string{"parameters"}, maxResponse)
		require.NoError(t, err, name)
		require.Less(t, len(data), len(long)+4*maxElidedString, name)
		var got elided
		require.NoError(t, Decode(data, &got), name)
		require.Equal(t, "task_start", got.Status)
		require.Len(t, got.Other, len(long)/4*3, name)
		note := fmt.Sprintf("[%d bytes left out]", len(long))
		require.Equal(t, map[string]any{
			"prompt": `a "cat"`, "image": fmt.Sprintf("[%d bytes left out]", len(long)+5), "list": []any{note, map[string]any{"deep": note}}, "parameters": "p",
		}, got.Parameters, name)
	}
}

func TestElidingStopsWhereTheMemberEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2*maxElidedString)
	for _, text := range []string{
		`{"parameters":"` + long + `","other":"` + long + `"}`,
		`{"parameters":null,"other":"` + long + `"}`,
		`{"a":{"parameters":[["` + long + `"]]},"other":"` + long + `"}`,
		`{"a":[{"parameters":7},{"other":"` + long + `"}],"other":"` + long + `"}`,
		`{"a":"parameters","other":"` + long + `"}`,
	} {
		data, err := readEliding(nil, strings.NewReader(text), []string{"parameters"}, maxResponse)
		require.NoError(t, err)
		var got elided
		require.NoError(t, Decode(data, &got))
		require.Equal(t, long, got.Other)
	}
}

func TestOnlyWhatIsKeptCountsAgainstTheLimit(t *testing.T) {
	t.Parallel()
	echo := strings.Repeat("A", 3<<20)
	var rows []string
	for i := range 10 { // 30 MB
		rows = append(rows, fmt.Sprintf(`{"parameters":{"image":"%s"},"status":"s%d"}`, echo, i))
	}
	data, err := readResponse(strings.NewReader(`{"tasklist":[`+strings.Join(rows, ",")+`]}`), -1, []string{"parameters"})
	require.NoError(t, err)
	require.Less(t, len(data), 1000)
	_, err = readResponse(strings.NewReader(`{"tasklist":[`+strings.Join(rows, ",")+`]}`), -1, nil)
	require.ErrorIs(t, err, errTooLarge)
	_, err = readResponse(io.MultiReader(strings.NewReader(`{"other":"`), strings.NewReader(strings.Repeat(echo, 7))), -1, []string{"parameters"})
	require.ErrorIs(t, err, errTooLarge)
}

func TestAHugeMessageOfARefusalIsCutWhileItIsRead(t *testing.T) {
	t.Parallel()
	text := `{"result":false,"errors":[{"code":97,"message":"` + strings.Repeat(`no \"credit\" left `, 500_000) + `"},"second"],"total":"` + strings.Repeat("x", 70_000) + `"}`
	data, err := readResponse(iotest.HalfReader(strings.NewReader(text)), -1, nil)
	require.NoError(t, err)
	require.Less(t, len(data), 80_000)
	_, failure := responseReader{status: 200}.open(data)
	require.Equal(t, Refused, failure.Kind)
	require.Equal(t, 97, failure.Code)
	require.True(t, strings.HasPrefix(failure.Messages[0], `no "credit" left no "credit" left`), failure.Messages[0][:40])
	require.Contains(t, string(data), "bytes left out]")
	require.Contains(t, string(data), strings.Repeat("x", 70_000), "only messages are cut")
}

func FuzzElide(f *testing.F) {
	f.Add(`{"parameters":{"a":["b\\\"",1]},"x":"parameters"}`, 3)
	f.Add(`{"parameters`, 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if len(text) > maxElidedString {
			return
		}
		e := elider{members: []string{"parameters"}}
		for data := []byte(text); len(data) > 0; {
			n := min(max(1, size), len(data))
			e.write(data[:n])
			data = data[n:]
		}
		if !e.inString {
			require.Equal(t, text, string(e.kept), "short strings stay as they are")
		}
	})
}
