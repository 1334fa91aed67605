package intent

import (
	"slices"
	"strings"
)

// Intent is what a request was taken for.
type Intent struct {
	// Jobs that the request may mean, the likeliest first. Empty if it names nothing that models do.
	Jobs []Job
	// Words are those by which the models of a category can be told apart: what is done, a
	// subject, a style, a model's name. What is done is named by an English stem, as texts of
	// models do, whatever the request's language: "upscal" for "make it sharper".
	Words []string
	// Errand is set if the request is for nothing that models make, such as a taxi.
	Errand bool
	// Cheap and Fast are set if the request asks for it.
	Cheap, Fast bool
}

// A Job is a kind of work that models do.
type Job struct {
	As         string   // in words, such as "a video from an image"
	Categories []string // of the models that do it, the closest first
	Score      float64  // probability that it is meant
}

// Understand reads a request.
func Understand(request string) Intent {
	r := read(request)
	likely, none := Likeliest(judge(r.features()))
	says := func(concept string) bool {
		return slices.ContainsFunc(r.found, func(m match) bool { return m.concept == concept })
	}
	return Intent{
		Jobs: likely, Words: tellingWords(r.tokens, r.found),
		Errand: none, Cheap: says("cheap"), Fast: says("fast"),
	}
}

// A reading is what is found in a request.
type reading struct {
	tokens   []string
	found    []match
	language string
}

// read reads the words of a request, those that mean nothing also as misspelled or written without umlauts.
func read(request string) reading {
	r := reading{tokens: tokenize(request)}
	r.found, r.language = ofLanguage(words().find(r.tokens), r.tokens, request)
	mended := slices.Clone(r.tokens)
	for i, token := range mended {
		if slices.ContainsFunc(r.found, func(m match) bool { return m.start <= i && i < m.end }) {
			continue
		}
		if plain := umlauts.Replace(token); plain != token && len(words().lookUp([]string{plain}, 0)) > 0 {
			mended[i] = plain
		} else if len(token) >= longWord {
			mended[i] = words().mend(token)
		}
	}
	if !slices.Equal(mended, r.tokens) {
		r.tokens = mended
		r.found, r.language = ofLanguage(words().find(r.tokens), r.tokens, request)
	}
	return r
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// tellingWords are the stems of what is done, and the words that no category stands for.
func tellingWords(tokens []string, found []match) []string {
	var telling []string
	add := func(word string) {
		if !slices.Contains(telling, word) {
			telling = append(telling, word)
		}
	}
	for _, m := range found {
		for _, stem := range words().stems[m.concept] {
			add(stem)
		}
	}
	for i, token := range tokens {
		if len(token) >= 3 && !slices.ContainsFunc(found, func(m match) bool {
			return m.start <= i && i < m.end && (slices.Contains(grammar, m.concept) || slices.Contains(things, m.concept) && m.end == m.start+1)
		}) {
			add(token)
		}
	}
	return telling
}

// things are concepts that go in or come out.
var things = strings.Fields("photo art video recording voice music sfx text doc code lyrics product")

// grammar are concepts that only tell how the others belong together.
var grammar = strings.Fields("create draw write convert mine the some from into for about with not filler question duration 3d object improve clean find tongue cheap fast attached should printable sample selling realistic mean intro practice say bot phone model teach")
