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
	enough = 2.0 // least score of a job
	sure   = 4.5 // score from which misspelt words change nothing
	nearly = 0.6 // part of the best score with which a job may be meant as well
)

// Understand reads a request.
func Understand(request string) Intent {
	tokens := tokenize(request)
	found, language := words().read(tokens)
	jobs := likeliest(evidence(tokens, found, language))
	if len(jobs) == 0 || jobs[0].Score < sure {
		mended, shortest := slices.Clone(tokens), longWord
		if len(jobs) == 0 {
			shortest = shortestFix
		}
		for i, token := range mended {
			if len(token) >= shortest && !slices.ContainsFunc(found, func(m match) bool { return m.start <= i && i < m.end }) {
				mended[i] = words().mend(token)
			}
		}
		if !slices.Equal(mended, tokens) {
			tokens = mended
			found, language = words().read(tokens)
			jobs = likeliest(evidence(tokens, found, language))
		}
	}
	errand := len(jobs) > 0 && jobs[0].As == ""
	if errand {
		jobs = nil
	}
	jobs = slices.DeleteFunc(jobs, func(j Job) bool { return j.As == "" })
	says := func(concept string) bool {
		return slices.ContainsFunc(found, func(m match) bool { return m.concept == concept })
	}
	return Intent{jobs, tellingWords(tokens, found), errand, says("cheap"), says("fast")}
}

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
var grammar = strings.Fields("create convert mine the some from into for about not filler question duration 3d object improve clean find tongue cheap fast intro practice say bot phone model teach")
