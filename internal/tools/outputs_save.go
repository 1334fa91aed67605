package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
)

var saveOutputTool = define(mcptool.Meta{
	Name:        "save_output",
	Title:       "Save outputs",
	Description: "Download a task's outputs into a folder on this machine.",
	Toolset:     Files,
	Effect:      mcptool.Writes,
	Local:       true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1"}`}},
}, saveOutput)

type outputOf struct {
	taskRef
	URL string `json:"url,omitempty" doc:"or one of Wiro's files"`
}

func saveOutput(ctx context.Context, call *Call, in outputOf) (SavedOutputs, error) {
	if !call.isLocal() {
		return SavedOutputs{}, mcptool.Problemf("save_output works over stdio only: this server is on the network and has no folder of yours. Open the outputs' URLs instead.")
	}
	if call.Local.OutputDir == "" {
		return SavedOutputs{}, mcptool.Problemf("This server has no folder for outputs. %s", call.Local.OutputHint)
	}
	found, err := call.outputs(ctx, in)
	if err != nil {
		return SavedOutputs{}, err
	}
	var (
		saved  SavedOutputs
		faults []error
	)
	progress := call.StartProgress()
	defer progress.Stop()
	for i, o := range found.Outputs {
		progress.Update(float64(i), float64(len(found.Outputs)), "saving "+o.Name)
		path, kind, size, err := call.save(ctx, o, found)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", o.Name, err))
			if cannotWrite(err) {
				break
			}
			continue
		}
		saved.Files = append(saved.Files, SavedFile{
			Path: path, FileURL: fileURL(path), MIMEType: kind.MIME, SizeBytes: size,
		})
	}
	if len(faults) > 0 {
		saved.Note = call.notSaved(errors.Join(faults...))
	}
	if len(saved.Files) == 0 {
		return SavedOutputs{}, mcptool.Problemf("Nothing was saved. %s", cmp.Or(saved.Note, "The task left no output."))
	}
	return saved, nil
}

// outputs are the files that a call names: those of a task of the caller's, or one of Wiro's by
// its address.
func (c *Call) outputs(ctx context.Context, in outputOf) (TaskResult, error) {
	if address := strings.TrimSpace(in.URL); address != "" {
		if in.Token != "" || in.ID != "" {
			return TaskResult{}, mcptool.Problemf("Give a task or a url, not both.")
		}
		if !c.isWiroURL(address) {
			return TaskResult{}, mcptool.Problemf("url must be an address of Wiro's own, as results name them.")
		}
		u, _ := url.Parse(address) // isWiroURL has parsed it
		name := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
		kind := outputType("", name, "")
		return TaskResult{Outputs: []OutputInfo{{Name: name, URL: address, MIMEType: kind.MIME, Kind: string(kind.Kind())}}}, nil
	}
	task, err := c.Wiro.Tasks.Get(ctx, in.ref())
	if err != nil {
		return TaskResult{}, c.noSuchTask(err)
	}
	if !task.Over() {
		return TaskResult{}, mcptool.Problemf("The task still runs: its outputs are there once it is over.").
			WithNext("wait_for_task", "wait until it is over", map[string]any{"tasktoken": task.Token})
	}
	r := TaskResult{State: taskState(task), Task: taskInfo(task), prompt: prompt(task)}
	for _, output := range task.Outputs {
		info := outputInfo(output)
		if output.Content != nil {
			answer, _ := words(output.Content)
			info = OutputInfo{Name: "response", MIMEType: "text/plain", Kind: "text", Content: answer, isAnswer: true}
		}
		r.Outputs = append(r.Outputs, info)
	}
	if len(r.Outputs) == 0 {
		text := "The task left no output."
		if task.OutputFolderID == "0" {
			text = "The task's files were deleted."
		}
		return TaskResult{}, mcptool.Problemf("%s", text)
	}
	return r, nil
}

// isWiroURL reports whether an address is Wiro's: on wiro.ai, or where the API is.
func (c *Call) isWiroURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	if api, err := url.Parse(c.Wiro.BaseURL()); err == nil && u.Host == api.Host && u.Scheme == api.Scheme {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && (host == "wiro.ai" || strings.HasSuffix(host, ".wiro.ai"))
}

// save saves one output, of a task or by itself, in the output folder.
func (c *Call) save(ctx context.Context, o OutputInfo, of TaskResult) (path string, kind media.Type, size int64, _ error) {
	name := media.OutputName{Time: time.Now(), Model: of.Task.Model, Prompt: of.prompt, Type: media.ByMIME("text/plain")}
	if name.Model == "" {
		name.Prompt = strings.TrimSuffix(o.Name, filepath.Ext(o.Name))
	}
	if o.isAnswer {
		path, err := media.Save(c.Local.OutputDir, name, strings.NewReader(o.Content))
		return path, name.Type, int64(len(o.Content)), err
	}
	body, declared, err := c.open(ctx, o)
	if err != nil {
		return "", media.Type{}, 0, err
	}
	defer body.Close() //nolint:errcheck // only read
	head, err := readHead(body)
	switch {
	case err != nil:
		return "", media.Type{}, 0, err
	case len(head) == 0:
		return "", media.Type{}, 0, errors.New("the file is empty")
	case media.LooksLikeHTML(head) && o.MIMEType != "text/html":
		return "", media.Type{}, 0, errors.New("a web page came in its place")
	}
	name.Type = media.Detect(head, cmp.Or(specific(o.MIMEType), declared), o.Name)
	counted := &counter{Reader: rejoin(head, body)}
	path, err = media.Save(c.Local.OutputDir, name, counted)
	return path, name.Type, counted.n, err
}

// specific is a MIME type that says something, else "".
func specific(mimeType string) string { return media.ByMIME(mimeType).MIME }

type counter struct {
	io.Reader
	n int64
}

func (r *counter) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	return n, err
}

// saveAll saves every file of a finished task. A result survives that nothing can be saved.
func (c *Call) saveAll(ctx context.Context, r *TaskResult) {
	ctx, cancel := context.WithTimeout(ctx, max(c.TimeLeft(), saveExtra))
	defer cancel()
	var faults []error
	for i := range r.Outputs {
		o := &r.Outputs[i]
		if o.URL == "" || o.isAnswer {
			continue
		}
		path, _, _, err := c.save(ctx, *o, *r)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", o.Name, err))
			if cannotWrite(err) || ctx.Err() != nil {
				break
			}
			continue
		}
		o.Path = path
	}
	if len(faults) == 0 {
		return
	}
	r.Note = strings.TrimSpace(r.Note + "\n" + c.notSaved(errors.Join(faults...)))
	if r.NextAction == nil {
		r.NextAction = c.Next("save_output", "save the files, once the folder can be written", withTask(r.Task, map[string]any{}))
	}
}

// cannotWrite reports whether the output folder is at fault, so that no other file can be saved.
func cannotWrite(err error) bool {
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isLink := errors.AsType[*os.LinkError](err)
	return isPath || isLink
}

// notSaved says why files were not saved, and what helps.
func (c *Call) notSaved(err error) string {
	why := "Not saved: " + strings.ReplaceAll(redactText(plainCause(err)), "\n", "; ") + "."
	switch {
	case errors.Is(err, syscall.ENOSPC):
		why = fmt.Sprintf("Not saved: the disk of %s is full. Free some space, or choose another folder.", c.Local.OutputDir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		why = fmt.Sprintf("Not saved: the folder %s cannot be written. Allow it, or choose another folder.", c.Local.OutputDir)
	case cannotWrite(err):
		why += " Choose another folder."
	default:
		return why + " The files are at their URLs for a limited time; save_output tries again."
	}
	if c.Local.OutputHint != "" {
		why += " " + c.Local.OutputHint
	}
	return why + " The files are at their URLs for a limited time; save_output tries again."
}

// plainCause is an error without the address that was fetched.
func plainCause(err error) string {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err.Error()
	}
	return err.Error()
}

// fileURL is the file:// link of an absolute path.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// SavedOutputs are files that were saved on this machine.
type SavedOutputs struct {
	Files []SavedFile `json:"files"`
	Note  string      `json:"note,omitempty" text:"lines"` // what was not saved, and why
}

// SavedFile is one of them.
type SavedFile struct {
	Path      string `json:"path"`    // absolute
	FileURL   string `json:"fileUrl"` // the same as a file:// link
	MIMEType  string `json:"mimeType"`
	SizeBytes int64  `json:"sizeBytes"`
}

// Text is a path and a link a file.
func (s SavedOutputs) Text() string {
	text := fmt.Sprintf("Saved %s:", mcptool.Count(len(s.Files), "file"))
	for _, f := range s.Files {
		text += fmt.Sprintf("\n%s (%s, %s)\n  %s", f.Path, f.MIMEType, mcptool.Size(f.SizeBytes), f.FileURL)
	}
	if s.Note != "" {
		text += "\n" + s.Note
	}
	return text
}
