package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	concludeTimeout = 2 * time.Minute // for uploading the speech of a session
	uploadTries     = 3
	outcomeTimeout  = 5 * time.Second        // for the outcome of a session whose record says that it is over
	outcomeInterval = 250 * time.Millisecond // between looks
	maxPart         = wiro.MaxUpload - 1<<20 // of speech, in one file
	maxInlineSound  = 512 << 10              // bytes of speech in a result
)

// sessionOutcome is what a session brought beside Wiro's record, as the store keeps it.
type sessionOutcome struct {
	Outputs    []OutputInfo          `json:"outputs,omitempty"` // the speech
	Transcript []wiro.TranscriptLine `json:"transcript,omitempty"`
	Note       string                `json:"note,omitempty"` // why it ended early, and what could not be saved
}

func readOutcome(data json.RawMessage) sessionOutcome {
	if data == nil { // most tasks have no session
		return sessionOutcome{}
	}
	var o sessionOutcome
	_ = json.Unmarshal(data, &o) // what cannot be read brought nothing
	return o
}

// conclude saves what a session brought and keeps its outcome in the store.
func (l *launch) conclude(ctx context.Context, s wiro.Submission, parts *sessionParts, result realtime.Result, err error) json.RawMessage {
	defer parts.close()
	ctx, cancel := context.WithTimeout(ctx, concludeTimeout)
	defer cancel()
	l.reserved.settle(ctx, result.Task)
	l.recordCosts(ctx, result.Task)
	o := sessionOutcome{Transcript: result.Transcript.Lines(), Note: l.earlyEnd(result, err)}
	if parts.speech != nil && result.SpeechSeconds > 0 {
		var note string
		o.Outputs, note = l.saveSpeech(ctx, s, parts.speech, o.Transcript)
		o.Note = joinSentences(o.Note, note)
		if len(o.Outputs) > 0 && o.Outputs[0].Path == parts.speech.file.Name() {
			_ = parts.speech.file.Close() // it stays where it is
			parts.speech = nil
		}
	}
	data, err := json.Marshal(o)
	if err != nil { // texts and numbers
		return nil
	}
	l.noted(ctx, l.Store.KeepOutcome(ctx, l.caller(), data, s.TaskID, s.Token))
	if l.run != nil {
		run := *l.run
		l.noted(ctx, run.Submitted(ctx, s.TaskID, s.Token)) // the same call finds it for a while from now on
	}
	return data
}

// earlyEnd says why a session ended before its sound was answered; "" if it was.
func (l *launch) earlyEnd(result realtime.Result, err error) string {
	if err == nil {
		return ""
	}
	why := "The session ended early: " + redactText(err.Error()) + "."
	switch {
	case errors.Is(err, errSessionStopped):
		why = "The session was stopped before it was over."
	case errors.Is(err, errSessionAbandoned):
		why = "The session was ended early, because its client canceled the call or is gone."
	case errors.Is(err, mcptool.ErrRestarting):
		why = "The session was ended early, because the server or the client's connection was shut down."
	case errors.Is(err, wiro.ErrConnectionLost):
		why = "The connection of the session was lost: sound or words may be missing."
	case errors.Is(err, sound.Err):
		why = "The sound cannot be decoded any further."
	case errors.Is(err, realtime.ErrCostLimit):
		why = "The session was stopped, because another turn would have cost more than the limit allows."
	}
	if total := l.plan.seconds(); l.plan.Kind.Hears() && result.SentSeconds < total-0.5 {
		why += fmt.Sprintf(" %.1f of %.1f seconds of the sound were sent.", result.SentSeconds, total)
	}
	return why
}

// saveSpeech saves what a model said in the output folder of the user of this machine, or in the
// Wiro storage of a caller over the network. The note says what did not work.
func (l *launch) saveSpeech(ctx context.Context, s wiro.Submission, speech *speechFile, words []wiro.TranscriptLine) (outputs []OutputInfo, note string) {
	size, err := speech.finish()
	if err != nil {
		return nil, "The speech could not be written: " + redactText(err.Error()) + "."
	}
	if !l.isLocal() {
		return l.uploadSpeech(ctx, s, speech, size)
	}
	name := media.OutputName{Time: time.Now(), Model: l.plan.Slug.String(), Prompt: l.plan.text(), Type: media.ByMIME("audio/wav")}
	if l.plan.Kind == realtime.Conversation && len(words) > 0 {
		name.Prompt = words[0].Text
	}
	path := ""
	if l.Local.OutputDir != "" {
		if _, err = speech.file.Seek(0, io.SeekStart); err == nil {
			path, err = media.Save(l.Local.OutputDir, name, speech.file)
		}
	}
	if path == "" {
		path = speech.file.Name()
		note = "The speech is in a temporary file: move it to keep it."
		if err != nil {
			note = fmt.Sprintf("The output folder cannot be written (%s). %s %s", redactText(plainCause(err)), note, l.Local.OutputHint)
		}
	}
	return []OutputInfo{{
		Name: filepath.Base(path), MIMEType: "audio/wav", Kind: string(media.Audio), SizeBytes: mcptool.Bytes(size), Path: path,
	}}, note
}

// uploadSpeech puts the speech into the caller's storage, in parts if it is long.
func (l *launch) uploadSpeech(ctx context.Context, s wiro.Submission, speech *speechFile, size int64) (outputs []OutputInfo, note string) {
	header := int64(len(media.WAVHeader(0)))
	for at := header; at < size; at += maxPart {
		length := min(maxPart, size-at)
		name := fmt.Sprintf("speech-%s.wav", s.TaskID)
		if size-header > maxPart {
			name = fmt.Sprintf("speech-%s-%d.wav", s.TaskID, len(outputs)+1)
		}
		file := wiro.File{Name: name, ContentType: "audio/wav", Size: header + length, Open: func() (io.ReadCloser, error) {
			again, err := os.Open(speech.file.Name())
			if err != nil {
				return nil, err
			}
			return rejoin(media.WAVHeader(length), joined{io.NewSectionReader(again, at, length), again}), nil
		}}
		stored, err := l.upload(ctx, file)
		if err != nil {
			return outputs, fmt.Sprintf("The speech could not be put into your Wiro storage: %s.", causeOf(err))
		}
		outputs = append(outputs, OutputInfo{Name: name, MIMEType: "audio/wav", Kind: string(media.Audio), SizeBytes: mcptool.Bytes(file.Size), URL: escapeURL(stored.URL)})
	}
	return outputs, ""
}

// upload uploads a file; it tries again if Wiro surely did not take it.
func (l *launch) upload(ctx context.Context, file wiro.File) (stored wiro.StoredFile, err error) {
	for try := range uploadTries {
		stored, err = l.Wiro.Files.Upload(ctx, file, "")
		if err == nil || reasonOf(err) == unknownOutcome || pause(ctx, time.Duration(try+1)*time.Second) != nil {
			break
		}
	}
	return stored, err
}

// outcomeOf is what the session of a task that is over brought, if it had one that this server or
// another replica held.
func (c *Call) outcomeOf(ctx context.Context, t wiro.Task) sessionOutcome {
	if held := c.sessions.Find(c.caller().Key, t.Ref()); held != nil {
		patient, cancel := context.WithTimeout(ctx, outcomeTimeout)
		defer cancel()
		_ = held.Wait(patient, nil) // it is about to be complete
		_, outcome := held.Outcome()
		return readOutcome(outcome)
	}
	name := t.Token
	if name == "" {
		name = t.ID
	}
	for end := time.Now().Add(outcomeTimeout); ; {
		looking, cancel := c.Store.Within(ctx, time.Second)
		outcome, held, err := c.Store.Outcome(looking, c.caller(), name)
		cancel()
		if errors.Is(err, store.ErrSessionLost) {
			return sessionOutcome{Note: "The process that held the session ended before it could keep what was said."}
		}
		if outcome != nil || !held || err != nil || pause(ctx, outcomeInterval) != nil || time.Now().After(end) {
			return readOutcome(outcome) // a store that is down is told of elsewhere
		}
	}
}

// sessionLine says how far a session is.
func sessionLine(p realtime.Progress) string {
	if !p.Ready {
		return "the model is not ready yet"
	}
	heard := fmt.Sprintf("%.0f s of speech so far", p.SpeechSeconds)
	if p.SoundSeconds <= 0 {
		return heard
	}
	sent := fmt.Sprintf("%.0f of %.0f s of sound sent", p.SentSeconds, p.SoundSeconds)
	if p.SpeechSeconds < 1 {
		return sent
	}
	return sent + ", " + heard
}

// session reports how far a session is.
func (t *taskProgress) session(p realtime.Progress) {
	if p.Ready {
		t.progress.Update(1+p.SentSeconds+p.SpeechSeconds, 0, sessionLine(p))
	}
}
