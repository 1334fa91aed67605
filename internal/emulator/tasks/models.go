package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

var errNoModel = core.Fail(1, "slug-owner-project-not-exist")

func (s *Tasks) installModels() {
	s.Serve("Tool/List", core.Endpoint{Handle: s.listModels})
	s.Serve("Tool/Detail", core.Endpoint{Handle: s.modelDetail})
	s.Serve("Tool/Explore", core.Endpoint{Handle: s.exploreModels})
}

// listModels answers POST /Tool/List.
func (s *Tasks) listModels(c *core.Call) (core.Fields, error) {
	found := s.models.query(c.Args)
	start, limit := c.Args.Int("start", 0), min(c.Args.Int("limit", 20), 100)
	page := found[min(start, len(found)):]
	page = page[:min(limit, len(page))]

	pages := s.pages.of(s.Origin(c.Request))
	summary := c.Args.Bool("summary")
	var total any = strconv.Itoa(len(found))
	if !summary {
		total = len(found) // the API writes either
	}
	list := func(m *model) []byte { return pages.listing[m] }
	return core.Fields{{"total", total}, {"tool", joined(page, list)}}, nil
}

// modelDetail answers POST /Tool/Detail.
func (s *Tasks) modelDetail(c *core.Call) (core.Fields, error) {
	owner, err := c.Args.Require("slugowner")
	if err != nil {
		return nil, err
	}
	name, err := c.Args.Require("slugproject")
	if err != nil {
		return nil, err
	}
	m := s.models.find(owner, name)
	if m == nil {
		return nil, errNoModel
	}
	pages := s.pages.of(s.Origin(c.Request))
	detail := pages.detail[m]
	if c.Args.Bool("summary") {
		detail = pages.listing[m]
	}
	return core.Fields{{"tool", core.Raw(bytes.Join([][]byte{[]byte("["), detail, []byte("]")}, nil))}}, nil
}

// joined is a JSON array of what render gives for each model.
func joined(models []*model, render func(*model) []byte) json.RawMessage {
	var buf bytes.Buffer
	buf.WriteByte('[')
	for i, m := range models {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(render(m))
	}
	buf.WriteByte(']')
	return buf.Bytes()
}

// pages is the catalog as JSON, ready to be sent. Image URLs in it depend on the origin.
type pages struct {
	listing, detail map[*model][]byte
	explore         json.RawMessage
}

// pageCache renders the catalog once for each origin that clients use.
type pageCache struct {
	models *catalog

	mu       sync.Mutex
	byOrigin map[string]*pages
}

// maxOrigins bounds the cache: a Host header may say anything.
const maxOrigins = 16

func (pc *pageCache) of(origin string) *pages {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if p := pc.byOrigin[origin]; p != nil {
		return p
	}
	if len(pc.byOrigin) >= maxOrigins || pc.byOrigin == nil {
		pc.byOrigin = map[string]*pages{}
	}
	p := renderPages(pc.models, origin)
	pc.byOrigin[origin] = p
	return p
}

func renderPages(c *catalog, origin string) *pages {
	p := &pages{
		listing: make(map[*model][]byte, len(c.all)),
		detail:  make(map[*model][]byte, len(c.all)),
	}
	for _, m := range c.all {
		t := m.tool(origin)
		t.toolStats = m.toolStats()
		p.listing[m] = m.show(t)
		t.toolDetail = m.toolDetail(origin)
		p.detail[m] = m.show(t)
	}
	p.explore = c.explore(origin)
	return p
}

// show encodes a model, with what its entry in the catalog shows and hides.
func (m *model) show(t tool) []byte {
	data := core.Encode(t)
	if len(m.Shows) == 0 && len(m.Hides) == 0 {
		return data
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil { // never: it was just encoded
		panic(err)
	}
	maps.Copy(members, m.Shows)
	for _, name := range m.Hides {
		delete(members, name)
	}
	return core.Encode(members)
}

// A tool is a model as the Tool endpoints show it: first what a summary holds, then what a
// full list adds, then the rest.
type tool struct {
	ID                any      `json:"id"`
	Title             string   `json:"title"`
	SlugOwner         string   `json:"slugowner"`
	SlugProject       string   `json:"slugproject"`
	CleanSlugOwner    string   `json:"cleanslugowner"`
	CleanSlugProject  string   `json:"cleanslugproject"`
	Description       string   `json:"description"`
	Image             string   `json:"image"`
	Categories        []string `json:"categories"`
	Tags              []string `json:"tags"`
	AveragePoint      any      `json:"averagepoint"`
	DynamicPrice      any      `json:"dynamicprice"`
	CPS               string   `json:"cps,omitempty"`
	ApproximatelyCost string   `json:"approximatelycost,omitempty"`
	SEODescription    string   `json:"seodescription,omitempty"`
	*toolStats
	*toolDetail
}

type toolStats struct {
	ComputingTime  string   `json:"computingtime"`
	Marketplace    int      `json:"marketplace"`
	OnlyMembers    any      `json:"onlymembers"`
	CommentCount   any      `json:"commentcount"`
	RatedUserCount any      `json:"ratedusercount"`
	TaskStat       taskStat `json:"taskstat"`
}

type taskStat struct {
	RunCount     int    `json:"runcount"`
	SuccessCount string `json:"successcount"`
	ErrorCount   string `json:"errorcount"`
	LastRunTime  string `json:"lastruntime"`
}

type toolDetail struct {
	Readme     string           `json:"readme"`
	Parameters []parameterGroup `json:"parameters"`
	Inspire    []map[string]any `json:"inspire"`
	Samples    []string         `json:"samples"`
	SEOTitle   string           `json:"seotitle"`
}

// num is a number as the model writes it: a string for most.
func (m *model) num(n int) any {
	if m.has(quirkNumbers) {
		return n
	}
	return strconv.Itoa(n)
}

func (m *model) tool(origin string) tool {
	t := tool{
		ID: m.num(m.ID), Title: m.Title,
		SlugOwner: m.written[0], SlugProject: m.project(),
		CleanSlugOwner: m.owner, CleanSlugProject: m.name,
		Description:  m.About,
		Image:        m.cover(origin),
		Categories:   append([]string{"tool"}, m.Categories...),
		Tags:         append([]string{}, m.Tags...),
		DynamicPrice: m.dynamicPrice(),
	}
	if m.has(quirkNumbers) {
		t.AveragePoint = m.stats.rating
	} else {
		t.AveragePoint = strconv.FormatFloat(m.stats.rating, 'f', 2, 64)
	}
	if len(m.Price) == 0 {
		t.CPS = usd(m.CPS)
		t.ApproximatelyCost = usd(m.approximately())
	}
	if !m.has(quirkNoSummaryText) {
		t.SEODescription = m.About
	}
	return t
}

// project is the model's half of its slug as people write it.
func (m *model) project() string {
	if m.written[1] == m.name {
		return m.Title
	}
	return m.written[1]
}

// cover is the picture of the model.
func (m *model) cover(origin string) string {
	return origin + core.CDNPath + "m/" + m.Slug + ".png"
}

// dynamicPrice is the price list in the form that the model's quirks ask for.
func (m *model) dynamicPrice() any {
	switch {
	case m.has(quirkPriceNull):
		return nil
	case m.has(quirkPriceEmpty):
		return ""
	case m.has(quirkPriceArray):
		return m.Price
	default:
		return string(core.Encode(m.Price))
	}
}

func (m *model) toolStats() *toolStats {
	var members any = "0"
	if m.Members {
		members = "1"
	}
	return &toolStats{
		ComputingTime: fmt.Sprintf("%.0f seconds", max(m.Seconds, 1)),
		Marketplace:   1, OnlyMembers: members,
		CommentCount: m.num(m.stats.comments), RatedUserCount: m.num(m.stats.rated),
		TaskStat: taskStat{
			RunCount:     m.stats.runs,
			SuccessCount: strconv.Itoa(m.stats.good), ErrorCount: strconv.Itoa(m.stats.failed),
			LastRunTime: m.time(time.Unix(m.stats.lastRun, 0)),
		},
	}
}

// time is a moment as the model writes it: Unix seconds in a string for most.
func (m *model) time(t time.Time) string {
	if m.has(quirkISOTime) && !t.IsZero() {
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return core.Unix(t)
}

func (m *model) toolDetail(origin string) *toolDetail {
	d := &toolDetail{
		Readme:  "<p>" + m.About + "</p>",
		Inspire: []map[string]any{}, Samples: []string{m.cover(origin)},
		SEOTitle: m.Title + " | " + strings.Join(m.Categories, ", "),
	}
	if m.has(quirkNoParameters) {
		return d
	}
	input, advanced := m.groups()
	d.Parameters = []parameterGroup{m.group("Input", input)}
	if len(advanced) > 0 {
		d.Parameters = append(d.Parameters, m.group("Advanced", advanced))
	}
	return d
}

type parameterGroup struct {
	Title string          `json:"title"`
	Items []parameterItem `json:"items"`
}

type parameterItem struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Label       string   `json:"label"`
	Required    any      `json:"required"`
	Default     any      `json:"default,omitempty"`
	Options     []option `json:"options,omitempty"`
	Min         *float64 `json:"min,omitempty"`
	Max         *float64 `json:"max,omitempty"`
	Step        *float64 `json:"step,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Note        string   `json:"note,omitempty"`
	Description string   `json:"description,omitempty"`
}

func (m *model) group(title string, params []*parameter) parameterGroup {
	g := parameterGroup{Title: title, Items: []parameterItem{}}
	for _, p := range params {
		item := parameterItem{
			ID: p.ID, Type: p.Type, Label: p.Label, Required: p.Required, Default: p.Default,
			Min: p.Min, Max: p.Max, Step: p.Step,
			Options: p.Options, Placeholder: p.Placeholder, Note: p.Note, Description: p.Description,
		}
		if m.has(quirkStringFlags) {
			item.Required = strconv.FormatBool(p.Required)
		}
		g.Items = append(g.Items, item)
	}
	return g
}
