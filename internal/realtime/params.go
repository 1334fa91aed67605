package realtime

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const formatName = "16-bit PCM at 24 kHz, one channel"

// AskForPCM returns the params with the model's parameters for sound set to PCM at 24 kHz, as its
// schema writes that. A caller's other choice, and a model that does not offer it, is an
// *wiro.InputError.
//
// Wiro docs: Realtime Voice Conversation, Audio Format; Model Parameters.
func AskForPCM(model wiro.Model, params wiro.Params) (wiro.Params, error) {
	asked := wiro.Params{}
	maps.Copy(asked, params)
	for _, list := range model.Parameters {
		for _, p := range list.Items {
			aspect := aspectOf(p)
			if aspect == nil {
				continue
			}
			value, err := aspect.choose(p, params[p.ID])
			if err != nil {
				return nil, err
			}
			if value != nil {
				asked[p.ID] = value
			}
		}
	}
	return asked, nil
}

// aspect is a property of sound that a parameter can choose.
type aspect struct {
	parameter pattern           // matches its id
	means     func(string) bool // a value that means what sessions carry
	free      func(wiro.Param) string
}

// pattern is an expression that is compiled when it is first used.
type pattern = func() *regexp.Regexp

func lazy(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var (
	pcmName   = lazy(`^(?:audio/|raw-?|signed-?)?(?:pcm|l16|linear-?16|linear-?pcm|s16le|raw)(?:-?16|-?s16)?(?:-?(?:le|bit|bits|mono))*$`)
	rateValue = lazy(`^24(?:[.,]?000)? ?(?:k(?:hz)?|hz)?$`)
	rateEnd   = lazy(`[-@/ (,;]*(?:rate=)?(8000|11025|12000|16000|22050|24000|32000|44100|48000|24 ?k(?:hz)?)\)?$`)
	ofSound   = lazy(`(?i)audio|sound|speech|rate|channels`)
	oneValue  = lazy(`^(?:1|mono)$`)
	numbered  = lazy(`[a-z]_\d{4,}`)
)

// aspects are the properties; ids are compared in lower case without separators.
var aspects = []*aspect{
	{
		parameter: lazy(`^(?:input|output)?(?:audio|sound|speech)(?:format|encoding|codec)$|^(?:output|input|response)(?:format|encoding|codec)$|^(?:encoding|codec)$`),
		means:     isPCM, free: pcmLike,
	},
	{
		parameter: lazy(`^(?:(?:input|output)?(?:audio|sound|speech)|input|output|target)?(?:sample|sampling)?ratehz$|^(?:(?:input|output)?(?:audio|sound|speech)|input|output)(?:sample|sampling)?rate$|^(?:sample|sampling)rate$`),
		means:     func(v string) bool { return rateValue().MatchString(v) }, free: func(wiro.Param) string { return "24000" },
	},
	{
		parameter: lazy(`^(?:(?:input|output)?audio|input|output)?(?:num)?channels$`),
		means:     func(v string) bool { return oneValue().MatchString(v) }, free: func(wiro.Param) string { return "1" },
	},
}

func aspectOf(p wiro.Param) *aspect {
	id := fold.Name(p.ID)
	i := slices.IndexFunc(aspects, func(a *aspect) bool { return a.parameter().MatchString(id) })
	if i < 0 || strings.HasSuffix(p.Type, "fileinput") {
		return nil
	}
	return aspects[i]
}

// choose returns the value that asks for what sessions carry.
func (a *aspect) choose(p wiro.Param, given any) (any, error) {
	options := slices.DeleteFunc(slices.Clone(p.Options), func(o wiro.ParamOption) bool { return o.Value == "" })
	text := ""
	if given != nil {
		text = fmt.Sprint(given)
	}
	best := ""
	for _, option := range options {
		if !a.means(normal(option.Value)) {
			continue
		}
		if text == option.Value || text == option.Label {
			return option.Value, nil
		}
		if best == "" || strings.Contains(option.Value, "24") {
			best = option.Value
		}
	}
	switch {
	case best == "" && !ofSound().MatchString(p.ID): // such as "output_format" of a text
		return nil, nil
	case len(options) == 0 && text != "" && a.means(normal(text)):
		return given, nil
	case len(options) == 0:
		best = a.free(p)
	case best == "":
		var values []string
		for _, option := range options {
			values = append(values, option.Value)
		}
		return nil, &wiro.InputError{Field: p.ID, Reason: fmt.Sprintf("cannot be set to %s, which realtime sessions carry: the model offers %s", formatName, strings.Join(values, ", "))}
	}
	if text != "" && text != best {
		return nil, &wiro.InputError{Field: p.ID, Reason: fmt.Sprintf("must be %q, not %q: realtime sessions carry %s; leave it out, and it is set", best, text, formatName)}
	}
	return best, nil
}

func normal(value string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(value)), "_", "-")
}

// isPCM reports whether a format is PCM, at 24 kHz if it names a rate.
func isPCM(value string) bool {
	if rate := rateEnd().FindStringSubmatch(value); rate != nil {
		if !strings.HasPrefix(rate[1], "24") {
			return false
		}
		value = strings.TrimSuffix(value, rate[0])
	}
	return pcmName().MatchString(strings.TrimRight(value, ";, "))
}

// pcmLike writes PCM at 24 kHz in the way of the parameter's default.
func pcmLike(p wiro.Param) string {
	example := strings.ToLower(fmt.Sprint(p.Default) + " " + p.Placeholder)
	switch {
	case strings.Contains(example, "audio/"):
		return "audio/pcm"
	case numbered().MatchString(example):
		return "pcm_24000"
	}
	return "pcm"
}
