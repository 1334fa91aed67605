package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	var status atomic.Int64
	status.Store(http.StatusOK)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(int(status.Load()))
	})
	plain, encrypted := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer encrypted.Close()
	_, port, _ := strings.Cut(plain.Listener.Addr().String(), ":")

	require.Zero(t, command(t, []string{"WIRO_LISTEN=127.0.0.1:" + port}, "", "healthcheck").code)
	require.Zero(t, command(t, []string{"WIRO_LISTEN=0.0.0.0:" + port}, "", "healthcheck").code)
	require.Zero(t, command(t, []string{"WIRO_LISTEN=" + encrypted.Listener.Addr().String(), "WIRO_TLS_DOMAIN=mcp.example.com"}, "", "healthcheck").code)

	status.Store(http.StatusServiceUnavailable)
	sick := command(t, []string{"WIRO_LISTEN=127.0.0.1:" + port}, "", "healthcheck")
	require.Equal(t, exitRefused, sick.code)
	require.Contains(t, sick.err, "503")

	plain.Close()
	gone := command(t, []string{"WIRO_LISTEN=127.0.0.1:" + port}, "", "healthcheck")
	require.Equal(t, exitRefused, gone.code)
	require.Contains(t, gone.err, "refused")
}
