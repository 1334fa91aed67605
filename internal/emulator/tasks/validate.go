package tasks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// inputs are the checked parameters of a run.
type inputs struct {
	params map[string]any      // as Task/Detail shows them
	values map[string]string   // scalars by parameter, defaults filled in
	given  map[string]given    // files as they came, until store
	files  map[string][]source // by file parameter, from then on
}

// given is what the client sent for one file parameter.
type given struct {
	urls    []string
	uploads []core.Upload
}

// A source is one file that a run works on: stored here, made by another run, or at a URL
// that the emulator does not open.
type source struct {
	url     string
	stored  *core.StoredFile
	output  *output
	trouble string // why it cannot be used
}

// inputs checks the parameters of a run against its model, with every error that applies.
//
// Wiro docs: Model Parameters; Error Reference, Validation Errors.
func (m *model) inputs(c *core.Call) (*inputs, error) {
	in := &inputs{
		params: maps.Clone(map[string]any(c.Args)),
		values: make(map[string]string, len(m.items)),
	}
	delete(in.params, "callbackUrl")
	delete(in.params, "projectid")
	var problems core.Failure
	for _, p := range m.items {
		var message string
		if p.isFile() {
			message = in.takeFiles(c, p)
		} else {
			message = in.takeValue(c.Args, p)
		}
		if message != "" {
			problems.Errors = append(problems.Errors, core.WireError{Code: m.code(0), Message: message})
		}
	}
	if len(problems.Errors) > 0 {
		return nil, &problems
	}
	return in, nil
}

// code writes an error code as the model does.
func (m *model) code(code int) any {
	if m.has(quirkTextCodes) {
		return strconv.Itoa(code)
	}
	return code
}

// takeValue checks one scalar parameter. It returns what is wrong with it.
func (in *inputs) takeValue(a core.Args, p *parameter) string {
	value := strings.TrimSpace(a.Text(p.ID))
	if p.Type == "multiselect" {
		value = strings.Join(a.List(p.ID), ",")
	}
	if value == "" {
		if p.Required {
			return core.Required(p.ID).Error()
		}
		value = defaultText(p.Default)
	}
	if value == "" {
		return ""
	}
	in.values[p.ID] = value
	switch {
	case p.ID == "trainModelName":
		return badModelName(value)
	case p.Type != "range":
		return ""
	}
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return fmt.Sprintf("Request parameter [%s] must be integer or float", p.ID)
	case p.Min != nil && p.Max != nil && (n < *p.Min || n > *p.Max):
		return fmt.Sprintf("Request parameter [%s] must be between %v and %v", p.ID, *p.Min, *p.Max)
	default:
		return ""
	}
}

// badModelName says what is wrong with the name of a model to train.
//
// Wiro docs: Error Reference, Training Model Errors.
func badModelName(name string) string {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}):
		return "Your model name should be contain (A-Z) (0-9) (-) (_) (.)"
	case loadCatalog().find("wiro", name) != nil:
		return "This model name is already in use"
	case strings.EqualFold(name, "wiro"):
		return "This name is not allowed"
	default:
		return ""
	}
}

func defaultText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// takeFiles checks one file parameter: uploads in {id}, URLs in {id} and in {id}Url. It
// returns what is wrong with it.
func (in *inputs) takeFiles(c *core.Call, p *parameter) string {
	g := given{urls: fileURLs(c.Args, p), uploads: c.FilesOf(p.ID)}
	switch n := len(g.urls) + len(g.uploads); {
	case n == 0 && p.Required:
		return "Request files [" + p.ID + "] required"
	case n == 0:
		return ""
	case n > p.maxFiles():
		return core.ErrInvalidBody.Error()
	case slices.ContainsFunc(g.uploads, func(up core.Upload) bool { return up.TooLarge }):
		return core.ErrTooLarge.Error()
	}
	if in.given == nil {
		in.given = map[string]given{}
	}
	in.given[p.ID] = g
	return ""
}

// keepFiles keeps the uploads of a run that has been accepted, and finds the files that its
// URLs name.
func (s *Tasks) keepFiles(c *core.Call, in *inputs) {
	origin := s.Origin(c.Request)
	in.files = make(map[string][]source, len(in.given))
	for name, g := range in.given {
		var sources []source
		for _, up := range g.uploads {
			stored := s.Files.Add(c.Project, up, "")
			sources = append(sources, source{url: stored.URL(origin), stored: stored})
		}
		for _, url := range g.urls {
			sources = append(sources, s.source(c.Project, origin, url))
		}
		in.files[name] = sources
		if len(g.uploads) > 0 {
			in.params[name] = urlsOf(sources)
		}
	}
	in.given = nil
}

// fileURLs are the URLs (or file ids) that a file parameter was given: in {id}, and in its
// companion {id}Url, which a combinefileinput does not have. Only a list of several files
// is split at commas: one URL may hold some.
func fileURLs(a core.Args, p *parameter) []string {
	var urls []string
	names := []string{p.ID, p.ID + "Url"}
	if p.Type == "combinefileinput" {
		names = names[:1]
	}
	for _, name := range names {
		if p.Type == "multifileinput" {
			urls = append(urls, a.List(name)...)
			continue
		}
		switch value := a[name].(type) {
		case []any:
			for _, item := range value {
				if text := core.Scalar(item); text != "" {
					urls = append(urls, text)
				}
			}
		default:
			if text := core.Scalar(value); text != "" {
				urls = append(urls, text)
			}
		}
	}
	return urls
}

func urlsOf(sources []source) any {
	if len(sources) == 1 {
		return sources[0].url
	}
	urls := make([]string, len(sources))
	for i, s := range sources {
		urls[i] = s.url
	}
	return urls
}

// mistake is what the model itself trips over: a choice that it does not have. The API does
// not check those.
func (m *model) mistake(in *inputs) string {
	for _, p := range m.items {
		value := in.values[p.ID]
		if value == "" || p.Type != "select" && p.Type != "multiselect" {
			continue
		}
		chosen := []string{value}
		if p.Type == "multiselect" {
			chosen = strings.Split(value, ",")
		}
		for _, one := range chosen {
			if !p.has(one) {
				return fmt.Sprintf("ValueError: %s must be one of %s, not %q", p.ID, p.choices(), core.Shorten(one))
			}
		}
	}
	return ""
}

// choices are the values of the options, for an error.
func (p *parameter) choices() string {
	values := make([]string, len(p.Options))
	for i, o := range p.Options {
		values[i] = o.Value
	}
	return strings.Join(values, ", ")
}

// number is a range parameter's value, or fallback.
func (in *inputs) number(name string, fallback float64) float64 {
	n, err := strconv.ParseFloat(in.values[name], 64)
	if err != nil {
		return fallback
	}
	return n
}

// text is what the run is about: its prompt, or another text that it was given.
func (in *inputs) text() string {
	for _, name := range []string{"prompt", "text", "system_instructions"} {
		if text := in.values[name]; text != "" {
			return text
		}
	}
	return ""
}

// sources are all files of a run, in the order of the model's parameters.
func (in *inputs) sources(m *model) []source {
	var all []source
	for _, p := range m.items {
		all = append(all, in.files[p.ID]...)
	}
	return all
}

// json is the parameters as Task/Detail shows them, with so many bytes of padding.
func (in *inputs) json(padding int) json.RawMessage {
	params := in.params
	if padding > 0 {
		params = maps.Clone(params)
		params["padding"] = strings.Repeat("x", padding)
	}
	if len(params) == 0 {
		return json.RawMessage(`{}`)
	}
	return core.Encode(params)
}
