package tasks

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
)

// An audioFormat is what a session was asked to take and send. The socket carries whatever that
// is: a client that forgets to ask for PCM at 24 kHz gets telephone sound from some models.
type audioFormat struct{ in, out codec }

// A codec is one direction of it.
type codec struct {
	telephone bool // 8-bit G.711
	rate      int
}

var rateInName = regexp.MustCompile(`\d{4,}`)

// formatOf reads the session's parameters, with defaults.
func formatOf(values map[string]string) audioFormat {
	direction := func(name string) codec {
		c := codec{rate: media.SampleRate}
		format := strings.ToLower(values[name+"_audio_format"])
		for _, text := range []string{rateInName.FindString(format), values[name+"_audio_rate"]} {
			if rate, err := strconv.Atoi(text); err == nil {
				c.rate = rate
			}
		}
		for _, law := range []string{"pcmu", "pcma", "ulaw", "alaw"} {
			if strings.Contains(format, law) {
				c = codec{telephone: true, rate: 8_000}
			}
		}
		return c
	}
	return audioFormat{direction("input"), direction("output")}
}

// isPCM reports whether the direction is what the documentation describes.
func (c codec) isPCM() bool { return !c.telephone && c.rate == media.SampleRate }

// samplesOf is how many samples at 24 kHz the model takes audio for.
func (f audioFormat) samplesOf(audio []byte) int {
	width := 2
	if f.in.telephone {
		width = 1
	}
	return len(audio) / width * media.SampleRate / f.in.rate
}

// encode turns PCM at 24 kHz into what was asked for.
func (f audioFormat) encode(pcm []byte) []byte {
	if f.out.isPCM() {
		return pcm
	}
	var out []byte
	samples := len(pcm) / 2
	for i := range samples * f.out.rate / media.SampleRate {
		at := 2 * (i * media.SampleRate / f.out.rate)
		if !f.out.telephone {
			out = append(out, pcm[at])
		}
		out = append(out, pcm[at+1])
	}
	return out
}
