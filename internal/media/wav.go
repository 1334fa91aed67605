package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The form of sound that realtime models send and take: PCM, 16 bit, little-endian, one channel.
const (
	SampleRate     = 24_000
	BytesPerSample = 2
)

const wavHeaderSize = 44

// maxWAVData is the most sound that a WAV header can announce.
const maxWAVData = 1<<32 - wavHeaderSize - 1

// WAVHeader returns the header of a WAV file with this many bytes of PCM at SampleRate.
func WAVHeader(dataBytes int64) []byte {
	size := uint32(min(max(dataBytes, 0), maxWAVData)) //nolint:gosec // bounded here
	header := make([]byte, 0, wavHeaderSize)
	header = append(header, "RIFF"...)
	header = binary.LittleEndian.AppendUint32(header, size+wavHeaderSize-8)
	header = append(header, "WAVEfmt "...)
	header = binary.LittleEndian.AppendUint32(header, 16)                        // size of this chunk
	header = binary.LittleEndian.AppendUint16(header, 1)                         // PCM
	header = binary.LittleEndian.AppendUint16(header, 1)                         // channels
	header = binary.LittleEndian.AppendUint32(header, SampleRate)                // samples a second
	header = binary.LittleEndian.AppendUint32(header, SampleRate*BytesPerSample) // bytes a second
	header = binary.LittleEndian.AppendUint16(header, BytesPerSample)            // bytes a frame
	header = binary.LittleEndian.AppendUint16(header, 8*BytesPerSample)          // bits a sample
	header = append(header, "data"...)
	return binary.LittleEndian.AppendUint32(header, size)
}

// WAVWriter writes PCM at SampleRate as a WAV file. Close completes the header and any half
// sample; it does not close the file.
type WAVWriter struct {
	file    io.WriteSeeker
	written int64
}

// NewWAVWriter starts a WAV file.
func NewWAVWriter(file io.WriteSeeker) (*WAVWriter, error) {
	if _, err := file.Write(WAVHeader(0)); err != nil {
		return nil, fmt.Errorf("writing the WAV header: %w", err)
	}
	return &WAVWriter{file: file}, nil
}

// Write appends PCM. A frame may end within a sample; the next one continues it.
func (w *WAVWriter) Write(pcm []byte) (int, error) {
	if w.written+int64(len(pcm)) > maxWAVData {
		return 0, errors.New("a WAV file holds at most 4 GB")
	}
	n, err := w.file.Write(pcm)
	w.written += int64(n)
	return n, err
}

// Seconds is the length of the sound so far.
func (w *WAVWriter) Seconds() float64 {
	return float64(w.written) / (SampleRate * BytesPerSample)
}

// Close completes the file.
func (w *WAVWriter) Close() error {
	if w.written%BytesPerSample != 0 {
		if _, err := w.Write([]byte{0}); err != nil {
			return fmt.Errorf("completing the WAV file: %w", err)
		}
	}
	if _, err := w.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("completing the WAV file: %w", err)
	}
	if _, err := w.file.Write(WAVHeader(w.written)); err != nil {
		return fmt.Errorf("completing the WAV file: %w", err)
	}
	_, err := w.file.Seek(0, io.SeekEnd)
	return err
}
