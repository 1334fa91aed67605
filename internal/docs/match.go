package docs

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// nameKey reduces a name to what counts when it is compared: letters and digits in lower case.
func nameKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// likeness says how much two keys have in common, from 0 to 1: the share of pairs of letters that both have, or,
// where no more than two letters differ, the share of letters that do not.
func likeness(a, b string) float64 {
	if a == b {
		return 1
	}
	var table distanceTable
	if d := table.distance(a, b, 2); d <= 2 {
		return 1 - float64(d)/float64(max(len(a), len(b)))
	}
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	pairs := map[string]int{}
	for i := range len(a) - 1 {
		pairs[a[i:i+2]]++
	}
	common := 0
	for i := range len(b) - 1 {
		if pairs[b[i:i+2]] > 0 {
			pairs[b[i:i+2]]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b)-2)
}

// nearest returns up to n of names, those most like name first.
func nearest(name string, names []string, n int) []string {
	key := nameKey(name)
	score := map[string]float64{}
	for _, other := range names {
		k := nameKey(other)
		score[other] = likeness(key, k)
		if key != "" && (strings.Contains(k, key) || k != "" && strings.Contains(key, k)) {
			score[other] += 0.5
		}
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(score[b], score[a]) })
	return sorted[:min(n, len(sorted))]
}

// leastName is how many letters a part of a name has at least to stand for it.
const minNamePart = 3

// pick returns the index of the one entry that a name means, of entries that each have a main name and perhaps
// others: one that has it but for case and signs, the only one whose main name begins with its words or that holds
// them, or one with a name that is clearly the nearest. It returns -1 if none or several could be meant.
func pick(name string, entries [][]string) int {
	key := nameKey(name)
	if key == "" {
		return -1
	}
	if i := slices.IndexFunc(entries, func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == key })
	}); i >= 0 {
		return i
	}
	words := nameWords(name)
	if len(key) >= minNamePart {
		begins := func(names []string) bool { return strings.HasPrefix(nameText(names[0]), nameText(name)) }
		if at, n := only(entries, begins); n == 1 {
			return at
		}
		at, n := only(entries, func(names []string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return holds(n, name) })
		})
		if n > 0 {
			return at
		}
	}
	best, second, at := 0.0, 0.0, -1
	for i, names := range entries {
		like := 0.0
		for _, n := range names {
			like = max(like, likeness(key, nameKey(n)))
			if first := nameWords(n); len(first) > len(words) {
				like = max(like, beginningLike*likeness(key, strings.Join(first[:len(words)], "")))
			}
		}
		if like > best {
			best, second, at = like, best, i
		} else {
			second = max(second, like)
		}
	}
	if best >= 0.7 && best-second > 0.05 {
		return at
	}
	return -1
}

// beginningLike is what likeness to the first words of a name counts for, beside 1 to the whole.
const beginningLike = 0.95

// only returns the index of the one entry that fits, -1 where several do or none, and how many fit.
func only(entries [][]string, fits func(names []string) bool) (at, n int) {
	at = -1
	for i, names := range entries {
		if fits(names) {
			at = i
			n++
		}
	}
	if n > 1 {
		at = -1
	}
	return at, n
}

// holds reports whether a name contains the words of a part of it, the last one perhaps only by its beginning, or holds
// them run together, as taskkill for Task/Kill.
func holds(name, part string) bool {
	if strings.Contains(" "+nameText(name), " "+nameText(part)) {
		return true
	}
	key, words := nameKey(part), nameWords(name)
	for i := range words {
		run := ""
		for _, w := range words[i:] {
			if run += w; run == key {
				return true
			}
			if !strings.HasPrefix(key, run) {
				break
			}
		}
	}
	return false
}

// nameWords returns the words of a name in lower case.
func nameWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// nameText returns the words of a name with single spaces between.
func nameText(s string) string { return strings.Join(nameWords(s), " ") }
