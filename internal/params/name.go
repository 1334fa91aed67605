package params

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// candidate is something that may be meant, with the names by which it is known.
type candidate struct {
	value string
	names []string
}

// synonyms are names that models give to the same thing. They suggest a name in a fault;
// nothing is ever sent because of them.
var synonyms = [][]string{
	{"samples", "numimages", "numoutputs", "numsamples", "numresults", "numberofimages", "imagecount", "count", "n", "batchsize", "numimagesperprompt"},
	{"prompt", "text", "input", "description", "query", "message", "instruction", "promptxt", "caption"},
	{"negativeprompt", "negative", "negprompt"},
	{"inputimage", "image", "img", "imageurl", "inputimageurl", "initimage", "imageprompt", "startimage", "firstframe", "inputimages", "images", "inputimagemultiple", "inputimageurls", "imageurls"},
	{"inputvideo", "video", "videourl", "inputvideourl"},
	{"inputaudio", "audio", "audiourl", "inputaudiourl", "audiofile"},
	{"inputdocumentmultiple", "document", "documents", "file", "files", "pdf", "inputdocument"},
	{"duration", "seconds", "length", "videolength", "durationseconds", "lengthseconds", "audioduration", "videoduration"},
	{"scale", "guidance", "guidancescale", "cfg", "cfgscale"},
	{"steps", "numinferencesteps", "inferencesteps", "numsteps"},
	{"aspectratio", "ratio", "aspect", "imagesize"},
	{"resolution", "size", "quality"},
	{"systemprompt", "system", "systeminstructions", "instructions", "systemmessage"},
	{"maxtokens", "maxoutputtokens", "maxcompletiontokens", "maxnewtokens", "maxlength"},
	{"language", "lang", "languagecode", "locale"},
	{"voice", "speaker", "voiceid"},
}

// nearest returns at most n candidates that a name may stand for, best first: those that are
// spelled alike, then those that mean the same, then those that are a few letters off.
func nearest(name string, candidates []candidate, n int) []string {
	want := plain(name)
	if want == "" {
		return nil
	}
	type hit struct {
		value string
		score int
	}
	var hits []hit
	for _, c := range candidates {
		best := -1
		for _, known := range c.names {
			if score := distance(want, plain(known)); score >= 0 && (best < 0 || score < best) {
				best = score
			}
		}
		if best >= 0 && c.value != "" {
			hits = append(hits, hit{c.value, best})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.score - b.score })
	var values []string
	for _, h := range hits[:min(n, len(hits))] {
		values = append(values, h.value)
	}
	return values
}

// distance rates two plain names: 0 is the same, more is less alike, negative is unlike.
func distance(a, b string) int {
	const longest = 64 // of a name; longer ones are text, not names
	switch {
	case b == "" || len(a) > longest || len(b) > longest:
		return -1
	case a == b:
		return 0
	case len(a) > 2 && a+"url" == b || len(b) > 2 && b+"url" == a || a+"s" == b || b+"s" == a:
		return 1
	}
	letters := levenshtein.ComputeDistance(a, b)
	if letters == 1 && min(len(a), len(b)) > 2 {
		return 2
	}
	for _, group := range synonyms {
		if slices.Contains(group, a) && slices.Contains(group, b) {
			return 3
		}
	}
	if letters <= max(len(a), len(b))/3 {
		return 2 + letters
	}
	if short, long := min(len(a), len(b)), max(len(a), len(b)); short > 3 && 2*short >= long && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return longest + letters
	}
	return -1
}

// plain is a name in lower-case letters and digits alone.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
