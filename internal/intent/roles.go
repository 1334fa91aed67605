package intent

import (
	"slices"
	"strings"
)

const (
	aside     = 0.35 // strength of a thing that another is for, or about
	goesIn    = "<"
	comesOut  = ">"
	roleWords = 5 // words before a thing that tell its role
)

// given are things that people have rather than wish for.
var given = strings.Fields("photo video recording")

// takers are what is done to a thing that is there: the photo of "sharpen a photo" goes in.
var takers = strings.Fields("upscale restore colorize remove background denoise shaky merge improve clean describe transcribe subtitle summarize translate hide faceswap")

// evidence gives each concept of a request a strength from 0 to 1, and each thing one also for
// going in ("photo<") and for coming out ("photo>").
func evidence(tokens []string, found []match, language string) map[string]float64 {
	strength := map[string]float64{}
	most := 0.0 // of a thing
	says := func(concepts ...string) bool {
		return slices.ContainsFunc(found, func(m match) bool { return slices.Contains(concepts, m.concept) })
	}
	attached, asks := says("attached"), says("ask", "describe")
	changes := says("convert")
	taken := says(takers...) && !says("create", "draw", "convert")
	raise := func(name string, to float64) { strength[name] = max(strength[name], to) }
	for _, m := range found {
		if !slices.Contains(things, m.concept) {
			raise(m.concept, 1)
			continue
		}
		part := 1.0
		if head := modified(m, found); head {
			part = aside
		}
		role, direct := roleOf(m, tokens, found, language)
		if role == "into" && m.concept == "recording" {
			m.concept = "voice" // what becomes sound is spoken
		}
		if role == "about" && asks {
			role, direct = "", goesIn
		}
		if direct == comesOut && taken || role != "into" && changes {
			direct = goesIn
		}
		if direct == "" && attached && slices.Contains(given, m.concept) {
			direct = goesIn
		}
		switch role {
		case "not":
			continue
		case "with":
			raise(m.concept, aside)
			continue
		case "for", "about":
			part = min(part, aside)
		}
		most = max(most, part)
		raise(m.concept, part)
		if direct != "" {
			raise(m.concept+direct, part)
		}
	}
	if most == 0 && slices.ContainsFunc(found, func(m match) bool { return m.concept == "some" && m.start <= 2 }) {
		raise("article", 1)
	}
	for _, name := range things {
		if most == aside && strength[name] == aside { // there is nothing that it is for
			strength[name] = 1
		}
	}
	return strength
}

// modified reports whether a thing is only the first part of a compound that names another.
func modified(m match, found []match) bool {
	return !m.compound && slices.ContainsFunc(found, func(other match) bool {
		return other.compound && other.start == m.start && other.concept != m.concept && slices.Contains(things, other.concept)
	})
}

// roleOf reads the words around a thing: whether it is denied, for or about something, and
// whether it goes in or comes out.
func roleOf(m match, tokens []string, found []match, language string) (role, direct string) {
	is := func(at int, concept string) bool {
		return slices.ContainsFunc(found, func(f match) bool { return f.concept == concept && f.start <= at && at < f.end })
	}
	for at := m.start - 1; at >= max(0, m.start-roleWords); at-- {
		if tokens[at] == string(stop) || slices.ContainsFunc(found, func(f match) bool { return slices.Contains(things, f.concept) && f.start <= at && at < f.end }) {
			break
		}
		near := m.start-at <= 2
		switch {
		case is(at, "not") && near:
			return "not", ""
		case is(at, "for"):
			return "for", direct
		case is(at, "about"):
			return "about", direct
		case is(at, "with") && (direct != goesIn || m.concept == "text"):
			return "with", ""
		case is(at, "from"), is(at, "with"):
			return "", goesIn
		case is(at, "into") && near:
			return "into", comesOut
		case direct == "" && is(at, "mine"):
			direct = goesIn
		case direct == "" && is(at, "some"):
			direct = comesOut
		}
	}
	if language == turkish {
		return suffixRole(m, tokens, direct, is)
	}
	return "", direct
}

const turkish = "tr"

// suffixRole reads what Turkish says at the end of a word and after it.
func suffixRole(m match, tokens []string, direct string, is func(int, string) bool) (string, string) {
	if m.end < len(tokens) {
		switch tokens[m.end] {
		case "icin":
			return "for", direct
		case "hakkinda":
			return "about", direct
		case "degil", "olmadan":
			return "not", ""
		}
	}
	stem, goesOn := strings.CutSuffix(m.words[len(m.words)-1], "*")
	if !goesOn {
		return "", direct
	}
	suffix := strings.TrimPrefix(tokens[m.end-1], stem)
	ends := func(suffixes string) bool {
		return slices.ContainsFunc(strings.Fields(suffixes), func(s string) bool { return strings.HasSuffix(suffix, s) })
	}
	changed := false
	for at := range tokens {
		changed = changed || is(at, "convert")
	}
	switch {
	case ends("dan den tan ten daki deki taki teki nin nun imi umi imin umun imdan imden imdaki imdeki umu larim lerim larimi lerimi"):
		return "", goesIn
	case changed && ends("ya ye e a"):
		return "into", comesOut
	case changed && ends("i u"):
		return "", goesIn
	case ends("im um ini unu sini sunu yi yu"):
		return "", goesIn
	}
	return "", direct
}
