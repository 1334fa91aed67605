package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/jfreymuth/oggvorbis"
	"github.com/pion/opus"
	"github.com/pion/opus/pkg/oggreader"

	"github.com/wiroai/wiro-mcp-go/internal/media"
)

// decodeOgg tells the codecs apart by the first page.
func decodeOgg(content io.ReadSeeker) (source, error) {
	var page [64]byte
	if _, err := io.ReadFull(content, page[:]); err != nil {
		return nil, err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if bytes.Contains(page[:], []byte("OpusHead")) {
		return decodeOpus(content)
	}
	reader, err := oggvorbis.NewReader(content)
	if err != nil {
		return nil, err
	}
	if reader.Channels() <= 0 {
		return nil, Err
	}
	return &vorbisSource{reader: reader, frame: make([]float32, reader.Channels())}, nil
}

// vorbisSource streams an Ogg Vorbis file, all channels mixed.
type vorbisSource struct {
	reader *oggvorbis.Reader
	frame  []float32
	err    error
}

func (s *vorbisSource) Stream(samples [][2]float64) (n int, ok bool) {
	for n < len(samples) && s.err == nil {
		read, err := s.reader.Read(s.frame)
		if s.err = err; read < len(s.frame) {
			break
		}
		sum := 0.0
		for _, channel := range s.frame {
			sum += float64(channel)
		}
		mono := sum / float64(len(s.frame))
		samples[n] = [2]float64{mono, mono}
		n++
	}
	return n, n > 0
}

func (s *vorbisSource) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

func (s *vorbisSource) Len() int { return int(s.reader.Length()) }

func (s *vorbisSource) Rate() int { return s.reader.SampleRate() }

const (
	opusRate   = 48_000                      // of positions in the file, whatever the decoder's
	opusPacket = media.SampleRate * 12 / 100 // samples of the longest packet, 120 ms
	opusTail   = 64 << 10                    // of a file: as long as a page can be
)

// opusSource streams an Ogg Opus file, decoded to one channel at media.SampleRate.
type opusSource struct {
	reader  *oggreader.OggReader
	decoder opus.Decoder
	gain    float64
	skip    int // samples that the encoder put before the sound
	left    int // of sound
	frames  int // in all
	packet  [opusPacket]float32
	decoded []float32
	err     error
}

func decodeOpus(content io.ReadSeeker) (source, error) {
	end, err := lastPosition(content)
	if err != nil {
		return nil, err
	}
	reader, header, err := oggreader.NewWith(content)
	if err != nil {
		return nil, err
	}
	if header.ChannelMap != 0 { // surround sound
		return nil, Err
	}
	decoder, err := opus.NewDecoderWithOutput(media.SampleRate, 1)
	if err != nil {
		return nil, err
	}
	const half = opusRate / media.SampleRate
	frames := int(max(0, end-int64(header.PreSkip))) / half
	return &opusSource{
		reader: reader, decoder: decoder, skip: int(header.PreSkip) / half, left: frames, frames: frames,
		gain: math.Pow(10, float64(int16(header.OutputGain))/256/20), //nolint:gosec // it is signed
	}, nil
}

// lastPosition is the position that the last page of an Ogg file states. It leaves the content
// at its start.
func lastPosition(content io.ReadSeeker) (int64, error) {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if _, err := content.Seek(-min(size, opusTail), io.SeekEnd); err != nil {
		return 0, err
	}
	tail, err := io.ReadAll(content)
	if err != nil {
		return 0, err
	}
	_, err = content.Seek(0, io.SeekStart)
	at := bytes.LastIndex(tail, []byte("OggS"))
	if at < 0 || len(tail) < at+14 {
		return 0, Err
	}
	return int64(binary.LittleEndian.Uint64(tail[at+6:])), err //nolint:gosec // checked by who uses it
}

func (s *opusSource) Stream(samples [][2]float64) (n int, ok bool) {
	for n < len(samples) && s.left > 0 {
		if len(s.decoded) == 0 {
			if s.next(); s.err != nil {
				break
			}
			continue
		}
		mono := float64(s.decoded[0]) * s.gain
		samples[n] = [2]float64{mono, mono}
		s.decoded, n, s.left = s.decoded[1:], n+1, s.left-1
	}
	return n, n > 0
}

// next decodes a packet.
func (s *opusSource) next() {
	packet, _, err := s.reader.ParseNextPacket()
	if err != nil {
		s.err = err
		return
	}
	if bytes.HasPrefix(packet, []byte("OpusTags")) || len(packet) == 0 {
		return
	}
	count, err := s.decoder.DecodeToFloat32(packet, s.packet[:])
	if err != nil {
		s.err = err
		return
	}
	skipped := min(s.skip, count)
	s.decoded, s.skip = s.packet[skipped:count], s.skip-skipped
}

func (s *opusSource) Err() error {
	if errors.Is(s.err, io.EOF) || errors.Is(s.err, io.ErrUnexpectedEOF) { // a file that is cut off is played as far as it goes
		return nil
	}
	return s.err
}

func (s *opusSource) Len() int { return s.frames }

func (s *opusSource) Rate() int { return media.SampleRate }
