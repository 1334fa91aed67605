package wiro

import (
	"io"

	"github.com/wiroai/wiro-mcp-go/internal/wire"
)

// File is content to upload: see FileFromPath. As a value in Params it makes the request of a
// run multipart. It is streamed, never held whole.
type File struct {
	Name        string // as Wiro stores it; its extension tells the type
	ContentType string // application/octet-stream if empty
	Size        int64  // bytes; below 0 if unknown
	// Open returns the content from its beginning. It is called once for every attempt.
	Open func() (io.ReadCloser, error)
}

// field makes the file a field of a multipart form.
func (f File) field(name string) wire.Field {
	file := wire.File(f)
	return wire.Field{Name: name, File: &file}
}
