package wire

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"path"
	"strings"
)

// Body makes the content of a request, anew for every attempt. Size is below 0 if unknown.
type Body func() (content io.Reader, size int64, contentType string, err error)

// JSON returns a body of encoded JSON.
func JSON(data []byte) Body {
	return func() (io.Reader, int64, string, error) {
		return bytes.NewReader(data), int64(len(data)), "application/json", nil
	}
}

// File is content to upload. It is streamed, never held whole.
type File struct {
	Name        string // its extension tells Wiro the type
	ContentType string // application/octet-stream if empty
	Size        int64  // bytes; below 0 if unknown
	Open        func() (io.ReadCloser, error)
}

// Field is a part of a multipart form: a value, or a file.
type Field struct {
	Name  string
	Value string
	File  *File // instead of Value
}

// Form returns a multipart body. It does not read the files beforehand, so that the length is
// announced if the sizes of all files are known.
func Form(fields []Field) Body {
	return func() (io.Reader, int64, string, error) {
		f := formWriter{}
		f.form = multipart.NewWriter(&f.head)
		for _, field := range fields {
			if err := f.add(field); err != nil {
				closeAll(f.files)
				return nil, 0, "", err
			}
		}
		if err := f.form.Close(); err != nil {
			closeAll(f.files)
			return nil, 0, "", fmt.Errorf("writing the form: %w", err)
		}
		f.flush()
		return &formReader{io.MultiReader(f.parts...), f.files}, f.size, f.form.FormDataContentType(), nil
	}
}

// formWriter lays out a form around the content of its files.
type formWriter struct {
	form  *multipart.Writer
	head  bytes.Buffer // what form wrote since the last file
	parts []io.Reader
	files []io.Closer
	size  int64
}

func (w *formWriter) add(f Field) error {
	if f.File == nil {
		if err := w.form.WriteField(f.Name, f.Value); err != nil {
			return fmt.Errorf("writing the form: %w", err)
		}
		return nil
	}
	if _, err := w.form.CreatePart(f.File.header(f.Name)); err != nil {
		return fmt.Errorf("writing the form: %w", err)
	}
	content, err := f.File.Open()
	if err != nil {
		return err
	}
	w.flush()
	w.size = addSizes(w.size, f.File.Size)
	w.parts, w.files = append(w.parts, content), append(w.files, content)
	return nil
}

func (w *formWriter) flush() {
	w.size = addSizes(w.size, int64(w.head.Len()))
	w.parts = append(w.parts, bytes.NewReader(bytes.Clone(w.head.Bytes())))
	w.head.Reset()
}

// addSizes adds sizes of which either may be unknown (negative).
func addSizes(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

var quoteEscaper = strings.NewReplacer("\\", "\\\\", `"`, "%22", "\r", "", "\n", "")

func (f *File) header(name string) textproto.MIMEHeader {
	contentType := f.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`,
			quoteEscaper.Replace(name), quoteEscaper.Replace(path.Base(f.Name)))},
		"Content-Type": {contentType},
	}
}

// formReader closes the files with the form: the transport closes the body that it was given.
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
		_ = file.Close() // only read
	}
}
