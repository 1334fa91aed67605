package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
)

// sampleRate of all audio of the sandbox: 16-bit mono PCM at 24 kHz, as realtime models
// speak too.
const sampleRate = 24_000

// makeSpeech is what text-to-speech models do: a WAV with a tune that follows the letters
// of the text. The text itself is in its comment, where the sandbox's transcribers find it.
func (t *task) makeSpeech(show *performance) {
	text := t.in.text()
	a := audio{text: text, seconds: speechSeconds(text), note: 0.12}
	show.used.tokens = tokens(text) + int(a.seconds*25)
	t.leaveAudio(show, a)
}

// makeMusic is what music models do: a slower tune, as long as asked for.
func (t *task) makeMusic(show *performance) {
	t.leaveAudio(show, audio{text: t.in.text(), seconds: t.in.number("duration", 10), note: 0.3})
}

func (t *task) leaveAudio(show *performance, a audio) {
	show.outputs = []*output{{
		name: "0.wav", contentType: "audio/wav", size: a.size(), make: a.wav, text: a.text, secs: a.seconds,
	}}
	t.showProgress(show, "Done.")
}

// speechSeconds is how long a text takes to say, up to a minute.
func speechSeconds(text string) float64 {
	words := len(strings.Fields(text))
	return min(max(float64(words)*0.36, 1), 60)
}

// audio is a tune made of a text.
type audio struct {
	text    string
	seconds float64
	note    float64 // seconds of one note
}

func (a audio) samples() int { return int(a.seconds * sampleRate) }

// comment is the text as a LIST chunk of a WAV, padded to an even length.
func (a audio) comment() []byte {
	text := a.text + "\x00"
	if len(text)%2 == 1 {
		text += "\x00"
	}
	var chunk []byte
	chunk = append(chunk, "LIST"...)
	chunk = append(chunk, le32(4+8+len(text))...)
	chunk = append(chunk, "INFOICMT"...)
	chunk = append(chunk, le32(len(text))...)
	return append(chunk, text...)
}

func (a audio) size() int64 { return int64(44 + len(a.comment()) + 2*a.samples()) }

// wav makes the file.
func (a audio) wav() []byte {
	comment := a.comment()
	data := 2 * a.samples()
	out := make([]byte, 0, a.size())
	out = append(out, "RIFF"...)
	out = append(out, le32(36+len(comment)+data)...)
	out = append(out, "WAVEfmt "...)
	out = append(out, le32(16)...)
	out = append(out, 1, 0, 1, 0) // PCM, mono
	out = append(out, le32(sampleRate)...)
	out = append(out, le32(2*sampleRate)...)
	out = append(out, 2, 0, 16, 0)
	out = append(out, comment...)
	out = append(out, "data"...)
	out = append(out, le32(data)...)
	return a.pcm(out)
}

// pentatonic are steps from the root, in semitones: no two of them clash.
var pentatonic = []float64{0, 2, 4, 7, 9, 12, 14, 16}

// pcm appends the samples: a note a letter, a rest where there is none.
func (a audio) pcm(out []byte) []byte {
	letters := []rune(strings.ToLower(a.text))
	if len(letters) == 0 {
		letters = []rune("wiro")
	}
	perNote := max(int(a.note*sampleRate), 1)
	for i := range a.samples() {
		letter := letters[i/perNote%len(letters)]
		var v float64
		if unicode.IsLetter(letter) || unicode.IsDigit(letter) {
			freq := 220 * math.Pow(2, pentatonic[int(letter)%len(pentatonic)]/12)
			at := float64(i%perNote) / float64(perNote)
			envelope := math.Sin(math.Pi * at) // no clicks
			phase := 2 * math.Pi * freq * float64(i) / sampleRate
			v = envelope * (0.30*math.Sin(phase) + 0.08*math.Sin(2*phase))
		}
		sample := int16(v * math.MaxInt16)
		out = append(out, byte(sample), byte(sample>>8)) //nolint:gosec // the two bytes of it
	}
	return out
}

func le32(v int) []byte {
	return binary.LittleEndian.AppendUint32(nil, uint32(v)) //nolint:gosec // a length
}

// makeTranscript is what speech-to-text models do. They read what speech of the sandbox
// carries in its comment, and say so where there is nothing to read.
func (t *task) makeTranscript(show *performance) {
	var text string
	for _, s := range t.in.sources(t.model) {
		text = s.text()
		if text == "" {
			text = fmt.Sprintf("This is a recording of %.0f seconds. The Wiro sandbox cannot hear it; a real model would write down what is said.", s.seconds())
		}
	}
	show.say(text)
	t.leaveText(show, text)
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
		return info.seconds
	}
	return max(float64(s.stored.blob.size)/16_000, 1) // compressed, at 128 kbit/s
}

// text is what a file says: the comment of a WAV, or a text document itself.
func (s source) text() string {
	if s.output != nil {
		return s.output.text
	}
	if s.stored == nil {
		return ""
	}
	if strings.HasPrefix(s.stored.contentType, "text/") {
		return s.head(64 << 10)
	}
	info, _ := s.wav()
	return info.comment
}

// head is the beginning of a stored file.
func (s source) head(limit int64) string {
	f, err := s.stored.blob.open()
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

type wavInfo struct {
	seconds float64
	comment string
}

// wav reads the header of a stored WAV.
func (s source) wav() (wavInfo, bool) {
	f, err := s.stored.blob.open()
	if err != nil {
		return wavInfo{}, false
	}
	defer func() { _ = f.Close() }()
	return readWAV(f)
}

// readWAV walks the chunks of a WAV.
func readWAV(r io.ReadSeeker) (info wavInfo, ok bool) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return info, false
	}
	var bytesPerSecond uint32
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return info, false
		}
		size := binary.LittleEndian.Uint32(chunk[4:])
		switch kind := string(chunk[:4]); {
		case kind == "data":
			if bytesPerSecond == 0 {
				return info, false
			}
			info.seconds = float64(size) / float64(bytesPerSecond)
			return info, true
		case (kind == "fmt " || kind == "LIST") && size <= 1<<20:
			body := make([]byte, size)
			if _, err := io.ReadFull(r, body); err != nil {
				return info, false
			}
			if kind == "fmt " && size >= 12 {
				bytesPerSecond = binary.LittleEndian.Uint32(body[8:])
			}
			if text, found := bytes.CutPrefix(body, []byte("INFOICMT")); found && len(text) > 4 {
				info.comment = strings.TrimRight(string(text[4:]), "\x00")
			}
		default:
			if _, err := r.Seek(int64(size), io.SeekCurrent); err != nil {
				return info, false
			}
		}
		if size%2 == 1 {
			if _, err := r.Seek(1, io.SeekCurrent); err != nil {
				return info, false
			}
		}
	}
}
