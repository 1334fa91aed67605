package wire

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Kind says at which point a call failed.
type Kind int

// The points at which a call can fail.
const (
	NotSent    Kind = iota // no connection came about: nothing was sent
	Stopped                // the caller gave up before the request was sent, or between attempts
	Broken                 // the connection failed after the request was begun
	BadContent             // a response that is not Wiro's envelope, or is too large
	Refused                // Wiro's envelope says no
	BadRequest             // the request's content could not be made: nothing was sent
)

// Error is a call that failed.
type Error struct {
	Kind       Kind
	Operation  string
	HTTPStatus int            // 0 without a response
	RetryAfter time.Duration  // 0 if the response did not say
	Code       int            // of a refusal; 0 if Wiro gave none
	Messages   []string       // of a refusal, redacted; at least one
	Extra      map[string]any // of a refusal: what else the response holds, redacted; nil of an operation with secrets
	Problem    string         // of bad content: what is wrong with it
	Start      string         // of bad content: its first 200 bytes, redacted
	TooLarge   bool           // of bad content: more bytes than are read
	Unclear    bool           // of a non-idempotent request: the response does not rule out that it took effect
	Err        error          // of NotSent, Stopped, Broken and BadRequest: the cause
}

// Error describes the failure for logs; package wiro has the words for users.
func (e *Error) Error() string {
	switch e.Kind {
	case Refused:
		return fmt.Sprintf("%s: refused: %q", e.Operation, e.Messages)
	case BadContent:
		return fmt.Sprintf("%s: the response %s", e.Operation, e.Problem)
	case NotSent, Stopped, Broken, BadRequest:
	}
	return fmt.Sprintf("%s: %v", e.Operation, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// repeatable decides whether a failed attempt may be made again.
func (e *Error) repeatable(effect Effect) bool {
	switch {
	case e.Unclear:
		return false
	case e.HTTPStatus == http.StatusTooManyRequests:
		return true
	case e.Kind == BadRequest || e.Kind == Stopped:
		return false
	case e.Kind == NotSent:
		return true
	case effect == NonIdempotent:
		return false
	case e.Kind == Broken:
		return true
	}
	return e.HTTPStatus >= http.StatusInternalServerError
}

func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
