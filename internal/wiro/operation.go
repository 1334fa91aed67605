package wire

import (
	"maps"
	"slices"
	"time"
)

// Effect says what happens if a request arrives twice (RFC 9110, section 9.2).
type Effect int

const (
	// Safe requests change nothing. They are repeated on 429, 5xx and broken connections.
	Safe Effect = iota
	// Idempotent requests leave the same behind if they arrive twice. They are repeated like
	// safe ones.
	Idempotent
	// NonIdempotent requests start or spend something each time they arrive. They are repeated
	// only if they surely did not arrive, or on a 429 that refuses them: one that is empty or
	// says so, and names nothing that was started. Once written they are not abandoned: the
	// response may hold the token of a task that is billed.
	NonIdempotent
)

// Timeouts of one attempt.
const (
	ShortTimeout = 30 * time.Second
	LongTimeout  = 2 * time.Minute
)

// ReadTimeout bounds a safe request over all its attempts.
const ReadTimeout = 45 * time.Second

// Operation is an endpoint and how it may be called.
type Operation struct {
	Path    string        // below the base URL, without a leading slash
	Effect  Effect        // decides whether it may be repeated
	Timeout time.Duration // of one attempt
	Secret  bool          // its responses hold secrets: no error shows how one starts
	Receipt []string      // members of a response that name what the request started or paid
	Watched bool          // the receipt names a task or message whose record tells its outcome
	Elide   []string      // members in which long strings are cut while the response is read
}

var operations = make(map[string]Operation, 112) // all of them, without growing

// Endpoint returns an operation and registers it in the table of endpoints.
func Endpoint(path string, effect Effect, timeout time.Duration) Operation {
	return Operation{Path: path, Effect: effect, Timeout: timeout}.register()
}

// Private returns the operation marked as one whose responses hold secrets.
func (o Operation) Private() Operation {
	o.Secret = true
	return o.register()
}

// Eliding returns the operation with members whose long strings nobody needs: each string of
// more than 64 KB inside them is replaced by a short note while the response is read.
func (o Operation) Eliding(members ...string) Operation {
	o.Elide = slices.Concat(o.Elide, members)
	return o.register()
}

// Receipts returns the operation with the members of a response that name what the request
// started or paid. A response that has one of them is never a mere refusal, whatever its status.
func (o Operation) Receipts(members ...string) Operation {
	o.Receipt = slices.Concat(o.Receipt, members)
	return o.register()
}

// Follows is Receipts for a task or a message, whose own record tells how it ended: a response
// that names one is a success, whatever its status.
func (o Operation) Follows(members ...string) Operation {
	o.Watched = true
	return o.Receipts(members...)
}

func (o Operation) register() Operation {
	operations[o.Path] = o
	return o
}

// Operations returns the table of all registered endpoints, by path.
func Operations() map[string]Operation { return maps.Clone(operations) }
