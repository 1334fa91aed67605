package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

const maxElidedString = 64 << 10 // bytes; longer strings inside an elided member are cut

// readEliding reads JSON of which the start is read already, and replaces each string of more
// than 64 KB inside the given members by a short note. It holds no more of such a string than
// that at any time. Messages of a refusal are elided in every response, behind the part that an
// error shows. What is not JSON passes as it is. If more than most bytes are kept, it returns
// what it has with errTooLarge.
func readEliding(start []byte, body io.Reader, members []string, most int) ([]byte, error) {
	e := elider{members: members}
	e.write(start)
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
	errors   bool // that member, or the one around this place, is the refusal's messages
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
		e.structure(p[:end])
		e.kept = append(e.kept, p[:end]...)
		p = p[end:]
		if len(p) > 0 {
			e.inString, e.start, e.dropped = true, len(e.kept), 0
			e.kept = append(e.kept, '"')
			p = p[1:]
		}
	}
}

// nesting is what a byte between strings adds to the depth.
var nesting = [256]int8{'{': 1, '[': 1, '}': -1, ']': -1}

// structure follows the bytes between strings.
func (e *elider) structure(p []byte) {
	if !e.name && e.inside == 0 {
		for _, c := range p {
			e.depth += int(nesting[c])
		}
		return
	}
	for _, c := range p {
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
			continue
		}
		e.name = false
	}
}

// string takes in what belongs to the current string, and returns how much that is.
func (e *elider) string(p []byte) int {
	for end := 0; ; end++ {
		next := bytes.IndexByte(p[end:], '"')
		if next < 0 {
			e.escaped = e.escapes(p)
			e.keep(p)
			return len(p)
		}
		if end += next; !e.escapes(p[:end]) {
			e.escaped = false
			e.keep(p[:end])
			e.endString()
			return end + 1
		}
	}
}

// escapes reports whether the byte behind p is escaped: whether an odd number of backslashes
// stands before it.
func (e *elider) escapes(p []byte) bool {
	n := len(p) - len(bytes.TrimRight(p, `\`))
	return (n%2 == 1) != (n == len(p) && e.escaped)
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
		text := e.kept[e.start+1:]
		size := len(text) + e.dropped
		text = text[:e.shown(text)]
		e.kept = fmt.Appendf(e.kept[:e.start+1+len(text)], "[%d bytes left out]", size-len(text))
	}
	e.kept = append(e.kept, '"')
	if name := e.kept[e.start+1 : len(e.kept)-1]; e.inside == 0 {
		e.errors = string(name) == refusals
		e.name = e.errors || slices.Contains(e.members, string(name))
	}
}

const refusals = "errors" // the member with the messages of a refusal

// shown is how much of a long string stays: of a message as much as an error shows, up to a space,
// which is part of no escape; of anything else nothing.
func (e *elider) shown(text []byte) int {
	if !e.errors {
		return 0
	}
	return bytes.LastIndexByte(text[:min(len(text), maxMessage)], ' ') + 1
}
