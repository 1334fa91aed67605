package intent

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Intent is what a request was taken for.
type Intent struct {
	// As says it in words, such as "a video from an image". Empty if the request names nothing
	// that models do.
	As string
	// Categories of models that do it, the closest first.
	Categories []string
	// Else is the category of what the request may have been meant for otherwise, as it speaks of
	// that too; "" if of nothing else.
	Else string
	// Words are those by which the models of a category can be told apart: what is done, a
	// subject, a style, a model's name. What is done is named by an English stem, as texts of
	// models do, whatever the request's language: "upscal" for "make it sharper".
	Words []string
}

// rule gives an intent to requests that speak of all of some concepts and of none of others.
type rule struct {
	all, any, none []string
	as             string
	categories     []string
}

// rules are tried in their order: those that name what goes in and what comes out stand before
// those that name one thing.
var rules = []rule{
	{all: []string{"train"}, none: []string{"transcribe"}, as: "training of a model", categories: []string{"training"}},
	{all: []string{"embed"}, as: "embeddings", categories: []string{"embedding"}},
	{all: []string{"try-on"}, as: "trying clothes on", categories: []string{"e-commerce", "image-editing", "image-to-image"}},
	{all: []string{"talk"}, none: []string{"transcribe", "lipsync"}, as: "a spoken conversation", categories: []string{"realtime-conversation"}},
	{all: []string{"lipsync"}, as: "lips in time with speech", categories: []string{"video-to-video", "image-to-video", "audio"}},
	{all: []string{"clone"}, any: []string{"speech", "audio", "read-aloud", "clone"}, none: []string{"image", "transcribe"}, as: "cloning of a voice", categories: []string{"voice-cloning", "voice-clone", "text-to-speech"}},
	{all: []string{"transcribe"}, as: "speech to text", categories: []string{"speech-to-text"}},
	{all: []string{"3d"}, any: []string{"image", "from-image"}, as: "a 3D model from an image", categories: []string{"image-to-3d", "3d"}},
	{all: []string{"3d"}, as: "a 3D model", categories: []string{"text-to-3d", "3d", "image-to-3d"}},
	{all: []string{"lyrics"}, none: []string{"transcribe", "audio"}, as: "text", categories: []string{"llm"}},
	{all: []string{"music"}, none: []string{"transcribe"}, as: "music", categories: []string{"text-to-music"}},
	{all: []string{"cv"}, as: "work with applications and CVs", categories: []string{"hr-tools", "llm"}},
	{all: []string{"read-aloud"}, none: []string{"describe"}, as: "speech from text", categories: []string{"text-to-speech"}},
	{all: []string{"video", "describe"}, none: []string{"create"}, as: "a description of a video", categories: []string{"video-to-text"}},
	{all: []string{"video"}, any: []string{"from-image"}, as: "a video from an image", categories: []string{"image-to-video"}},
	{all: []string{"animate", "image"}, as: "a video from an image", categories: []string{"image-to-video"}},
	{all: []string{"animate", "from-image"}, as: "a video from an image", categories: []string{"image-to-video"}},
	{all: []string{"video", "image"}, any: []string{"edit", "create"}, none: []string{"remove", "upscale"}, as: "a video from an image", categories: []string{"image-to-video", "text-to-video"}},
	{all: []string{"video"}, any: []string{"upscale", "remove"}, as: "an edited video", categories: []string{"video-to-video"}},
	{all: []string{"video", "sound", "add"}, as: "sound for a video", categories: []string{"video-to-video", "text-to-video"}},
	{all: []string{"video", "edit"}, none: []string{"create"}, as: "an edited video", categories: []string{"video-to-video", "text-to-video"}},
	{all: []string{"video"}, as: "a video", categories: []string{"text-to-video", "image-to-video", "video-to-video"}},
	{all: []string{"describe", "image"}, none: []string{"remove"}, as: "text about an image", categories: []string{"image-to-text"}},
	{all: []string{"question", "image"}, none: []string{"create", "edit", "remove", "upscale"}, as: "text about an image", categories: []string{"image-to-text"}},
	{all: []string{"describe"}, any: []string{"from-image"}, as: "text about an image", categories: []string{"image-to-text"}},
	{all: []string{"documents"}, any: []string{"write", "text", "documents"}, none: []string{"image", "translate"}, as: "answers from documents", categories: []string{"rag", "llm"}},
	{all: []string{"image", "restyle"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{all: []string{"translate"}, any: []string{"image", "from-image"}, as: "a translation of what is written in an image", categories: []string{"translation", "image-to-text"}},
	{all: []string{"translate"}, none: []string{"image"}, as: "a translation", categories: []string{"translation", "llm"}},
	{all: []string{"product"}, any: []string{"image", "edit", "create", "remove"}, none: []string{"write", "text"}, as: "pictures of products", categories: []string{"e-commerce", "image-editing", "text-to-image"}},
	{all: []string{"product"}, none: []string{"write", "text", "image", "create"}, as: "pictures of products", categories: []string{"e-commerce", "image-editing", "text-to-image"}},
	{all: []string{"image"}, any: []string{"upscale", "remove", "edit"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{all: []string{"from-image"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{any: []string{"upscale"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{all: []string{"image"}, as: "an image", categories: []string{"text-to-image", "image-generation", "image-editing"}},
	{all: []string{"audio"}, any: []string{"text", "write"}, as: "speech to text", categories: []string{"speech-to-text"}},
	{all: []string{"sound"}, as: "sounds", categories: []string{"audio", "text-to-music"}},
	{all: []string{"text", "speech"}, as: "speech from text", categories: []string{"text-to-speech", "llm"}},
	{all: []string{"write"}, as: "text", categories: []string{"llm"}},
	{all: []string{"text"}, none: []string{"speech"}, as: "text", categories: []string{"llm"}},
	{all: []string{"speech"}, as: "speech from text", categories: []string{"text-to-speech"}},
	{all: []string{"remove"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{all: []string{"edit"}, as: "an edited image", categories: []string{"image-editing", "image-to-image"}},
	{all: []string{"create"}, as: "an image", categories: []string{"text-to-image", "image-generation"}},
}

// Understand reads a request.
func Understand(request string) Intent {
	text := " " + setPhrases().Replace(fold(request)) + " "
	spoken := map[string]bool{}
	for _, c := range concepts() {
		if c.pattern.MatchString(text) {
			spoken[c.name] = true
		}
	}
	has := func(name string) bool { return spoken[name] }
	var found Intent
	add := func(stem string) {
		if !slices.Contains(found.Words, stem) {
			found.Words = append(found.Words, stem)
		}
	}
	for _, c := range concepts() {
		if c.stem && spoken[c.name] {
			add(c.name)
		}
	}
	for _, r := range rules {
		if (len(r.all) > 0 || len(r.any) > 0) && !slices.ContainsFunc(r.all, func(n string) bool { return !has(n) }) &&
			(len(r.any) == 0 || slices.ContainsFunc(r.any, has)) && !slices.ContainsFunc(r.none, has) {
			if found.As == "" {
				found.As, found.Categories = r.as, r.categories
			} else if !slices.Contains(found.Categories, r.categories[0]) {
				found.Else = r.categories[0]
				break
			}
		}
	}
	for word := range strings.FieldsSeq(text) {
		if len(word) < 3 || slices.Contains(fillers, word) || slices.Contains(kinds, word) {
			continue
		}
		add(word)
	}
	return found
}

// kinds say only what goes in or comes out, which the categories know.
var kinds = strings.Fields("image images picture pictures photo photos pic pics video videos clip clips film movie song songs music audio speech text texts sound sounds model models " +
	"make create generate draw paint design write turn give show change edit add into look like " +
	"bild bilder foto fotos resim resmi gorsel imagen muzik sarki cancion musica chanson musique lied musik ses metin texto texte video videonun mach mache erstelle")

// fillers say nothing about the model.
var fillers = strings.Fields("the and for with that this from into your our some want need please would like can could you " +
	"ein eine einen einem einer der die das und fur mit von ich mochte bitte mir " +
	"bir icin ile bana istiyorum lutfen olan " +
	"una uno unos los las del para con por quiero favor " +
	"une des les pour avec dans mon mes veux voudrais moi")

// setPhrases are phrases of which one word alone would mislead: a cartoon is no film, and background
// music takes no background away.
var setPhrases = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("-moi ", " moi ", "-nous ", " nous ", "background music", "music", "background video", "video", "hintergrundmusik", "musik", "hintergrundvideo", "video", "arka plan muzig", "muzig",
		"cizgi film", "cartoon", "dessin anime", "cartoon", "dibujo animado", "cartoon", "dibujos animados", "cartoon")
})

type concept struct {
	name    string
	pattern *regexp.Regexp
	stem    bool // its name is a word of models' texts
}

//go:embed words.txt
var wordList string

// concepts are read when the first request comes.
var concepts = sync.OnceValue(func() []concept {
	var all []concept
	for line := range strings.Lines(wordList) {
		name, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		name, stem := strings.CutPrefix(name, "+")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		var alternatives []string
		for word := range strings.FieldsSeq(words) {
			stem := strings.HasSuffix(word, "*")
			word, compound := strings.CutPrefix(word, "~")
			parts := strings.Split(strings.TrimSuffix(word, "*"), "*")
			for i, part := range parts {
				parts[i] = regexp.QuoteMeta(fold(part))
			}
			pattern := strings.Join(parts, ` (?:\S+ ){0,6}`) // a phrase, perhaps with words between
			if stem {
				pattern += `\S*`
			}
			if compound {
				pattern = `\S*` + pattern
			}
			alternatives = append(alternatives, pattern)
		}
		all = append(all, concept{name, regexp.MustCompile(`(?: )(?:` + strings.Join(alternatives, "|") + `)(?:\b|$)`), stem})
	}
	return all
})

// fold puts a text in lower case without accents, with one space between words.
func fold(text string) string {
	text = strings.NewReplacer("ı", "i", "İ", "i", "ß", "ss", "ø", "o", "’", " ", "'", " ").Replace(text)
	folded, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		folded = text
	}
	return strings.Join(strings.FieldsFunc(strings.ToLower(folded), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	}), " ")
}
