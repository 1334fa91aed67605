package docs

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// maxWord is the length of the longest word: longer tokens are keys, signatures and base64.
const maxWord = 64

// A word is what a token is searched by. An identifier such as task_postprocess_end, UserAgent/Message/Send or
// x-api-key is found as a whole and by its parts.
type word struct {
	// whole is the token in lower case without its separators, so that appSecret, app_secret and
	// appsecret are the same word.
	whole string
	// parts are the parts of an identifier in lower case. A plain word has none.
	parts []string
}

// eachWord yields the words of a text in order.
func eachWord(text string, yield func(word)) {
	eachToken(text, func(run string) { tokenWords(run, yield) })
}

// eachToken yields the tokens of a text in order: letters and digits, with single separators inside.
func eachToken(s string, yield func(run string)) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isWordRune(r) {
			i += size
			continue
		}
		start := i
		end := i
		for i < len(s) {
			r, size = utf8.DecodeRuneInString(s[i:])
			if isWordRune(r) {
				i += size
				end = i
				continue
			}
			// A separator belongs to the token only before a letter or a digit.
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			if !isSeparator(r) || !isWordRune(next) {
				break
			}
			i += size
		}
		yield(s[start:end])
		i = max(i, end)
	}
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
		r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// isSeparator reports whether r may stand inside an identifier.
func isSeparator(r rune) bool {
	switch r {
	case '_', '-', '/', '.', '\'', '’', ':', '@':
		return true
	}
	return false
}

// tokenWords yields the words of a token. For a path it also yields each tail, so that Message/Send finds
// UserAgent/Message/Send.
func tokenWords(run string, yield func(word)) {
	run = strings.TrimSuffix(strings.TrimSuffix(run, "'s"), "’s")
	if isPlain(run) {
		if len(run) <= maxWord {
			yield(word{whole: strings.ToLower(run)})
		}
		return
	}
	parts := splitIdentifier(run)
	if len(parts) == 1 {
		if len(parts[0]) <= maxWord {
			yield(word{whole: parts[0]})
		}
		return
	}
	whole := strings.Join(parts, "")
	if len(whole) > maxWord {
		whole = ""
	}
	kept := parts[:0]
	for _, p := range parts {
		if len(p) > 1 && len(p) <= maxWord || len(p) == 1 && p[0] <= '9' {
			kept = append(kept, p)
		}
	}
	yield(word{whole: whole, parts: kept})
	if _, tail, found := strings.Cut(run, "/"); found && strings.Contains(tail, "/") {
		for tail != "" {
			if whole := strings.Join(splitIdentifier(tail), ""); len(whole) <= maxWord && strings.Contains(tail, "/") {
				yield(word{whole: whole})
			}
			_, tail, _ = strings.Cut(tail, "/")
		}
	}
}

// isPlain reports whether a token is one word without inner capitals, digits or separators.
func isPlain(run string) bool {
	for i := range len(run) {
		c := run[i]
		if c < 'a' || c > 'z' {
			if i > 0 || c < 'A' || c > 'Z' {
				return false
			}
		}
	}
	return true
}

// splitIdentifier cuts an identifier into lower-case parts: at separators, between letters and digits, and
// before a capital that starts a word. Apostrophes join.
func splitIdentifier(run string) []string {
	var pieces []string
	runes := []rune(run)
	var piece []rune
	flush := func() {
		if len(piece) > 0 {
			pieces = append(pieces, string(piece))
			piece = piece[:0]
		}
	}
	for i, r := range runes {
		if r == '\'' || r == '’' {
			continue
		}
		if isSeparator(r) {
			flush()
			continue
		}
		if i > 0 && startsPart(runes, i) {
			flush()
		}
		piece = append(piece, unicode.ToLower(r))
	}
	flush()
	return pieces
}

// startsPart reports whether a part of an identifier begins at runes[i].
func startsPart(runes []rune, i int) bool {
	previous, r := runes[i-1], runes[i]
	if unicode.IsDigit(r) && !unicode.IsDigit(previous) {
		return i > 1 && unicode.IsLetter(runes[i-2]) // v1 and s3 are one piece
	}
	if unicode.IsDigit(previous) && !unicode.IsDigit(r) {
		return true
	}
	if !unicode.IsUpper(r) {
		return false
	}
	if !unicode.IsUpper(previous) {
		return true
	}
	// The last capital of a row starts a word, as in HTTPServer, unless a plural s is all that follows,
	// as in APIs.
	lower := 0
	for j := i + 1; j < len(runes) && unicode.IsLower(runes[j]); j++ {
		lower++
	}
	return lower > 1 || lower == 1 && runes[i+1] != 's'
}

// stem returns the English stem of a word: uploads, uploaded and uploading are upload, and ran is run.
func stem(w string) string {
	if len(w) < 3 {
		return w
	}
	if base, ok := irregular()[w]; ok {
		w = base
	}
	env := snowballstem.NewEnv(w)
	english.Stem(env)
	return env.Current()
}

// isStopWord reports whether a word is too common to be searched.
func isStopWord(w string) bool { return stopWords()[w] }

var stopWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`a able about actually after again all also although am an and any anybody anymore anyone anything anyway are
		around as at back be became because become becomes been before being between both but by came can cannot cant
		come comes coming could did didnt do does doesnt doing done dont during each else enough even ever everybody
		everyone everyones everything exactly for from further get gets getting give gives go goes going got had happen
		happened happening happens has have having he hello her here hers hes hey hi him his how i id ie if im in
		instead into is isnt it its itself ive just know later let lets like look looked looking looks make makes may
		maybe me might mine more most much must my myself need needs no nobody none nor not nothing now of off ok okay
		on once one only or other our ours out own perhaps please possible quite rather really said same say says see
		seem seems shall she shes should simply since so some somebody somehow someone something sometimes somewhere
		still such sure take tell than thank thanks that the their theirs them then there theres these they theyre thing
		things this those though through to too tried try trying under until up upon us use used uses using very via
		want wanted wants was way ways we well went were weve what whatever whats when whenever where wheres wherever
		whether which whichever while whoever whom whose why will with within without wont work works would yes yet
		you your youre yours`) {
		m[w] = true
	}
	return m
})

// irregular maps irregular forms, which the stemmer does not know, to their word.
var irregular = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for l := range strings.SplitSeq(`
begin began begun/break broke broken/bring brought/build built/buy bought/catch caught/choose chose chosen/deal dealt/
draw drew drawn/drive drove driven/fall fell fallen/feed fed/feel felt/find found/forget forgot forgotten/freeze froze frozen/
grow grew grown/hang hung/hear heard/hide hid hidden/hold held/keep kept/know knew known/lead led/learn learnt/leave left/
lend lent/lose lost/mean meant/meet met/pay paid/person people persons/prove proven/ring rang rung/rise rose risen/run ran/
sell sold/send sent/shoot shot/show shown/speak spoke spoken/spend spent/stand stood/steal stole stolen/stick stuck/
teach taught/think thought/throw threw thrown/understand understood/wake woke woken/wear wore worn/win won/
withdraw withdrew withdrawn/write wrote written/child children/index indices/life lives/half halves/datum data/medium media/
bad worse worst/big bigger biggest/cheap cheaper cheapest/easy easier easiest/fast faster fastest/good better best/
high higher highest/large larger largest/long longer longest/low lower lowest/new newer newest/old older oldest/
short shorter shortest/simple simpler simplest/slow slower slowest/small smaller smallest
`, "/") {
		forms := strings.Fields(l)
		for _, f := range forms[1:] {
			m[f] = forms[0]
		}
	}
	return m
})

// Words returns the words of a text in lower case, in order: for an identifier its parts.
func Words(text string) []string {
	var words []string
	eachWord(text, func(w word) { words = append(words, w.single()...) })
	return words
}

// single returns the words that a word is made of: itself, or the parts of an identifier.
func (w word) single() []string {
	if w.parts != nil {
		return w.parts
	}
	if w.whole == "" {
		return nil
	}
	return []string{w.whole}
}
