package core

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Endpoint is one documented path of the API.
type Endpoint struct {
	// handle answers an authenticated request: the fields that follow result and errors in
	// the envelope, or an error, usually a *failure.
	Handle func(*Call) (Fields, error)
	// open endpoints ask for no credentials.
	Open bool
}

// Serve adds an endpoint. Its path is written as the documentation does, without the
// slash in front: "Tool/List". A path that ends in a slash takes everything below it,
// which the call finds in its rest.
func (s *Server) Serve(path string, e Endpoint) {
	if prefix, found := strings.CutSuffix(path, "/"); found {
		s.prefixes[prefix] = e
		return
	}
	s.endpoints[path] = e
}

// find returns the endpoint of a path, and what follows the path of a prefix endpoint.
func (s *Server) find(path string) (e Endpoint, rest string, found bool) {
	if e, found = s.endpoints[path]; found {
		return e, "", true
	}
	prefix, rest, _ := strings.Cut(path, "/")
	e, found = s.prefixes[prefix]
	return e, rest, found && rest != ""
}

// Handler is the whole emulator: API, socket and files. Unlike Start it takes the origin
// of its URLs from each request.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.Work.begin() {
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		defer s.Work.done()
		switch path := r.URL.Path; {
		case path == socketPath || path == socketPath+"/":
			s.Hub.serve(w, r)
		case strings.HasPrefix(path, APIPath):
			s.serveAPI(w, r, strings.TrimPrefix(path, APIPath))
		default:
			s.serveRoute(w, r, path)
		}
	})
}

// A route answers what lies beside the API; rest is the path below its prefix.
type route func(w http.ResponseWriter, r *http.Request, rest string)

// serveRoute answers a request that is none of the API.
func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, path string) {
	for prefix, handle := range s.Routes {
		if rest, found := strings.CutPrefix(path, prefix); found {
			handle(w, r, rest)
			return
		}
	}
	writeFailure(w, errNoEndpoint)
}

// serveAPI answers one request of the API: it reads, records, misbehaves where told to,
// authenticates, and hands over to the endpoint.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	started := time.Now()
	e, rest, found := s.find(path)
	c := &Call{server: s, Request: r, path: path, Rest: rest}
	bodyErr := c.read(w)
	defer c.discard()
	s.record.add(c, started)
	known := found && r.Method == http.MethodPost
	if known {
		s.record.count(path)
	}

	b, _ := s.Behaviors.next(path)
	c.Behavior = b
	if !b.Accept && b.intervene(s, w, r, false) {
		return
	}
	out, err := s.answer(c, e, known, bodyErr)
	if b.Accept && b.intervene(s, w, r, true) {
		return
	}
	if c.Detail != nil {
		if b = *c.Detail; b.intervene(s, w, r, b.Accept) {
			return
		}
	}
	if b.CutConnection {
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	}
	if c.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(c.retryAfter))
	}
	writeAnswer(w, &b, out, err)
	s.Options.Log.Debug().Str("path", path).Dur("took", time.Since(started)).Err(err).Msg("sandbox")
}

// answer authenticates a call and runs its endpoint.
func (s *Server) answer(c *Call, e Endpoint, known bool, bodyErr error) (Fields, error) {
	if !known {
		return nil, errNoEndpoint
	}
	if !e.Open {
		p, err := s.authenticate(c.Request)
		if err != nil {
			return nil, err
		}
		c.Project = p
		if p.limiter != nil && !p.limiter.Allow() {
			c.retryAfter = 1
			return nil, errRateLimit
		}
	}
	if bodyErr != nil {
		return nil, bodyErr
	}
	return e.Handle(c)
}

// Origin is where URLs handed out in answer to r start.
func (s *Server) Origin(r *http.Request) string {
	if s.Options.PublicURL != "" {
		return s.Options.PublicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
