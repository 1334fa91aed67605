package sound

import (
	"bytes"
	"errors"
	"io"
	"log"
	"sync"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// flacSource streams a FLAC file, all channels mixed: beep's decoder leaves out those after the
// second, one of which has the speech in films.
type flacSource struct {
	stream *flac.Stream
	frame  *frame.Frame
	at     int // in the frame
	err    error
}

// flacAppeal is what the library writes to the standard log for each frame of certain rates, 24 kHz
// among them.
var flacAppeal = []byte("The flac library test cases do not yet include any audio files with sample rate")

// quietLog is the output of the standard log without that.
type quietLog struct{ io.Writer }

func (l quietLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, flacAppeal) {
		return len(line), nil
	}
	return l.Writer.Write(line)
}

var quieting sync.Mutex

// quietenLog takes the appeal out of the standard log, whose output may have been changed since.
func quietenLog() {
	quieting.Lock()
	defer quieting.Unlock()
	if _, quiet := log.Writer().(quietLog); !quiet {
		log.SetOutput(quietLog{log.Writer()})
	}
}

func decodeFLAC(content io.ReadSeeker) (source, error) {
	quietenLog()
	stream, err := flac.New(content)
	if err != nil {
		return nil, err
	}
	if bits := stream.Info.BitsPerSample; bits == 0 || bits > 32 {
		return nil, Err
	}
	return &flacSource{stream: stream}, nil
}

func (s *flacSource) Stream(samples [][2]float64) (n int, ok bool) {
	for n < len(samples) {
		if s.frame == nil || s.at >= len(s.frame.Subframes[0].Samples) {
			if s.frame, s.err = s.stream.ParseNext(); s.err != nil || len(s.frame.Subframes) == 0 {
				s.frame = nil
				break
			}
			s.at = 0
			continue
		}
		sum := 0.0
		for _, channel := range s.frame.Subframes {
			sum += float64(channel.Samples[s.at])
		}
		mono := sum / float64(len(s.frame.Subframes)) / float64(int64(1)<<(s.stream.Info.BitsPerSample-1))
		samples[n] = [2]float64{mono, mono}
		n, s.at = n+1, s.at+1
	}
	return n, n > 0
}

func (s *flacSource) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

func (s *flacSource) Len() int { return int(s.stream.Info.NSamples) } //nolint:gosec // 36 bits

func (s *flacSource) Rate() int { return int(s.stream.Info.SampleRate) }
