package tasks

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// catalogData holds the models, a file for each kind of work: what they take, make and
// cost. items.json holds parameters that several models share.
//
//go:embed catalog/*.json
var catalogData embed.FS

// catalogFiles are the files with models, in the order in which the models were added.
var catalogFiles = []string{"sandbox", "image", "editing", "video", "audio", "llm", "business", "3d-training", "realtime", "later"}

// A catalog is every model of the emulator.
type catalog struct {
	all    []*model // in the order of their ids
	bySlug map[string]*model
}

// A model is one entry of the catalog.
type model struct {
	Slug       string                     `json:"slug"` // owner/model, clean
	ID         int                        `json:"id"`   // 0: its place in the catalog
	Title      string                     `json:"title"`
	About      string                     `json:"about"`
	Categories []string                   `json:"categories"`
	Tags       []string                   `json:"tags"`
	Makes      kind                       `json:"makes"`
	Role       string                     `json:"role"`    // of a model that writes: "translator", "recruiter", …
	Thinks     bool                       `json:"thinks"`  // an LLM that shows its reasoning
	Seconds    float64                    `json:"seconds"` // how long one run takes
	Price      []tier                     `json:"price"`
	CPS        float64                    `json:"cps"` // USD a second, where there is no price
	Inputs     parameters                 `json:"input"`
	Advanced   parameters                 `json:"advanced"`
	Members    bool                       `json:"members"`  // needs a registered account
	Workflow   bool                       `json:"workflow"` // hideworkflows hides it
	Training   bool                       `json:"training"` // needs a balance of $10
	Stderr     []string                   `json:"stderr"`   // noise of every run
	Quirks     []quirk                    `json:"quirks"`
	Behavior   *core.Behavior             `json:"behavior"`
	Shows      map[string]json.RawMessage `json:"shows"` // members of Tool answers, in place of the right ones
	Hides      []string                   `json:"hides"` // members that Tool answers leave out

	owner, name string       // of the clean slug
	written     [2]string    // both as people write them
	items       []*parameter // of both groups
	stats       stats
	search      [3]string // what a search looks at, from what weighs most
}

// A kind is what a model makes.
type kind string

const (
	makesImage      kind = "image"
	makesVideo      kind = "video"
	makesSpeech     kind = "speech"
	makesMusic      kind = "music"
	makesMesh       kind = "mesh"
	makesChat       kind = "chat"
	makesTranscript kind = "transcript"
	makesDocument   kind = "document"
	makesVector     kind = "vector"
	makesArchive    kind = "archive"
	makesVoice      kind = "voice"     // realtime conversation
	makesNarration  kind = "narration" // realtime text to speech
	makesDictation  kind = "dictation" // realtime speech to text
)

func (k kind) realtime() bool {
	return k == makesVoice || k == makesNarration || k == makesDictation
}

// A quirk is one of the ways in which the API writes the same thing differently. A model
// keeps its quirks, so answers repeat.
type quirk string

const (
	quirkNumbers       quirk = "numbers"       // numbers where others have numeric strings
	quirkNoParameters  quirk = "no-parameters" // parameters is null
	quirkPriceArray    quirk = "price-array"   // dynamicprice is an array, not JSON in a string
	quirkPriceEmpty    quirk = "price-empty"   // dynamicprice is ""
	quirkPriceNull     quirk = "price-null"    // dynamicprice is null
	quirkStringFlags   quirk = "string-flags"  // required is "true" or "false"
	quirkISOTime       quirk = "iso-time"      // times are ISO 8601
	quirkTextCodes     quirk = "text-codes"    // error codes are numeric strings
	quirkNoSummaryText quirk = "no-seo"        // seodescription is missing
)

func (m *model) has(q quirk) bool { return slices.Contains(m.Quirks, q) }

// A parameter is one input of a model, as Tool/Detail describes it.
type parameter struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Label       string   `json:"label"`
	Required    bool     `json:"required"`
	Default     any      `json:"default"`
	Options     []option `json:"options"`
	Min         *float64 `json:"min"` // of a range
	Max         *float64 `json:"max"` // of a range; how many files
	Step        *float64 `json:"step"`
	Placeholder string   `json:"placeholder"`
	Note        string   `json:"note"`
	Description string   `json:"description"`
}

// An option is one choice of a select or multiselect. In the catalog it is a value, or a
// value and its label.
type option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// UnmarshalJSON reads both forms.
func (o *option) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &o.Value) == nil {
		o.Label = o.Value
		return nil
	}
	var pair [2]string
	err := json.Unmarshal(data, &pair)
	o.Value, o.Label = pair[0], pair[1]
	return err
}

// has reports whether a value is among the options. A list that holds nothing but an empty
// value is filled in elsewhere, so it takes any.
func (p *parameter) has(value string) bool {
	return !slices.ContainsFunc(p.Options, func(o option) bool { return o.Value != "" }) ||
		slices.ContainsFunc(p.Options, func(o option) bool { return o.Value == value })
}

// isFile reports whether the parameter takes files.
func (p *parameter) isFile() bool { return strings.HasSuffix(p.Type, "fileinput") }

// maxFiles is how many files the parameter takes.
func (p *parameter) maxFiles() int {
	switch {
	case p.Type == "fileinput":
		return 1
	case p.Max != nil:
		return int(*p.Max)
	default:
		return 10
	}
}

// parameters in the catalog are names of shared items ("prompt", or "prompt*" where it is
// required here) or objects; an object with "use" changes a shared item.
type parameters []json.RawMessage

func (ps parameters) resolve(shared map[string]json.RawMessage) ([]*parameter, error) {
	var resolved []*parameter
	for _, raw := range ps {
		var ref struct {
			Use string `json:"use"`
		}
		var name string
		if json.Unmarshal(raw, &name) == nil {
			ref.Use = name
			raw = json.RawMessage(`{}`)
		} else if err := json.Unmarshal(raw, &ref); err != nil {
			return nil, err
		}
		p := new(parameter)
		if base, required := strings.CutSuffix(ref.Use, "*"); base != "" {
			if shared[base] == nil {
				return nil, fmt.Errorf("no shared item %q", base)
			}
			if err := json.Unmarshal(shared[base], p); err != nil {
				return nil, err
			}
			p.ID, p.Required = base, required
		}
		if err := json.Unmarshal(raw, p); err != nil {
			return nil, err
		}
		resolved = append(resolved, p)
	}
	return resolved, nil
}

// loadCatalog is the catalog, read once, when the first emulator starts: nothing changes
// it. A mistake in it is a bug, so it panics.
var loadCatalog = sync.OnceValue(func() *catalog {
	var items map[string]json.RawMessage
	decodeCatalog("items", &items)
	c := &catalog{bySlug: map[string]*model{}}
	for _, file := range catalogFiles {
		var models []*model
		decodeCatalog(file, &models)
		for _, m := range models {
			if err := m.complete(len(c.all), items); err != nil {
				panic(fmt.Sprintf("emulator: catalog: %s: %v", m.Slug, err))
			}
			c.all = append(c.all, m)
			c.bySlug[m.Slug] = m
		}
	}
	return c
})

func decodeCatalog(file string, into any) {
	data, err := catalogData.ReadFile("catalog/" + file + ".json")
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		panic(fmt.Sprintf("emulator: catalog/%s.json: %v", file, err))
	}
}

// complete fills in what the catalog leaves out.
func (m *model) complete(place int, shared map[string]json.RawMessage) error {
	owner, name, found := strings.Cut(m.Slug, "/")
	if !found {
		return errors.New("slug without an owner")
	}
	m.written = [2]string{owner, name}
	m.owner, m.name = core.CleanSlug(owner), core.CleanSlug(name)
	m.Slug = m.owner + "/" + m.name
	if m.ID == 0 {
		m.ID = 1000 + 7*place
	}
	inputs, err := m.Inputs.resolve(shared)
	if err != nil {
		return err
	}
	advanced, err := m.Advanced.resolve(shared)
	if err != nil {
		return err
	}
	m.items = slices.Concat(inputs, advanced)
	m.stats = madeUpStats(m.Slug)
	m.index()
	if m.Seconds == 0 {
		m.Seconds = 5
	}
	return nil
}

// groups are the parameters as Tool/Detail arranges them.
func (m *model) groups() (input, advanced []*parameter) {
	n := len(m.Inputs)
	return m.items[:n], m.items[n:]
}

// find returns a model by its slug, clean ("wiro/virtual-try-on") or as people write it
// ("wiro", "Virtual Try-On"). Nil where there is none.
func (c *catalog) find(owner, name string) *model {
	return c.bySlug[core.CleanSlug(owner)+"/"+core.CleanSlug(name)]
}

// stats are the numbers that a marketplace has and an emulator makes up: always the same
// ones for the same model.
type stats struct {
	rating             float64 // 0 to 5
	comments, rated    int
	runs, good, failed int
	lastRun            int64 // Unix seconds
}

func madeUpStats(slug string) stats {
	h := media.Hash(slug)
	pick := func(n uint64) int {
		got := h % n
		h = h/n ^ h<<7
		return int(got) //nolint:gosec // below n, which is small
	}
	s := stats{rating: 3.5 + float64(pick(16))/10, comments: pick(40), runs: 200 + pick(90_000)}
	s.rated = s.comments + pick(60)
	s.failed = s.runs / (8 + pick(40))
	s.good = s.runs - s.failed
	s.lastRun = 1_774_000_000 + int64(pick(2_000_000))
	return s
}
