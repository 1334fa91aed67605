package docs

import "strings"

// compounds maps words that are others run together, such as totalcost, to their parts.
type compounds map[string][]string

const (
	leastCompound = 6 // letters of a compound
	leastPart     = 3 // letters of a part
	commonWord    = 3 // how often prose has a word that may be a part
)

// findCompounds finds the words that code has and prose hardly, and that are words of prose run together.
func findCompounds(pages []*Page) compounds {
	prose, code := map[string]int{}, map[string]bool{}
	count := func(text string, isCode bool) {
		eachWord(text, func(w word) {
			for _, p := range w.parts {
				code[p] = true
			}
			switch {
			case w.parts != nil:
			case isCode:
				code[w.whole] = true
			default:
				prose[w.whole]++
			}
		})
	}
	for _, p := range pages {
		for _, s := range p.Sections {
			count(s.Heading, false)
			for _, l := range s.body {
				for i, span := range strings.Split(l.text, "`") {
					count(span, i%2 == 1 || l.kind == codeLine)
				}
			}
		}
	}
	found := compounds{}
	for w := range code {
		if len(w) >= leastCompound && prose[w] < commonWord {
			if parts := takeApart(w, prose, 3); len(parts) > 1 {
				found[w] = parts
			}
		}
	}
	return found
}

// takeApart cuts a word into at most n words of prose, as few as can be. Nil where that cannot be done.
func takeApart(w string, prose map[string]int, n int) []string {
	if prose[w] >= commonWord {
		return []string{w}
	}
	if n == 1 {
		return nil
	}
	var best []string
	for i := len(w) - leastPart; i >= leastPart; i-- {
		if prose[w[:i]] < commonWord {
			continue
		}
		if rest := takeApart(w[i:], prose, n-1); rest != nil && (best == nil || len(rest)+1 < len(best)) {
			best = append([]string{w[:i]}, rest...)
		}
	}
	return best
}
