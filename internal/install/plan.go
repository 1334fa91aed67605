package install

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Plan is a change of one configuration file that has not been made yet.
type Plan struct {
	Client Client
	Path   string // of the file
	Exists bool   // whether the file is there already
	before []byte
	after  []byte // nil removes the file
	mode   fs.FileMode
	hide   []string // what Diff must not show
	backup string   // of the file as it was before the entry; "" where there is none yet
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

// Install plans the entry of a server. In a project's file keys are written as references to
// environment variables: such files are shared.
func (c Client) Install(system System, s Server, project string) (*Plan, error) {
	return c.plan(system, project, func(p *Plan) error {
		p.hide = slices.DeleteFunc([]string{s.Key, s.Secret}, func(text string) bool { return text == "" })
		after, err := c.write(p.before, s, project != "")
		p.after = after
		return err
	})
}

// Remove plans the removal of the entry. A file that was not changed since Install wrote it
// becomes exactly what it was before; one that holds nothing else is removed.
func (c Client) Remove(system System, project string) (*Plan, error) {
	return c.plan(system, project, func(p *Plan) error {
		if p.backup != "" {
			original, err := os.ReadFile(p.backup)
			if err == nil {
				p.after = original
				return nil
			}
		}
		entry, err := c.file.get(p.before, c.path())
		if err != nil || entry == nil {
			p.after = p.before
			return err
		}
		after, err := c.file.remove(p.before, c.path())
		if err == nil && c.inputs {
			after, err = withoutInputs(after)
		}
		if strings.Trim(string(after), "{} \t\r\n\ufeff") == "" {
			after = nil
		}
		p.after = after
		return err
	})
}

func (c Client) path() []string { return append(slices.Clone(c.Path), ServerName) }

func (c Client) plan(system System, project string, change func(*Plan) error) (*Plan, error) {
	p := &Plan{Client: c, Path: c.File(system, project), mode: 0o600}
	if p.Path == "" {
		return nil, fmt.Errorf("%s has no such configuration file on this system", c.Title)
	}
	if target, err := filepath.EvalSymlinks(p.Path); err == nil {
		p.Path = target // a link stays one
	}
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
		if _, err := os.Stat(backupOf(p.Path, before)); err == nil { //nolint:gosec // the user names the path
			p.backup = backupOf(p.Path, before)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	err = change(p)
	if err == nil && p.after != nil {
		err = c.onlyOurs(p.before, p.after)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %w. Nothing was changed", p.Path, err)
	}
	p.hide = append(c.secretsOf(p.before, p.after), p.hide...)
	return p, nil
}

// secretsOf are the values in a client's file that Diff must not show, of every server, the
// longest first.
func (c Client) secretsOf(docs ...[]byte) (secrets []string) {
	for _, doc := range docs {
		all, err := c.file.decode(doc)
		if err != nil {
			continue
		}
		collectSecrets(all, secretNames, false, &secrets)
		drop(all, c.path())
		collectSecrets(all, argumentNames, false, &secrets)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return secrets
}

var (
	// secretNames are parts of the names that clients keep keys below.
	secretNames = []string{"env", "header", "key", "secret", "token", "password"}
	// argumentNames are those below which other servers than ours may have one among other texts.
	argumentNames = []string{"arg", "url", "uri"}
)

// collectSecrets adds the texts below names that hold one of the parts, as they are and as files
// quote them.
func collectSecrets(value any, parts []string, inside bool, secrets *[]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			name = strings.ToLower(name)
			secret := slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
			collectSecrets(member, parts, inside || secret, secrets)
		}
	case []any:
		for _, member := range v {
			collectSecrets(member, parts, inside, secrets)
		}
	case string:
		if inside && len(v) >= shortestSecret && !strings.HasPrefix(v, "${") {
			quoted := strconv.Quote(v)
			*secrets = append(*secrets, v, quoted[1:len(quoted)-1])
		}
	}
}

// shortestSecret leaves settings such as "true" readable.
const shortestSecret = 6

// onlyOurs makes sure that an edit left everything but our entry as it was.
func (c Client) onlyOurs(before, after []byte) error {
	was, err := c.file.decode(before)
	if err != nil {
		return fmt.Errorf("cannot be parsed: %w", err)
	}
	is, err := c.file.decode(after)
	if err != nil {
		return fmt.Errorf("cannot be edited by machine: %w", err)
	}
	for _, doc := range []map[string]any{was, is} {
		drop(doc, c.path())
		if c.inputs {
			dropInputs(doc)
		}
	}
	if !reflect.DeepEqual(was, is) && len(was)+len(is) > 0 {
		return errors.New("cannot be edited by machine without touching something else")
	}
	return nil
}

// drop deletes what is at a path, and what is empty around it then.
func drop(doc map[string]any, path []string) {
	below, _ := doc[path[0]].(map[string]any)
	if len(path) > 1 {
		drop(below, path[1:])
	}
	if len(path) == 1 || len(below) == 0 {
		delete(doc, path[0])
	}
}

func dropInputs(doc map[string]any) {
	list, _ := doc["inputs"].([]any)
	list = slices.DeleteFunc(list, func(item any) bool {
		input, _ := item.(map[string]any)
		id, _ := input["id"].(string)
		return inputTitles[id] != ""
	})
	doc["inputs"] = list
	if len(list) == 0 {
		delete(doc, "inputs")
	}
}

// write puts the entry into a document.
func (c Client) write(doc []byte, s Server, shared bool) ([]byte, error) {
	entry, inputs, err := c.entry(s, shared)
	if err != nil {
		return nil, err
	}
	after, err := c.file.set(doc, c.path(), entry)
	if err != nil || len(inputs) == 0 {
		return after, err
	}
	return withInputs(after, inputs)
}

// entry is the entry of a server, and the ids of the inputs that it refers to.
func (c Client) entry(s Server, shared bool) (entry object, inputs []string, err error) {
	secrets := object{}.with("WIRO_API_KEY", s.Key).with("WIRO_API_SECRET", s.Secret)
	if shared && len(secrets) == 0 {
		secrets = object{{"WIRO_API_KEY", "-"}}
	}
	var names []string // of variables that the client passes on
	for i, secret := range secrets {
		switch {
		case c.inputs:
			id := strings.ToLower(strings.ReplaceAll(secret.Key, "_", "-"))
			secrets[i].Value, inputs = "${input:"+id+"}", append(inputs, id)
		case c.list != "" && shared, c.list == "env_keys" && s.URL == "": // kept for what is launched
			names = append(names, secret.Key)
		case shared && c.Variable == "":
			return nil, nil, errors.New("is shared with others and cannot refer to an environment variable: install for yourself instead")
		case shared:
			secrets[i].Value = strings.ReplaceAll(c.Variable, "NAME", secret.Key)
		}
	}
	if names != nil {
		secrets = nil
	}
	if s.URL == "" {
		entry = c.local(s, secrets)
		if names != nil {
			entry = insertBefore(entry, "env", member{c.list, names})
		}
		return entry, inputs, nil
	}
	if c.remote == nil {
		return nil, nil, errors.New("takes no hosted servers: add its address as a connector in the settings instead")
	}
	return c.remote(s, bearer(secrets)), inputs, nil
}

// bearer is the header that carries the credentials to a hosted server.
func bearer(secrets object) object {
	values := make([]string, len(secrets))
	for i, secret := range secrets {
		values[i] = secret.Value.(string)
	}
	if len(values) == 0 {
		return nil
	}
	return object{{"Authorization", "Bearer " + strings.Join(values, ":")}}
}

// insertBefore keeps scalars and lists in front of tables, as TOML wants them.
func insertBefore(o object, key string, added member) object {
	i := slices.IndexFunc(o, func(m member) bool { return m.Key == key })
	if i < 0 {
		return append(o, added)
	}
	return slices.Insert(o, i, added)
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
// removed; Apply returns the path of that copy, empty if there was no file.
func (p *Plan) Apply() (backup string, err error) {
	if !p.Changed() {
		return p.backup, nil
	}
	if now, err := os.ReadFile(p.Path); p.Exists && (err != nil || !bytes.Equal(now, p.before)) {
		return "", fmt.Errorf("%s was changed meanwhile. Nothing was changed; try again", p.Path)
	}
	if p.after == nil {
		return "", os.Remove(p.Path)
	}
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o700); err != nil {
		return "", fmt.Errorf("%s: %w", p.Path, err)
	}
	restoring := false
	if p.backup != "" {
		original, err := os.ReadFile(p.backup)
		restoring = err == nil && bytes.Equal(original, p.after)
	}
	if p.Exists && !restoring {
		backup = backupOf(p.Path, p.after)
		if p.backup != "" { // the entry is updated: what was there before it stays the backup
			err = os.Rename(p.backup, backup)
		} else {
			err = writeFile(backup, p.before, p.mode)
		}
		if err != nil {
			return "", fmt.Errorf("backup of %s: %w", p.Path, err)
		}
	}
	if err := writeFile(p.Path, p.after, p.mode); err != nil {
		return "", fmt.Errorf("%s: %w", p.Path, err)
	}
	if restoring {
		_ = os.Remove(p.backup)
	}
	return backup, nil
}

// backupOf names the copy of what a file was before it became this content.
func backupOf(path string, content []byte) string {
	sum := sha256.Sum256(content)
	return path + ".wiro-" + hex.EncodeToString(sum[:5]) + ".bak"
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

// Configured is the entry that a client's file holds.
type Configured struct {
	Path    string   // of the file
	Found   bool     // whether the file has an entry
	Command []string // what it launches, with arguments; nil for a hosted server
	URL     string   // of a hosted server
}

// Configured reads the client's entry. The error says that the file cannot be parsed.
func (c Client) Configured(system System, project string) (Configured, error) {
	at := Configured{Path: c.File(system, project)}
	if at.Path == "" {
		return at, nil
	}
	doc, err := os.ReadFile(at.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return at, fmt.Errorf("%s: %w", at.Path, err)
	}
	all, err := c.file.decode(doc)
	if err != nil {
		return at, fmt.Errorf("%s cannot be parsed: %w", at.Path, err)
	}
	for _, key := range c.Path {
		all, _ = all[key].(map[string]any)
	}
	entry, found := all[ServerName].(map[string]any)
	at.Found = found
	for _, key := range []string{"url", "serverUrl", "httpUrl", "uri"} {
		if address, ok := entry[key].(string); ok {
			at.URL = address
			return at, nil
		}
	}
	for _, key := range []string{"command", "cmd"} {
		switch command := entry[key].(type) {
		case string:
			at.Command = append([]string{command}, texts(entry["args"])...)
		case []any:
			at.Command = texts(command)
		}
	}
	return at, nil
}

func texts(list any) []string {
	items, _ := list.([]any)
	var found []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			found = append(found, text)
		}
	}
	return found
}
