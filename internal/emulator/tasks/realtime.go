package tasks

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

const (
	frameSamples = 4_800 // 200 ms, as documented
	frameTime    = 200 * time.Millisecond
	// maxUnwritten is how many bytes wait for a slow reader before the model pauses.
	maxUnwritten = 256 << 10
	// sessionTimeout is how long a session waits for its client, in real time.
	sessionTimeout = 10 * time.Minute
	// silenceThreshold is the loudest sample that counts as silence.
	silenceThreshold = 500
)

// A session is a realtime model at work.
//
// Wiro docs: Realtime Voice, Realtime Text to Speech, Realtime Speech to Text.
type session struct {
	*task
	exec  *execution
	lines []string // the transcript

	format  audioFormat
	backlog [][]byte // audio that came while the model spoke
	ending  bool     // the client has ended the session, or is gone
	frames  int      // of sound, sent

	speech, silence int // samples since the turn began
	heard           int // samples of sound in all
	words           int // that a dictation has written
}

// converse runs a realtime model from task_stream_ready to its end.
func (t *task) converse() error {
	s := &session{task: t, exec: &execution{}, format: formatOf(t.in.values)}
	waiting, stop := context.WithTimeout(t.ctx, sessionTimeout)
	defer stop()
	if t.topic.AwaitFollower(waiting) == nil { // a session needs its client
		if err := t.streamReady(); err != nil {
			return err
		}
		if err := s.run(); err != nil {
			return err
		}
	} else if t.ctx.Err() != nil {
		return errEnded
	}
	t.bill(s.exec)
	s.exec.elapsed = time.Since(t.begun())
	s.exec.used.audioSeconds = float64(s.heard) / media.SampleRate
	s.leave()
	return t.conclude(s.exec)
}

func (t *task) begun() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.started
}

func (s *session) run() error {
	switch s.model.Makes {
	case makesNarration:
		return s.narrate()
	case makesDictation:
		return s.listen(s.dictate, s.endDictation)
	default:
		return s.listen(s.talk, s.endTalk)
	}
}

// listen hands audio to hear until the client ends the session, is gone, or cannot pay;
// then it calls end.
func (s *session) listen(hear func([]byte) error, end func() error) error {
	idle := time.NewTimer(sessionTimeout)
	defer idle.Stop()
	for s.canPay() {
		if len(s.backlog) > 0 {
			audio := s.backlog[0]
			s.backlog = s.backlog[1:]
			if err := hear(audio); err != nil {
				return err
			}
			continue
		}
		if s.ending {
			return end()
		}
		select {
		case in := <-s.inbox:
			switch in.Kind {
			case "":
				if err := hear(in.Audio); err != nil {
					return err
				}
			case kindInterrupt: // the model does not speak
			default:
				return end()
			}
			idle.Reset(sessionTimeout)
		case <-idle.C:
			return end()
		case <-s.ctx.Done():
			return errEnded
		}
	}
	return end()
}

// canPay reports whether the wallet can pay for more. Dictation is charged at its end, so
// what it owes counts.
func (s *session) canPay() bool {
	owed := 0.0
	if s.model.Makes == makesDictation {
		owed = s.model.cost(usage{audioSeconds: float64(s.heard) / media.SampleRate})
	}
	return s.payer.Wallet().Balance() > owed
}

// count adds audio to the current turn.
func (s *session) count(audio []byte) {
	samples, loud := s.format.samplesOf(audio), !s.format.in.isPCM()
	for i := 0; i+1 < len(audio); i += 2 {
		v := int16(uint16(audio[i]) | uint16(audio[i+1])<<8) //nolint:gosec // two bytes of PCM
		loud = loud || v > silenceThreshold || v < -silenceThreshold
	}
	if loud {
		s.speech += samples
		s.heard += samples
		s.silence = 0
	} else if s.speech > 0 {
		s.silence += samples
	}
}

// talk hears the user and answers: after 300 ms of silence, or three seconds of speech.
func (s *session) talk(audio []byte) error {
	s.count(audio)
	if s.silence >= media.SampleRate*3/10 || s.speech >= 3*media.SampleRate {
		return s.turn()
	}
	return nil
}

func (s *session) endTalk() error {
	if s.speech > 0 && s.canPay() {
		return s.turn()
	}
	return nil
}

// turn is one exchange: transcripts, the answer's audio, the end of the turn, its cost.
func (s *session) turn() error {
	seconds := float64(s.speech) / media.SampleRate
	s.speech, s.silence = 0, 0
	s.exec.used.turns++
	user := fmt.Sprintf("(%.1f seconds of speech)", seconds)
	answer := fmt.Sprintf("Turn %d. The sandbox heard %.1f seconds.", s.exec.used.turns, seconds)
	if err := s.transcribe("TRANSCRIPT_USER:" + user); err != nil {
		return err
	}
	if err := s.transcribe("TRANSCRIPT_AI:" + answer); err != nil {
		return err
	}
	if _, err := s.speak(answer); err != nil {
		return err
	}
	if err := s.streamEnd(); err != nil {
		return err
	}
	return s.charge(usage{turns: 1}, int(seconds*50), tokens(answer)*4)
}

// dictate writes a word for every 200 ms that are not silence.
func (s *session) dictate(audio []byte) error {
	s.count(audio)
	const words = "this is the sandbox writing one word for each moment of sound it hears"
	list := strings.Fields(words)
	for s.words < s.heard/frameSamples {
		word := list[s.words%len(list)]
		s.words++
		if err := s.transcribe("TRANSCRIPT_USER:" + word); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) endDictation() error {
	if err := s.streamEnd(); err != nil {
		return err
	}
	return s.charge(usage{audioSeconds: float64(s.heard) / media.SampleRate}, s.heard/480, s.words)
}

// narrate speaks the text of the run.
func (s *session) narrate() error {
	text := s.in.text()
	spoken, err := s.speak(text)
	if err != nil {
		return err
	}
	s.exec.used.turns = 1
	s.exec.outputs = []*output{s.recording(text, spoken)}
	if err := s.streamEnd(); err != nil {
		return err
	}
	return s.charge(usage{turns: 1, promptLength: len([]rune(text))}, tokens(text), int(spoken*50))
}

// speak sends a text as audio, at the speed of speech, and reports how many seconds were
// sent. It stops where its client interrupts it.
func (s *session) speak(text string) (seconds float64, err error) {
	tune := media.Tune{Text: text, Seconds: talkSeconds(text), Note: 0.12}
	var rest []byte
	for at := 0; at < tune.Samples(); at += frameSamples {
		if !s.service.Pause(s.ctx, frameTime) || !core.Sleep(s.ctx, s.behavior.FrameDelay) {
			return seconds, errEnded
		}
		if s.attend() {
			break
		}
		to := min(at+frameSamples, tune.Samples())
		pcm := append(rest, s.format.encode(tune.Part(nil, at, to))...)
		rest = nil
		if s.behavior.OddFrames { // the last byte waits for the next frame, and is never sent at the end
			pcm, rest = pcm[:len(pcm)-1], slices.Clone(pcm[len(pcm)-1:])
		}
		if err := s.sendSound(pcm); err != nil {
			return seconds, err
		}
		seconds += float64(to-at) / media.SampleRate
		if s.frames++; s.frames == s.behavior.DropAfterFrames {
			s.topic.AwaitRoom(s.ctx, 0)
			s.topic.Drop()
			if s.behavior.SessionGrace <= 0 { // however soon the client comes back
				s.ending = true
				break
			}
		}
	}
	return seconds, nil
}

// talkSeconds is how long a realtime model takes to say a text, up to an hour.
func talkSeconds(text string) float64 {
	return min(max(float64(len(strings.Fields(text)))*0.36, 1), 3600)
}

// sendSound publishes one binary message, and waits for slow readers.
func (s *session) sendSound(pcm []byte) error {
	s.mu.Lock()
	if s.over() {
		s.mu.Unlock()
		return errEnded
	}
	if !s.behavior.Silent {
		s.topic.PublishBinary(slices.Concat([]byte(s.topic.Token+"|"), pcm), s.behavior.SplitFrames)
	}
	s.mu.Unlock()
	s.topic.AwaitRoom(s.ctx, maxUnwritten)
	return nil
}

// transcribe publishes one line of the transcript.
func (s *session) transcribe(line string) error {
	s.lines = append(s.lines, line)
	return s.print(strings.Join(s.lines, "\n"), func() any { return line })
}

// leave adds what the session leaves behind.
func (s *session) leave() {
	s.exec.stdout = strings.Join(s.lines, "\n")
	if s.exec.stdout != "" {
		s.exec.full = func() any { return logText{Raw: s.exec.stdout} }
	}
	if s.model.Makes != makesNarration {
		s.exec.outputs = []*output{file("transcript.txt", "text/plain", []byte(s.exec.stdout+"\n"))}
	}
}

// recording is what was said, as a file.
func (s *session) recording(text string, seconds float64) *output {
	a := media.Tune{Text: text, Seconds: seconds, Note: 0.12}
	return &output{name: "0.wav", contentType: "audio/wav", size: a.Size(), make: a.WAV, text: text, secs: seconds}
}

// A streamEvent is an event of a realtime model: no message.
type streamEvent struct {
	Type      core.Stage `json:"type"`
	ID        string     `json:"id"`
	TaskToken string     `json:"tasktoken"`
	*costs
	Result bool `json:"result"`
}

// costs are what task_cost tells, in USD.
type costs struct {
	Turn       float64    `json:"turnCost"`
	Cumulative float64    `json:"cumulativeCost"`
	Usage      tokenUsage `json:"usage"`
}

type tokenUsage struct {
	Input  int `json:"input_tokens"`
	Output int `json:"output_tokens"`
}

func (t *task) streamReady() error {
	t.mu.Lock()
	t.ready = true
	t.mu.Unlock()
	return t.streamEvent(core.TaskStreamReady, nil)
}

func (s *session) streamEnd() error { return s.streamEvent(core.TaskStreamEnd, nil) }

// charge takes what a turn costs from the wallet at once, and tells.
func (s *session) charge(u usage, input, output int) error {
	u.values = s.in.values
	turn := s.model.cost(u)
	s.payer.Wallet().Charge(turn)
	s.exec.paid += turn
	s.mu.Lock()
	s.cost = s.exec.paid
	s.mu.Unlock()
	return s.streamEvent(core.TaskCost, &costs{turn, s.exec.paid, tokenUsage{input, output}})
}

// streamEvent enters a stage of a realtime model.
func (t *task) streamEvent(stage core.Stage, c *costs) error {
	t.mu.Lock()
	if t.over() {
		t.mu.Unlock()
		return errEnded
	}
	first := t.status != stage
	t.status = stage
	t.send(stage, func() []byte {
		return core.Encode(streamEvent{stage, strconv.FormatInt(t.id, 10), t.topic.Token, c, true})
	})
	t.mu.Unlock()
	if first {
		return t.hold(stage)
	}
	return nil
}
