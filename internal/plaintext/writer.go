package plaintext

import (
	"io"
	"sync"
	"unicode/utf8"
)

// Writer passes on to a terminal what is written to it, as Terminal makes it plain. A character
// may be split between writes. It is safe for concurrent use.
type Writer struct {
	out  io.Writer
	mu   sync.Mutex
	rest []byte // the start of a character, or a CR whose newline may follow
}

// NewWriter returns a Writer to out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Unwrap returns what it writes to.
func (w *Writer) Unwrap() io.Writer { return w.out }

// Write implements io.Writer.
func (w *Writer) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.rest, data...)
	whole := len(text) - incomplete(text)
	plain := Terminal(string(text[:whole]))
	w.rest = append([]byte(nil), text[whole:]...)
	if _, err := w.out.Write([]byte(plain)); err != nil {
		return 0, err
	}
	return len(data), nil
}

// incomplete is how many bytes at the end of a text wait for what follows.
func incomplete(text []byte) int {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
