package docs

import "github.com/wiroai/wiro-mcp-go/internal/docs/vectors"

// translated is how much the meaning of a translated query counts: it has words for each sense of a word.
const translated = 0.5

// bodyShare is the weight of a section's text in what it is about, beside its headings.
const bodyShare = 0.5

// tokenRows returns the places in the table of vectors of the words that a token has.
func tokenRows(token string) []vectors.Row {
	var found []vectors.Row
	for _, w := range Words(token) {
		if r := vectors.Find(w); r != vectors.None {
			found = append(found, r)
		}
	}
	return found
}

// meaningOf returns the meaning of a text, of length 1, or zero if it has no word with a meaning.
func (x *index) meaningOf(texts ...string) vectors.Vector {
	var m vectors.Vector
	for _, text := range texts {
		eachToken(text, func(run string) {
			t, known := x.tokens[run]
			if !known {
				t.rows = tokenRows(run)
			}
			for _, r := range t.rows {
				m.Add(r)
			}
		})
	}
	m.Normalize()
	return m
}

// about returns what a section without questions is about, by its headings and its text.
func (x *index) about(p *Page, s *Section) vectors.Vector {
	if len(s.Questions) > 0 {
		return vectors.Vector{}
	}
	about := x.meaningOf(p.Title, s.PathText(), s.Heading)
	var body []string
	for _, l := range s.body {
		if l.kind != codeLine {
			body = append(body, l.text)
		}
	}
	text := x.meaningOf(body...)
	for i := range about {
		about[i] += bodyShare * text[i]
	}
	about.Normalize()
	return about
}

// meant scores how near each section is to the meaning m of a query, from 0 to 1: by its nearest questions, or
// if it has none by what it is about.
func (x *index) meant(m vectors.Vector) []float64 {
	scores := make([]float64, len(x.sections))
	if x.weights.Meaning == 0 || m == (vectors.Vector{}) {
		return scores
	}
	nearest := make([]leaders, len(x.sections))
	for i := range x.meanings {
		if near := m.Dot(&x.meanings[i]); near > 0 {
			nearest[x.questions[i].section].add(float64(near))
		}
	}
	for i := range scores {
		if about := &x.abouts[i]; *about != (vectors.Vector{}) {
			scores[i] = max(0, float64(m.Dot(about)))
		} else {
			scores[i] = nearest[i].mean(x.weights.Runner)
		}
	}
	return scores
}
