package docs

import (
	"math"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// index finds the sections of pages by their words. It is built once and then only read.
//
// A section is scored by BM25F: words are weighted by field, counts are summed over the fields before they
// saturate, and rare words weigh more. The section's two questions that are most like the query are added to that.
type index struct {
	weights   Weights
	pages     []*Page
	sections  []entry
	questions []question
	terms     []term
	ids       map[string]int32 // stem to term
	forms     map[string]int32 // word as written to term
	spellings []spelling       // the same, to be looked through
	near      *neighbors       // terms, by what they mean
	scratch   sync.Pool        // of *scratch: a query would clear a quarter of a megabyte
	named     map[string]int   // key of a page's title or slug to the page
	tokens    map[string]token // as the pages write them
	meanings  meanings         // of the sections
	unknown   float64          // weight of a word that no section has
}

// entry is a section as the index knows it.
type entry struct {
	page    int
	section int // of the page
}

// question is one question that a section answers.
type question struct {
	section int32
	terms   []int32
	weight  float64 // sum of the terms' idf
}

// term is a stem with the sections and the questions that have it.
type term struct {
	idf       float64 // weight: the fewer sections have the term, the higher
	sections  []posting
	questions []int32
	row       vectors.Row // of the word that the term first is on the pages
}

// posting is the weight of a term in a section, from 0 to 1.
type posting struct {
	section int32
	impact  float32
}

// counted is a term of a token with its weight.
type counted struct {
	term   int32
	weight float32
}

// token is a token with its terms and its words' vectors.
type token struct {
	terms []counted
	rows  []vectors.Row
}

// spelling is a word as the pages write it.
type spelling struct {
	text    string
	letters uint64 // which letters it has, one bit each
	term    int32
}

// The fields of a section, in the order of Weights.
const (
	titleField = iota
	headingField
	questionField
	bodyField
	contextField
	fieldCount
)

// fieldCounts counts words by field: those of one term in one section, or all of a section.
type fieldCounts [fieldCount]float64

// sectionCounts are the counts of one section.
type sectionCounts struct {
	terms map[int32]*fieldCounts
	all   fieldCounts
}

func newIndex(pages []*Page, w Weights) *index {
	x := &index{
		weights: w, pages: pages,
		ids: map[string]int32{}, forms: map[string]int32{}, tokens: map[string]token{}, named: map[string]int{},
	}
	var counts []sectionCounts
	questions, sections := 0, 0
	for _, p := range pages {
		sections += len(p.Sections)
		for _, s := range p.Sections {
			questions += len(s.Questions)
		}
	}
	x.questions, x.meanings = make([]question, 0, questions), newMeanings(sections+questions)
	for pi, p := range pages {
		x.named[nameKey(p.Slug)], x.named[nameKey(p.Title)] = pi, pi
		for si := range p.Sections {
			if len(p.text(si)) == 0 {
				continue // a heading with nothing below it answers nothing
			}
			counts = append(counts, x.count(p, &p.Sections[si]))
			x.addMeanings(number(len(x.sections)), &p.Sections[si])
			x.sections = append(x.sections, entry{pi, si})
		}
	}
	x.scratch.New = func() any {
		return &scratch{make([]float64, len(x.questions)), make([]float64, len(x.questions))}
	}
	x.weigh(counts)
	x.listNeighbors()
	for text, t := range x.forms {
		x.spellings = append(x.spellings, spelling{text, letterSet(text), t})
	}
	return x
}

// count counts the words of a section by field, and notes its questions.
func (x *index) count(p *Page, s *Section) sectionCounts {
	c := sectionCounts{terms: map[int32]*fieldCounts{}}
	add := func(field int, text string) {
		x.eachTerm(text, func(t int32, weight float64) {
			fc := c.terms[t]
			if fc == nil {
				fc = new(fieldCounts)
				c.terms[t] = fc
			}
			fc[field] += weight
			c.all[field] += weight
		})
	}
	add(titleField, p.Title)
	add(titleField, p.Slug)
	for _, h := range s.Path[:len(s.Path)-1] {
		add(titleField, h)
	}
	add(headingField, s.Heading)
	if s.head == nil {
		add(bodyField, p.Summary)
	}
	for _, l := range s.body {
		add(bodyField, l.text)
	}
	if s.head != nil && p.Sections[0].head == nil {
		for _, q := range p.Sections[0].Questions {
			add(contextField, q) // what the page is about in other words than its title's
		}
	}
	for _, q := range s.Questions {
		add(questionField, q)
		id := number(len(x.questions))
		x.questions = append(x.questions, question{section: number(len(x.sections))})
		x.eachTerm(q, func(t int32, _ float64) {
			qs := x.terms[t].questions
			if len(qs) == 0 || qs[len(qs)-1] != id {
				x.terms[t].questions = append(qs, id)
				x.questions[id].terms = append(x.questions[id].terms, t)
			}
		})
	}
	return c
}

// weigh computes the weights of terms from the counts of all sections.
func (x *index) weigh(counts []sectionCounts) {
	w := x.weights
	weight := fieldCounts{w.Title, w.Heading, w.Questions, w.Body, w.Context}
	n := float64(len(counts))
	var mean fieldCounts
	for _, c := range counts {
		for f := range mean {
			mean[f] += c.all[f] / n
		}
	}
	having := make([]float64, len(x.terms)) // how many sections have a term, beside in their page's title
	for i, c := range counts {
		for t, fc := range c.terms {
			count := 0.0
			for f, k := range fc {
				if k > 0 {
					count += weight[f] * k / (1 - w.Length + w.Length*c.all[f]/mean[f])
				}
			}
			x.terms[t].sections = append(x.terms[t].sections, posting{number(i), float32(count / (count + w.Saturation))})
			if fc[headingField]+fc[questionField]+fc[bodyField] > 0 {
				having[t]++
			}
		}
	}
	// The root levels BM25's weights: a word that only one section has may be there by chance.
	idf := func(having float64) float64 { return math.Sqrt(math.Log(1 + (n-having+0.5)/(having+0.5))) }
	x.unknown = idf(0)
	for i := range x.terms {
		t := &x.terms[i]
		t.idf = idf(having[i])
		for _, q := range t.questions {
			x.questions[q].weight += t.idf
		}
	}
}

// eachTerm yields the terms of a text with their weights: words, and the parts of identifiers.
func (x *index) eachTerm(text string, yield func(t int32, weight float64)) {
	eachToken(text, func(run string) {
		t, known := x.tokens[run]
		if !known {
			t = token{x.countToken(run), tokenRows(run)}
			x.tokens[run] = t
		}
		for _, c := range t.terms {
			yield(c.term, float64(c.weight))
		}
	})
}

// countToken returns the terms of a token.
func (x *index) countToken(token string) []counted {
	var cs []counted
	add := func(w string, weight float64) {
		if w != "" && !isStopWord(w) {
			cs = append(cs, counted{x.term(w), float32(weight)})
		}
	}
	tokenWords(token, func(w word) {
		add(w.whole, 1)
		for _, p := range w.parts {
			add(p, x.weights.Part)
		}
	})
	return cs
}

// term returns the term of a word, a new one if need be.
func (x *index) term(w string) int32 {
	if t, ok := x.forms[w]; ok {
		return t
	}
	w = strings.Clone(w) // and not a piece that holds a page
	stemmed := x.stem(w)
	t, ok := x.ids[stemmed]
	if !ok {
		t = number(len(x.terms))
		x.ids[stemmed] = t
		x.terms = append(x.terms, term{row: vectors.Find(w)})
	}
	x.forms[w] = t
	return t
}

func (x *index) stem(w string) string {
	if x.weights.NoStemming {
		return w
	}
	return stem(w)
}

// number is n as the index keeps it. A library has a few thousand sections, questions and terms.
func number(n int) int32 { return int32(n) } //nolint:gosec // files from outside are bounded to 32 MB
