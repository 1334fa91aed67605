package wiro

import "time"

// operation is an endpoint and how it may be called.
type operation struct {
	path    string        // below the base URL, without a leading slash
	effect  effect        // decides whether it may be repeated
	timeout time.Duration // of one attempt
	secret  bool          // its answers hold secrets: no error shows how one starts
}

type effect int

const (
	// read changes nothing: it is repeated on 429, 5xx and broken connections.
	read effect = iota
	// write changes something and leaves the same behind if done twice: repeated like a read.
	write
	// submit starts or spends something each time it arrives. It is repeated only where it
	// surely did not arrive, and once sent it is not abandoned: its answer may be a token
	// that somebody pays for.
	submit
)

const (
	quick = 30 * time.Second
	slow  = 2 * time.Minute
)

// operations is every endpoint that this client calls, by path.
var operations = map[string]operation{}

// endpoint registers an operation in the table.
func endpoint(path string, effect effect, timeout time.Duration) operation {
	op := operation{path: path, effect: effect, timeout: timeout}
	operations[path] = op
	return op
}

// private marks an operation whose answers hold secrets.
func (o operation) private() operation {
	o.secret = true
	operations[o.path] = o
	return o
}
