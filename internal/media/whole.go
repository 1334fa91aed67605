package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// ErrCutOff is returned for a file whose format's own end is missing.
var ErrCutOff = errors.New("the file is cut off: its end is missing")

// tailLen is how much of a file's end Whole looks at. Programs append data of their own behind
// the end of a picture, so that the mark of the end need not be the last thing.
const tailLen = 64 << 10

// Whole returns a reader of the same content that fails with ErrCutOff at its end if the file is
// cut off. It knows PNG, JPEG, WebP, WAV and ZIP (also DOCX, XLSX, PPTX and EPUB); files of
// other types pass.
func Whole(content io.Reader, t Type) io.Reader {
	if check, ok := endings[t.MIME]; ok {
		return &wholeReader{content: content, check: check}
	}
	return content
}

// IsWhole is the check of Whole for a file of so many bytes that can be read anywhere.
func IsWhole(file io.ReaderAt, size int64, t Type) bool {
	check, ok := endings[t.MIME]
	if !ok {
		return true
	}
	head, tail := make([]byte, min(size, 8)), make([]byte, min(size, tailLen))
	_, headErr := file.ReadAt(head, 0)
	_, tailErr := file.ReadAt(tail, size-int64(len(tail)))
	return headErr != nil && !errors.Is(headErr, io.EOF) || tailErr != nil && !errors.Is(tailErr, io.EOF) || check(head, tail, size)
}

// endings report, of the start and the end of a file and its size, whether it is whole.
var endings = map[string]func(head, tail []byte, size int64) bool{
	"image/png":  holds("IEND"),
	"image/jpeg": holds("\xff\xd9"),
	"image/webp": wholeRIFF,
	"audio/wav":  wholeRIFF,

	"application/zip":      holds("PK\x05\x06"),
	"application/epub+zip": holds("PK\x05\x06"),
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   holds("PK\x05\x06"),
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         holds("PK\x05\x06"),
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": holds("PK\x05\x06"),
}

func holds(mark string) func(head, tail []byte, size int64) bool {
	return func(_, tail []byte, _ int64) bool { return bytes.Contains(tail, []byte(mark)) }
}

// wholeRIFF compares the length that the file states. One of all ones is of a stream, and one
// that is 0 was never filled in.
func wholeRIFF(head, _ []byte, size int64) bool {
	if len(head) < 8 {
		return false
	}
	stated := binary.LittleEndian.Uint32(head[4:8])
	return stated == 0 || stated >= 1<<31 || int64(stated)+8 <= size+1 // a last padding byte is often left out
}

type wholeReader struct {
	content    io.Reader
	check      func(head, tail []byte, size int64) bool
	head, tail []byte
	size       int64
}

func (r *wholeReader) Read(p []byte) (int, error) {
	n, err := r.content.Read(p)
	r.size += int64(n)
	if len(r.head) < 8 {
		r.head = append(r.head, p[:min(n, 8-len(r.head))]...)
	}
	if n >= tailLen {
		r.tail = append(r.tail[:0], p[n-tailLen:n]...)
	} else if r.tail = append(r.tail, p[:n]...); len(r.tail) > 2*tailLen {
		r.tail = append(r.tail[:0], r.tail[len(r.tail)-tailLen:]...)
	}
	if errors.Is(err, io.EOF) && !r.check(r.head, r.tail, r.size) {
		err = ErrCutOff
	}
	return n, err
}
