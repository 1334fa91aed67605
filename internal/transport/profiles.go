package transport

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// serveProfiles serves what go tool pprof and go tool trace read, at /debug/pprof. The package
// net/http/pprof would do, but to import it puts its pages into the http.DefaultServeMux of every
// program that embeds this module, where the public may reach them.
func serveProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/{$}", listProfiles)
	mux.HandleFunc("GET /debug/pprof/{name}", serveProfile)
	mux.HandleFunc("GET /debug/pprof/profile", recordFor(30*time.Second, pprof.StartCPUProfile, pprof.StopCPUProfile))
	mux.HandleFunc("GET /debug/pprof/trace", recordFor(time.Second, trace.Start, trace.Stop))
	mux.HandleFunc("GET /debug/pprof/cmdline", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, os.Args[0]) //nolint:gosec // plain text; arguments, which may hold a password, are left out
	})
}

func listProfiles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, p := range pprof.Profiles() {
		_, _ = fmt.Fprintln(w, p.Name(), p.Count()) // the operator is gone then
	}
	_, _ = fmt.Fprintln(w, "profile?seconds=30\ntrace?seconds=1")
}

// serveProfile serves what is so at the moment, as text if debug is 1 or 2, after a collection if gc is 1.
func serveProfile(w http.ResponseWriter, r *http.Request) {
	p := pprof.Lookup(r.PathValue("name"))
	if p == nil {
		http.Error(w, "There is no such profile: /debug/pprof/ lists them.", http.StatusNotFound)
		return
	}
	if r.FormValue("seconds") != "" {
		http.Error(w, "This profile is of one moment: leave seconds out. profile and trace take them.", http.StatusBadRequest)
		return
	}
	if gc, _ := strconv.Atoi(r.FormValue("gc")); gc > 0 {
		runtime.GC()
	}
	debug, _ := strconv.Atoi(r.FormValue("debug"))
	if debug != 0 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	_ = p.WriteTo(w, debug) // the operator is gone then
}

// recordFor serves what happens in a time, which the parameter seconds changes.
func recordFor(usual time.Duration, start func(io.Writer) error, stop func()) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		length := usual
		if seconds, err := strconv.ParseFloat(r.FormValue("seconds"), 64); err == nil && seconds > 0 && seconds <= time.Hour.Seconds() {
			length = time.Duration(seconds * float64(time.Second))
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := start(w); err != nil { // one at a time
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		defer stop()
		select {
		case <-r.Context().Done():
		case <-time.After(length):
		}
	}
}
