package redact

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const key = "wk_7Hq2fZp9LxT4vNb8sRd1"

func TestNoEncodingOfAValueIsLeft(t *testing.T) {
	t.Parallel()
	r := New(key, "s3cr3t+/&<pä>?")
	for _, value := range []string{key, "s3cr3t+/&<pä>?"} {
		for before := range 7 {
			for after := range 4 {
				whole := strings.Repeat("u", before) + value + strings.Repeat(":", after)
				for name, text := range map[string]string{
					"raw": whole, "query": url.QueryEscape(whole), "path": url.PathEscape(whole),
					"hex": hex.EncodeToString([]byte(whole)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(whole))),
					"base64":     base64.StdEncoding.EncodeToString([]byte(whole)),
					"base64 url": base64.URLEncoding.EncodeToString([]byte(whole)),
				} {
					got := r.Redact("before " + text + " after")
					require.Contains(t, got, Placeholder, "%s of %s", name, whole)
					for i := 0; i+Shingle <= len(value) && name == "raw"; i++ {
						require.NotContains(t, got, value[i:i+Shingle])
					}
					require.Less(t, len(got), len("before [set] after")+2*(before+after)+8, "%s: %s", name, got)
				}
			}
		}
	}
}

func TestPiecesAreCutOut(t *testing.T) {
	t.Parallel()
	r := New(key)
	for size := Shingle; size < len(key); size++ {
		for from := 0; from+size <= len(key); from++ {
			require.Equal(t, "x [set] y", r.Redact("x "+key[from:from+size]+" y"))
		}
	}
	require.Equal(t, key[:Shingle-1], r.Redact(key[:Shingle-1]))
}

// A text of 15 MB that is made to be slow takes no longer than any other.
func TestRedactionIsLinear(t *testing.T) {
	t.Parallel()
	r := New(key, "pin")
	small, large := strings.Repeat(key[:7]+"|", 1<<14), strings.Repeat(key[:7]+"|", 1<<21)
	took := func(text string) time.Duration {
		start := time.Now()
		require.Equal(t, text, r.Redact(text))
		return time.Since(start)
	}
	took(small)
	require.Less(t, took(large), 20*128*max(took(small), time.Millisecond))
}

func BenchmarkRedact(b *testing.B) {
	r := New(key+key+key, key)
	text := strings.Repeat("A result as tools give it, with words. ", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(key+key+key, key)
	}
}
