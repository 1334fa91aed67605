package docs

import (
	_ "embed" // the table of words
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed translations.txt
var translationsText string

// language is the part of the table for one language. Words are folded.
type language struct {
	fillers map[string]bool     // words without content
	stems   map[string][]string // beginning of a word to English words
}

// languages parses the table when a query first has a word that the pages do not have.
var languages = sync.OnceValue(func() []*language {
	var all []*language
	var l *language
	for line := range strings.Lines(translationsText) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case fields[0][0] == '[':
			l = &language{fillers: map[string]bool{}, stems: map[string][]string{}}
			all = append(all, l)
		case fields[0] == "-":
			for _, w := range fields[1:] {
				l.fillers[fold(w)] = true
			}
		default:
			for stem := range strings.SplitSeq(fields[0], "/") {
				stem = fold(stem)
				l.stems[stem] = append(l.stems[stem], fields[1:]...)
			}
		}
	}
	return all
})

const (
	minStem     = 3 // letters of a beginning that stands for a longer word
	minCompound = 4 // letters of the second part of a compound
	maxEnding   = 6 // letters of its ending
)

// translate returns the English words for a query in another language. Words of the pages stay as they are; words
// that neither the pages nor the table have are dropped. ok is false if the query is in English or in a language
// that the table does not have.
func (x *index) translate(query string) (english string, ok bool) {
	words := strings.FieldsFunc(query, func(r rune) bool { return r != '_' && r != '/' && !isWordRune(r) })
	foreign := false
	for _, w := range words {
		foreign = foreign || !x.knows(w)
	}
	if !foreign {
		return "", false
	}
	var found *language
	best := 0
	for _, l := range languages() {
		if n := x.evidence(l, words); n > best {
			found, best = l, n
		}
	}
	if found == nil {
		return "", false
	}
	var out []string
	for _, w := range words {
		folded := fold(w)
		meaning := found.meaning(folded)
		if meaning == nil && !x.knows(w) {
			meaning = found.longer(folded)
		}
		switch {
		case found.fillers[folded]:
		case meaning != nil:
			out = append(out, meaning...)
		case x.knows(w):
			out = append(out, w)
		}
	}
	return strings.Join(out, " "), len(out) > 0
}

// knows reports whether a word is English, as far as the pages tell.
func (x *index) knows(w string) bool {
	w = strings.ToLower(w)
	if isStopWord(w) {
		return true
	}
	known := true
	eachWord(w, func(w word) {
		if _, ok := x.lookup(w.whole); !ok {
			known = false
		}
	})
	return known
}

// evidence counts the words of a language in a query, less those that are only English. It is 0 unless the
// language explains a word that the pages do not have; without fillers it must explain all or most of them, and
// words that may be misspelled English ones do not count.
func (x *index) evidence(l *language, words []string) int {
	n, unexplained, fillers := 0, 0, 0
	var explained []string
	for _, w := range words {
		folded, known := fold(w), x.knows(w)
		switch {
		case l.fillers[folded]:
			n++
			if !known {
				explained = append(explained, folded)
				fillers++
			}
		case l.meaning(folded) != nil:
			n++
			if !known {
				explained = append(explained, folded)
			}
		case !known:
			unexplained++
		case isStopWord(strings.ToLower(w)):
			n--
		}
	}
	if fillers == 0 && unexplained > 0 {
		explained = slices.DeleteFunc(explained, x.misspells)
		if len(explained) <= unexplained {
			return 0
		}
	}
	if len(explained) == 0 {
		return 0
	}
	return n
}

// meaning returns the English words for the longest beginning of a folded word that the table has, followed by
// those for the rest if the word is a compound of two. It returns nil for a word that the table does not have.
func (l *language) meaning(w string) []string {
	english, rest := l.beginning(w)
	for link := 0; link <= 2 && len(rest)-link >= minCompound; link++ { // letters may link the parts
		if second, ending := l.beginning(rest[link:]); len(second) > 0 && len(ending) <= maxEnding {
			return append(slices.Clip(english), second...)
		}
	}
	if len(rest) > 2*(len(w)-len(rest))-minStem { // a short beginning has a short ending
		return nil
	}
	return english
}

// longer returns the English words for a word whose ending is too long for a beginning so short, as Turkish ones are.
func (l *language) longer(w string) []string {
	if english, ending := l.beginning(w); len(ending) <= maxEnding {
		return english
	}
	return nil
}

// beginning returns the English words for the longest beginning of a word that the table has, and the rest.
func (l *language) beginning(w string) (english []string, rest string) {
	for n := min(len(w), maxWord); n >= minStem; n-- {
		if english, ok := l.stems[w[:n]]; ok {
			return english, w[n:]
		}
	}
	return l.stems[w], ""
}

// fold writes a word in lower case without accents, and the German umlauts alike in both spellings.
func fold(w string) string {
	ascii := true
	for i := range len(w) {
		ascii = ascii && w[i] < utf8.RuneSelf
	}
	w = strings.ToLower(w)
	if !ascii {
		w = accents().Replace(w)
	}
	return umlauts().Replace(w)
}

var accents = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("ä", "a", "à", "a", "á", "a", "â", "a", "ã", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
		"ğ", "g", "ı", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ö", "o", "ó", "o", "ô", "o", "œ", "o", "ş", "s", "ß", "ss",
		"ü", "u", "ú", "u", "ù", "u", "û", "u", "\u0301", "", "\u0307", "", "\u0308", "")
})

var umlauts = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer("ae", "a", "oe", "o", "ue", "u") })
