package install

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"
)

// copyOf names the copy of what a file was before Install gave it this content.
func copyOf(path string, content []byte) string {
	sum := sha256.Sum256(content)
	return path + ".wiro-" + hex.EncodeToString(sum[:5]) + ".bak"
}

// original is what the file would be if Install had not written to it: its copy, with what was
// changed since. Found is false if there is no copy, or if the two cannot be told apart.
func (p *Plan) original() (content []byte, found bool) {
	if !p.Exists {
		return nil, false
	}
	if content, err := os.ReadFile(copyOf(p.Path, p.before)); err == nil { //nolint:gosec // the user names the path
		p.former = copyOf(p.Path, p.before)
		return content, true
	}
	former := newest(filepath.Dir(p.Path), filepath.Base(p.Path)+".wiro-")
	if former == "" {
		return nil, false
	}
	content, err := os.ReadFile(former) //nolint:gosec // as above
	if err != nil {
		return nil, false
	}
	if content, err = p.Client.undo(content, p.before); err != nil {
		return nil, false
	}
	p.former = former
	return content, true
}

// newest is the copy with this beginning of its name that was made last; "" if there is none.
func newest(folder, prefix string) (path string) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	var last time.Time
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), prefix) || !strings.HasSuffix(file.Name(), ".bak") {
			continue
		}
		if info, err := file.Info(); err == nil && info.ModTime().After(last) {
			path, last = filepath.Join(folder, file.Name()), info.ModTime()
		}
	}
	return path
}

// undo takes the entry out of a document in the way in which it came into the former one. A
// document of today is the former one with the entry and what the user changed, so that it is
// merged with the former one over what both have in common.
func (c Client) undo(former, today []byte) ([]byte, error) {
	with, err := edit(former, func(former []byte) ([]byte, error) {
		return c.transplant(former, bytes.TrimPrefix(today, utf8BOM))
	})
	if err != nil {
		return nil, err
	}
	for _, diff := range []func(string, string) []udiff.Edit{udiff.Lines, udiff.Strings} {
		edits, clean := udiff.Merge(diff(string(with), string(former)), diff(string(with), string(today)))
		if !clean {
			continue
		}
		merged, err := udiff.Apply(string(with), edits)
		if err == nil && c.onlyOurs(today, []byte(merged)) == nil {
			return []byte(merged), nil
		}
	}
	return nil, errors.New("has changes that cannot be told from the entry")
}

// transplant puts the entry of one document, as it stands there, into another one.
func (c Client) transplant(into, from []byte) ([]byte, error) {
	raw, err := c.file.get(from, c.path())
	if err != nil {
		return nil, err
	}
	after, err := c.file.put(into, c.path(), raw)
	if err != nil || !c.inputs {
		return after, err
	}
	all, err := c.decode(from)
	if err != nil {
		return nil, err
	}
	var ids []string
	list, _ := all["inputs"].([]any)
	for _, item := range list {
		input, _ := item.(map[string]any)
		if id, _ := input["id"].(string); inputTitles[id] != "" {
			ids = append(ids, id)
		}
	}
	return withInputs(after, ids)
}

// onlyOurs makes sure that an edit left everything but our entry as it was.
func (c Client) onlyOurs(before, after []byte) error {
	was, err := c.decode(before)
	if err != nil {
		return notParsed(err)
	}
	is, err := c.decode(after)
	if err != nil {
		return fmt.Errorf("cannot be edited by machine: %w", notParsed(err))
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
