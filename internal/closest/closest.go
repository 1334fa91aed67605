// Package closest finds the name that a mistyped one may mean.
package closest

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxName is the length of the longest name that is compared, in bytes: the time grows with the
// product of the lengths, and no name is so long.
const maxName = 200

// Sort sorts names by how like they are to a mistyped one, the closest first.
func Sort(name string, names []string) []string {
	if len(name) > maxName {
		return slices.Clone(names)
	}
	name = strings.ToLower(name)
	type candidate struct {
		name     string
		distance int
	}
	candidates := make([]candidate, len(names))
	for i, other := range names {
		candidates[i] = candidate{other, levenshtein.ComputeDistance(name, strings.ToLower(other))}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return a.distance - b.distance })
	sorted := make([]string, len(names))
	for i, c := range candidates {
		sorted[i] = c.name
	}
	return sorted
}

// Name returns the name that a mistyped one may mean: one that contains it, as
// int-gmail-check does int-gmail, or the closest; "" where none is close.
func Name(name string, names []string) string {
	const shortest = 3 // characters that say something when another name contains them
	for _, other := range names {
		if len(name) > shortest && strings.Contains(other, name) {
			return other
		}
	}
	if len(names) == 0 || len(name) > maxName {
		return ""
	}
	best := Sort(name, names)[0]
	if levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(best)) > max(3, len(name)/3) {
		return ""
	}
	return best
}

// DidYouMean is a sentence with the name that a mistyped one may mean, to append to an error;
// "" where none is close.
func DidYouMean(name string, names []string) string {
	if closest := Name(name, names); closest != "" {
		return " Did you mean " + closest + "?"
	}
	return ""
}
