package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/fetch"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var uploadFileTool = define(mcptool.Meta{
	Name:        "upload_file",
	Title:       "Upload a file",
	Description: "Copy a file into Wiro's storage, for several runs; one run takes it in run_model.",
	Toolset:     Files,
	Effect:      mcptool.Writes,
	Slow:        true,
	Examples:    []mcptool.Example{{Arguments: `{"url": "https://example.com/lighthouse.png", "file_name": "lighthouse.png"}`}},
}, uploadFile)

func uploadFile(ctx context.Context, call *Call, in upload) (FileResult, error) {
	argument, text := "url", in.URL
	if in.Path != "" {
		argument, text = "path", in.Path
	}
	if (in.URL == "") == (in.Path == "") {
		return FileResult{}, mcptool.Problemf("upload_file needs one of url and path.")
	}
	source, release, err := call.source(ctx, argument, text, in.Name)
	if err != nil {
		return FileResult{}, err
	}
	defer release()
	stored, err := call.Wiro.Files.UploadAll(ctx, source, in.Folder)
	if err != nil {
		return FileResult{}, notStored(err, source)
	}
	return fileResult(stored, "Uploaded"), nil
}

// notStored says what helps where Wiro refuses the type of a file.
func notStored(err error, file wiro.File) error {
	refusal, ok := errors.AsType[*wiro.APIError](err)
	if !ok || !strings.Contains(strings.ToLower(refusal.Message()), "file type") {
		return err
	}
	return mcptool.Problemf("Wiro refused the type of the file: %s. It was sent as %s (%s). %s Convert the file, or give it its right extension with file_name.",
		wordsOf(err), file.Name, file.ContentType, takenTypes)
}

type upload struct {
	URL    string `json:"url,omitempty" doc:"public address (100 MB at most), or data: URI"`
	Path   string `json:"path,omitempty" doc:"or a local path (stdio)"`
	Name   string `json:"file_name,omitempty" doc:"name to store it under"`
	Folder string `json:"folderid,omitempty" doc:"folder to put it in"`
}

// proveKey asks Wiro with a free call, once, whether it accepts the key that came with a request:
// nothing is fetched for one that somebody made up.
func (c *Call) proveKey(ctx context.Context) error {
	if c.proven || c.isLocal() {
		return nil
	}
	_, err := c.Wiro.Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	c.proven = err == nil
	return err
}

const (
	uploadTimeout = 10 * time.Minute
	idleTimeout   = 15 * time.Second // without a byte from the source
	slowAfter     = 30 * time.Second // of waiting for the source, until its rate is judged
	leastRate     = 16 << 10         // bytes a second from the source
)

// remoteFile describes the file at an address; it is fetched through the guarded client, looked
// at, and streamed on when it is sent. The caller releases it in the end, sent or not.
func (c *Call) remoteFile(ctx context.Context, argument, address, name string) (_ wiro.File, release func(), _ error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || !isWeb(address) {
		return wiro.File{}, nil, mcptool.Problemf("%s must be a public http or https address, a data: URI or, over stdio, the path of a local file.", argument)
	}
	if err := c.proveKey(ctx); err != nil {
		return wiro.File{}, nil, err
	}
	response, err := c.fetch(ctx, argument, u)
	if err != nil {
		return wiro.File{}, nil, err
	}
	var first io.ReadCloser
	release = func() {
		_ = response.Body.Close() // it was only read
		first = nil
	}
	head, err := readHead(response.Body)
	if err != nil {
		release()
		return wiro.File{}, nil, mcptool.Problemf("%s cannot be fetched: %v.", argument, err)
	}
	declared := response.Header.Get("Content-Type")
	if name = strings.TrimSpace(name); name == "" {
		name = remoteName(response, u)
	}
	found := media.Detect(head, declared, name)
	if found.MIME == "text/plain" { // a type that is not text inside is not told by such bytes
		if said := media.ByMIME(declared); said.Extension != "" && said.Kind() != media.Text {
			found = said
			if named := media.ByName(name); named.Extension != "" && named.Kind() != media.Text {
				found = named
			}
		}
	}
	file := wiro.File{Name: found.NameFor(name), ContentType: found.MIME, Size: response.ContentLength}
	if err := cmp.Or(notTheFile(argument, head, name, found), acceptable(argument, head, file)); err != nil {
		release()
		return wiro.File{}, nil, err
	}
	first = rejoin(head, response.Body)
	file.Open = func() (io.ReadCloser, error) {
		body := first
		if first = nil; body == nil { // sent before, and surely not arrived: fetch it anew
			again, err := c.fetch(ctx, argument, u) //nolint:bodyclose // limited closes it
			if err != nil {
				return nil, err
			}
			body = again.Body
		}
		return wholeFile(argument, &limited{body, wiro.MaxUpload}, head), nil
	}
	return file, release, nil
}

// remoteName is the name of a file that was fetched: what Content-Disposition says, or the last
// part of the address.
func remoteName(response *http.Response, asked *url.URL) string {
	if _, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Disposition")); err == nil {
		if name := strings.TrimSpace(parameters["filename"]); name != "" {
			return name
		}
	}
	if response.Request != nil { // where redirects led
		asked = response.Request.URL
	}
	return path.Base(asked.Path)
}

// notTheFile refuses what servers send in place of a file: sign-in pages, messages.
func notTheFile(argument string, head []byte, name string, found media.Type) error {
	switch {
	case media.LooksLikeHTML(head) || found.MIME == "text/html":
		return mcptool.Problemf("%s leads to a web page, not to a file: perhaps one to sign in, or one that shows the file. "+
			"Give the address of the file itself (a direct download link) that opens without signing in.", argument)
	case len(head) == 0 || found.Kind() != media.Text:
		return nil
	}
	if named := media.ByName(name); named.Kind() != media.Text && named.Extension != "" {
		return mcptool.Problemf("%s should be %s by its name, but its server answers with text: %q.",
			argument, named.MIME, mcptool.Clip(redactText(string(head)), 120))
	}
	return nil
}

func (c *Call) fetch(ctx context.Context, argument string, u *url.URL) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, mcptool.Problemf("%s cannot be fetched: %v.", argument, err)
	}
	response, err := c.Fetch.Do(request) //nolint:bodyclose // the caller does, through Open
	if err != nil {
		cancel()
		if errors.Is(err, fetch.ErrPrivate) {
			return nil, mcptool.Problemf("%s: %v.", argument, fetch.ErrPrivate)
		}
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return nil, mcptool.Problemf("%s cannot be fetched: %v.", argument, err)
	}
	response.Body = newPaced(response.Body, cancel)
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, mcptool.Problemf("%s cannot be fetched: its server answers %s.", argument, response.Status)
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
	return fileResult([]wiro.StoredFile{stored}, "Created"), nil
}

type folder struct {
	Name   string `json:"name" doc:"letters, digits, hyphens and underscores"`
	Parent string `json:"parentid,omitempty" doc:"id of the folder to put it in, by default the root"`
}

// FileResult is a file or folder in the caller's storage, or the files of an archive.
type FileResult struct {
	File  StoredFile   `json:"file"`
	Files []StoredFile `json:"files,omitempty"` // of an archive: all that was in it, the first one too
	did   string
}

// StoredFile is what is known of it.
type StoredFile struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	MIMEType  string        `json:"mimeType,omitempty"` // empty for a folder
	SizeBytes mcptool.Bytes `json:"sizeBytes" nullable:"true"`
	URL       string        `json:"url,omitempty"`
	ParentID  string        `json:"parentId,omitempty"`
}

func fileResult(stored []wiro.StoredFile, did string) FileResult {
	files := make([]StoredFile, len(stored))
	for i, f := range stored {
		files[i] = StoredFile{
			ID: f.ID, Name: f.Name, MIMEType: f.ContentType,
			SizeBytes: mcptool.Bytes(f.Size), URL: escapeURL(f.URL), ParentID: f.ParentID,
		}
	}
	r := FileResult{File: files[0], did: did}
	if len(files) > 1 {
		r.Files = files
	}
	return r
}

// Text is what was done, with what later calls need.
func (r FileResult) Text() string {
	if r.Files == nil {
		text := r.did + " " + r.File.line()
		if r.File.URL != "" {
			text += "\nPass this URL to a model's file parameter. Anyone who knows it can open it."
		}
		return text
	}
	text := fmt.Sprintf("%s %s from the archive:", r.did, mcptool.Count(len(r.Files), "file"))
	for _, f := range r.Files {
		text += "\n- " + f.line()
	}
	return text + "\nPass these URLs to a model's file parameters. Anyone who knows them can open them."
}

func (f StoredFile) line() string {
	text := fmt.Sprintf("%s (id %s)", f.Name, f.ID)
	if f.MIMEType != "" {
		text += ", " + f.MIMEType
	}
	if s := f.SizeBytes.String(); s != "" {
		text += ", " + s
	}
	text += "."
	if f.URL != "" {
		text += "\n" + f.URL
	}
	return text
}
