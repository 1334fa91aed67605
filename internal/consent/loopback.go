package consent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// listener serves the page of one consent on this machine.
type listener struct {
	http.Server
	selectAccount SelectFunc
	timer         *time.Timer
}

// listen opens a listener for the page of a consent. It closes with the page's last answer, or
// with the consent.
func (m *Flows) listen(ctx context.Context, f *Flow, selectAccount SelectFunc) error {
	var config net.ListenConfig
	at, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("no page can be served on this machine: %w", err)
	}
	origin := "http://" + at.Addr().String()
	f.Redirect = origin + Path + f.State
	l := &listener{selectAccount: selectAccount}
	l.Server = http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 256 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			port := at.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
			if r.Host != at.Addr().String() && r.Host != fmt.Sprintf("localhost:%d", port) || r.URL.Path != Path+f.State {
				http.NotFound(w, r) // a rebound name, or a state that is not this one
				return
			}
			if m.serve(w, r, "http://"+r.Host, selectAccount) {
				go m.stop(f.State)
			}
		}),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.timer = time.AfterFunc(time.Until(f.Expires), func() { m.stop(f.State) })
	m.listeners[f.State] = l
	m.serving.Go(func() { _ = l.Serve(at) }) // until it is stopped
	return nil
}

func (m *Flows) serves(f *Flow) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listeners[f.State] != nil
}

// stop closes the listener of a consent, if it has one, once its answers are written.
func (m *Flows) stop(state string) {
	m.mu.Lock()
	l := m.listeners[state]
	delete(m.listeners, state)
	if l != nil {
		m.serving.Add(1)
	}
	m.mu.Unlock()
	if l == nil {
		return
	}
	defer m.serving.Done()
	l.timer.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if l.Shutdown(ctx) != nil {
		_ = l.Server.Close()
	}
}
