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
const leastName = 3

// pick returns the index of the one entry that a name means: one that has it but for case and signs, the only
// one with a name that begins with it or holds it, or one with a name that is clearly the nearest. Where none is
// meant, or several could be, it returns -1.
func pick(name string, entries [][]string) int {
	key := nameKey(name)
	if key == "" {
		return -1
	}
	keys := make([][]string, len(entries))
	for i, names := range entries {
		for _, n := range names {
			keys[i] = append(keys[i], nameKey(n))
		}
	}
	if i := slices.IndexFunc(keys, func(ks []string) bool { return slices.Contains(ks, key) }); i >= 0 {
		return i
	}
	if len(key) >= leastName {
		for _, fits := range []func(s, part string) bool{strings.HasPrefix, strings.Contains} {
			if i := only(keys, func(k string) bool { return fits(k, key) }); i >= 0 {
				return i
			}
		}
	}
	best, second, at := 0.0, 0.0, -1
	for i, ks := range keys {
		like := 0.0
		for _, k := range ks {
			like = max(like, likeness(key, k))
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

// only returns the index of the one entry that fits, -1 where none or several do.
func only(keys [][]string, fits func(string) bool) int {
	at := -1
	for i, ks := range keys {
		if slices.ContainsFunc(ks, fits) {
			if at >= 0 {
				return -1
			}
			at = i
		}
	}
	return at
}
