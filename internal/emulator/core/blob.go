package core

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// smallFile is the size up to which an uploaded file stays in memory. Larger ones wait on
// disk, so that an emulator inside another process costs it little.
const smallFile = 1 << 20

// A blob is the content of a stored file.
type blob struct {
	Size int64
	data []byte // or, where path is set:
	path string // a temporary file
	kept bool   // somebody keeps it beyond the call that brought it
}

// spool reads r to its end.
func (fs *fileStore) spool(r io.Reader) (*blob, error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, smallFile+1)
	if errors.Is(err, io.EOF) {
		return &blob{Size: n, data: head.Bytes()}, nil
	}
	if err != nil {
		return nil, ErrInvalidBody
	}
	return fs.spoolToDisk(io.MultiReader(&head, r))
}

func (fs *fileStore) spoolToDisk(r io.Reader) (*blob, error) {
	dir, err := fs.tempDir()
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, "upload-*")
	if err != nil {
		return nil, err
	}
	b := &blob{path: file.Name()}
	b.Size, err = io.Copy(file, r)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		b.remove()
		return nil, ErrInvalidBody
	}
	return b, nil
}

// Content is what a blob or an output is read through: seekable for ranges, and readable
// at any place for ZIP archives.
type Content interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
}

func (b *blob) Open() (Content, error) {
	if b.path != "" {
		return os.Open(b.path)
	}
	return InMemory(b.data), nil
}

func (b *blob) remove() {
	if b.path != "" {
		_ = os.Remove(b.path)
	}
	b.data = nil
}

// memory gives a reader in memory a Close that does nothing.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// InMemory is data as a content.
func InMemory(data []byte) Content { return memory{bytes.NewReader(data)} }
