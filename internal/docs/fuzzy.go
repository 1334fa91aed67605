package docs

import (
	"math/bits"
	"slices"
	"strings"
)

// nearly returns the terms with a spelling similar to w, which no page has: one wrong letter from four letters on,
// two from seven on. It includes words that contain w, and words that are the greater part of w.
func (x *index) nearly(w string) []alternative {
	if len(w) < 4 || len(w) > maxWord || w[0] <= '9' {
		return nil
	}
	letters := letterSet(w)
	fits := map[int32]float64{}
	var table distanceTable
	for _, s := range x.spellings {
		fit := x.weights.Inside * inside(w, s.text)
		if x.weights.Fuzzy > 0 {
			fit = max(fit, x.weights.Fuzzy*alike(w, letters, s, &table))
		}
		if fit > 0 {
			fits[s.term] = max(fits[s.term], fit)
		}
	}
	as := make([]alternative, 0, len(fits))
	for t, fit := range fits {
		as = append(as, alternative{t, fit})
	}
	return as
}

// misspells reports whether a word is spelled nearly like one of the pages.
func (x *index) misspells(w string) bool {
	letters := letterSet(w)
	var table distanceTable
	return slices.ContainsFunc(x.spellings, func(s spelling) bool { return alike(w, letters, s, &table) > 0 })
}

// inside returns how well a word that contains w, or is the greater part of w, stands for it.
func inside(w, other string) float64 {
	switch {
	case len(other) > len(w) && strings.HasPrefix(other, w):
		return 1.2
	case len(other) > len(w) && strings.Contains(other, w):
		return 1
	case len(other) >= 5 && len(other)*5 >= len(w)*3 && (strings.HasPrefix(w, other) || strings.HasSuffix(w, other)):
		return 1
	}
	return 0
}

// alike returns how well a word stands for w by its spelling: 1 with one wrong letter, less with two, 0 with more.
func alike(w string, letters uint64, s spelling, table *distanceTable) float64 {
	allowed := 1
	if len(w) >= 7 {
		allowed = 2
	}
	// Length and the set of letters rule out most words cheaply.
	if d := len(s.text) - len(w); d > allowed || -d > allowed || len(s.text) < 4 {
		return 0
	}
	if bits.OnesCount64(s.letters&^letters) > allowed || bits.OnesCount64(letters&^s.letters) > allowed {
		return 0
	}
	d := table.distance(w, s.text, allowed)
	switch {
	case d > allowed:
		return 0
	case s.text[0] == w[0]:
		return 1.2 - 0.2*float64(d)
	case d == 1 && len(w) >= 6: // a wrong first letter is rare, and in short words makes another word
		return 0.7
	}
	return 0
}

// distanceTable holds three rows of the table that distance fills.
type distanceTable [3][maxWord + 1]uint8

// distance returns how many letters differ between a and b: left out, put in, replaced, or two neighbors
// swapped. It stops at more than limit and then returns limit+1.
func (t *distanceTable) distance(a, b string, limit int) int {
	if len(a) > maxWord || len(b) > maxWord {
		return limit + 1
	}
	before, last, row := &t[0], &t[1], &t[2]
	for j := range len(b) + 1 {
		last[j] = uint8(j)
	}
	for i := 1; i <= len(a); i++ {
		row[0] = uint8(i)
		smallest := row[0]
		for j := 1; j <= len(b); j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			smallest = min(smallest, d)
		}
		if int(smallest) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return int(last[len(b)])
}

// letterSet returns which letters and digits a word has, one bit each.
func letterSet(w string) uint64 {
	var set uint64
	for i := range len(w) {
		set |= 1 << (w[i] & 63)
	}
	return set
}
