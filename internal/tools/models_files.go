package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/params"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// urlSuffix makes the name under which a file parameter takes URLs.
//
// Wiro docs: Model Parameters.
const urlSuffix = "Url"

// filesOf are the files of one file parameter, in the order in which they were given.
type filesOf struct {
	id      string
	kind    string // fileinput, multifileinput or combinefileinput; "" if the model is not known
	entries []any  // URLs as text, wiro.File
	files   int
}

// openFiles describes the local files and data: URIs among a run's params, where the Model
// Parameters page wants them. Files for a parameter that takes URLs alone are uploaded first:
// they come back as uploads, by parameter.
func (c *Call) openFiles(ctx context.Context, schema params.Schema, given wiro.Params) (sent wiro.Params, uploads map[string]wiro.File, _ error) {
	groups := map[string]*filesOf{}
	sent, uploads = maps.Clone(given), map[string]wiro.File{}
	isForm := false
	for _, name := range slices.Sorted(maps.Keys(given)) {
		id, kind := fileParam(schema, name, given[name])
		if id == "" {
			continue
		}
		group := groups[id]
		if group == nil {
			group = &filesOf{id: id, kind: kind}
			groups[id] = group
		}
		for _, entry := range entriesOf(given[name]) {
			text, ok := entry.(string)
			if !ok || isWeb(text) || !isFileText(text) {
				group.entries = append(group.entries, entry)
				continue
			}
			file, err := c.fileFrom(name, text)
			if err != nil {
				return nil, nil, err
			}
			if kind == urlOnly {
				uploads[name] = file
				continue
			}
			group.entries, group.files, isForm = append(group.entries, file), group.files+1, true
		}
	}
	for _, group := range groups {
		if group.kind != urlOnly {
			if err := c.place(ctx, sent, *group, isForm); err != nil {
				return nil, nil, err
			}
		}
	}
	return sent, uploads, nil
}

// urlOnly is the kind of a parameter that takes the URL of a file, and no file.
const urlOnly = "url"

// fileParam returns the file parameter that a name stands for, and its type; "" if it is none.
// If the model's parameters are not known, a parameter whose value has to be sent as a file is.
func fileParam(schema params.Schema, name string, value any) (id, kind string) {
	if p := schema.FileParam(name); p != nil {
		return p.ID, strings.ToLower(p.Type)
	}
	isURL := strings.HasSuffix(name, urlSuffix) || strings.HasSuffix(strings.ToLower(name), "_url")
	switch p := schema.Find(name); {
	case p != nil && isURL && strings.EqualFold(p.Type, "text"):
		return p.ID, urlOnly
	case p != nil || len(schema.Params) > 0:
		return "", ""
	}
	for _, entry := range entriesOf(value) {
		if text, ok := entry.(string); ok && isFileText(text) && (media.IsDataURI(text) || namesFile(name)) {
			return strings.TrimSuffix(name, urlSuffix), ""
		}
	}
	return "", ""
}

// namesFile reports whether a parameter of an unknown model is called as those of files are.
func namesFile(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"image", "video", "audio", "file", "document", "mask", "photo", "picture"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// entriesOf are the files of a value: one, or a list.
func entriesOf(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if strings.TrimSpace(v) == "" {
			return nil
		}
		if isWeb(v) {
			var entries []any
			for _, one := range params.SplitURLs(v) {
				entries = append(entries, one)
			}
			return entries
		}
		return []any{v}
	case []string:
		entries := make([]any, len(v))
		for i, one := range v {
			entries[i] = one
		}
		return entries
	case []any:
		return slices.DeleteFunc(slices.Clone(v), func(entry any) bool { return entry == nil || entry == "" })
	}
	return []any{value}
}

// place puts the files of a parameter where the Model Parameters page wants them. A form always
// has {id} and {id}Url, one of them empty; a combinefileinput has {id} alone.
func (c *Call) place(ctx context.Context, sent wiro.Params, f filesOf, isForm bool) error {
	if len(f.entries) == 0 {
		return nil
	}
	switch f.kind {
	case "combinefileinput":
		if f.files > 0 || len(f.entries) > 1 {
			sent[f.id] = f.entries
		}
		return nil
	case "multifileinput":
		return c.placeMany(ctx, sent, f, isForm)
	}
	switch entry := f.entries[0].(type) {
	case wiro.File:
		delete(sent, f.id+urlSuffix)
		if sent[f.id] = entry; len(f.entries) > 1 { // only of an unknown model
			sent[f.id] = f.entries
		}
	case string:
		if isForm && f.kind != "" {
			sent[f.id], sent[f.id+urlSuffix] = "", entry
		}
	}
	return nil
}

// placeMany places the files of a multifileinput, whose URLs are a list joined by commas. A URL
// that holds a comma would be torn apart: without files it goes into {id} in a list, beside
// files its content is sent as a file.
func (c *Call) placeMany(ctx context.Context, sent wiro.Params, f filesOf, isForm bool) error {
	var (
		files []wiro.File
		urls  []string
		comma bool
	)
	for _, entry := range f.entries {
		switch entry := entry.(type) {
		case wiro.File:
			files = append(files, entry)
		case string:
			torn := strings.Contains(entry, ",") || strings.Contains(strings.ToLower(entry), "%2c")
			if torn && isForm {
				file, release, err := c.remoteFile(ctx, f.id, entry, "")
				if err != nil {
					return err
				}
				release() // it is fetched when it is sent
				files = append(files, file)
				continue
			}
			urls, comma = append(urls, entry), comma || torn
		default:
			return nil // a program's own: left as it is
		}
	}
	delete(sent, f.id+urlSuffix)
	switch {
	case comma:
		sent[f.id] = urls
	case len(files) == 0 && len(urls) == 1 && !isForm:
		sent[f.id] = urls[0]
	default:
		sent[f.id], sent[f.id+urlSuffix] = files, strings.Join(urls, ",")
		if len(files) == 0 {
			sent[f.id] = ""
		}
	}
	return nil
}

// uploadFirst uploads the files for parameters that take URLs alone, and puts their URLs into
// what is sent.
func (l *launch) uploadFirst(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(l.plan.uploads)) {
		file := l.plan.uploads[name]
		l.progress.progress.Update(0.01, 0, "uploading "+file.Name)
		stored, err := l.Wiro.Files.Upload(ctx, file, "")
		if err != nil {
			return l.notUploaded(name, notStored(err, file))
		}
		l.plan.sent[name] = stored.URL
		delete(l.plan.uploads, name)
	}
	return nil
}

// notUploaded says that a run did not start because its file could not be uploaded.
func (l *launch) notUploaded(name string, err error) error {
	p := explain(err)
	if p == nil {
		return err
	}
	p.Text = fmt.Sprintf("The file of %s could not be uploaded, so the model was not run. %s", name, p.Text)
	return p
}

// shown are params for a result: without the content of files.
func shown(given wiro.Params) map[string]any {
	values := make(map[string]any, len(given))
	for name, value := range given {
		values[name] = withoutContent(value)
	}
	return values
}

// withoutContent is a value of params with a note in place of the content of files.
func withoutContent(value any) any {
	const most = 2000
	switch v := value.(type) {
	case wiro.File:
		return v.Name
	case *wiro.File:
		return v.Name
	case []wiro.File:
		names := make([]string, len(v))
		for i, file := range v {
			names[i] = file.Name
		}
		return names
	case string:
		if len(v) <= most || !media.IsDataURI(v) {
			return value
		}
		if data, err := media.ParseDataURI(v); err == nil {
			return fmt.Sprintf("data:%s;base64,… (%s, shortened here: give it whole again)", data.MIME, mcptool.Size(data.Size()))
		}
		return "data:… (shortened here: give it whole again)"
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = withoutContent(item)
		}
		return list
	}
	return value
}
