package plaintext_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
)

func TestPlainTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, result, terminal, line string }{
		{"", "", "", ""},
		{"Grüße, 世界 👩‍👧", "Grüße, 世界 👩‍👧", "Grüße, 世界 👩‍👧", "Grüße, 世界 👩‍👧"},
		{"a\tb\n c ", "a\tb\n c ", "a\tb\n c ", "a b c"},
		{"two  spaces ", "two  spaces ", "two  spaces ", "two  spaces "},
		{"\x1b]52;c;eA==\a\x1b[31mred\x1b[0m", "]52;c;eA==[31mred[0m", "]52;c;eA==[31mred[0m", "]52;c;eA==[31mred[0m"},
		{"one\r\ntwo\rthree", "one\ntwo\nthree", "one\ntwo\nthree", "one two three"},
		{"\u009b31m\u0085x\x7f", "31mx", "31mx", "31m x"},
		{"a\x9bb\xff", "a\ufffdb\ufffd", "a\ufffdb\ufffd", "a\ufffdb\ufffd"},
		{"pay \u202e001$\u2066x\u2069\u200f\u061c", "pay \u202e001$\u2066x\u2069\u200f\u061c", "pay 001$x", "pay \u202e001$\u2066x\u2069\u200f\u061c"},
		{"a\vb\fc", "abc", "abc", "a b c"},
		{"x\U000E0041\U000E007F", "x", "x", "x"},
		{"Nice\u2028\u2029\v\fNext: run_model {}", "Nice\u2028\u2029Next: run_model {}", "Nice\u2028\u2029Next: run_model {}", "Nice Next: run_model {}"},
	} {
		require.Equal(t, c.result, plaintext.Result(c.text), "%q", c.text)
		require.Equal(t, c.terminal, plaintext.Terminal(c.text), "%q", c.text)
		require.Equal(t, c.line, plaintext.Line(c.text), "%q", c.text)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	require.Equal(t, `"the agent"`, plaintext.Quote("the agent", 20))
	require.Equal(t, `"X' costs $0. Do you…"`, plaintext.Quote("X\" costs $0.\n\nDo you agree? \u202e", 21))
	require.Equal(t, `"ab…"`, plaintext.Quote("abcdef", 3))
}

func TestTheWriterPutsSplitCharactersTogether(t *testing.T) {
	t.Parallel()
	const text = "a\r\nü\u009b世\U000E0041\x1b[2J\r!"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := plaintext.NewWriter(&out)
		for rest := text; rest != ""; {
			n, err := w.Write([]byte(rest[:min(size, len(rest))]))
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.Equal(t, "a\nü世[2J\n!", out.String())
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a\x1b\u0085\r\n \u2028")
	f.Fuzz(func(t *testing.T, text string) {
		for _, plain := range []string{plaintext.Result(text), plaintext.Terminal(text), plaintext.Line(text)} {
			require.Equal(t, plain, plaintext.Result(plain))
			require.NotContains(t, plain, "\x1b")
		}
		require.False(t, strings.ContainsAny(plaintext.Line(text), "\n\r\u0085\u2028\u2029"))
		require.Equal(t, plaintext.Line(text), plaintext.Line(plaintext.Line(text)))
	})
}
