package sound_test

import (
	"bytes"
	"embed"
	"encoding/binary"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
)

//go:embed testdata
var files embed.FS

type seekable struct{ *bytes.Reader }

func (seekable) Close() error { return nil }

func open(t *testing.T, name string, content []byte) *sound.Reader {
	t.Helper()
	r, err := sound.Open(seekable{bytes.NewReader(content)}, media.Detect(content[:min(len(content), media.SniffLen)], "", name))
	require.NoError(t, err, name)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// pitch counts the periods of a tone, and returns how many there are a second.
func pitch(pcm []byte) float64 {
	crossings, previous := 0, int16(0)
	for i := 0; i+1 < len(pcm); i += 2 {
		sample := int16(binary.LittleEndian.Uint16(pcm[i:]))
		if previous < 0 && sample >= 0 {
			crossings++
		}
		previous = sample
	}
	return float64(crossings) / (float64(len(pcm)) / 2 / media.SampleRate)
}

func loudest(pcm []byte) (most float64) {
	for i := 0; i+1 < len(pcm); i += 2 {
		most = max(most, math.Abs(float64(int16(binary.LittleEndian.Uint16(pcm[i:])))))
	}
	return most
}

// The files are tones of 440 Hz that common encoders made: lame, flac, oggenc and opusenc. The
// surround sound has the tone in the channel of the speech alone.
func TestFilesBecomeWhatModelsHear(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		seconds float64
		slack   float64 // encoders add silence
		loud    float64
	}{
		{"tone.mp3", 1, 0.1, 0.4},
		{"tone.flac", 1, 0.001, 0.4},
		{"tone.ogg", 1, 0.01, 0.4},
		{"tone.opus", 1, 0.01, 0.4},
		{"celt.opus", 0.5, 0.01, 0.4},
		{"stream.flac", 0.5, 0.01, 0.4},
		{"centre.flac", 0.5, 0.01, 0.4 / 6},
		{"centre.ogg", 0.5, 0.01, 0.4 / 6},
	} {
		content, err := files.ReadFile("testdata/" + test.name)
		require.NoError(t, err)
		r := open(t, test.name, content)
		require.InDelta(t, test.seconds, r.Seconds(), test.slack, test.name)
		pcm, err := io.ReadAll(r)
		require.NoError(t, err, test.name)
		require.InDelta(t, r.Seconds(), float64(len(pcm))/2/media.SampleRate, 0.005, test.name)
		middle := pcm[len(pcm)/4&^1 : len(pcm)*3/4&^1]
		require.InDelta(t, 440, pitch(middle), 6, test.name)
		require.InDelta(t, test.loud*32767, loudest(middle), test.loud*32767/5, test.name)
	}
}

// The quote is that of the length which the header states.
func TestNoMoreIsReadThanTheHeaderStates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tone.flac", "24khz.flac"} {
		content, err := files.ReadFile("testdata/" + name)
		require.NoError(t, err)
		binary.BigEndian.PutUint32(content[8+14:], 2_400) // frames, but for the highest 4 bits
		r := open(t, name, content)
		require.Less(t, r.Seconds(), 0.2)
		pcm, err := io.ReadAll(r)
		require.NoError(t, err)
		require.InDelta(t, r.Seconds(), float64(len(pcm))/2/media.SampleRate, 0.005, name)
	}
}

func TestAStereoFileOf48KHz(t *testing.T) {
	t.Parallel()
	const rate, seconds, tone = 48_000, 2, 440
	r := open(t, "a.wav", stereoWAV(rate, seconds, tone))
	assert.InDelta(t, seconds, r.Seconds(), 0.01)
	pcm, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.InDelta(t, seconds*media.SampleRate, len(pcm)/media.BytesPerSample, 8)
	assert.InDelta(t, tone, pitch(pcm), 1, "the tone keeps its pitch")
}

// The library asks for test files in the standard log, once a frame. All else is still logged.
func TestTheStandardLogStaysQuiet(t *testing.T) { //nolint:paralleltest // it changes the standard log
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	defer log.SetOutput(before)
	content, err := files.ReadFile("testdata/24khz.flac")
	require.NoError(t, err)
	r := open(t, "24khz.flac", content)
	require.InDelta(t, 0.3, r.Seconds(), 0.001)
	pcm, err := io.ReadAll(r)
	require.NoError(t, err)
	require.InDelta(t, 440, pitch(pcm), 6)
	require.Empty(t, logged.String())
	log.Print("of the program")
	require.Contains(t, logged.String(), "of the program")
}

func TestWhatIsNoSoundIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.wav", "a.mp3", "a.flac", "a.ogg", "a.png"} {
		for _, content := range []string{"RIFF\x00\x00\x00\x00WAVEfmt ", "", "OggS\x00\x02                              OpusHead  "} {
			_, err := sound.Open(seekable{bytes.NewReader([]byte(content))}, media.ByName(name))
			require.ErrorIs(t, err, sound.Err, name)
		}
	}
	require.True(t, sound.CanDecode(media.ByName("a.opus")))
	require.False(t, sound.CanDecode(media.ByName("a.m4a")))
}

// A file that is cut off is played as far as it goes.
func TestACutOffFileEnds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tone.mp3", "tone.flac", "tone.ogg"} {
		content, err := files.ReadFile("testdata/" + name)
		require.NoError(t, err)
		r, err := sound.Open(seekable{bytes.NewReader(content[:len(content)*3/4])}, media.ByName(name))
		if err != nil {
			require.ErrorIs(t, err, sound.Err, name)
			continue
		}
		pcm, err := io.ReadAll(r)
		if err != nil {
			require.ErrorIs(t, err, sound.Err, name)
		}
		require.Greater(t, len(pcm), media.SampleRate/2, name)
	}
}

func TestAWAVThatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	require.NoError(t, err)
	w, err := media.NewWAVWriter(file)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, 14_400))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r, err := sound.Open(file, media.ByName("a.wav"))
	require.NoError(t, err)
	assert.InDelta(t, 0.3, r.Seconds(), 0.001)
	require.NoError(t, r.Close())
}

func FuzzSound(f *testing.F) {
	f.Add(stereoWAV(8000, 1, 100)[:200], uint8(0))
	names := []string{"a.wav", "a.mp3", "a.flac", "a.ogg"}
	for i, name := range []string{"tone.mp3", "tone.flac", "tone.ogg"} {
		content, err := files.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content, uint8(i+1)) //nolint:gosec // three names
	}
	if content, err := files.ReadFile("testdata/tone.opus"); err == nil {
		f.Add(content, uint8(3))
	}
	f.Fuzz(func(_ *testing.T, content []byte, format uint8) {
		hung := time.AfterFunc(20*time.Second, func() { panic("a damaged file is decoded forever") })
		defer hung.Stop()
		r, err := sound.Open(seekable{bytes.NewReader(content)}, media.ByName(names[int(format)%len(names)]))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		_ = r.Close()
	})
}

// stereoWAV is a tone in a WAV file of two channels.
func stereoWAV(rate, seconds int, tone float64) []byte {
	var data []byte
	for i := range rate * seconds {
		sample := int16(12000 * math.Sin(2*math.Pi*tone*float64(i)/float64(rate)))
		data = binary.LittleEndian.AppendUint16(data, uint16(sample))
		data = binary.LittleEndian.AppendUint16(data, uint16(sample))
	}
	header := media.WAVHeader(int64(len(data)))
	binary.LittleEndian.PutUint16(header[22:], 2)
	binary.LittleEndian.PutUint32(header[24:], uint32(rate))
	binary.LittleEndian.PutUint32(header[28:], uint32(rate*4))
	binary.LittleEndian.PutUint16(header[32:], 4)
	return append(header, data...)
}
