package wiro

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	maxAnswer    = 16 << 20         // bytes of an answer that are read
	maxTries     = 4                // attempts of a request that may be repeated
	maxRetryWait = 20 * time.Second // a longer Retry-After is the caller's to wait for
	snippetSize  = 200              // bytes of a strange answer that an error shows
)

// body makes the content of a request, anew for every attempt.
type body func() (content io.Reader, size int64, contentType string, err error)

// call sends a JSON request and decodes the answer. It is the only way to Wiro's endpoints
// that take JSON.
func call[Resp any](ctx context.Context, c *Client, op operation, request any) (Resp, error) {
	var answer Resp
	if request == nil {
		request = struct{}{}
	}
	data, err := json.Marshal(request)
	if err != nil {
		return answer, fmt.Errorf("%s: encoding the request: %w", op.path, err)
	}
	return callWith[Resp](ctx, c, op, func() (io.Reader, int64, string, error) {
		return bytes.NewReader(data), int64(len(data)), "application/json", nil
	})
}

// callWith is call for any content.
func callWith[Resp any](ctx context.Context, c *Client, op operation, content body) (Resp, error) {
	var answer Resp
	raw, err := c.send(ctx, op, content)
	if err != nil {
		return answer, err
	}
	if err := decode(raw, &answer); err != nil {
		return answer, c.uncertain(op, &ResponseError{
			Operation: op.path, HTTPStatus: http.StatusOK,
			Problem: "does not have the documented shape: " + err.Error(), Start: c.snippet(op, raw),
		})
	}
	return answer, nil
}

// act is call for an endpoint that answers yes or no and nothing else: without a word on
// whether it was done, nobody may think that it was.
func act(ctx context.Context, c *Client, op operation, request any) error {
	answer, err := call[struct {
		Result *Bool `json:"result"`
	}](ctx, c, op, request)
	if err == nil && answer.Result == nil {
		err = c.uncertain(op, &ResponseError{Operation: op.path, HTTPStatus: http.StatusOK, Problem: "does not say whether it was done"})
	}
	return err
}

// send makes attempts until one succeeds, fails for good, or may not be repeated, and
// returns the envelope of a success.
func (c *Client) send(ctx context.Context, op operation, content body) ([]byte, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = c.options.Retry
	pauses.MaxInterval = 16 * c.options.Retry

	return backoff.Retry(ctx, func() ([]byte, error) {
		raw, sent, err := c.attempt(ctx, op, content)
		if err == nil {
			return raw, nil
		}
		wait := retryAfter(err)
		if ctx.Err() != nil || !repeatable(op, sent, err) || wait > maxRetryWait {
			return nil, backoff.Permanent(err)
		}
		if wait > 0 {
			return nil, delayed{err, &backoff.RetryAfterError{Duration: wait}}
		}
		return nil, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(0))
}

// delayed is an error after which Wiro named the pause.
type delayed struct {
	error
	pause *backoff.RetryAfterError
}

func (d delayed) Unwrap() []error { return []error{d.error, d.pause} }

// attempt sends one request. Sent says whether it may have reached Wiro.
func (c *Client) attempt(ctx context.Context, op operation, content body) (raw []byte, sent bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if op.effect == submit {
		// Whoever asked may be gone before the answer is here, but the answer is paid for.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, op.timeout)
	defer cancel()
	reader, size, contentType, err := content()
	if err != nil {
		return nil, false, err
	}
	outgoing := &watched{Reader: reader}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.BaseURL+"/"+op.path, outgoing)
	if err != nil {
		_ = outgoing.Close()
		return nil, false, fmt.Errorf("%s: %w", op.path, err)
	}
	request.ContentLength = size
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.options.UserAgent)
	if c.team != "" {
		request.Header.Set("teamGUID", c.team)
	}
	c.credentials.sign(request.Header)

	start, status := time.Now(), 0
	defer func() { c.options.Observer.Request(op.path, status, time.Since(start)) }()
	response, err := c.http.Do(request)
	if err != nil {
		sent = outgoing.read.Load()
		return nil, sent, c.transportError(op, sent, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	status = response.StatusCode
	raw, err = c.open(op, response)
	return raw, true, err
}

// watched is a request's content that knows whether the transport, whichever it is, began to
// read it: until then no server can have acted on it. It offers no copy of itself, so that no
// transport sends it a second time on its own.
type watched struct {
	io.Reader
	read atomic.Bool
}

// Read hands the content out.
func (w *watched) Read(p []byte) (int, error) {
	w.read.Store(true)
	return w.Reader.Read(p)
}

// Close closes what the content is read from.
func (w *watched) Close() error {
	if c, ok := w.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// open reads an answer and tells Wiro's yes from its no and from what is not Wiro's at all.
func (c *Client) open(op operation, response *http.Response) ([]byte, error) {
	strange := func(problem string, start []byte) error {
		return c.uncertain(op, &ResponseError{
			Operation: op.path, HTTPStatus: response.StatusCode, Problem: problem,
			Start: c.snippet(op, start), RetryAfter: retryAfterHeader(response.Header), TooLarge: len(start) > maxAnswer,
		})
	}
	if location := response.Header.Get("Location"); response.StatusCode >= 300 && response.StatusCode < 400 {
		host := "elsewhere"
		if to, err := url.Parse(location); err == nil && to.Host != "" {
			host = "to " + to.Host
		}
		return nil, strange("redirects "+host+", where the credentials do not go", nil)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, c.transportError(op, true, err)
	}
	if len(raw) > maxAnswer {
		return nil, strange(fmt.Sprintf("is larger than %d MB", maxAnswer>>20), raw)
	}
	var envelope *struct {
		Result *Bool         `json:"result"`
		Errors List[refusal] `json:"errors"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil || envelope == nil {
		kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
		if kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<")) {
			return nil, strange("is a web page, not JSON", raw)
		}
		return nil, strange("is not the JSON object that Wiro answers with", raw)
	}
	ok := response.StatusCode < 300
	if ok && (envelope.Result == nil && len(envelope.Errors) == 0 || envelope.Result != nil && bool(*envelope.Result)) {
		return raw, nil
	}
	if len(envelope.Errors) == 0 && envelope.Result == nil {
		return nil, strange("is an error without Wiro's envelope", raw)
	}
	failure := &APIError{
		Operation: op.path, HTTPStatus: response.StatusCode, RetryAfter: retryAfterHeader(response.Header),
	}
	for _, item := range envelope.Errors {
		if item.Code != 0 && failure.Code == 0 {
			failure.Code = int(item.Code)
		}
		if item.Message != "" {
			failure.Messages = append(failure.Messages, c.redact(string(item.Message)))
		}
	}
	if len(failure.Messages) == 0 {
		failure.Messages = []string{"Wiro refused without saying why"}
	}
	if op.effect == submit && failure.HTTPStatus >= http.StatusInternalServerError {
		return nil, fmt.Errorf("%w: %w", ErrUncertain, failure)
	}
	return nil, failure
}

// refusal is an entry of an envelope's errors.
type refusal struct {
	Code    Int  `json:"code"`
	Message Text `json:"message"`
}

// UnmarshalJSON also takes the bare message.
func (r *refusal) UnmarshalJSON(data []byte) error {
	type plain refusal
	*r = refusal{}
	return unmarshalOr(data, (*plain)(r), func(text string) { r.Message = Text(text) })
}

// transportError says what a failed exchange means for the caller: nothing was sent, or
// something may have arrived.
func (c *Client) transportError(op operation, sent bool, err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the URL adds nothing to the operation
	}
	if !sent {
		return fmt.Errorf("%s: %w: %w", op.path, ErrUnreachable, err)
	}
	return c.uncertain(op, fmt.Errorf("%s: the connection failed: %w", op.path, err))
}

// uncertain marks an error of a submit that may have arrived all the same.
func (c *Client) uncertain(op operation, err error) error {
	refused := errors.Is(err, ErrRateLimited) || errors.Is(err, ErrUnauthorized) ||
		errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden)
	if op.effect != submit || refused {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUncertain, err)
}

// repeatable decides whether a failed attempt may be made again.
func repeatable(op operation, sent bool, err error) bool {
	switch {
	case errors.Is(err, ErrRateLimited):
		return true // refused at the door
	case !sent:
		return errors.Is(err, ErrUnreachable)
	case op.effect == submit:
		return false
	}
	if response, ok := errors.AsType[*ResponseError](err); ok {
		return response.HTTPStatus >= http.StatusInternalServerError
	}
	if answer, ok := errors.AsType[*APIError](err); ok {
		return answer.HTTPStatus >= http.StatusInternalServerError
	}
	return true // the connection broke
}

func retryAfter(err error) time.Duration {
	if answer, ok := errors.AsType[*APIError](err); ok {
		return answer.RetryAfter
	}
	if response, ok := errors.AsType[*ResponseError](err); ok {
		return response.RetryAfter
	}
	return 0
}

func retryAfterHeader(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// snippet is the start of a strange answer, safe to show. What must not be shown goes first:
// a cut through a secret would leave half of it.
func (c *Client) snippet(op operation, raw []byte) string {
	if op.secret {
		return ""
	}
	const enough = 16 * snippetSize
	if len(raw) > enough {
		raw = raw[:enough]
	}
	text := c.redact(strings.ToValidUTF8(strings.TrimSpace(string(raw)), ""))
	if len(text) > snippetSize {
		text = strings.ToValidUTF8(text[:snippetSize], "")
	}
	return text
}
