package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// realtimeOutput writes what a session brings: sound to stdout and a file, words and costs to
// stderr and a file.
type realtimeOutput struct {
	stdout io.Writer // nil if the sound goes to the file alone
	stderr io.Writer
	record *outputFile
	words  *outputFile
	wav    *media.WAVWriter // of record, once something was said

	mu       sync.Mutex
	speaking bool         // a turn of the AI is under way
	muted    bool         // what is left of it is not played
	speaker  wiro.Speaker // of the line on stderr; "" if there is none
}

func (a *app) openRealtimeOutput(r realtimeRun, kind realtime.Kind) (*realtimeOutput, error) {
	o := &realtimeOutput{stderr: a.err}
	if kind.Speaks() && !isTerminal(a.out) {
		o.stdout = a.raw.out // sound, not text
	}
	var recordErr, wordsErr error
	o.record, recordErr = openOutputFile(r.record)
	o.words, wordsErr = openOutputFile(r.transcript)
	if err := errors.Join(recordErr, wordsErr); err != nil {
		o.discard()
		return nil, err
	}
	return o, nil
}

// Write takes sound.
func (o *realtimeOutput) Write(pcm []byte) (int, error) {
	if o.record != nil {
		if err := o.writeWAV(pcm); err != nil {
			return 0, err
		}
	}
	o.mu.Lock()
	o.speaking = true
	plays := o.stdout != nil && !o.muted
	o.mu.Unlock()
	if plays {
		return o.stdout.Write(pcm)
	}
	return len(pcm), nil
}

func (o *realtimeOutput) writeWAV(pcm []byte) (err error) {
	if o.wav == nil {
		o.record.clear()
		if o.wav, err = media.NewWAVWriter(o.record); err != nil {
			return err
		}
	}
	_, err = o.wav.Write(pcm)
	return err
}

// mute stops playing what is left of the AI's turn. It is still recorded.
func (o *realtimeOutput) mute() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.muted = o.speaking
}

// event shows words and costs as they come.
func (o *realtimeOutput) event(event wiro.SessionEvent) {
	switch e := event.(type) {
	case wiro.TranscriptDelta:
		o.show(e)
	case wiro.TurnEnded:
		o.mu.Lock()
		o.speaking, o.muted = false, false
		o.mu.Unlock()
	case wiro.TurnCost:
		if e.Turn != nil && e.Total != nil {
			o.say(fmt.Sprintf("($%s, $%s so far)", money.USD(*e.Turn), money.USD(*e.Total)))
		}
	case wiro.Resumed:
		o.say("The connection was lost, and stands again.")
	}
}

// show continues the line of a speaker, or begins one.
func (o *realtimeOutput) show(words wiro.TranscriptDelta) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := " " + printable(words.Text)
	if o.speaker != words.Speaker {
		o.endLine()
		text = words.Speaker.String() + ":" + text
	}
	o.speaker = words.Speaker
	_, _ = io.WriteString(o.stderr, text) // nowhere to say it
}

// say writes a line of its own.
func (o *realtimeOutput) say(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endLine()
	_, _ = fmt.Fprintln(o.stderr, text) // nowhere to say it
}

func (o *realtimeOutput) endLine() {
	if o.speaker != "" {
		_, _ = io.WriteString(o.stderr, "\n") // nowhere to say it
	}
	o.speaker = ""
}

// close completes the files with what there is.
func (o *realtimeOutput) close(result realtime.Result) error {
	var errs []error
	if o.record != nil {
		errs = append(errs, o.writeWAV(nil), o.wav.Close(), o.record.Close())
	}
	if o.words != nil {
		o.words.clear()
		_, err := fmt.Fprintln(o.words, result.Transcript.Text())
		errs = append(errs, err, o.words.Close())
	}
	return errors.Join(errs...)
}

// discard leaves the files as they were.
func (o *realtimeOutput) discard() {
	o.record.discard()
	o.words.discard()
}

// outputFile is a file that is replaced once there is something to write: until then it is only
// known that it can be written.
type outputFile struct {
	*os.File
	isNew bool
}

// openOutputFile opens a file for writing; nil for no name.
func openOutputFile(path string) (*outputFile, error) {
	if path == "" {
		return nil, nil
	}
	_, err := os.Stat(path)
	file, openErr := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the user names it
	if openErr != nil {
		return nil, openErr
	}
	return &outputFile{file, errors.Is(err, os.ErrNotExist)}, nil
}

// clear empties the file. Devices cannot be emptied.
func (f *outputFile) clear() { _ = f.Truncate(0) }

func (f *outputFile) discard() {
	if f == nil {
		return
	}
	_ = f.Close()
	if f.isNew {
		_ = os.Remove(f.Name())
	}
}
