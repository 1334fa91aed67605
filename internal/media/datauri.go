package media

import (
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strings"
)

// ErrDataURI is returned for a data: URI that cannot be decoded.
var ErrDataURI = errors.New("the data: URI cannot be decoded")

// IsDataURI reports whether a text is a data: URI.
func IsDataURI(text string) bool {
	return len(text) > 5 && strings.EqualFold(text[:5], "data:")
}

// DataURI is the content of a data: URI (RFC 2397).
type DataURI struct {
	MIME   string // as declared; "text/plain" where it is left out
	base64 bool
	data   string
}

// ParseDataURI splits a data: URI without decoding it.
func ParseDataURI(text string) (DataURI, error) {
	if !IsDataURI(text) {
		return DataURI{}, ErrDataURI
	}
	header, data, found := strings.Cut(text[5:], ",")
	if !found || len(header) > 256 {
		return DataURI{}, ErrDataURI
	}
	kind, encoded := header, false
	if i := strings.LastIndexByte(header, ';'); i >= 0 && strings.EqualFold(strings.TrimSpace(header[i+1:]), "base64") {
		kind, encoded = header[:i], true
	}
	if kind == "" {
		kind = "text/plain"
	}
	return DataURI{MIME: baseMIME(kind), base64: encoded, data: data}, nil
}

// Open returns the decoded content. It decodes while it is read, so that a large URI needs no
// second copy in memory; a fault in the encoding is a read error.
func (d DataURI) Open() io.Reader {
	if !d.base64 {
		text, err := url.PathUnescape(d.data)
		if err != nil {
			return failingReader{ErrDataURI}
		}
		return strings.NewReader(text)
	}
	encoding := base64.StdEncoding.WithPadding(base64.NoPadding)
	if strings.ContainsAny(d.data, "-_") {
		encoding = base64.URLEncoding.WithPadding(base64.NoPadding)
	}
	data := d.data
	if strings.ContainsRune(data, '%') {
		unescaped, err := url.PathUnescape(data)
		if err != nil {
			return failingReader{ErrDataURI}
		}
		data = unescaped
	}
	return &base64Reader{base64.NewDecoder(encoding, strings.NewReader(strings.TrimRight(data, "= \r\n")))}
}

// Size is the decoded length in bytes: exact for well-formed base64, at most for other content.
func (d DataURI) Size() int64 {
	if !d.base64 {
		return int64(len(d.data))
	}
	return int64(len(strings.TrimRight(d.data, "= \r\n"))) * 3 / 4
}

type base64Reader struct{ decoder io.Reader }

func (r *base64Reader) Read(p []byte) (int, error) {
	n, err := r.decoder.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = ErrDataURI
	}
	return n, err
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }
