package tasks

import (
	"fmt"
	"io"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
)

// makeSpeech is what text-to-speech models do: a WAV with a tune that follows the letters
// of the text. The text itself is in its comment, where the emulator's transcribers find it.
func (t *task) makeSpeech(exec *execution) {
	text := t.in.text()
	a := media.Tune{Text: text, Seconds: speechSeconds(text), Note: 0.12}
	exec.used.tokens = tokens(text) + int(a.Seconds*25)
	t.leaveAudio(exec, a)
}

// makeMusic is what music models do: a slower tune, as long as asked for.
func (t *task) makeMusic(exec *execution) {
	t.leaveAudio(exec, media.Tune{Text: t.in.text(), Seconds: t.in.number("duration", 10), Note: 0.3})
}

func (t *task) leaveAudio(exec *execution, a media.Tune) {
	if strings.HasPrefix(t.in.values["outputFormat"]+t.in.values["output_format"], "mp3") {
		exec.outputs = []*output{sample("0.mp3", "audio/mpeg", "sample.mp3")}
		t.showProgress(exec, "Done.")
		return
	}
	exec.outputs = []*output{{
		name: "0.wav", contentType: "audio/wav", size: a.Size(), make: a.WAV, text: a.Text, secs: a.Seconds,
	}}
	t.showProgress(exec, "Done.")
}

// speechSeconds is how long a text takes to say, up to a minute.
func speechSeconds(text string) float64 {
	words := len(strings.Fields(text))
	return min(max(float64(words)*0.36, 1), 60)
}

// makeTranscript is what speech-to-text models do. They read what speech of the emulator
// carries in its comment, and say so where there is nothing to read.
func (t *task) makeTranscript(exec *execution) {
	var text string
	for _, s := range t.in.sources(t.model) {
		text = s.text()
		if text == "" {
			text = fmt.Sprintf("This is a recording of %.0f seconds. The Wiro sandbox cannot hear it; a real model would write down what is said.", s.seconds())
		}
	}
	exec.say(text)
	t.leaveText(exec, text)
}

// unknownSeconds is how long audio is taken to be that lies at a foreign URL.
const unknownSeconds = 10

// seconds is how long an audio or video file is.
func (s source) seconds() float64 {
	switch {
	case s.output != nil && s.output.secs > 0:
		return s.output.secs
	case s.stored == nil:
		return unknownSeconds
	}
	if info, ok := s.wav(); ok {
		return info.Seconds
	}
	return max(float64(s.stored.Blob.Size)/16_000, 1) // compressed, at 128 kbit/s
}

// text is what a file says: the comment of a WAV, or a text document itself.
func (s source) text() string {
	if s.output != nil {
		return s.output.text
	}
	if s.stored == nil {
		return ""
	}
	if strings.HasPrefix(s.stored.ContentType, "text/") {
		return s.head(64 << 10)
	}
	info, _ := s.wav()
	return info.Comment
}

// head is the beginning of a stored file.
func (s source) head(limit int64) string {
	f, err := s.stored.Blob.Open()
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(data), "")
}

// wav reads the header of a stored WAV.
func (s source) wav() (media.WAVInfo, bool) {
	f, err := s.stored.Blob.Open()
	if err != nil {
		return media.WAVInfo{}, false
	}
	defer func() { _ = f.Close() }()
	return media.ReadWAV(f)
}
