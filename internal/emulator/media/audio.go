package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"unicode"
)

// SampleRate of all audio that is made here: 16-bit mono PCM at 24 kHz, as realtime models
// speak too.
const SampleRate = 24_000

// A Tune is audio that follows the letters of a text, which a WAV carries in its comment.
type Tune struct {
	Text    string
	Seconds float64
	Note    float64 // seconds of one note
}

// Samples is how many samples the tune has.
func (t Tune) Samples() int { return int(t.Seconds * SampleRate) }

// comment is the text as a LIST chunk of a WAV, padded to an even length.
func (t Tune) comment() []byte {
	text := t.Text + "\x00"
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

// Size is how long the WAV is, in bytes.
func (t Tune) Size() int64 { return int64(44 + len(t.comment()) + 2*t.Samples()) }

// WAV makes the file.
func (t Tune) WAV() []byte {
	comment := t.comment()
	data := 2 * t.Samples()
	out := make([]byte, 0, t.Size())
	out = append(out, "RIFF"...)
	out = append(out, le32(36+len(comment)+data)...)
	out = append(out, "WAVEfmt "...)
	out = append(out, le32(16)...)
	out = append(out, 1, 0, 1, 0) // PCM, mono
	out = append(out, le32(SampleRate)...)
	out = append(out, le32(2*SampleRate)...)
	out = append(out, 2, 0, 16, 0)
	out = append(out, comment...)
	out = append(out, "data"...)
	out = append(out, le32(data)...)
	return t.PCM(out)
}

// pentatonic are steps from the root, in semitones: no two of them clash.
var pentatonic = []float64{0, 2, 4, 7, 9, 12, 14, 16}

// PCM appends all samples.
func (t Tune) PCM(out []byte) []byte { return t.Part(out, 0, t.Samples()) }

// Part appends the samples in [from, to): a note a letter, a rest where there is none.
func (t Tune) Part(out []byte, from, to int) []byte {
	letters := []rune(strings.ToLower(t.Text))
	if len(letters) == 0 {
		letters = []rune("wiro")
	}
	perNote := max(int(t.Note*SampleRate), 1)
	for i := from; i < to; i++ {
		letter := letters[i/perNote%len(letters)]
		var v float64
		if unicode.IsLetter(letter) || unicode.IsDigit(letter) {
			freq := 220 * math.Pow(2, pentatonic[int(letter)%len(pentatonic)]/12)
			at := float64(i%perNote) / float64(perNote)
			envelope := math.Sin(math.Pi * at) // no clicks
			phase := 2 * math.Pi * freq * float64(i) / SampleRate
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

// WAVInfo is what the header of a WAV tells.
type WAVInfo struct {
	Seconds float64
	Comment string
}

// ReadWAV walks the chunks of a WAV. ok is false where r is none.
func ReadWAV(r io.ReadSeeker) (info WAVInfo, ok bool) {
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
			info.Seconds = float64(size) / float64(bytesPerSecond)
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
				info.Comment = strings.TrimRight(string(text[4:]), "\x00")
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
