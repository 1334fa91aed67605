package wiro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	wire "github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// The form of all sound of realtime sessions, in both directions: PCM, 16 bit, little-endian, one
// channel.
//
// Wiro docs: Realtime Voice Conversation, Audio Format.
const (
	SampleRate     = 24_000 // samples a second
	BytesPerSample = 2
	FrameBytes     = 9_600 // of 200 ms, the most that is sent at once
)

const (
	eventQueue   = 128              // events that wait for a slow reader; Wiro waits beyond
	connectLimit = 10 * time.Second // for one connection
	recordLimit  = time.Minute      // for the record of a session that is over
)

// RealtimeService talks with realtime models: voice conversation, speech from text, and text
// from speech.
//
// Wiro docs: Realtime Voice Conversation, Realtime Text to Speech, Realtime Speech to Text.
type RealtimeService service

// Session is a realtime model at work, over a connection of its own. Events must be read: Wiro
// waits while they are not. Send, Interrupt, Finish, End and Close may be called at any time from
// any goroutine.
//
// A session costs while it lasts. The caller should End it, and Close it in any case.
type Session struct {
	client     *Client
	submission Submission
	ctx        context.Context // ends with the session, or with the client
	cancel     context.CancelFunc
	queue      chan SessionEvent
	ready      chan struct{} // closed at the first Ready
	done       chan struct{} // closed when the queue is complete
	reader     chan struct{} // held by who reads the queue
	state      sessionState  // of the goroutine that fills the queue

	sending  sync.Mutex // one Send at a time
	frame    []byte     // its buffer, which starts with the token
	halfSent []byte     // the byte of a sample whose other byte is still to come

	mu       sync.Mutex
	stream   *wire.Stream  // nil while there is no connection
	replaced chan struct{} // closed when stream changes
	ending   bool          // task_session_end was sent
	cost     *float64
	ended    Ended
	err      error
}

// Open runs a realtime model, named "owner/model", and connects to it. The run costs what the
// model costs, by the turn, the second or as its price says, and is submitted once, after the
// connection stands: without one it is not submitted (ErrUnreachable). Sound parameters that the
// model has, such as output_audio_format, must be set to PCM at 24 kHz.
//
// The errors are those of Runs.Submit.
//
// Wiro docs: Realtime Voice Conversation, POST /Run/{owner}/{model}.
func (s *RealtimeService) Open(ctx context.Context, model string, params Params, options ...RunOption) (*Session, error) {
	connection, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	submission, err := s.client.Runs.Submit(ctx, model, params, options...)
	if err == nil && submission.Token == "" {
		err = s.client.invalidResponse(run, "names no token for the session", nil)
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return connection.Start(submission)
}

// Join connects to a run of a realtime model that Runs.Submit has submitted. Nothing of the
// session is lost if it is joined before it is ready.
//
// Wiro docs: WebSocket, Connection Flow.
func (s *RealtimeService) Join(ctx context.Context, submission Submission) (*Session, error) {
	if err := require("token", submission.Token); err != nil {
		return nil, err
	}
	connection, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return s.start(submission, connection.stream, sessionState{joined: true}), nil
}

// RealtimeConnection is a connection to Wiro for the session of a run that is about to be submitted. The
// caller must either Start the session or Close it.
type RealtimeConnection struct {
	service *RealtimeService
	stream  *wire.Stream
}

// Connect connects for a session before its run is submitted in another way than Open, such as
// with Runs.Start: a run that cannot be heard is better not submitted. The error is
// ErrUnreachable, or *InputError if the client has no WebSocket.
//
// Wiro docs: WebSocket, Connection Flow.
func (s *RealtimeService) Connect(ctx context.Context) (*RealtimeConnection, error) {
	if !s.client.shared.transport.HasSocket() {
		return nil, &InputError{Field: "SocketURL", Reason: "must not be NoSocket: realtime models need the WebSocket"}
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	stream, err := s.client.shared.transport.OpenStream(ctx)
	if err != nil {
		return nil, publicError(wire.Operation{Path: "the WebSocket"}, err)
	}
	return &RealtimeConnection{s, stream}, nil
}

// Start begins the session of a run that was submitted a moment ago. The error is *InputError for
// a submission without a token; the connection is closed then.
func (c *RealtimeConnection) Start(submission Submission) (*Session, error) {
	if err := require("token", submission.Token); err != nil {
		c.Close()
		return nil, err
	}
	return c.service.start(submission, c.stream, sessionState{}), nil
}

// Close closes a connection whose session was not started.
func (c *RealtimeConnection) Close() { c.stream.Close() }

func (s *RealtimeService) start(submission Submission, stream *wire.Stream, state sessionState) *Session {
	ctx, cancel := context.WithCancel(context.Background())
	session := &Session{
		client: s.client, submission: submission, state: state, ctx: ctx, cancel: cancel,
		queue: make(chan SessionEvent, eventQueue), ready: make(chan struct{}), done: make(chan struct{}),
		reader: make(chan struct{}, 1), replaced: make(chan struct{}),
		frame: append(make([]byte, 0, len(submission.Token)+1+FrameBytes), submission.Token+"|"...),
	}
	session.attach(stream)
	go session.run(stream)
	return session
}

// Submission is the run behind the session.
func (s *Session) Submission() Submission { return s.submission }

// Ref names the task of the session.
func (s *Session) Ref() TaskRef { return s.submission.Ref() }

// Ready is closed once the model takes sound, or speaks.
func (s *Session) Ready() <-chan struct{} { return s.ready }

// Done is closed once the session is over and all its events wait to be read.
func (s *Session) Done() <-chan struct{} { return s.done }

// Cost is what the session has cost so far in USD, as Wiro said last; nil if it has not said. Once
// the session is over it is the cost of the record.
func (s *Session) Cost() *float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cost
}

// Events returns what the session brings, in order, until it is over. The last one is Ended; an
// error with it says what went wrong: ErrConnectionLost if sound or words may be missing,
// ErrClosed after Close, *APIError if Wiro refused the session. A task that failed is no error:
// see Ended.Task.Err. If ctx ends first, its error comes with a nil event.
//
// Leaving the loop does not end the session, and a later loop continues where it was left. Only
// one loop can run at a time.
//
// Wiro docs: Realtime Voice Conversation, Realtime Events.
func (s *Session) Events(ctx context.Context) iter.Seq2[SessionEvent, error] {
	return func(yield func(SessionEvent, error) bool) {
		select {
		case s.reader <- struct{}{}:
			defer func() { <-s.reader }()
		case <-ctx.Done():
			yield(nil, ctx.Err())
			return
		}
		for {
			select {
			case event, open := <-s.queue:
				if !open {
					yield(s.ended, s.err)
					return
				}
				if !yield(event, nil) {
					return
				}
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// Send sends sound to the model: PCM as described at SampleRate, of any length, cut into frames of
// at most FrameBytes. It waits until the model is ready, and while the connection takes no more,
// and returns ErrSessionEnded after Finish, and once the session is over. A sample that is cut in
// half is completed by the next call. Models listen at the pace of speech: a caller that has the
// sound at hand should not send it faster.
//
// Wiro docs: Realtime Voice Conversation, Sending Microphone Audio.
func (s *Session) Send(pcm []byte) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	select {
	case <-s.ready:
	case <-s.done:
		return ErrSessionEnded
	}
	token := len(s.submission.Token) + 1
	for len(s.halfSent)+len(pcm) >= BytesPerSample {
		s.frame = append(s.frame[:token], s.halfSent...)
		if s.isEnding() {
			return ErrSessionEnded
		}
		n := min(len(pcm), FrameBytes-len(s.halfSent))
		n -= (len(s.halfSent) + n) % BytesPerSample
		s.frame = append(s.frame, pcm[:n]...)
		s.halfSent, pcm = s.halfSent[:0], pcm[n:]
		if err := s.write(context.Background(), (*wire.Stream).WriteBinary, s.frame); err != nil {
			return err
		}
	}
	s.halfSent = append(s.halfSent, pcm...)
	return nil
}

// Interrupt stops the AI's speech. What it was saying ends with TurnEnded, and the session goes on.
// Who plays the sound should stop doing so at once.
//
// Wiro docs: Realtime Voice Conversation, Interrupting AI Speech (task_session_interrupt).
func (s *Session) Interrupt() error {
	return s.write(context.Background(), (*wire.Stream).WriteText, s.message("task_session_interrupt"))
}

// Finish asks Wiro to end the session, and returns. What was sent is still answered: Events goes on
// until Ended.
//
// Wiro docs: Realtime Voice Conversation, Ending a Session (task_session_end).
func (s *Session) Finish() error { return s.finish(context.Background()) }

func (s *Session) finish(ctx context.Context) error {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	return s.write(ctx, (*wire.Stream).WriteText, s.message("task_session_end"))
}

// End is Finish, and waits until the session is over; it returns the task as Wiro's record states
// it, and the error that Events ends with. If no loop over Events runs, it reads and drops what is
// left of them. Inside such a loop Finish must be used.
//
// Wiro docs: Realtime Voice Conversation, Ending a Session (task_postprocess_end).
func (s *Session) End(ctx context.Context) (Task, error) {
	_ = s.finish(ctx) // an error is the session's end
	reader, queue := s.reader, (chan SessionEvent)(nil)
	defer func() {
		if queue != nil {
			<-s.reader
		}
	}()
	for {
		select {
		case reader <- struct{}{}:
			reader, queue = nil, s.queue
		case <-queue:
		case <-s.done:
			return s.ended.Task, s.err
		case <-ctx.Done():
			return Task{}, ctx.Err()
		}
	}
}

// Cancel stops the task of the session without task_session_end: it is taken out of the queue, or
// killed. It is for a session that is not ready yet, or does not end. What was charged is in the
// task's record.
//
// Wiro docs: Tasks, POST /Task/Cancel and POST /Task/Kill.
func (s *Session) Cancel(ctx context.Context) error {
	err := s.client.Tasks.Cancel(ctx, s.Ref())
	if errors.Is(err, ErrNotCancellable) {
		err = s.client.Tasks.Kill(ctx, s.Ref())
	}
	return err
}

// Close ends the session at once: it sends task_session_end if it can, closes the connection, and
// does not wait. What was charged is in the task's record. It may be called more than once.
func (s *Session) Close() {
	s.mu.Lock()
	stream, ending := s.stream, s.ending
	s.ending = true
	s.mu.Unlock()
	if stream != nil && s.ctx.Err() == nil {
		if !ending {
			_ = stream.TryText(s.message("task_session_end"))
		}
		defer stream.Close()
	}
	s.cancel()
}

func (s *Session) isEnding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// message is a message of the session to Wiro.
func (s *Session) message(kind string) []byte {
	data, err := json.Marshal(map[string]string{"type": kind, "tasktoken": s.submission.Token})
	if err != nil { // two strings
		panic(err)
	}
	return data
}

// write sends over the connection of the moment; while there is none it waits for the next.
func (s *Session) write(ctx context.Context, send func(*wire.Stream, []byte) error, data []byte) error {
	for {
		s.mu.Lock()
		stream, replaced := s.stream, s.replaced
		s.mu.Unlock()
		if stream != nil {
			if send(stream, data) == nil {
				return nil
			}
			stream.Close()
		}
		select {
		case <-replaced:
		case <-s.done:
			return ErrSessionEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// attach makes a stream the connection of the session and registers for it; nil means that there
// is none.
func (s *Session) attach(stream *wire.Stream) {
	if stream != nil {
		farewell := s.message("task_session_end")
		stream.Farewell(farewell)
		err := stream.WriteText(s.message("task_info"))
		if err == nil && s.isEnding() {
			err = stream.WriteText(farewell)
		}
		if err != nil {
			stream.Close() // which the reader notices
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stream = stream
	close(s.replaced)
	s.replaced = make(chan struct{})
}

// lost is the error of a session whose connection broke.
func lost(cause error) error { return fmt.Errorf("%w: %w", ErrConnectionLost, cause) }
