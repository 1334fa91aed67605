package sound

import (
	"errors"
	"io"

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

func decodeFLAC(content io.ReadSeeker) (source, error) {
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
