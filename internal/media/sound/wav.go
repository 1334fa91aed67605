package sound

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// wavDecoder streams a WAV file. beep's own decoder allocates what a chunk's header claims, and
// takes neither float samples nor files whose length was unknown when they were written.
type wavDecoder struct {
	reader *bufio.Reader
	format wavFormat
	left   int64 // frames not yet read
	frames int   // in all
	frame  []byte
	err    error
}

type wavFormat struct {
	encoding, channels, bits uint16
	rate                     uint32
}

// Encodings of the samples of WAV files.
const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xfffe // the encoding follows later in the chunk
)

func decodeWAV(content io.ReadSeeker) (*wavDecoder, error) {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, Err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, Err
	}
	d := &wavDecoder{reader: bufio.NewReaderSize(content, 16<<10)}
	var riff [12]byte
	if _, err := io.ReadFull(d.reader, riff[:]); err != nil || string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, Err
	}
	read := int64(len(riff))
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(d.reader, chunk[:]); err != nil {
			return nil, Err
		}
		read += int64(len(chunk))
		length := min(int64(binary.LittleEndian.Uint32(chunk[4:])), size-read) // what is there, whatever is claimed
		switch string(chunk[:4]) {
		case "fmt ":
			body := make([]byte, min(length, 40))
			if _, err := io.ReadFull(d.reader, body); err != nil || !d.format.parse(body) {
				return nil, Err
			}
			if _, err := d.reader.Discard(int(length + length%2 - int64(len(body)))); err != nil {
				return nil, Err
			}
		case "data":
			if d.format.rate == 0 {
				return nil, Err
			}
			d.frame = make([]byte, int(d.format.channels)*int(d.format.bits)/8)
			d.frames = int(length / int64(len(d.frame)))
			d.left = int64(d.frames)
			return d, nil
		default:
			if _, err := io.CopyN(io.Discard, d.reader, length+length%2); err != nil {
				return nil, Err
			}
		}
		read += length + length%2
	}
}

// parse reads the body of a fmt chunk and reports whether its sound can be decoded.
func (f *wavFormat) parse(body []byte) bool {
	if len(body) < 16 {
		return false
	}
	f.encoding, f.channels = binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
	f.rate, f.bits = binary.LittleEndian.Uint32(body[4:]), binary.LittleEndian.Uint16(body[14:])
	if f.encoding == wavExtensible && len(body) >= 26 {
		f.encoding = binary.LittleEndian.Uint16(body[24:])
	}
	if f.channels == 0 || f.channels > 32 || f.rate < minRate || f.rate > maxRate {
		return false
	}
	switch f.encoding {
	case wavPCM:
		return f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32
	case wavFloat:
		return f.bits == 32 || f.bits == 64
	}
	return false
}

// Stream decodes frames; more than two channels are mixed into both.
func (d *wavDecoder) Stream(samples [][2]float64) (n int, ok bool) {
	for n < len(samples) && d.left > 0 && d.err == nil {
		if _, err := io.ReadFull(d.reader, d.frame); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				d.err = err
			}
			d.left = 0 // a file that is cut off is played as far as it goes
			break
		}
		d.left--
		sum, width := 0.0, len(d.frame)/int(d.format.channels)
		for at := 0; at < len(d.frame); at += width {
			sum += d.format.sample(d.frame[at : at+width])
		}
		mono := sum / float64(d.format.channels)
		samples[n] = [2]float64{mono, mono}
		n++
	}
	return n, n > 0
}

// sample returns one sample between -1 and 1.
func (f wavFormat) sample(b []byte) float64 {
	var value float64
	switch {
	case f.encoding == wavFloat && len(b) == 4:
		value = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case f.encoding == wavFloat:
		value = math.Float64frombits(binary.LittleEndian.Uint64(b))
	case len(b) == 1: // the only unsigned form
		return (float64(b[0]) - 128) / 128
	case len(b) == 2:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15) //nolint:gosec // the sign bit is meant
	case len(b) == 3:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31) //nolint:gosec // as above
	default:
		return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31) //nolint:gosec // as above
	}
	if math.IsNaN(value) {
		return 0
	}
	return min(max(value, -1), 1)
}

// Err is why the stream ended early.
func (d *wavDecoder) Err() error { return d.err }

// Len is the number of frames.
func (d *wavDecoder) Len() int { return d.frames }

// Rate is the sample rate.
func (d *wavDecoder) Rate() int { return int(d.format.rate) }
