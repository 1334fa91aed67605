package tools

import (
	"context"

	"github.com/mark3labs/mcp-go/server"
)

type traceKey struct{}

type trace struct {
	id      string
	observe func(Event)
}

// Traced returns a context in which a call goes by this request id and tells observe how it
// ended, before Options.Observe hears of it.
func Traced(ctx context.Context, id string, observe func(Event)) context.Context {
	return context.WithValue(ctx, traceKey{}, trace{id, observe})
}

func traceFrom(ctx context.Context) trace {
	t, ok := ctx.Value(traceKey{}).(trace)
	if !ok {
		return trace{newRequestID(), func(Event) {}}
	}
	return t
}

type notifyKey struct{}

// NotifyFunc sends a notification to the client whose call this is. One that cannot be sent
// is lost.
type NotifyFunc func(method string, params map[string]any)

// Notifying returns a context whose call sends its notifications through notify, in their
// order and before its result. Without it they go through mcp-go, which over HTTP loses
// those that the result overtakes.
func Notifying(ctx context.Context, notify NotifyFunc) context.Context {
	return context.WithValue(ctx, notifyKey{}, notify)
}

// notifierFrom is how to reach the client; nil where there is none.
func notifierFrom(ctx context.Context) NotifyFunc {
	if notify, ok := ctx.Value(notifyKey{}).(NotifyFunc); ok {
		return notify
	}
	s := server.ServerFromContext(ctx)
	if s == nil {
		return nil
	}
	return func(method string, params map[string]any) {
		notify(ctx, s, method, params)
	}
}
