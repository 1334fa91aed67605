package docs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentifiersAreWordsAsAWholeAndInParts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                        nil,
		"... -- !":                nil,
		"Upload the files.":       {"upload", "the", "files"},
		"job_done_twice":          {"jobdonetwice=job+done+twice"},
		"x-api-key:":              {"xapikey=api+key"},
		"callbackUrl":             {"callbackurl=callback+url"},
		"HTTPServer":              {"httpserver=http+server"},
		"the APIs' users":         {"the", "apis", "users"},
		"code 96":                 {"code", "96"},
		"100MB":                   {"100mb=100+mb"},
		"POST /Job/Message/Send,": {"post", "jobmessagesend=job+message+send", "messagesend"},
		"don't can’t":             {"dont", "cant"},
		"company's":               {"company"},
		"wss://x.io/v1":           {"wss", "xiov1=io+v1"},
		"real-time":               {"realtime=real+time"},
		"Üben für Ärzte":          {"üben", "für", "ärzte"},
		"a\u0301 b":               {"a\u0301", "b"},
	} {
		var got []string
		eachWord(text, func(w word) {
			s := w.whole
			if w.parts != nil {
				s += "=" + strings.Join(w.parts, "+")
			}
			got = append(got, s)
		})
		require.Equal(t, want, got, "%q", text)
	}
}

func TestStemsMakeFormsOfAWordAlike(t *testing.T) {
	t.Parallel()
	for _, forms := range [][]string{
		{"upload", "uploads", "uploaded", "uploading"},
		{"send", "sends", "sent", "sending"},
		{"organization", "organizations"},
		{"run", "ran", "running"},
		{"big", "bigger", "biggest"},
		{"new", "newest"},
	} {
		for _, f := range forms {
			require.Equal(t, stem(forms[0]), stem(f))
		}
	}
	require.Equal(t, "ab", stem("ab"))
}

func TestDistanceCountsLettersThatDiffer(t *testing.T) {
	t.Parallel()
	var table distanceTable
	for pair, want := range map[[2]string]int{
		{"token", "token"}:     0,
		{"token", "tokne"}:     1, // swapped
		{"token", "tken"}:      1,
		{"token", "tokens"}:    1,
		{"token", "taken"}:     1,
		{"token", "tkne"}:      2,
		{"token", "bananas"}:   3, // more than the limit
		{"", "ab"}:             2,
		{"upload", "uplaod"}:   1,
		{"webhook", "wehbook"}: 1,
	} {
		require.Equal(t, want, table.distance(pair[0], pair[1], 2), "%v", pair)
		require.Equal(t, want, table.distance(pair[1], pair[0], 2), "%v", pair)
	}
}
