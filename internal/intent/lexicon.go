package intent

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// A lexicon holds the words of every concept.
type lexicon struct {
	stems   map[string][]string // by concept: how models' texts name it
	entries map[string][]entry  // by their first word, with the * that it begins or ends with
	byFirst map[byte][]string   // the longer words of entries that are one word, by first letter
}

// An entry is a word or phrase of a concept in a language.
type entry struct {
	concept, language string
	words             []string // of a phrase, or one
	gaps              bool     // other words may stand between
	whole             bool     // its words mean nothing else
}

// A match is an entry found in a request, from one token to before another.
type match struct {
	entry
	start, end int
	compound   bool // it is only a part of its word
}

const (
	maxGap      = 6 // words between those of a phrase
	shortestFix = 6 // letters of a word whose spelling is mended
	longWord    = 7 // letters of one that is mended although others are understood
	shortWord   = 5 // letters below which an English word in another language is chance
	english     = "en"
	german      = "de"
)

//go:embed words.txt
var wordList string

// words is read when the first request comes.
var words = sync.OnceValue(func() *lexicon {
	l := &lexicon{stems: map[string][]string{}, entries: map[string][]entry{}, byFirst: map[byte][]string{}}
	concept := ""
	for line := range strings.Lines(foldLetters(wordList)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if name, ok := strings.CutPrefix(fields[0], "@"); ok {
			concept = name
			l.stems[concept] = fields[1:]
			continue
		}
		for _, phrase := range fields[1:] {
			l.add(concept, fields[0], phrase)
		}
	}
	return l
})

func (l *lexicon) add(concept, language, phrase string) {
	e := entry{concept: concept, language: language}
	phrase, e.whole = strings.CutPrefix(phrase, "=")
	e.gaps = strings.Contains(phrase, "..")
	e.words = strings.FieldsFunc(phrase, func(r rune) bool { return r == '_' || r == '.' })
	first := e.words[0]
	l.entries[first] = append(l.entries[first], e)
	if plain := strings.Trim(first, "*"); len(e.words) == 1 && len(plain) >= shortestFix && !strings.HasPrefix(first, "*") {
		l.byFirst[plain[0]] = append(l.byFirst[plain[0]], first)
	}
}

// lookUp finds the entries that begin at a token.
func (l *lexicon) lookUp(tokens []string, at int) []match {
	var found []match
	token := tokens[at]
	add := func(key string, compound bool) {
		for _, e := range l.entries[key] {
			if end, ok := e.endsAt(tokens, at); ok {
				found = append(found, match{e, at, end, compound})
			}
		}
	}
	add(token, false)
	for i := 1; i <= len(token); i++ {
		add(token[:i]+"*", false)
	}
	for i := range len(token) {
		add("*"+token[i:], i > 0)
	}
	if len(found) == 0 {
		found = l.lastPart(token, at)
	}
	return found
}

// lastPart finds the word at the end of a German compound, as illustration in Buchillustration.
func (l *lexicon) lastPart(token string, at int) []match {
	const shortest = 5 // letters
	for i := 3; i+shortest <= len(token); i++ {
		var found []match
		for _, e := range slices.Concat(l.entries[token[i:]], l.entries[token[i:]+"*"]) {
			if e.language == german && len(e.words) == 1 {
				found = append(found, match{e, at, at + 1, true})
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// endsAt reports where the rest of the entry, whose first word is at a token, ends.
func (e entry) endsAt(tokens []string, at int) (int, bool) {
	for _, word := range e.words[1:] {
		reach := 1
		if e.gaps {
			reach += maxGap
		}
		rest := tokens[at+1:]
		next := slices.IndexFunc(rest[:min(reach, len(rest))], func(token string) bool {
			prefix, goesOn := strings.CutSuffix(word, "*")
			return token == word || goesOn && strings.HasPrefix(token, prefix)
		})
		if next < 0 {
			return 0, false
		}
		at += 1 + next
	}
	return at + 1, true
}

// mend returns the word of the lexicon that a misspelled one is, if there is one: it has one letter
// more, less or other, or two in each other's place.
func (l *lexicon) mend(token string) string {
	for _, word := range l.byFirst[token[0]] {
		plain, goesOn := strings.CutSuffix(word, "*")
		if plain[1] != token[1] {
			continue
		}
		if misspelled(token, plain) {
			return plain
		}
		for end := len(plain) - 1; goesOn && len(token) <= len(plain)+2 && end <= len(plain)+1 && end < len(token); end++ {
			if misspelled(token[:end], plain) {
				return plain
			}
		}
	}
	return token
}

func misspelled(token, word string) bool {
	switch levenshtein.ComputeDistance(token, word) {
	case 1:
		return true
	case 2:
		return len(token) == len(word) && slices.Equal(slices.Sorted(slices.Values([]byte(token))), slices.Sorted(slices.Values([]byte(word))))
	}
	return false
}

// alphabets are the letters that tell a language.
var alphabets = map[string]string{"ğşıİ": "tr", "ßäÄ": "de", "ñ¿¡": "es", "èêàâœ": "fr"}

// find finds the words of all concepts and languages in a request.
func (l *lexicon) find(tokens []string) []match {
	var found []match
	for at := range tokens {
		found = append(found, l.lookUp(tokens, at)...)
	}
	all := slices.Clone(found)
	return slices.DeleteFunc(found, func(m match) bool { return m.covered(all) })
}

// ofLanguage keeps the matches of the language that a request is in, or of several if it may be in
// any of them, and the longer English words, which people use in every language.
func ofLanguage(found []match, tokens []string, request string) (kept []match, language string) {
	votes := map[string]float64{}
	for alphabet, name := range alphabets {
		if strings.ContainsAny(request, alphabet) {
			votes[name]++
		}
	}
	for at := range tokens {
		speak := map[string]float64{}
		for _, m := range found {
			if m.start != at {
				continue
			}
			speak[m.language] = max(speak[m.language], 1)
			if m.concept == "filler" {
				speak[m.language] = 1.5
			}
		}
		for name, weight := range speak {
			votes[name] += weight / float64(len(speak))
		}
	}
	const equal = 0.34 // part of a word's vote
	best := english
	for name, n := range votes {
		if n > votes[best] || n == votes[best] && best != english && name < best {
			best = name
		}
	}
	all := slices.Clone(found)
	return slices.DeleteFunc(found, func(m match) bool {
		if m.language == best {
			return false
		}
		if m.language == english && best != english {
			own := slices.ContainsFunc(all, func(other match) bool { return other.language == best && other.start <= m.start && m.end <= other.end })
			return own || m.end == m.start+1 && len(tokens[m.start]) < shortWord && votes[english]+equal < votes[best]
		}
		return votes[m.language]+equal < votes[best]
	}), best
}

// covered reports whether a word belongs to a phrase whose words mean nothing else.
func (m match) covered(found []match) bool {
	return slices.ContainsFunc(found, func(other match) bool {
		return other.whole && !m.whole && other.start <= m.start && m.end <= other.end
	})
}

// tokenize splits a text into its words, in lower case and without accents, with a stop where a
// clause begins or ends. Of a long text it reads the beginning, and it leaves out what is too long for a word.
func tokenize(text string) []string {
	const longest, most = 40, 150
	text = string(stop) + " " + clauseEnds.Replace(foldLetters(text))
	tokens := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != stop })
	tokens = slices.DeleteFunc(tokens, func(token string) bool { return len(token) > longest })
	return tokens[:min(len(tokens), most)]
}

const stop = '|'

var clauseEnds = strings.NewReplacer("|", " ", ", ", " | ", ". ", " | ", "; ", " | ", ": ", " | ", "? ", " | ", "! ", " | ", " - ", " | ", "(", " | ", ")", " | ", "\n", " | ")

var letters = strings.NewReplacer("ı", "i", "İ", "i", "ß", "ss", "ø", "o", "œ", "oe", "æ", "ae")

func foldLetters(text string) string {
	text = letters.Replace(text)
	folded, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		folded = text
	}
	return strings.ToLower(folded)
}
