// Package sound decodes sound files to what realtime models take. It is apart from package media
// because decoders are large, and few calls need them.
package sound

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopxl/beep/v2"
	"github.com/gopxl/beep/v2/mp3"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

// Formats are those that can be decoded, for people.
const Formats = "WAV, MP3, FLAC, Ogg Vorbis and Ogg Opus"

// Err is returned for content that is not sound that can be decoded.
var Err = errors.New("not a WAV, MP3, FLAC, Ogg Vorbis or Ogg Opus file that can be decoded")

// resampleQuality is beep's: 3 or 4 is good for speech in real time.
const resampleQuality = 4

const framesPerRead = 512

const (
	minRate, maxRate = 1_000, 768_000
	countTimeout     = 5 * time.Second
)

// Reader is decoded sound as realtime models take it: PCM, 16 bit, little-endian, one channel, at
// media.SampleRate. It is decoded while it is read.
type Reader struct {
	content io.Closer
	stream  beep.Streamer
	seconds float64
	samples [framesPerRead][2]float64
	pending []byte
	buffer  [framesPerRead * media.BytesPerSample]byte
}

// source is a file that is being decoded. Channels are mixed into both of Stream.
type source interface {
	beep.Streamer
	Len() int // frames; 0 if the file does not say
	Rate() int
}

// CanDecode reports whether a type is one of Formats.
func CanDecode(t media.Type) bool { return decoders[t.MIME] != nil }

var decoders = map[string]func(io.ReadSeeker) (source, error){
	"audio/wav":  func(content io.ReadSeeker) (source, error) { return decodeWAV(content) },
	"audio/mpeg": decodeMP3,
	"audio/flac": decodeFLAC,
	"audio/ogg":  decodeOgg,
}

// Open decodes a file of any rate and number of channels. The type says which. It takes the
// content over: Close closes it. Errors are Err.
func Open(content io.ReadSeekCloser, kind media.Type) (*Reader, error) {
	s, err := decode(content, kind)
	frames := 0
	if err == nil {
		if frames = s.Len(); frames <= 0 {
			frames = count(s)
			s, err = decode(content, kind)
		}
	}
	if err != nil {
		_ = content.Close()
		return nil, Err
	}
	// No more is read than is paid for: a file may hold more than its header states.
	r := &Reader{content: content, stream: beep.Take(frames, s), seconds: float64(frames) / float64(s.Rate())}
	if s.Rate() != media.SampleRate {
		r.stream = beep.Resample(resampleQuality, beep.SampleRate(s.Rate()), media.SampleRate, r.stream)
	}
	return r, nil
}

// decode opens the decoder. Some decoders panic on damaged files.
func decode(content io.ReadSeeker, kind media.Type) (s source, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", Err, cause)
		}
	}()
	open := decoders[kind.MIME]
	if open == nil {
		return nil, Err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	s, err = open(content)
	if err == nil && (s.Rate() < minRate || s.Rate() > maxRate) {
		err = Err
	}
	return s, err
}

// count decodes to the end of a file that does not say how long it is. A few bytes can stand for
// hours of silence, so that it is given up after a while: at what is longer than any session.
func count(s source) (frames int) {
	defer func() { _ = recover() }() // the rest is damaged
	var samples [framesPerRead][2]float64
	for end := time.Now().Add(countTimeout); time.Now().Before(end); {
		n, ok := s.Stream(samples[:])
		if frames += n; !ok || n == 0 {
			return frames
		}
	}
	return max(frames, s.Rate()*24*3600)
}

// Seconds is the length of the sound.
func (r *Reader) Seconds() float64 { return r.seconds }

// Read returns PCM. An error in the middle of the file is Err.
func (r *Reader) Read(p []byte) (int, error) {
	if len(r.pending) == 0 {
		if err := r.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

func (r *Reader) decode() (err error) {
	defer func() {
		if recover() != nil {
			err = Err
		}
	}()
	n, ok := r.stream.Stream(r.samples[:])
	if !ok || n == 0 {
		if r.stream.Err() != nil {
			return Err
		}
		return io.EOF
	}
	r.pending = r.buffer[:0]
	for _, frame := range r.samples[:n] {
		mono := min(max((frame[0]+frame[1])/2, -1), 1)
		r.pending = binary.LittleEndian.AppendUint16(r.pending, uint16(int16(mono*32767))) //nolint:gosec // bounded above
	}
	return nil
}

// Close closes the content.
func (r *Reader) Close() error { return r.content.Close() }

// mp3Source is beep's, which always has two channels.
type mp3Source struct {
	beep.StreamSeekCloser
	rate int
}

func decodeMP3(content io.ReadSeeker) (source, error) {
	s, format, err := mp3.Decode(keptOpen{content})
	return mp3Source{s, int(format.SampleRate)}, err
}

func (s mp3Source) Rate() int { return s.rate }

// keptOpen leaves it to the Reader to close the content.
type keptOpen struct{ io.ReadSeeker }

func (keptOpen) Close() error { return nil }
