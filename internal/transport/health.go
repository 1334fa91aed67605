package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	recentAnswer = 5 * time.Minute  // Wiro is not probed if it answered since then
	probeEvery   = 10 * time.Second // at most
	probeTimeout = 3 * time.Second
)

// lastAnswer is when Wiro answered last.
type lastAnswer struct{ at atomic.Int64 }

func (l *lastAnswer) now() { l.at.Store(time.Now().UnixNano()) }

func (l *lastAnswer) recent() bool { return time.Since(time.Unix(0, l.at.Load())) < recentAnswer }

// readiness tells whether the server should get requests: the documentation is loaded, Wiro
// answers, and the server does not shut down.
type readiness struct {
	load       func()          // loads the documentation; may be nil
	once       sync.Once       // of start
	background sync.WaitGroup  // what start began
	docs       chan struct{}   // closed once they are loaded
	draining   context.Context //nolint:containedctx // a state, done for good
	last       *lastAnswer
	address    string // of the Wiro API; "" skips the probe
	client     *http.Client
	store      *storeCheck

	mu     sync.Mutex
	probed time.Time
	fault  error
}

func newReadiness(draining context.Context, b Backend, store *storeCheck) *readiness {
	r := &readiness{
		store: store, docs: make(chan struct{}), draining: draining, last: &b.Telemetry.metrics.lastAnswer, address: b.WiroURL,
		client: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if b.Docs != nil {
		r.load = b.Docs.Warm
	}
	return r
}

// start loads the documentation in the background, and asks the store for the first time, once.
func (r *readiness) start() {
	r.once.Do(func() {
		r.background.Go(func() {
			defer close(r.docs)
			if r.load != nil {
				r.load()
			}
		})
		r.background.Go(func() { _ = r.store.check() }) // logs what is wrong
	})
}

// close waits for what start began, and closes idle connections.
func (r *readiness) close() {
	r.once.Do(func() {}) // it will not be started any more
	r.background.Wait()
	r.client.CloseIdleConnections()
}

// faults are the reasons for not being ready.
func (r *readiness) faults() []string {
	faults := []string{}
	if r.draining.Err() != nil {
		faults = append(faults, "the server is shutting down")
	}
	select {
	case <-r.docs:
	default:
		faults = append(faults, "the documentation is being loaded")
	}
	if r.address != "" && !r.last.recent() {
		if err := r.probe(); err != nil {
			faults = append(faults, err.Error())
		}
	}
	return faults
}

// probe asks Wiro for any answer at all, at most every probeEvery, however many clients ask.
func (r *readiness) probe() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.probed) < probeEvery {
		return r.fault
	}
	r.fault = r.ask()
	r.probed = time.Now()
	return r.fault
}

func (r *readiness) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return errors.New("the address of the Wiro API is wrong")
	}
	response, err := r.client.Do(request)
	if err != nil {
		return errors.New("the Wiro API does not answer")
	}
	defer response.Body.Close()                                       //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be kept
	if response.StatusCode >= http.StatusInternalServerError {
		return errors.New("the Wiro API answers with a server error")
	}
	r.last.now()
	return nil
}

// servePlain answers 200 or 503, without the reasons.
func (r *readiness) servePlain(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	text := "ready\n"
	if len(r.faults()) > 0 {
		text = "not ready\n"
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, text) // the prober is gone then
}

// serveReady answers 200 or 503, with the reasons.
func (r *readiness) serveReady(w http.ResponseWriter, _ *http.Request) {
	answer := struct {
		Ready    bool     `json:"ready"`
		Faults   []string `json:"faults"`
		Warnings []string `json:"warnings,omitempty"` // what does not work, while the rest does
	}{Faults: r.faults()}
	if r.store.check() != nil { // the log says why, and where the store is
		answer.Warnings = append(answer.Warnings, "the store is not available")
	}
	answer.Ready = len(answer.Faults) == 0
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the prober is gone then
}

// serveHealth says that the process lives.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n") // the prober is gone then
}
