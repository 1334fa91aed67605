package transport

import "net/http"

// adminHandler serves what only operators should see. It checks nothing: who reaches it may
// read it.
func (h *HTTP) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", h.ready.serveReady)
	mux.Handle("GET /metrics", h.Telemetry.Metrics().Handler())
	serveProfiles(mux)
	return mux
}
