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
	take  Select
	timer *time.Timer
}

// listen opens a listener for the page of a consent. It closes with the page's last answer, or
// with the consent.
func (d *Desk) listen(ctx context.Context, f *Flow, take Select) error {
	var config net.ListenConfig
	at, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("no page can be served on this machine: %w", err)
	}
	origin := "http://" + at.Addr().String()
	f.Redirect = origin + Path + f.State
	l := &listener{take: take}
	l.Server = http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 256 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			port := at.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
			if r.Host != at.Addr().String() && r.Host != fmt.Sprintf("localhost:%d", port) || r.URL.Path != Path+f.State {
				http.NotFound(w, r) // a rebound name, or a state that is not this one
				return
			}
			if d.serve(w, r, "http://"+r.Host, take) {
				go d.stop(f.State)
			}
		}),
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l.timer = time.AfterFunc(time.Until(f.Expires), func() { d.stop(f.State) })
	d.listeners[f.State] = l
	d.serving.Go(func() { _ = l.Serve(at) }) // until it is stopped
	return nil
}

func (d *Desk) serves(f *Flow) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.listeners[f.State] != nil
}

// stop closes the listener of a consent, if it has one, once its answers are written.
func (d *Desk) stop(state string) {
	d.mu.Lock()
	l := d.listeners[state]
	delete(d.listeners, state)
	if l != nil {
		d.serving.Add(1)
	}
	d.mu.Unlock()
	if l == nil {
		return
	}
	defer d.serving.Done()
	l.timer.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if l.Shutdown(ctx) != nil {
		_ = l.Server.Close()
	}
}
