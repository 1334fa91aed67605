package intent

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// Features are what a request is judged by, with their strength. A concept is named @photo, one in
// a role @photo<, two that come together @edit@photo<; words stand as they are, with * for their
// beginning. The meaning of all words has a feature for each dimension, ~0 and on.
func Features(request string) map[string]float64 {
	return read(request).features()
}

const (
	bias      = "@"
	beginning = 5 // letters by which forms of a word are the same
	meaning   = 2 // strength of what a request means as a whole
	usual     = 4 // features of words in a request in which each counts fully
)

func (r reading) features() map[string]float64 {
	features := map[string]float64{bias: 1}
	strength := evidence(r.tokens, r.found, r.language)
	names := slices.Sorted(maps.Keys(strength))
	for i, name := range names {
		features["@"+name] = strength[name]
		for _, other := range names[i+1:] {
			features["@"+name+"@"+other] = strength[name] * strength[other]
		}
	}
	var said []string
	for _, token := range r.tokens {
		if token == string(stop) {
			continue
		}
		said = append(said, token)
		if len(token) > beginning {
			said = append(said, token[:beginning]+"*")
		}
	}
	part := math.Sqrt(usual / float64(len(said)+1)) // one word of many says less
	for _, name := range said {
		features[name] = part
	}
	for i, x := range r.meaning() {
		features["~"+strconv.Itoa(i)] = meaning * float64(x)
	}
	return features
}

// meaning is what the words mean together, those that are English.
func (r reading) meaning() (sum vectors.Vector) {
	for _, token := range r.tokens {
		sum.Add(vectors.Find(token))
	}
	sum.Normalize()
	return sum
}

// Language is the one that a request is read in, such as "en".
func Language(request string) string { return read(request).language }
