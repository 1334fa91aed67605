package params

import (
	"strings"
)

// Param is one parameter of a model's schema.
//
// Wiro docs: Model Parameters.
type Param struct {
	ID       string
	Type     string // text, textarea, select, range, fileinput, …; unknown types are not checked
	Label    string
	Required bool
	Default  any // nil or "" means none
	Options  []Option
	Min, Max string // decimal numbers, "" where unbounded; Max of a list of files is the limit
}

// Option is a choice of a select parameter. Value is what is sent.
type Option struct{ Value, Label string }

// Schema is what a model takes. Example is the first of the model's sample inputs (inspire):
// a model that lists no parameters is described by it alone. Both may be empty.
type Schema struct {
	Params  []Param
	Example map[string]any
}

// kind is what a parameter takes, by its type.
type kind int

const (
	free kind = iota // an unknown type: whatever is given
	text
	choice
	choices
	number
	boolean
	file
	files
	mixed // files and URLs in one parameter, without a companion for URLs
)

var kinds = map[string]kind{
	"text": text, "textarea": text, "color": text,
	"select": choice, "multiselect": choices,
	"range": number, "number": number, "boolean": boolean, "checkbox": boolean,
	"fileinput": file, "multifileinput": files, "combinefileinput": mixed,
}

func (p *Param) kind() kind { return kinds[strings.ToLower(p.Type)] }

// IsFile reports whether the parameter takes files.
func (p *Param) IsFile() bool {
	k := p.kind()
	return k == file || k == files || k == mixed
}

// HasDefault reports whether the model fills the parameter in where it is not given.
func (p *Param) HasDefault() bool { return p.Default != nil && p.Default != "" }

// Find returns the parameter with an id, or nil.
func (s *Schema) Find(id string) *Param {
	for i := range s.Params {
		if s.Params[i].ID == id {
			return &s.Params[i]
		}
	}
	return nil
}

// urlSuffix makes the name under which a file parameter takes URLs.
const urlSuffix = "Url"

// FileParam returns the file parameter that a name stands for: its id, or {id}Url.
func (s *Schema) FileParam(name string) *Param {
	p := s.Find(name)
	if p == nil {
		if id, found := strings.CutSuffix(name, urlSuffix); found {
			p = s.Find(id)
		}
	}
	if p == nil || !p.IsFile() {
		return nil
	}
	return p
}

// everywhere are the parameters that every model takes.
//
// Wiro docs: Run a Model (Common Parameters), LLM Chat Streaming.
var everywhere = map[string]bool{"callbackUrl": true, "projectid": true, "session_id": true, "user_id": true}

// knows reports whether a run may have a parameter of this name.
func (s *Schema) knows(name string) bool {
	if everywhere[name] || s.Find(name) != nil {
		return true
	}
	p := s.FileParam(name)
	return p != nil && p.kind() != mixed
}

// CountFiles returns how many files a run's params give to a file parameter, in {id} and in
// {id}Url.
func CountFiles(id string, params map[string]any) int {
	return countFiles(params[id]) + countFiles(params[id+urlSuffix])
}

func countFiles(value any) int {
	switch v := value.(type) {
	case nil:
		return 0
	case string:
		if strings.TrimSpace(v) == "" {
			return 0
		}
		return len(SplitURLs(v))
	case []any:
		n := 0
		for _, item := range v {
			if s, ok := item.(string); item != nil && (!ok || strings.TrimSpace(s) != "") {
				n++
			}
		}
		return n
	case []string:
		return len(v)
	}
	return 1
}

// SplitURLs splits a comma-separated list of URLs. A comma inside one URL does not split it:
// only one that another URL follows does.
func SplitURLs(list string) []string {
	var urls []string
	start := 0
	for i := strings.IndexByte(list, ','); i >= 0; {
		if startsURL(list[i+1:]) {
			urls = append(urls, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
		next := strings.IndexByte(list[i+1:], ',')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return append(urls, strings.TrimSpace(list[start:]))
}

func startsURL(s string) bool {
	s = strings.TrimLeft(s[:min(len(s), 64)], " \t\r\n")
	for _, scheme := range []string{"http://", "https://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}
