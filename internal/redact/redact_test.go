package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoFormOfAValueIsLeft(t *testing.T) {
	t.Parallel()
	const secret = "pä<ss>\"word & 1234"
	r := New(secret, "pin7", "")
	for text, want := range map[string]string{
		"":                             "",
		"nothing here":                 "nothing here",
		"it is " + secret + "!":        "it is [set]!",
		"cut ss>\"word & 12":           "cut [set]",
		"it is p%C3%A4%3Css%3E%22word": "it is [set]",
		"pä&lt;ss&gt;&#34;word":        "[set]",
		"pin7, pin77 and apin7":        "[set], pin77 and apin7",
	} {
		got := r.Redact(text)
		require.Equal(t, want, got)
		require.NotContains(t, got, "ss>")
		require.False(t, strings.Contains(text, "word") && strings.Contains(got, "word"), got)
	}
}

func TestANilRedactorChangesNothing(t *testing.T) {
	t.Parallel()
	var r *Redactor
	require.Equal(t, "text", r.Redact("text"))
	require.Equal(t, "text", New().Redact("text"))
}
