package wiro

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Errors that an *APIError or a *ResponseError can stand for; test with errors.Is. A Reason is
// more precise.
var (
	ErrNotFound            = errors.New("not found")
	ErrUnauthorized        = errors.New("credentials refused")
	ErrForbidden           = errors.New("not permitted")
	ErrConcurrencyLimit    = errors.New("too many tasks at once")      // code 96
	ErrInsufficientBalance = errors.New("insufficient balance")        // code 97
	ErrSignInRequired      = errors.New("sign-in required")            // code 98
	ErrTokenInvalid        = errors.New("bearer token invalid")        // code 99
	ErrRateLimited         = errors.New("rate limited")                // HTTP 429
	ErrNotCancellable      = errors.New("past the point of canceling") // Task/Cancel
	ErrUnavailable         = errors.New("Wiro is unavailable")         // HTTP 5xx
)

// Errors that occur before Wiro responds, or with the response itself.
var (
	// ErrUnreachable: no connection to Wiro came about, so that nothing was sent.
	ErrUnreachable = errors.New("Wiro cannot be reached")
	// ErrDisconnected: the connection failed before a whole response to a request came that may be
	// repeated.
	ErrDisconnected = errors.New("the connection to Wiro failed")
	// ErrTooLarge: the response holds more bytes than the client reads.
	ErrTooLarge = errors.New("the response is too large")
	// ErrUnknownOutcome: a request that must not be sent twice may have reached Wiro, but no
	// usable response came back. Look whether it took effect before doing it again.
	ErrUnknownOutcome = errors.New("the request may have reached Wiro")
	// ErrConnectionLost: the connection of a realtime session broke, and what Wiro sent
	// meanwhile is lost.
	ErrConnectionLost = errors.New("the connection of the session was lost")
	// ErrSessionEnded: the realtime session is over, and takes nothing more.
	ErrSessionEnded = errors.New("the session is over")
	// ErrClosed: the client was closed.
	ErrClosed = errors.New("the client is closed")
)

// Codes of Wiro's errors. A Reason says more.
//
// Wiro docs: Error Reference.
const (
	CodeGeneral             = 0
	CodeNotFound            = 1
	CodeConcurrencyLimit    = 96
	CodeInsufficientBalance = 97
	CodeSignInRequired      = 98
	CodeTokenInvalid        = 99
)

// Codes of refused changes of an agent's skills.
//
// Wiro docs: Agent Overview, POST /UserAgent/SkillsApply (Common error codes).
const (
	CodeSkillsTemplateOnly       = 100 // the agent was deployed from a template
	CodeSkillsDependency         = 101 // a skill depends on one that would be off
	CodeSkillsConflict           = 102 // two skills exclude each other
	CodeSkillsInsufficientWallet = 103 // the wallet does not hold the difference in price
	CodeSkillsInProgress         = 104 // another change is under way
	CodeSkillsTierDowngrade      = 105 // from Pro to Starter
	CodeSkillsSubscription       = 106 // there is no active subscription
	CodeSkillsRolledBack         = 108 // nothing was changed; repeat with a new key
)

// APIError is a refusal by Wiro: a response with result:false (HTTP 200 as a rule), or an HTTP
// error that carries Wiro's envelope.
//
// Wiro docs: Error Reference.
type APIError struct {
	Operation  string   // the endpoint, such as "Task/Detail"
	HTTPStatus int      // 200 for most
	Code       int      // one of the Code constants; CodeGeneral if Wiro gave none
	Reason     Reason   // what the refusal means
	Detail     string   // what the reason is about, such as a parameter's name; "" for most
	Messages   []string // Wiro's own words, at least one, without secrets of the caller
	// Extra is what else Wiro's response says, without secrets of the caller: conflicts and
	// deps of a change of skills, agentstatus and agentbalance of a message. Numbers are
	// json.Number.
	Extra      map[string]any
	RetryAfter time.Duration // from a 429; 0 if Wiro did not say
}

// Error returns Wiro's words and where they came from.
func (e *APIError) Error() string {
	return fmt.Sprintf("%s: %s (code %d, HTTP %d)", e.Operation, e.Message(), e.Code, e.HTTPStatus)
}

// Message returns Wiro's words alone.
func (e *APIError) Message() string { return strings.Join(e.Messages, "; ") }

// Is matches the errors of this package that the reason and the HTTP status stand for.
func (e *APIError) Is(target error) bool {
	return slices.Contains(reasonSentinels[e.Reason], target) || statusSentinel(e.HTTPStatus) == target
}

// ReasonOf returns the reason of the *APIError in err's chain; "" if there is none. The reason of
// an APIError that a program made itself is read from its other fields.
func ReasonOf(err error) Reason {
	refusal, ok := errors.AsType[*APIError](err)
	if !ok {
		return ""
	}
	if refusal.Reason != "" {
		return refusal.Reason
	}
	reason, _ := reasonOf(refusal.Operation, refusal.HTTPStatus, refusal.Code, refusal.Message())
	return reason
}

// ResponseError is a response that is not Wiro's envelope: a web page of a proxy, broken JSON,
// a redirect, or more bytes than the client reads.
type ResponseError struct {
	Operation  string
	HTTPStatus int
	Problem    string        // what is wrong with it, such as "is a web page, not JSON"
	Start      string        // its first 200 bytes at most, without secrets of the caller
	RetryAfter time.Duration // from a 429 or 503; 0 if the response did not say
	TooLarge   bool          // more bytes than the client reads
}

// Error describes the response and shows how it starts.
func (e *ResponseError) Error() string {
	text := fmt.Sprintf("%s: the response (HTTP %d) %s", e.Operation, e.HTTPStatus, e.Problem)
	if e.Start != "" {
		text += fmt.Sprintf("; it starts with %q", e.Start)
	}
	return text
}

// Is matches ErrTooLarge, and the errors that the HTTP status stands for: ErrUnavailable,
// ErrRateLimited, ErrNotFound, ErrUnauthorized and ErrForbidden.
func (e *ResponseError) Is(target error) bool {
	return e.TooLarge && target == ErrTooLarge || statusSentinel(e.HTTPStatus) == target
}

func statusSentinel(status int) error {
	switch status {
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	}
	if status >= http.StatusInternalServerError {
		return ErrUnavailable
	}
	return nil
}

// PollError is the error of a wait that ended while the status could not be read: how things
// stand is not known.
type PollError struct {
	Ended error // why the wait ended: its context's error
	Err   error // why the last poll failed
}

// Error names both.
func (e *PollError) Error() string {
	return fmt.Sprintf("%v (the last poll failed: %v)", e.Ended, e.Err)
}

// Unwrap returns both.
func (e *PollError) Unwrap() []error { return []error{e.Ended, e.Err} }

// InputError is an argument that the client refuses to send.
type InputError struct {
	Field  string // the argument's name
	Reason string // what is wrong and what is right
}

// Error names the argument and what is wrong with it.
func (e *InputError) Error() string { return e.Field + ": " + e.Reason }

// publicError turns an error of the wire into one of this package. It is the one place that
// does.
func publicError(op wire.Operation, err error) error {
	failure, ok := errors.AsType[*wire.Error](err)
	switch {
	case errors.Is(err, wire.ErrClosed):
		return ErrClosed
	case !ok:
		return err
	}
	if failure.Unclear {
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, refusalError(op, failure))
	}
	switch failure.Kind {
	case wire.NotSent:
		return fmt.Errorf("%s: %w: %w", op.Path, ErrUnreachable, failure.Err)
	case wire.Broken:
		if op.Effect != wire.NonIdempotent {
			return fmt.Errorf("%s: %w: %w", op.Path, ErrDisconnected, failure.Err)
		}
		return unknownOutcome(op, fmt.Errorf("%s: the connection failed: %w", op.Path, failure.Err))
	case wire.BadContent:
		return unknownOutcome(op, refusalError(op, failure))
	case wire.Refused:
		refusal := refusalError(op, failure)
		if failure.HTTPStatus >= http.StatusInternalServerError {
			return unknownOutcome(op, refusal)
		}
		return refusal
	case wire.Stopped, wire.BadRequest:
	}
	return fmt.Errorf("%s: %w", op.Path, failure.Err)
}

// refusalError is the *APIError or *ResponseError of a response.
func refusalError(op wire.Operation, failure *wire.Error) error {
	if failure.Kind == wire.BadContent {
		return &ResponseError{
			Operation: op.Path, HTTPStatus: failure.HTTPStatus, Problem: failure.Problem,
			Start: failure.Start, RetryAfter: failure.RetryAfter, TooLarge: failure.TooLarge,
		}
	}
	refusal := newAPIError(op.Path, failure.HTTPStatus, failure.Code, failure.Messages...)
	refusal.RetryAfter, refusal.Extra = failure.RetryAfter, failure.Extra
	return refusal
}

func newAPIError(operation string, status, code int, messages ...string) *APIError {
	e := &APIError{Operation: operation, HTTPStatus: status, Code: code, Messages: messages}
	e.Reason, e.Detail = reasonOf(operation, status, code, e.Message())
	return e
}

// unknownOutcome marks the error of a non-idempotent request that may have arrived all the
// same. An error that says that Wiro refused the request stays as it is.
func unknownOutcome(op wire.Operation, err error) error {
	if op.Effect != wire.NonIdempotent {
		return err
	}
	for _, refused := range []error{ErrRateLimited, ErrUnauthorized, ErrNotFound, ErrForbidden} {
		if errors.Is(err, refused) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrUnknownOutcome, err)
}

// isFinal reports whether asking again cannot help.
func isFinal(err error) bool {
	if _, ok := errors.AsType[*InputError](err); ok {
		return true
	}
	for _, final := range []error{ErrNotFound, ErrUnauthorized, ErrForbidden, ErrSignInRequired} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
