package tasks

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// index prepares a model for searches.
func (m *model) index() {
	m.search = [3]string{
		strings.ToLower(m.Slug + " " + m.Title),
		strings.ToLower(strings.Join(m.Categories, " ") + " " + strings.Join(m.Tags, " ")),
		strings.ToLower(m.About),
	}
}

// query selects and sorts models as Tool/List does.
func (c *catalog) query(a core.Args) []*model {
	owner := strings.ToLower(a.Text("slugowner"))
	categories, tags := a.List("categories"), a.List("tags")
	hideWorkflows := a.Bool("hideworkflows")
	words := searchWords(a.Text("search"))
	found := make([]*model, 0, len(c.all))
	for _, m := range c.all {
		if m.owner == misbehaving && owner == "" && !m.askedFor(words, categories) {
			continue
		}
		if (owner == "" || m.owner == owner) && (!hideWorkflows || !m.Workflow) &&
			anyOf(categories, m.Categories, "tool") && anyOf(tags, m.Tags, "") {
			found = append(found, m)
		}
	}
	found, scores := matching(found, words)
	sortModels(found, scores, a.Text("sort"), a.Text("order"), len(words) > 0)
	if owner == "" && len(words)+len(categories) == 0 {
		slices.SortStableFunc(found, func(x, y *model) int { return cmp.Compare(misbehaves(x), misbehaves(y)) })
	}
	return found
}

// misbehaving owns the models that misbehave on purpose: who looks for a model to use does not
// want one.
const misbehaving = "sandbox"

func misbehaves(m *model) int {
	if m.owner == misbehaving {
		return 1
	}
	return 0
}

// askedFor reports whether a query means a misbehaving model: it names it, or names nothing,
// and then they come last.
func (m *model) askedFor(words, categories []string) bool {
	if slices.Contains(words, misbehaving) || slices.Contains(categories, misbehaving) || len(words)+len(categories) == 0 {
		return true
	}
	return len(words) > 0 && !slices.ContainsFunc(searchWords(m.name), func(part string) bool { return !slices.Contains(words, part) })
}

// anyOf reports whether one of the wanted values is there; no wish is fulfilled too.
func anyOf(wanted, have []string, also string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
		return slices.Contains(have, w) || w == also
	})
}

// matching keeps the models that have all words or, where none has, those with any.
func matching(models []*model, words []string) ([]*model, map[*model]int) {
	if len(words) == 0 {
		return models, nil
	}
	scores := make(map[*model]int, len(models))
	var all, some []*model
	for _, m := range models {
		score, hits := m.score(words)
		scores[m] = score
		if hits == len(words) {
			all = append(all, m)
		}
		if hits > 0 {
			some = append(some, m)
		}
	}
	if len(all) > 0 {
		return all, scores
	}
	return some, scores
}

// score weighs a model against the words of a search, and counts the words it has.
func (m *model) score(words []string) (score, hits int) {
	for _, word := range words {
		weight := 0
		for i, text := range m.search {
			if strings.Contains(text, word) {
				weight += []int{5, 3, 1}[i]
			}
		}
		score += weight
		if weight > 0 {
			hits++
		}
	}
	return score, hits
}

// stopWords are words that say nothing about a model, between spaces.
const stopWords = " a an and any are can could explain for from how i in into is it me model my of on or" +
	" please that the to want what why with would you your "

func searchWords(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return slices.DeleteFunc(words, func(w string) bool { return strings.Contains(stopWords, " "+w+" ") })
}

// sortModels sorts by the field that sort names: newest first where it names none, best
// match first in a search.
func sortModels(models []*model, scores map[*model]int, sort, order string, searching bool) {
	if sort == "" && searching {
		sort = "relevance"
	}
	key := func(m *model) float64 {
		switch sort {
		case "relevance":
			return float64(scores[m])
		case "ratedusercount":
			return float64(m.stats.rated)
		case "commentcount":
			return float64(m.stats.comments)
		case "averagepoint":
			return m.stats.rating
		default: // id, time
			return float64(m.ID)
		}
	}
	slices.SortStableFunc(models, func(x, y *model) int {
		return cmp.Or(cmp.Compare(key(y), key(x)), cmp.Compare(y.ID, x.ID))
	})
	if strings.EqualFold(order, "ASC") && sort != "relevance" {
		slices.Reverse(models)
	}
}

// exploreModels answers POST /Tool/Explore.
func (s *Tasks) exploreModels(c *core.Call) (core.Fields, error) {
	return core.Fields{{"explore", s.pages.of(s.Origin(c.Request)).explore}}, nil
}

// sections are what Tool/Explore shows: a title, and the category behind it.
var sections = []struct{ title, category string }{
	{"Image Generation", "text-to-image"},
	{"Image Editing", "image-editing"},
	{"Video", "video"},
	{"Chat", "llm"},
	{"Speech", "text-to-speech"},
	{"Transcription", "speech-to-text"},
	{"Music", "text-to-music"},
	{"3D", "3d"},
	{"E-Commerce", "e-commerce"},
	{"HR Tools", "hr-tools"},
	{"Realtime Voice", "realtime-conversation"},
}

// sectionSize is how many models a section of Tool/Explore shows.
const sectionSize = 8

type section struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	URL   string        `json:"url,omitempty"`
	Total any           `json:"total,omitempty"`
	Tools []exploreTool `json:"tools"`
}

type exploreTool struct {
	ID               any      `json:"id"`
	CleanSlugOwner   string   `json:"cleanslugowner"`
	CleanSlugProject string   `json:"cleanslugproject"`
	Image            string   `json:"image"`
	Description      string   `json:"description"`
	Categories       []string `json:"categories"`
	AveragePoint     any      `json:"averagepoint"`
	CommentCount     any      `json:"commentcount"`
	RatedUserCount   any      `json:"ratedusercount"`
	Discount         string   `json:"discount,omitempty"`
}

// explore renders the sections.
func (c *catalog) explore(origin string) json.RawMessage {
	recent := slices.DeleteFunc(c.query(core.Args{"sort": "time"}), func(m *model) bool { return m.owner == misbehaving })
	list := []section{{ID: "1", Title: "Recently Added", Tools: exploreTools(recent, origin)}}
	for i, s := range sections {
		found := c.query(core.Args{"categories": s.category, "sort": "ratedusercount"})
		out := section{ID: string(core.Encode(i + 2)), Title: s.title, URL: "/models/" + s.category, Tools: exploreTools(found, origin)}
		if i%2 == 0 {
			out.Total = len(found) // some sections tell, some do not
		}
		list = append(list, out)
	}
	return core.Encode(list)
}

func exploreTools(models []*model, origin string) []exploreTool {
	tools := []exploreTool{}
	for _, m := range models[:min(sectionSize, len(models))] {
		t := m.tool(origin)
		stats := m.toolStats()
		tools = append(tools, exploreTool{
			ID: t.ID, CleanSlugOwner: t.CleanSlugOwner, CleanSlugProject: t.CleanSlugProject,
			Image: t.Image, Description: t.Description, Categories: t.Categories,
			AveragePoint: t.AveragePoint, CommentCount: stats.CommentCount, RatedUserCount: stats.RatedUserCount,
		})
	}
	return tools
}
