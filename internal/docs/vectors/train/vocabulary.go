package main

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

const (
	leading    = 30000 // words of which the main directions are computed
	rounds     = 60    // of that computation
	commonness = 1e-3  // share of a text at which a word counts half (smooth inverse frequency)
)

// vocabulary is the words of the table.
type vocabulary struct {
	words   []string
	ids     map[string]int32
	vectors []vectors.Vector
}

// newVocabulary keeps the frequent words and those needed. Words that are not among all start without meaning.
func newVocabulary(all []gloveWord, needed map[string]bool) *vocabulary {
	for i := range all {
		normalize(all[i].vector[:])
	}
	center(all)
	directions := mainDirections(all[:min(leading, len(all))])
	v := &vocabulary{ids: map[string]int32{}}
	add := func(word string, vector vectors.Vector) {
		v.ids[word] = int32(len(v.words)) //nolint:gosec // some ten thousand
		v.words = append(v.words, word)
		v.vectors = append(v.vectors, vector)
	}
	for rank, w := range all {
		if !needed[w.text] && (rank >= frequent || strings.Trim(w.text, "abcdefghijklmnopqrstuvwxyz") != "") {
			continue
		}
		// By Zipf's law the most frequent word is about every tenth, the next ones are rarer in step with their rank.
		weight := commonness / (commonness + 0.1/float64(rank+3))
		var vector vectors.Vector
		for i, d := range directions {
			vector[i] = float32(weight * dot(d[:], w.vector[:]))
		}
		add(w.text, vector)
		delete(needed, w.text)
	}
	for _, w := range slices.Sorted(maps.Keys(needed)) {
		add(w, vectors.Vector{})
	}
	return v
}

// center moves all words so that the leading ones have a mean of zero: what all share says nothing.
func center(all []gloveWord) {
	var mean [gloveDims]float64
	few := all[:min(leading, len(all))]
	for _, w := range few {
		for i, x := range w.vector {
			mean[i] += x / float64(len(few))
		}
	}
	for i := range all {
		for j, m := range mean {
			all[i].vector[j] -= m
		}
	}
}

// mainDirections returns the directions in which words differ most, the principal components of their vectors. It
// iterates on a subspace.
func mainDirections(words []gloveWord) [vectors.Dims][gloveDims]float64 {
	var covariance [gloveDims][gloveDims]float64
	for _, w := range words {
		for i := range w.vector {
			for j := range w.vector {
				covariance[i][j] += w.vector[i] * w.vector[j]
			}
		}
	}
	var directions [vectors.Dims][gloveDims]float64
	for i := range directions {
		directions[i][i] = 1
	}
	for range rounds {
		for i, d := range directions {
			for j := range covariance {
				directions[i][j] = dot(covariance[j][:], d[:])
			}
			for _, other := range directions[:i] {
				share := dot(other[:], directions[i][:])
				for j := range other {
					directions[i][j] -= share * other[j]
				}
			}
			normalize(directions[i][:])
		}
	}
	return directions
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func normalize(a []float64) {
	length := math.Sqrt(dot(a, a))
	for i := range a {
		a[i] /= length
	}
}
