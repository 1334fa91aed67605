package install

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Plan is a change of one configuration file that has not been made yet.
type Plan struct {
	Client Client
	Path   string // of the file
	Exists bool   // whether the file is there already

	// Others are other entries of the file that start or reach a server of Wiro, too: the client
	// lists their tools beside ours.
	Others []string
	// KeyMissing reports that the key is not in the file: the client takes it from the environment.
	KeyMissing bool
	// Restored reports that Remove puts back an entry of the same name that was there before Install.
	Restored bool

	before   []byte
	after    []byte // nil removes the file
	mode     fs.FileMode
	hide     []string // what Diff must not show
	former   string   // the copy that an earlier Install made, which this change makes void; "" if there is none
	copy     []byte   // what is kept beside the file
	copyPath string   // where; "" keeps no copy
}

// Installed reports whether a client seems to be on this machine.
func (c Client) Installed(s System) bool {
	return slices.ContainsFunc(s.paths(c.Detect), func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

// File is the configuration file of the client: below the project's folder if one is given, else
// the user's own, the first that exists of several places. Empty if the client has none here.
func (c Client) File(s System, project string) string {
	if project != "" {
		if c.Project == "" {
			return ""
		}
		return filepath.Join(project, filepath.FromSlash(c.Project))
	}
	patterns, ok := c.Global[s.OS]
	if !ok {
		patterns = c.Global[""]
	}
	paths := s.paths(patterns)
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	if len(paths) == 0 {
		return ""
	}
	return paths[0]
}

// Entry renders the client's entry for a server as the lines of its file, for people to paste.
func (c Client) Entry(s Server, project bool) (string, error) {
	after, err := c.write(nil, s, project)
	return string(after), err
}

// Common renders the entry of a server as most clients take it.
func Common(s Server) string {
	client := Client{Path: []string{"mcpServers"}, file: jsonFile{}, local: plain, remote: http("http")}
	text, _ := client.Entry(s, false) // it takes every server
	return text
}

// Install plans the entry of a server. In a project's file keys are written as references to
// environment variables: such files are shared.
func (c Client) Install(system System, s Server, project string) (*Plan, error) {
	return c.plan(system, project, func(p *Plan) error {
		p.hide = slices.DeleteFunc([]string{s.Key, s.Secret}, func(text string) bool { return text == "" })
		after, err := c.write(p.before, s, project != "")
		if err != nil {
			return err
		}
		all, err := c.decode(after)
		if err != nil {
			return fmt.Errorf("cannot be edited by machine: %w", notParsed(err))
		}
		if !holds(all, c.path()) { // the client would not see it either
			return fmt.Errorf("cannot be edited by machine: it has %s twice, or goes on after its end", c.Path[0])
		}
		p.after, p.copy = after, p.before
		if original, found := p.original(); found { // the entry is updated: what was there before it stays the copy
			p.copy = original
		}
		p.copyPath = copyOf(p.Path, p.after)
		p.KeyMissing = s.Key != "" && !c.inputs && !bytes.Contains(after, []byte(s.Key)) && !bytes.Contains(after, []byte("{{"))
		return nil
	})
}

// Remove plans the removal of the entry. The file becomes what it was before Install, with what
// was changed since; one that holds nothing else is removed.
func (c Client) Remove(system System, project string) (*Plan, error) {
	return c.plan(system, project, func(p *Plan) error {
		all, err := c.decode(p.before)
		if err != nil {
			return notParsed(err)
		}
		if !holds(all, c.path()) {
			p.after = p.before
			return nil
		}
		if original, found := p.original(); found {
			p.after = original
			if all, err = c.decode(original); err != nil {
				return notParsed(err)
			}
			p.Restored = holds(all, c.path())
			return nil
		}
		after, err := edit(p.before, func(doc []byte) ([]byte, error) {
			after, err := c.file.remove(doc, c.path())
			if err == nil && c.inputs {
				after, err = withoutInputs(after)
			}
			return after, err
		})
		if strings.Trim(string(after), "{} \t\r\n\ufeff") == "" {
			after = nil
		}
		p.after, p.copy, p.copyPath = after, p.before, p.Path+".before-removal.bak"
		return err
	})
}

func (c Client) path() []string { return append(slices.Clone(c.Path), ServerName) }

func (c Client) plan(system System, project string, change func(*Plan) error) (*Plan, error) {
	p := &Plan{Client: c, Path: c.File(system, project), mode: 0o600}
	if p.Path == "" {
		return nil, fmt.Errorf("%s has no such configuration file on this system", c.Title)
	}
	p.Path = target(p.Path)
	before, err := os.ReadFile(p.Path)
	switch {
	case err == nil:
		info, err := os.Stat(p.Path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Path, err)
		}
		if info.Mode().Perm()&0o200 == 0 {
			return nil, fmt.Errorf("%s is read-only. Nothing was changed", p.Path)
		}
		p.Exists, p.before, p.mode = true, before, info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	err = change(p)
	if err == nil && p.after != nil {
		err = c.onlyOurs(p.before, p.after)
	}
	if refused, ok := errors.AsType[refusal](err); ok {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("%s %w. Nothing was changed", p.Path, err)
	}
	p.hide = append(c.secretsOf(p.before, p.after), p.hide...)
	if all, err := c.decode(p.after); err == nil {
		p.Others = c.others(all)
	}
	return p, nil
}

// target is the file that a path leads to: a link stays one, also if its file is not there yet.
func target(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	if link, err := os.Readlink(path); err == nil {
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		return link
	}
	return path
}

// decode reads a document, whatever its byte order mark; an empty one holds nothing.
func (c Client) decode(doc []byte) (map[string]any, error) {
	return c.file.decode(bytes.TrimPrefix(doc, utf8BOM))
}

// notParsed says on one line, without what stands in the file, why it cannot be read.
func notParsed(err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("cannot be parsed: %s", line)
}

// Changed reports whether the plan changes anything.
func (p *Plan) Changed() bool { return !bytes.Equal(p.before, p.after) || p.after == nil && p.Exists }

// Diff shows the change as a unified diff. Keys and secrets are blacked out.
func (p *Plan) Diff() string {
	text := udiff.Unified(p.Path, p.Path, p.redact(p.before), p.redact(p.after))
	return text
}

func (p *Plan) redact(text []byte) string {
	shown := string(text)
	for _, secret := range p.hide {
		shown = strings.ReplaceAll(shown, secret, "[hidden]")
	}
	return shown
}

// Apply makes the change. The file's former content is kept beside it until the entry is
// removed; Apply returns the path of that copy, empty if there is none.
func (p *Plan) Apply() (backup string, err error) {
	if !p.Changed() {
		return p.former, nil
	}
	if now, err := os.ReadFile(p.Path); p.Exists && (err != nil || !bytes.Equal(now, p.before)) {
		return "", fmt.Errorf("%s was changed meanwhile. Nothing was changed; try again", p.Path)
	}
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o700); err != nil {
		return "", fmt.Errorf("%s: %w", p.Path, err)
	}
	if p.Exists && p.after != nil && p.copyPath != "" {
		if err := writeFile(p.copyPath, p.copy, p.mode); err != nil {
			return "", fmt.Errorf("backup of %s: %w", p.Path, err)
		}
		backup = p.copyPath
	}
	if p.after == nil {
		err = os.Remove(p.Path)
	} else {
		err = writeFile(p.Path, p.after, p.mode)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Path, err)
	}
	if p.former != "" && p.former != backup {
		_ = os.Remove(p.former)
	}
	return backup, nil
}

// writeFile replaces a file in one step.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	part, err := os.CreateTemp(filepath.Dir(path), ".wiro-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) //nolint:errcheck // it is gone once it was renamed
	_, err = part.Write(content)
	if err := errors.Join(err, part.Chmod(mode), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
