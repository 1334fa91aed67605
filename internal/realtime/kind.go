package realtime

import (
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Kind is what a realtime model does.
type Kind string

// The kinds of realtime models. None is every other model.
const (
	None          Kind = ""
	Conversation  Kind = "conversation"  // hears and speaks
	Speech        Kind = "speech"        // speaks a text
	Transcription Kind = "transcription" // writes down what it hears
)

// Hears reports whether the model takes sound.
func (k Kind) Hears() bool { return k == Conversation || k == Transcription }

// Speaks reports whether the model sends sound.
func (k Kind) Speaks() bool { return k == Conversation || k == Speech }

// perTurn is the billing method of realtime models.
//
// Wiro docs: Pricing, Special Methods.
const perTurn = "cp-realtimeturn"

// categories of realtime models, and those that tell what a model does that is billed by the turn.
var (
	realtimeCategories = map[string]Kind{
		"realtime-conversation": Conversation, "realtime-voice": Conversation, "realtime-voice-conversation": Conversation,
		"realtime-tts": Speech, "realtime-text-to-speech": Speech,
		"realtime-stt": Transcription, "realtime-speech-to-text": Transcription,
	}
	plainCategories = map[string]Kind{
		"text-to-speech": Speech, "tts": Speech, "speech-to-text": Transcription, "stt": Transcription,
	}
)

// KindOf tells what a realtime model does, by its categories and billing method.
func KindOf(model wiro.Model) Kind {
	if kind := kindIn(realtimeCategories, model); kind != None {
		return kind
	}
	byTurn := slices.ContainsFunc(model.DynamicPrice, func(p wiro.Price) bool { return p.Method == perTurn })
	if !byTurn {
		return None
	}
	if kind := kindIn(plainCategories, model); kind != None {
		return kind
	}
	return Conversation
}

func kindIn(kinds map[string]Kind, model wiro.Model) Kind {
	for _, category := range model.Categories {
		if kind := kinds[strings.Join(strings.Fields(strings.ToLower(category)), "-")]; kind != None {
			return kind
		}
	}
	return None
}
