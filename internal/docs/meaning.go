package docs

import "github.com/wiroai/wiro-mcp-go/internal/docs/vectors"

// translated is how much the meaning of a translated query counts: it has words for each sense of a word.
const translated = 0.5

// bodyShare is the weight of a section's text in what it is about, beside its heading.
const bodyShare = 0.25

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

// meanings are what the sections' texts mean: each question, and what the whole is about.
type meanings struct {
	vectors  vectors.List
	sections []int32 // of each vector
}

func newMeanings(n int) meanings {
	return meanings{vectors: vectors.NewList(n), sections: make([]int32, 0, n)}
}

// addMeanings adds what a section means.
func (x *index) addMeanings(section int32, s *Section) {
	m := &x.meanings
	add := func(v vectors.Vector) {
		m.vectors.Add(v)
		m.sections = append(m.sections, section)
	}
	add(x.about(s))
	for _, q := range s.Questions {
		add(x.meaningOf(q))
	}
}

// about returns what a section is about, by its heading and its text.
func (x *index) about(s *Section) vectors.Vector {
	about := x.meaningOf(s.Heading)
	var body []string
	for _, l := range s.body {
		if l.kind != codeLine {
			body = append(body, l.text)
		}
	}
	text := x.meaningOf(body...)
	text.Scale(bodyShare)
	about.Sum(&text)
	about.Normalize()
	return about
}

// meant scores how near each section is to the meaning of a query, from 0 to 1, by its nearest texts.
func (x *index) meant(query vectors.Vector) []float64 {
	scores := make([]float64, len(x.sections))
	if x.weights.Meaning == 0 {
		return scores
	}
	nearest := make([]leaders, len(x.sections))
	x.meanings.vectors.Near(query, func(i int, near float64) { nearest[x.meanings.sections[i]].add(near) })
	for i := range scores {
		scores[i] = nearest[i].mean(x.weights.Runner)
	}
	return scores
}
