package wiro

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	wire "github.com/wiroai/wiro-mcp-go/internal/wiro"
)

const uploadTimeout = 15 * time.Minute

var (
	folderCreate = wire.Endpoint("File/FolderCreate", wire.NonIdempotent, wire.ShortTimeout)
	fileUpload   = wire.Endpoint("File/Upload", wire.NonIdempotent, uploadTimeout)
)

// MaxUpload is the largest file that Wiro takes, in bytes.
//
// Wiro docs: Files (100 MB).
const MaxUpload = 100 << 20

// FilesService uploads files to the project's storage. Models take any public URL too, so
// that an upload pays for files that are used in several runs.
//
// Wiro docs: Files.
type FilesService service

// File is content to upload: see FileFromPath and FileFromBytes. As a value in Params it makes
// the request of a run multipart. It is streamed, never held whole.
type File struct {
	Name        string // as Wiro stores it; its extension tells the type
	ContentType string // application/octet-stream if empty
	Size        int64  // bytes; below 0 if unknown
	// Open returns the content from its beginning. It is called once for every attempt.
	Open func() (io.ReadCloser, error)
}

// FileFromPath describes a local file. It is opened when it is sent.
func FileFromPath(name string) (File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() {
		return File{}, &InputError{Field: "path", Reason: "must be a regular file"}
	}
	return File{
		Name: filepath.Base(name), ContentType: mime.TypeByExtension(filepath.Ext(name)), Size: info.Size(),
		Open: func() (io.ReadCloser, error) { return os.Open(name) }, //nolint:gosec // the caller named it
	}, nil
}

// FileFromBytes describes content that is in memory.
func FileFromBytes(name string, content []byte) File {
	return File{
		Name: name, ContentType: mime.TypeByExtension(path.Ext(name)), Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

// field makes the file a field of a multipart form.
func (f File) field(name string) wire.Field {
	file := wire.File(f)
	return wire.Field{Name: name, File: &file}
}

// StoredFile is a file or folder in the project's storage.
//
// Wiro docs: Files.
type StoredFile struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	ParentID    string    `json:"parentid"`
	ContentType string    `json:"contenttype"` // "" for a folder
	Size        int64     `json:"size"`        // bytes
	URL         string    `json:"url"`         // anyone who has it can read the file
	AddedAt     time.Time `json:"addedtime,omitzero"`
	AccessKey   string    `json:"accesskey"`
}

var folderName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

// CreateFolder makes a folder; with parentID "" at the root.
//
// Wiro docs: Files, POST /File/FolderCreate.
func (s *FilesService) CreateFolder(ctx context.Context, name, parentID string) (StoredFile, error) {
	if len(name) > 255 || !folderName().MatchString(name) {
		return StoredFile{}, &InputError{Field: "name", Reason: "may hold letters, digits, hyphens and underscores only"}
	}
	response, err := call[storedFiles](ctx, s.client, folderCreate, struct {
		Name     string `json:"name"`
		ParentID string `json:"parentid,omitempty"`
	}{name, parentID})
	return s.stored(folderCreate, response, err)
}

// Upload streams a file to the project's storage; with folderID "" into the default folder.
// MaxUpload is the limit. It is sent once: ErrUnknownOutcome means that the file may have been
// stored. Of a ZIP archive, which Wiro unpacks, Upload returns the first file; see UploadAll.
//
// Wiro docs: Files, POST /File/Upload.
func (s *FilesService) Upload(ctx context.Context, file File, folderID string) (StoredFile, error) {
	stored, err := s.UploadAll(ctx, file, folderID)
	if err != nil {
		return StoredFile{}, err
	}
	return stored[0], nil
}

// UploadAll is Upload, and returns all files that were stored: those of a ZIP archive, or the
// one. The list is never empty without an error.
//
// Wiro docs: Files, POST /File/Upload (ZIP archives are extracted).
func (s *FilesService) UploadAll(ctx context.Context, file File, folderID string) ([]StoredFile, error) {
	if file.Size > MaxUpload {
		return nil, errTooLargeToUpload
	}
	var form []wire.Field
	if folderID != "" {
		form = append(form, wire.Field{Name: "folderid", Value: folderID})
	}
	form = append(form, file.field("file"))
	response, err := callForm[storedFiles](ctx, s.client, fileUpload, form)
	if _, err := s.stored(fileUpload, response, err); err != nil {
		return nil, err
	}
	return response.List, nil
}

var errTooLargeToUpload = &InputError{Field: "file", Reason: "is larger than the 100 MB that Wiro takes"}

// UploadURL fetches a file from an http or https address and streams it to the project's
// storage, under the name in the address; with folderID "" into the default folder. The fetch
// goes through Options.HTTPClient without credentials. A program that is handed addresses by
// others should give it a client that refuses private ones.
//
// Wiro docs: Files, POST /File/Upload.
func (s *FilesService) UploadURL(ctx context.Context, address, folderID string) (StoredFile, error) {
	// The fetch must not end with ctx: once Wiro has begun to take the file, it is finished.
	fetching, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	response, err := get(fetching, s.client.shared.options.HTTPClient, address)
	stop()
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return StoredFile{}, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	contentType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	first := response.Body
	return s.Upload(ctx, File{
		Name: nameInURL(address), ContentType: contentType, Size: response.ContentLength,
		Open: func() (io.ReadCloser, error) {
			body := first
			if first = nil; body == nil { // read before, and surely not arrived: fetch it anew
				again, err := get(fetching, s.client.shared.options.HTTPClient, address) //nolint:bodyclose // the form closes it
				if err != nil {
					return nil, err
				}
				body = again.Body
			}
			return &limitedBody{body, MaxUpload}, nil
		},
	}, folderID)
}

// limitedBody fails behind the largest file that Wiro takes: an address may not say its size.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (l *limitedBody) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLargeToUpload
	}
	return n, err
}

func nameInURL(address string) string {
	if u, err := url.Parse(address); err == nil {
		if name := path.Base(u.Path); name != "." && name != "/" {
			return name
		}
	}
	return "file"
}

type storedFiles struct {
	List []StoredFile `json:"list"`
}

// stored returns the one entry of a response.
func (s *FilesService) stored(op wire.Operation, response storedFiles, err error) (StoredFile, error) {
	switch {
	case err != nil:
		return StoredFile{}, err
	case len(response.List) == 0:
		return StoredFile{}, s.client.invalidResponse(op, "names nothing that was stored", nil)
	}
	return response.List[0], nil
}
