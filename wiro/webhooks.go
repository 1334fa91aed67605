package wiro

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// ErrNotWebhook means that what was received names neither a task nor a message.
var ErrNotWebhook = errors.New("not a webhook of Wiro")

// ParseTaskWebhook reads the body that Wiro POSTs to the CallbackURL of a run once its task is
// over. An error matches ErrNotWebhook.
//
// Wiro does not sign webhooks: anyone who knows the address can send one. Tasks.Get returns what
// really happened; WebhookHandler asks it for every webhook.
//
// The documentation leaves the body's shape open: a task alone, or inside tasklist, task or data,
// is read.
//
// Wiro docs: Model Parameters (Webhook Callback).
func ParseTaskWebhook(body []byte) (Task, error) {
	var posted struct {
		Task
		List []Task `json:"tasklist"`
		One  []Task `json:"task"`
		Data []Task `json:"data"`
	}
	if err := decodeWebhook(body, &posted); err != nil {
		return Task{}, err
	}
	for _, list := range [][]Task{{posted.Task}, posted.List, posted.One, posted.Data} {
		if len(list) > 0 && (isID(list[0].Token) || isID(list[0].ID)) {
			return list[0], nil
		}
	}
	return Task{}, fmt.Errorf("%w: it names no task", ErrNotWebhook)
}

// ParseMessageWebhook reads the body that Wiro POSTs to the CallbackURL of a message to an agent
// once it is over. It has the message's GUID, Content, Response, DebugOutput, Status, Metadata and
// EndedAt. Of a message that failed, Response is the agent's own error, which Messages.Get may
// show in other words. An error matches ErrNotWebhook.
//
// Wiro does not sign webhooks: anyone who knows the address can send one. Messages.Get returns
// what really happened; WebhookHandler asks it for every webhook.
//
// Wiro docs: Agent Webhooks (Callback Payload).
func ParseMessageWebhook(body []byte) (Message, error) {
	var posted struct {
		Message
		MessageGUID string `json:"messageguid"`
	}
	if err := decodeWebhook(body, &posted); err != nil {
		return Message{}, err
	}
	if !isID(posted.MessageGUID) {
		return Message{}, fmt.Errorf("%w: it names no message", ErrNotWebhook)
	}
	posted.GUID = posted.MessageGUID
	return posted.Message, nil
}

// isID reports whether a text can be a guid, a token or an id.
func isID(text string) bool { return text != "" && isHeaderValue(text) }

func decodeWebhook(body []byte, v any) error {
	body, err := wire.ReadPosted(bytes.NewReader(body), len(body), "parameters") // as Task.Parameters says
	if err == nil {
		err = wire.Decode(body, v)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWebhook, err)
	}
	return nil
}
