package intent

import (
	"cmp"
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
	// Errand is set if the request is for something in the world outside, such as a taxi.
	Errand bool
	// Cheap and Fast are set if the request asks for it.
	Cheap, Fast bool
}

// A Job is a kind of work that models do.
type Job struct {
	As         string   // in words, such as "a video from an image"
	Categories []string // of the models that do it, the closest first
	Score      float64  // how much of the request speaks for it
}

const (
	enough  = 2.0 // least score of a job
	certain = 3.0 // least score of a job in words of several languages
	sure    = 4.5 // score from which misspelled words change nothing
	nearly  = 0.6 // part of the best score with which a job may be meant as well
)

// Understand reads a request.
func Understand(request string) Intent {
	r := reading{request: request, tokens: tokenize(request)}
	r.read(false)
	if len(r.jobs) == 0 || r.jobs[0].Score < sure {
		r.mend()
	}
	if len(r.jobs) == 0 {
		if r.read(true); len(r.jobs) > 0 && r.jobs[0].Score < certain {
			r.jobs = nil // a word of another language is chance
		}
	}
	errand := len(r.jobs) > 0 && r.jobs[0].As == ""
	if errand {
		r.jobs = nil
	}
	says := func(concept string) bool {
		return slices.ContainsFunc(r.found, func(m match) bool { return m.concept == concept })
	}
	return Intent{
		Jobs:  slices.DeleteFunc(r.jobs, func(j Job) bool { return j.As == "" }),
		Words: tellingWords(r.tokens, r.found), Errand: errand, Cheap: says("cheap"), Fast: says("fast"),
	}
}

// A reading is what is found in a request.
type reading struct {
	request string
	tokens  []string
	found   []match
	jobs    []Job // with errands, which have no name
}

// read reads the tokens as words of the language that the request is in, or of every language.
func (r *reading) read(everyLanguage bool) {
	language := ""
	if r.found = words().find(r.tokens); !everyLanguage {
		r.found, language = ofLanguage(r.found, r.tokens, r.request)
	}
	r.jobs = likeliest(evidence(r.tokens, r.found, language))
}

// mend reads words again that are misspelled or written without umlauts; the shorter ones only if
// nothing else is understood.
func (r *reading) mend() {
	shortest := longWord
	if len(r.jobs) == 0 {
		shortest = shortestFix
	}
	mended := slices.Clone(r.tokens)
	for i, token := range mended {
		if slices.ContainsFunc(r.found, func(m match) bool { return m.start <= i && i < m.end }) {
			continue
		}
		if plain := umlauts.Replace(token); plain != token && len(words().lookUp([]string{plain}, 0)) > 0 {
			mended[i] = plain
		} else if len(token) >= shortest {
			mended[i] = words().mend(token)
		}
	}
	if slices.Equal(mended, r.tokens) {
		return
	}
	other := reading{request: r.request, tokens: mended}
	other.read(false)
	if len(other.jobs) > 0 && (len(r.jobs) == 0 || other.jobs[0].Score > r.jobs[0].Score) {
		*r = other // else the words were not misspelled
	}
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// likeliest weighs the jobs against the evidence.
func likeliest(strength map[string]float64) []Job {
	var likely []Job
	for _, j := range jobs() {
		if score := j.score(strength); score >= enough {
			likely = append(likely, Job{j.as, j.categories, score})
		}
	}
	slices.SortStableFunc(likely, func(a, b Job) int { return cmp.Compare(b.Score, a.Score) })
	return slices.DeleteFunc(likely, func(j Job) bool { return j.Score < nearly*likely[0].Score })
}

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
