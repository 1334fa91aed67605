package transport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	maxLine = 16 << 20 // bytes of a message over stdio
	lineEnd = 2        // and of its line break
)

var errLineTooLong = errors.New("the line is too long")

// lineReader reads lines of limited length: a longer one is skipped without being kept.
type lineReader struct {
	r    *bufio.Reader
	line []byte // the part that is too long for r's buffer
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(in, 64<<10)}
}

// next returns the next line that is not blank, without its line break, or errLineTooLong. The
// last line needs no line break. The line is valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.read()
		line = trim(line)
		switch {
		case errors.Is(err, errLineTooLong):
			return nil, err
		case len(line) > 0:
			return line, nil // an error shows again
		case err != nil:
			return nil, err
		}
	}
}

// read returns a line, or errLineTooLong once all of it is skipped.
func (l *lineReader) read() ([]byte, error) {
	if cap(l.line) > 1<<20 {
		l.line = nil // one large message does not stay in memory
	}
	l.line = l.line[:0]
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if !full && len(l.line) == 0 && !tooLong {
			return part, err
		}
		if tooLong = tooLong || len(l.line)+len(part) > maxLine+lineEnd; tooLong {
			l.line = nil
		} else {
			l.line = append(l.line, part...)
		}
		switch {
		case full:
		case tooLong:
			return nil, errLineTooLong // the end of the input shows again
		default:
			return l.line, err
		}
	}
}

// buffered reports whether another line can be had without waiting for input.
func (l *lineReader) buffered() bool {
	waiting, _ := l.r.Peek(l.r.Buffered()) // no more than there is
	return bytes.IndexByte(waiting, '\n') >= 0
}
