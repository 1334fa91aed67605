package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// LocalFiles is what tools may do with files of this machine, for calls with the server's own
// credentials, as over stdio. Calls of others never reach a local file.
type LocalFiles struct {
	Read     media.Folders // files may be read from these
	ReadHint string        // how the operator allows another folder, a sentence; may be empty

	OutputDir  string // outputs are saved here; "" saves none
	OutputHint string // how the operator chooses another folder, a sentence; may be empty
	SaveAll    bool   // saves the files of every finished run
}

// isLocal reports whether the caller is the user of this machine.
func (c *Call) isLocal() bool {
	_, own := c.Scope.Caller.(mcptool.ServerCredentials)
	return own
}

// isWeb reports whether a text is an http or https address.
func isWeb(text string) bool {
	u, err := url.Parse(strings.TrimSpace(text))
	return err == nil && u.Host != "" && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// isFileText reports whether a text names a file that has to be sent along: a data: URI or a
// local path.
func isFileText(text string) bool { return media.IsDataURI(text) || media.IsLocal(text) }

// fileFrom describes the file that a data: URI holds or a local path leads to, named in an
// argument. It is looked at now, and read when it is sent.
func (c *Call) fileFrom(argument, text string) (wiro.File, error) {
	if media.IsDataURI(text) {
		return dataFile(argument, text)
	}
	if !c.isLocal() {
		return wiro.File{}, notLocal(argument, "image/png")
	}
	return c.pathFile(argument, text)
}

// notLocal refuses a local path over the network.
func notLocal(argument, example string) error {
	return mcptool.Problemf("%s: a path of a local file means nothing to a server on the network. "+
		"Give an http or https address, or the content as a data: URI (data:%s;base64,…).", argument, example)
}

// pathFile describes a local file in an allowed folder.
func (c *Call) pathFile(argument, text string) (wiro.File, error) {
	file, err := c.Local.Read.Open(text)
	if err != nil {
		return wiro.File{}, c.notReadable(argument, err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return wiro.File{}, fmt.Errorf("looking at a local file: %w", err)
	}
	head, err := readHead(file)
	if err != nil {
		return wiro.File{}, mcptool.Problemf("%s: %s cannot be read: %v.", argument, text, err)
	}
	base := filepath.Base(file.Name())
	found := media.Detect(head, "", base)
	if found.Kind() == media.Text && media.ByName(base) == (media.Type{}) {
		return wiro.File{}, mcptool.Problemf("%s: %s is text without an extension that Wiro takes, so it is not read. %s", argument, text, takenTypes)
	}
	if !media.IsWhole(file, info.Size(), media.Detect(head, "", "")) {
		return wiro.File{}, mcptool.Problemf("%s: the file is cut off: its end is missing.", argument)
	}
	described := wiro.File{
		Name: found.NameFor(base), ContentType: found.MIME, Size: info.Size(),
		Open: func() (io.ReadCloser, error) {
			again, err := c.Local.Read.Open(text)
			if err != nil {
				return nil, c.notReadable(argument, err)
			}
			return wholeFile(argument, again, head), nil
		},
	}
	return described, acceptable(argument, head, described)
}

// notReadable says why a local file is not read, and how it can be.
func (c *Call) notReadable(argument string, err error) error {
	refusal, ok := errors.AsType[*media.PathError](err)
	if !ok {
		return err
	}
	text := fmt.Sprintf("%s: %s %s.", argument, refusal.Path, refusal.Reason)
	switch {
	case refusal.Allowed == nil:
		return mcptool.Problemf("%s", text)
	case len(refusal.Allowed) == 0:
		text = argument + ": this server may not read local files. Give a public http or https address, or a data: URI."
	default:
		text += " Folders that may be read: " + strings.Join(refusal.Allowed, ", ") + ". Move the file into one of them."
	}
	return mcptool.Problemf("%s", strings.TrimSpace(text+" "+c.Local.ReadHint))
}

// dataFile describes the content of a data: URI.
func dataFile(argument, text string) (wiro.File, error) {
	data, err := media.ParseDataURI(text)
	if err != nil {
		return wiro.File{}, mcptool.Problemf("%s: the data: URI cannot be read: it must be data:TYPE;base64,CONTENT, such as data:image/png;base64,….", argument)
	}
	head, err := readHead(data.Open())
	if err != nil {
		return wiro.File{}, mcptool.Problemf("%s: the content of the data: URI is not valid base64: nothing may be left out of it.", argument)
	}
	found := media.Detect(head, data.MIME, "")
	file := wiro.File{
		Name: found.NameFor(argument), ContentType: found.MIME, Size: -1,
		Open: func() (io.ReadCloser, error) { return wholeFile(argument, io.NopCloser(data.Open()), head), nil },
	}
	if err := acceptable(argument, head, file); err != nil {
		return wiro.File{}, err
	}
	// It is in memory anyway: decoded once it says whether it is whole, and how long it is.
	content, err := file.Open()
	if err != nil {
		return wiro.File{}, err
	}
	if file.Size, err = io.Copy(io.Discard, content); err != nil {
		return wiro.File{}, err
	}
	return file, acceptable(argument, head, file)
}

// wholeFile is the content of a file that must not be cut off, with the format that its start
// shows.
func wholeFile(argument string, content io.ReadCloser, head []byte) io.ReadCloser {
	return &checkedFile{media.Whole(content, media.Detect(head, "", "")), content, argument}
}

type checkedFile struct {
	io.Reader
	io.Closer
	argument string
}

func (f *checkedFile) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	switch {
	case errors.Is(err, media.ErrCutOff), errors.Is(err, io.ErrUnexpectedEOF):
		err = mcptool.Problemf("%s: the file is cut off: its end is missing.", f.argument)
	case errors.Is(err, media.ErrDataURI):
		err = mcptool.Problemf("%s: the content of the data: URI is not valid base64: nothing may be left out of it.", f.argument)
	}
	return n, err
}

// readHead reads the first bytes of a file.
func readHead(content io.Reader) ([]byte, error) {
	head := make([]byte, media.SniffLen)
	n, err := io.ReadFull(content, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

// uploadTypes are the extensions that Wiro takes.
//
// Wiro docs: Files.
var uploadTypes = strings.Fields("jpg png gif jpeg webp heic mp4 webm mov mp3 wav m4a pdf csv docx xlsx pptx txt md epub zip")

// takenTypes says which files Wiro takes.
const takenTypes = "Wiro takes images (jpg, png, gif, webp, heic), video (mp4, webm, mov), audio (mp3, wav, m4a), documents (pdf, csv, docx, xlsx, pptx, txt, md, epub) and zip archives, up to 100 MB each."

// acceptable reports what keeps Wiro from taking a file, of which head is the start.
func acceptable(argument string, head []byte, file wiro.File) error {
	extension := strings.TrimPrefix(strings.ToLower(filepath.Ext(file.Name)), ".")
	switch {
	case file.Size > wiro.MaxUpload:
		return mcptool.Problemf("%s: the file is larger (%s) than the 100 MB that Wiro takes.", argument, mcptool.Size(file.Size))
	case !slices.Contains(uploadTypes, extension):
		kind := "." + extension
		if extension == "" {
			kind = "such"
		}
		return mcptool.Problemf("%s: Wiro does not take %s files (%s). %s Convert the file, or give another one.", argument, kind, file.ContentType, takenTypes)
	case len(head) == 0:
		return mcptool.Problemf("%s: the file is empty.", argument)
	}
	return nil
}

// source describes the file that an argument names: an http or https address, a data: URI, or
// a local path. The caller releases it in the end, sent or not.
func (c *Call) source(ctx context.Context, argument, text, name string) (_ wiro.File, release func(), _ error) {
	text = strings.TrimSpace(text)
	if !isFileText(text) {
		return c.remoteFile(ctx, argument, text, name)
	}
	file, err := c.fileFrom(argument, text)
	if err != nil {
		return wiro.File{}, nil, err
	}
	if name = strings.TrimSpace(name); name != "" {
		file.Name = media.ByMIME(file.ContentType).NameFor(name)
	}
	return file, func() {}, nil
}

// joined is content whose start was read already.
type joined struct {
	io.Reader
	io.Closer
}

func rejoin(head []byte, rest io.ReadCloser) io.ReadCloser {
	return joined{io.MultiReader(bytes.NewReader(head), rest), rest}
}
