package wiro

// SessionEvent is one of Ready, Audio, TranscriptDelta, TurnEnded, TurnCost, Resumed and Ended.
//
// Wiro docs: Realtime Voice Conversation, Realtime Events.
type SessionEvent interface{ sessionEvent() }

// Ready says that the model takes sound, or is about to speak (task_stream_ready).
type Ready struct{}

// Audio is what the model says: PCM as described at SampleRate, whole samples. The bytes belong to
// the receiver.
type Audio struct{ PCM []byte }

// Speaker says who spoke.
type Speaker string

// The speakers of a session.
const (
	SpeakerUser Speaker = "user"
	SpeakerAI   Speaker = "ai"
)

// String names the speaker for people: "You" or "AI".
func (s Speaker) String() string {
	if s == SpeakerAI {
		return "AI"
	}
	return "You"
}

// TranscriptDelta is what has been understood, or said by the AI, since the one before
// (task_output). A Transcript joins them.
type TranscriptDelta struct {
	Speaker Speaker
	Text    string
}

// TurnEnded says that the model has said what it had to say, or was interrupted
// (task_stream_end). The cost of the turn follows as TurnCost.
type TurnEnded struct{}

// TurnCost is what a turn cost and the session has cost so far (task_cost).
type TurnCost struct {
	Turn  *float64       // USD; nil if Wiro does not say
	Total *float64       // USD so far; nil if Wiro does not say
	Usage map[string]any // as the provider of the model counts, such as output_tokens; numbers are json.Number
}

// Resumed says that the connection was lost and stands again. What came meanwhile is lost.
type Resumed struct{}

// Ended is the last event. Its task is Wiro's record, with the cost of the session; one that is not
// Over could not be read, and its outcome is unknown.
type Ended struct{ Task Task }

func (Ready) sessionEvent()           {}
func (Audio) sessionEvent()           {}
func (TranscriptDelta) sessionEvent() {}
func (TurnEnded) sessionEvent()       {}
func (TurnCost) sessionEvent()        {}
func (Resumed) sessionEvent()         {}
func (Ended) sessionEvent()           {}
