package core

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Request is one call that came in, as Options.Record keeps it.
type Request struct {
	// Method and Path of the call; the path is relative to the base URL: "Task/Detail".
	Method, Path string
	// Header is the client's, secrets included.
	Header http.Header
	// Body holds the JSON object or the form fields. Numbers are json.Number. A form field
	// given several times is a []any.
	Body map[string]any
	// Files are the files of a multipart form.
	Files []RequestFile
	// Time is when the request's header had been read.
	Time time.Time
}

// A RequestFile is one file of a multipart form.
type RequestFile struct {
	// Field is the form field, Name the file's name, ContentType what the part claims.
	Field, Name, ContentType string
	// Size in bytes.
	Size int64
}

// record counts requests, and keeps them where asked to.
type record struct {
	keep bool
	max  int

	mu       sync.Mutex
	counts   map[string]int
	requests []Request // a ring once it is full
	oldest   int
	changed  Signal // raised at each count
}

func newRecord(opts Options) record {
	return record{keep: opts.Record, max: opts.MaxRequests, counts: map[string]int{}}
}

func (r *record) add(c *Call, at time.Time) {
	if !r.keep {
		return
	}
	entry := Request{
		Method: c.Request.Method, Path: c.path, Header: c.Request.Header.Clone(),
		Body: maps.Clone(map[string]any(c.Args)), Time: at,
	}
	for _, f := range c.Files {
		entry.Files = append(entry.Files, RequestFile{f.field, f.Name, f.contentType, f.Size})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) < r.max {
		r.requests = append(r.requests, entry)
		return
	}
	r.requests[r.oldest] = entry
	r.oldest = (r.oldest + 1) % r.max
}

// count counts a request to an endpoint that exists.
func (r *record) count(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, seen := r.counts[path]; !seen && len(r.counts) > 10_000 {
		return // made-up model names are not remembered for ever
	}
	r.counts[path]++
	r.changed.Raise()
}

// Requests returns what came in, in order, as long as Options.Record is set.
func (s *Server) Requests() []Request {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Request, 0, len(r.requests))
	all = append(all, r.requests[r.oldest:]...)
	return append(all, r.requests[:r.oldest]...)
}

// RequestsTo returns the recorded requests of one path: "Task/Detail", "Run/openai/sora-2".
func (s *Server) RequestsTo(path string) []Request {
	var found []Request
	for _, r := range s.Requests() {
		if r.Path == path {
			found = append(found, r)
		}
	}
	return found
}

// RequestCount is how many requests a path had: "Task/Detail", "Run/openai/sora-2". A path
// that ends in a slash counts everything below it: "Run/". It counts without Options.Record
// too, and refused requests as well.
func (s *Server) RequestCount(path string) int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.total(path)
}

func (r *record) total(path string) int {
	if !strings.HasSuffix(path, "/") {
		return r.counts[path]
	}
	n := 0
	for p, count := range r.counts {
		if strings.HasPrefix(p, path) {
			n += count
		}
	}
	return n
}

// Requested waits until a path has had n requests, or returns ctx's error.
func (s *Server) Requested(ctx context.Context, path string, n int) error {
	r := &s.record
	return r.changed.Await(ctx, &r.mu, func() (bool, error) { return r.total(path) >= n, nil })
}
