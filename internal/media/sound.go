package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopxl/beep/v2"
	"github.com/gopxl/beep/v2/flac"
	"github.com/gopxl/beep/v2/mp3"
	"github.com/gopxl/beep/v2/vorbis"
)

// ErrSound is returned for content that is not sound that can be decoded.
var ErrSound = errors.New("not a WAV, MP3, FLAC or Ogg Vorbis file that can be decoded")

// resampleQuality is beep's: 3 or 4 is good for speech in real time.
const resampleQuality = 4

const framesPerRead = 512

// Sound is decoded sound as realtime models take it: PCM, 16 bit, little-endian, one channel, at
// SampleRate. It is decoded while it is read.
type Sound struct {
	source  beep.StreamSeekCloser
	stream  beep.Streamer
	seconds float64
	samples [framesPerRead][2]float64
	pending []byte
	buffer  [framesPerRead * BytesPerSample]byte
}

// OpenSound decodes a WAV, MP3, FLAC or Ogg Vorbis file of any rate and number of channels. The
// type says which. It takes the content over: Close closes it. Errors are ErrSound.
func OpenSound(content io.ReadSeekCloser, kind Type) (*Sound, error) {
	source, format, err := decodeSound(content, kind)
	if err != nil || format.SampleRate <= 0 {
		_ = content.Close()
		return nil, ErrSound
	}
	s := &Sound{source: source, stream: source, seconds: format.SampleRate.D(source.Len()).Seconds()}
	if format.SampleRate != SampleRate {
		s.stream = beep.Resample(resampleQuality, format.SampleRate, SampleRate, source)
	}
	return s, nil
}

// decodeSound opens the decoder. Some decoders panic on damaged files.
func decodeSound(content io.ReadSeekCloser, kind Type) (source beep.StreamSeekCloser, format beep.Format, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrSound, cause)
		}
	}()
	switch kind.MIME {
	case "audio/wav":
		d, err := decodeWAV(content)
		if err != nil {
			return nil, beep.Format{}, err
		}
		return d, d.format.beep(), nil
	case "audio/mpeg":
		return mp3.Decode(content)
	case "audio/flac":
		return flac.Decode(content)
	case "audio/ogg":
		return vorbis.Decode(content)
	}
	return nil, beep.Format{}, ErrSound
}

// Seconds is the length of the sound.
func (s *Sound) Seconds() float64 { return s.seconds }

// Read returns PCM. An error in the middle of the file is ErrSound.
func (s *Sound) Read(p []byte) (int, error) {
	if len(s.pending) == 0 {
		if err := s.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}

func (s *Sound) decode() (err error) {
	defer func() {
		if recover() != nil {
			err = ErrSound
		}
	}()
	n, ok := s.stream.Stream(s.samples[:])
	if !ok || n == 0 {
		if s.stream.Err() != nil {
			return ErrSound
		}
		return io.EOF
	}
	s.pending = s.buffer[:0]
	for _, frame := range s.samples[:n] {
		mono := min(max((frame[0]+frame[1])/2, -1), 1)
		s.pending = binary.LittleEndian.AppendUint16(s.pending, uint16(int16(mono*32767))) //nolint:gosec // bounded above
	}
	return nil
}

// Close closes the decoder and the content.
func (s *Sound) Close() error { return s.source.Close() }
