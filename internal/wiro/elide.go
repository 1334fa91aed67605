package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

const maxElidedString = 64 << 10 // bytes; longer strings inside an elided member are cut

// readEliding reads JSON and replaces each string of more than 64 KB inside the given members
// by a short note. It holds no more of such a string than that at any time. What is not JSON
// passes as it is. If more than most bytes are kept, it returns what it has with errTooLarge.
func readEliding(body io.Reader, members []string, most int) ([]byte, error) {
	e := elider{members: members}
	chunk := make([]byte, 32<<10)
	for {
		n, err := body.Read(chunk)
		e.write(chunk[:n])
		switch {
		case len(e.kept) > most:
			return e.kept, errTooLarge
		case err == io.EOF:
			return e.kept, nil
		case err != nil:
			return e.kept, err
		}
	}
}

// elider copies JSON that arrives in pieces, and leaves out what is too long. It knows just
// enough of JSON for that: strings, nesting, and which string is the name of a member.
type elider struct {
	members []string
	kept    []byte

	depth  int // of the objects and arrays around this place
	inside int // depth at which the elided member began, plus one; 0 outside

	inString bool
	escaped  bool // the next byte of the string belongs to an escape
	start    int  // of the string in kept
	dropped  int  // bytes of the string that were left out
	name     bool // the last string is the name of an elided member
}

func (e *elider) write(p []byte) {
	for len(p) > 0 {
		if e.inString {
			p = p[e.string(p):]
			continue
		}
		end := bytes.IndexByte(p, '"')
		if end < 0 {
			end = len(p)
		}
		for _, c := range p[:end] {
			e.structure(c)
		}
		e.kept = append(e.kept, p[:end]...)
		p = p[end:]
		if len(p) > 0 {
			e.inString, e.start, e.dropped = true, len(e.kept), 0
			e.kept = append(e.kept, '"')
			p = p[1:]
		}
	}
}

// structure follows the bytes between strings.
func (e *elider) structure(c byte) {
	switch c {
	case ':':
		if e.name && e.inside == 0 {
			e.inside = e.depth + 1
		}
	case '{', '[':
		e.depth++
	case '}', ']':
		e.depth--
		if e.depth < e.inside-1 { // the object around the member ends
			e.inside = 0
		}
	case ',':
		if e.depth == e.inside-1 {
			e.inside = 0
		}
	case ' ', '\t', '\r', '\n':
		return
	}
	e.name = false
}

// string takes in what belongs to the current string, and returns how much that is.
func (e *elider) string(p []byte) int {
	for i, c := range p {
		switch {
		case e.escaped:
			e.escaped = false
		case c == '\\':
			e.escaped = true
		case c == '"':
			e.keep(p[:i])
			e.endString()
			return i + 1
		}
	}
	e.keep(p)
	return len(p)
}

// keep adds a part of the current string, unless it is too long already.
func (e *elider) keep(p []byte) {
	if e.inside > 0 && (e.dropped > 0 || len(e.kept)-e.start+len(p) > maxElidedString) {
		e.dropped += len(p)
		return
	}
	e.kept = append(e.kept, p...)
}

func (e *elider) endString() {
	e.inString = false
	if e.dropped > 0 {
		size := len(e.kept) - e.start - 1 + e.dropped
		e.kept = fmt.Appendf(e.kept[:e.start+1], "[%d bytes left out]", size)
	}
	e.kept = append(e.kept, '"')
	e.name = e.inside == 0 && slices.Contains(e.members, string(e.kept[e.start+1:len(e.kept)-1]))
}
