package tools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var uploadFileTool = define(mcptool.Meta{
	Name:        "upload_file",
	Title:       "Upload a file",
	Description: "Copy a file from a public URL into the Wiro storage of this key, for use in several runs. Most models take any public URL in their file parameters: then no upload is needed.",
	Toolset:     Files,
	Effect:      mcptool.Writes,
	Slow:        true,
	Examples:    []mcptool.Example{{Arguments: `{"url": "https://example.com/lighthouse.png", "file_name": "lighthouse.png"}`}},
}, uploadFile)

func uploadFile(ctx context.Context, call *Call, in upload) (FileResult, error) {
	if err := call.proveKey(ctx); err != nil {
		return FileResult{}, err
	}
	source, release, err := call.remoteFile(ctx, in.URL, in.Name)
	if err != nil {
		return FileResult{}, err
	}
	defer release()
	stored, err := call.Wiro.Files.Upload(ctx, source, in.Folder)
	if err != nil {
		return FileResult{}, err
	}
	return fileResult(stored, "Uploaded"), nil
}

type upload struct {
	URL    string `json:"url" doc:"public http or https address of the file (100 MB at most)"`
	Name   string `json:"file_name,omitempty" doc:"name to store it under; by default the address's own"`
	Folder string `json:"folderid,omitempty" doc:"folder to put it in, by default the default folder"`
}

// proveKey asks Wiro with a free call whether it accepts the key that came with a request:
// nothing is fetched for one that somebody made up.
func (c *Call) proveKey(ctx context.Context) error {
	if _, own := c.Scope.Caller.(mcptool.ServerCredentials); own {
		return nil
	}
	_, err := c.Wiro.Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	return err
}

const (
	uploadTimeout = 10 * time.Minute
	idleTimeout   = 15 * time.Second // without a byte from the source
	slowAfter     = 30 * time.Second // of waiting for the source, until its rate is judged
	leastRate     = 16 << 10         // bytes a second from the source
)

// uploadTypes are the extensions that Wiro takes.
//
// Wiro docs: Files.
var uploadTypes = strings.Fields("jpg png gif jpeg webp heic mp4 webm mov mp3 wav m4a pdf csv docx xlsx pptx txt md epub zip")

// remoteFile describes the file at an address; it is fetched through the guarded client and
// streamed on when it is sent. The caller releases it in the end, sent or not.
func (c *Call) remoteFile(ctx context.Context, address, name string) (_ wiro.File, release func(), _ error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wiro.File{}, nil, mcptool.Problemf("url must be a public http or https address.")
	}
	response, err := c.fetch(ctx, u)
	if err != nil {
		return wiro.File{}, nil, err
	}
	release = func() { _ = response.Body.Close() } // it was only read
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	file := wiro.File{Name: fileName(name, u, kind), ContentType: kind, Size: response.ContentLength}
	if err := uploadable(file); err != nil {
		release()
		return wiro.File{}, nil, err
	}
	first := response.Body
	file.Open = func() (io.ReadCloser, error) {
		body := first
		if first = nil; body == nil { // sent before, and surely not arrived: fetch it anew
			again, err := c.fetch(ctx, u) //nolint:bodyclose // limited closes it
			if err != nil {
				return nil, err
			}
			body = again.Body
		}
		return &limited{body, wiro.MaxUpload}, nil
	}
	return file, release, nil
}

func uploadable(file wiro.File) error {
	if file.Size > wiro.MaxUpload {
		return mcptool.Problemf("The file is larger (%s) than the 100 MB that Wiro takes.", mcptool.Size(file.Size))
	}
	extension := strings.TrimPrefix(strings.ToLower(path.Ext(file.Name)), ".")
	if extension != "" && !slices.Contains(uploadTypes, extension) {
		return mcptool.Problemf("Wiro does not take .%s files: it takes %s. file_name gives the file another name.", extension, strings.Join(uploadTypes, ", "))
	}
	return nil
}

func (c *Call) fetch(ctx context.Context, u *url.URL) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, mcptool.Problemf("url cannot be fetched: %v.", err)
	}
	response, err := c.Fetch.Do(request) //nolint:bodyclose // the caller does, through Open
	if err != nil {
		cancel()
		if errors.Is(err, fetch.ErrPrivate) {
			return nil, mcptool.Problemf("url: %v.", fetch.ErrPrivate)
		}
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return nil, mcptool.Problemf("url cannot be fetched: %v.", err)
	}
	response.Body = newPaced(response.Body, cancel)
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, mcptool.Problemf("url cannot be fetched: its server answers %s.", response.Status)
	}
	return response, nil
}

// paced ends a request with its body, and a body that comes too slowly. Only the time in which
// the source is waited for counts: the reader may take its own.
type paced struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	idle   *time.Timer
	read   int64
	waited time.Duration
}

func newPaced(body io.ReadCloser, cancel context.CancelFunc) *paced {
	p := &paced{body: body, cancel: cancel, idle: time.AfterFunc(idleTimeout, cancel)}
	p.idle.Stop()
	return p
}

func (p *paced) Read(b []byte) (int, error) {
	start := time.Now()
	p.idle.Reset(idleTimeout)
	n, err := p.body.Read(b)
	inTime := p.idle.Stop()
	p.read += int64(n)
	p.waited += time.Since(start)
	if !inTime || p.waited > slowAfter && float64(p.read) < leastRate*p.waited.Seconds() {
		p.cancel()
		return 0, mcptool.Problemf("url cannot be fetched: its server sends too slowly.")
	}
	return n, err
}

func (p *paced) Close() error {
	p.idle.Stop()
	p.cancel()
	return p.body.Close()
}

// limited fails when there is more than is allowed, even if a shorter length was announced.
type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, mcptool.Problemf("The file is larger than the 100 MB that Wiro takes.")
	}
	return n, err
}

// fileName is the name to store a file under: the caller's, or the address's last part, with
// an extension of its type where it has none.
func fileName(name string, u *url.URL, kind string) string {
	if name = path.Base(strings.ReplaceAll(strings.TrimSpace(name), "\\", "/")); name == "." || name == "/" {
		name = path.Base(u.Path)
	}
	if name == "." || name == "/" || name == "" {
		name = "file"
	}
	if path.Ext(name) != "" || kind == "" {
		return name
	}
	extensions, err := mime.ExtensionsByType(kind)
	if err != nil {
		return name
	}
	for _, extension := range extensions {
		if slices.Contains(uploadTypes, strings.TrimPrefix(extension, ".")) {
			return name + extension
		}
	}
	return name
}

var createFolderTool = define(mcptool.Meta{
	Name:        "create_folder",
	Title:       "Create a folder",
	Description: "Create a folder in the Wiro storage of this key, to upload files into.",
	Toolset:     Extras,
	Effect:      mcptool.Writes,
	Examples:    []mcptool.Example{{Arguments: `{"name": "training-data"}`}},
}, createFolder)

func createFolder(ctx context.Context, call *Call, in folder) (FileResult, error) {
	stored, err := call.Wiro.Files.CreateFolder(ctx, in.Name, in.Parent)
	if err != nil {
		return FileResult{}, err
	}
	return fileResult(stored, "Created"), nil
}

type folder struct {
	Name   string `json:"name" doc:"letters, digits, hyphens and underscores"`
	Parent string `json:"parentid,omitempty" doc:"id of the folder to put it in, by default the root"`
}

// FileResult is a file or folder in the caller's storage.
type FileResult struct {
	File StoredFile `json:"file"`
	did  string
}

// StoredFile is what is known of it.
type StoredFile struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	MIMEType  string `json:"mimeType,omitempty"` // empty for a folder
	SizeBytes int64  `json:"sizeBytes"`
	URL       string `json:"url,omitempty"`
	ParentID  string `json:"parentId,omitempty"`
}

func fileResult(f wiro.StoredFile, did string) FileResult {
	return FileResult{StoredFile{
		ID: f.ID, Name: f.Name, MIMEType: f.ContentType,
		SizeBytes: f.Size, URL: f.URL, ParentID: f.ParentID,
	}, did}
}

// Text is what was done, with what later calls need.
func (r FileResult) Text() string {
	f := r.File
	text := fmt.Sprintf("%s %s (id %s)", r.did, f.Name, f.ID)
	if f.MIMEType != "" {
		text += ", " + f.MIMEType
	}
	if s := mcptool.Size(f.SizeBytes); s != "" {
		text += ", " + s
	}
	text += "."
	if f.URL != "" {
		text += "\n" + f.URL + "\nPass this URL to a model's file parameter. Anyone who knows it can open it."
	}
	return text
}
