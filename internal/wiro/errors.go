package wiro

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What an *APIError can stand for; test with errors.Is.
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

// What can go wrong before Wiro answers, or with the answer itself.
var (
	// ErrUnreachable: no connection to Wiro came about, so nothing was sent.
	ErrUnreachable = errors.New("Wiro cannot be reached")
	// ErrTooLarge: the answer holds more bytes than this client reads.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrUncertain: a request that must not be sent twice may have reached Wiro, but no
	// usable answer came back. Look before doing it again.
	ErrUncertain = errors.New("the request may have reached Wiro")
)

// Wiro's error codes.
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

// APIError is Wiro saying no: an answer with result:false (HTTP 200 as a rule), or an HTTP
// error that carries Wiro's envelope.
//
// Wiro docs: Error Reference.
type APIError struct {
	Operation  string        // the endpoint, such as "Task/Detail"
	HTTPStatus int           // 200 for most
	Code       int           // one of the Code constants; CodeGeneral where Wiro gave none
	Messages   []string      // Wiro's own words, at least one
	RetryAfter time.Duration // from a 429; 0 where Wiro did not say
}

// Error gives Wiro's words and where they came from.
func (e *APIError) Error() string {
	return fmt.Sprintf("%s: %s (code %d, HTTP %d)", e.Operation, e.Message(), e.Code, e.HTTPStatus)
}

// Message is Wiro's words alone.
func (e *APIError) Message() string { return strings.Join(e.Messages, "; ") }

// Is matches the sentinels of this package.
func (e *APIError) Is(target error) bool {
	says := func(parts ...string) bool {
		text := strings.ToLower(e.Message())
		for _, part := range parts {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	switch target {
	case ErrNotFound:
		return e.HTTPStatus == http.StatusNotFound || e.Code == http.StatusNotFound || e.Code == CodeNotFound &&
			!says("cancellable", "could not be killed", "must be completed", "not-accessible") ||
			e.Code == CodeGeneral && says("not found", "not-found", "not-exist", "no task yet") && !errors.Is(e, ErrUnauthorized)
	case ErrUnauthorized: // HTTP 401 as a rule; the same words with HTTP 200 mean the same
		return e.HTTPStatus == http.StatusUnauthorized || e.Code == CodeTokenInvalid ||
			says("project authorization is not", "requires signature authentication")
	case ErrForbidden:
		return e.HTTPStatus == http.StatusForbidden || says("any permission", "not-accessible", "access denied", "access-denied", "belongs to a team")
	case ErrConcurrencyLimit:
		return e.Code == CodeConcurrencyLimit
	case ErrInsufficientBalance:
		return e.Code == CodeInsufficientBalance || says("insufficient wallet", "insufficient-wallet")
	case ErrSignInRequired:
		return e.Code == CodeSignInRequired
	case ErrTokenInvalid:
		return e.Code == CodeTokenInvalid
	case ErrRateLimited:
		return e.HTTPStatus == http.StatusTooManyRequests
	case ErrNotCancellable:
		return says("cancellable")
	case ErrUnavailable:
		return e.HTTPStatus >= http.StatusInternalServerError
	}
	return false
}

// ResponseError is an answer that is not Wiro's envelope: HTML from a proxy, broken JSON, a
// redirect, or more bytes than the client reads.
type ResponseError struct {
	Operation  string
	HTTPStatus int
	Problem    string        // what is wrong with it, such as "is not JSON"
	Start      string        // at most 200 bytes of it, without credentials
	RetryAfter time.Duration // from a 429 or 503; 0 where the answer did not say
	TooLarge   bool          // more bytes than the client reads
}

// Error describes the answer and shows how it starts.
func (e *ResponseError) Error() string {
	text := fmt.Sprintf("%s: the answer (HTTP %d) %s", e.Operation, e.HTTPStatus, e.Problem)
	if e.Start != "" {
		text += fmt.Sprintf("; it starts with %q", e.Start)
	}
	return text
}

// Is matches ErrTooLarge, and ErrUnavailable, ErrRateLimited, ErrNotFound, ErrUnauthorized and
// ErrForbidden by HTTP status.
func (e *ResponseError) Is(target error) bool {
	switch target {
	case ErrTooLarge:
		return e.TooLarge
	case ErrUnavailable:
		return e.HTTPStatus >= http.StatusInternalServerError
	case ErrRateLimited:
		return e.HTTPStatus == http.StatusTooManyRequests
	case ErrNotFound:
		return e.HTTPStatus == http.StatusNotFound
	case ErrUnauthorized:
		return e.HTTPStatus == http.StatusUnauthorized
	case ErrForbidden:
		return e.HTTPStatus == http.StatusForbidden
	}
	return false
}

// InputError is an argument that this client refuses to send.
type InputError struct {
	Field  string // the argument's name
	Reason string // what is wrong and what is right
}

// Error names the argument and what is wrong with it.
func (e *InputError) Error() string { return e.Field + ": " + e.Reason }
