package emulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An endpoint is one documented path of the API.
type endpoint struct {
	// handle answers an authenticated request: the fields that follow result and errors in
	// the envelope, or an error, usually a *failure.
	handle func(*call) (fields, error)
	// open endpoints ask for no credentials.
	open bool
}

// serve adds an endpoint. Its path is written as the documentation does, without the
// slash in front: "Tool/List". A path that ends in a slash takes everything below it,
// which the call finds in its rest.
func (s *base) serve(path string, e endpoint) {
	if prefix, found := strings.CutSuffix(path, "/"); found {
		s.prefixes[prefix] = e
		return
	}
	s.endpoints[path] = e
}

// find returns the endpoint of a path, and what follows the path of a prefix endpoint.
func (s *base) find(path string) (e endpoint, rest string, found bool) {
	if e, found = s.endpoints[path]; found {
		return e, "", true
	}
	prefix, rest, _ := strings.Cut(path, "/")
	e, found = s.prefixes[prefix]
	return e, rest, found && rest != ""
}

// Handler is the whole emulator: API, socket and files. Unlike Start it takes the origin
// of its URLs from each request.
func (s *base) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.work.begin() {
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		defer s.work.done()
		switch path := r.URL.Path; {
		case path == socketPath || path == socketPath+"/":
			s.hub.serve(w, r)
		case strings.HasPrefix(path, apiPath):
			s.serveAPI(w, r, strings.TrimPrefix(path, apiPath))
		default:
			s.serveRoute(w, r, path)
		}
	})
}

// A route answers what lies beside the API; rest is the path below its prefix.
type route func(w http.ResponseWriter, r *http.Request, rest string)

// serveRoute answers a request that is none of the API.
func (s *base) serveRoute(w http.ResponseWriter, r *http.Request, path string) {
	for prefix, handle := range s.routes {
		if rest, found := strings.CutPrefix(path, prefix); found {
			handle(w, r, rest)
			return
		}
	}
	writeFailure(w, errNoEndpoint)
}

// serveAPI answers one request of the API: it reads, records, misbehaves where told to,
// authenticates, and hands over to the endpoint.
func (s *base) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	started := time.Now()
	e, rest, found := s.find(path)
	c := &call{server: s, request: r, path: path, rest: rest}
	bodyErr := c.read(w)
	defer c.discard()
	s.record.add(c, started)
	known := found && r.Method == http.MethodPost
	if known {
		s.record.count(path)
	}

	b, misbehaves := s.behaviors.next(path)
	c.behavior = b
	if misbehaves && b.beforeHandler(s, w, r) {
		return
	}
	out, err := s.answer(c, e, known, bodyErr)
	if misbehaves && b.CutConnection {
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	}
	if c.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(c.retryAfter))
	}
	if err != nil {
		writeFailure(w, err)
	} else {
		writeReply(w, out)
	}
	s.opts.Log.Debug().Str("path", path).Dur("took", time.Since(started)).Err(err).Msg("sandbox")
}

// answer authenticates a call and runs its endpoint.
func (s *base) answer(c *call, e endpoint, known bool, bodyErr error) (fields, error) {
	if !known {
		return nil, errNoEndpoint
	}
	if !e.open {
		p, err := s.authenticate(c.request)
		if err != nil {
			return nil, err
		}
		c.project = p
		if p.limiter != nil && !p.limiter.Allow() {
			c.retryAfter = 1
			return nil, errRateLimit
		}
	}
	if bodyErr != nil {
		return nil, bodyErr
	}
	return e.handle(c)
}

// origin is where URLs handed out in answer to r start.
func (s *base) origin(r *http.Request) string {
	if s.opts.PublicURL != "" {
		return s.opts.PublicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
