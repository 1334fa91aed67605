package wiro

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"path"
	"strings"
)

// File is something to upload. It is streamed, never held whole.
type File struct {
	Name        string // as Wiro shall store it; its extension tells the type
	ContentType string // application/octet-stream where empty
	Size        int64  // bytes; below 0 where unknown
	// Open starts the content from its beginning. It is called once an attempt.
	Open func() (io.ReadCloser, error)
}

// field is a part of a form: a value, or a file.
type field struct {
	name  string
	value string
	file  *File
}

// multipartBody lays out a form around its files without reading them, so that the length
// can be announced where the files' sizes are known.
func multipartBody(fields []field) body {
	return func() (io.Reader, int64, string, error) {
		var (
			head    bytes.Buffer // what the writer made since the last file
			parts   []io.Reader
			closers []io.Closer
			size    int64
		)
		flush := func() {
			size = add(size, int64(head.Len()))
			parts = append(parts, bytes.NewReader(bytes.Clone(head.Bytes())))
			head.Reset()
		}
		form := multipart.NewWriter(&head)
		for _, f := range fields {
			if f.file == nil {
				if err := form.WriteField(f.name, f.value); err != nil {
					return nil, 0, "", fmt.Errorf("writing the form: %w", err)
				}
				continue
			}
			if _, err := form.CreatePart(f.file.header(f.name)); err != nil {
				return nil, 0, "", fmt.Errorf("writing the form: %w", err)
			}
			content, err := f.file.Open()
			if err != nil {
				closeAll(closers)
				return nil, 0, "", err
			}
			flush()
			size = add(size, f.file.Size)
			parts, closers = append(parts, content), append(closers, content)
		}
		if err := form.Close(); err != nil {
			closeAll(closers)
			return nil, 0, "", fmt.Errorf("writing the form: %w", err)
		}
		flush()
		return &formReader{io.MultiReader(parts...), closers}, size, form.FormDataContentType(), nil
	}
}

// add adds lengths of which either may be unknown (negative).
func add(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

var quoted = strings.NewReplacer("\\", "\\\\", `"`, "%22", "\r", "", "\n", "")

func (f *File) header(name string) textproto.MIMEHeader {
	kind := f.ContentType
	if kind == "" {
		kind = "application/octet-stream"
	}
	return textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`,
			quoted.Replace(name), quoted.Replace(path.Base(f.Name)))},
		"Content-Type": {kind},
	}
}

// formReader closes the files with the form: the transport closes what it was given.
type formReader struct {
	io.Reader
	files []io.Closer
}

func (r *formReader) Close() error {
	closeAll(r.files)
	return nil
}

func closeAll(files []io.Closer) {
	for _, file := range files {
		_ = file.Close() // they were only read
	}
}
