package transport

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProfilesAreForOperatorsAlone(t *testing.T) {
	t.Parallel()
	r := start(t)
	get := func(path string) (int, []byte) {
		answer := httptest.NewRecorder()
		r.adminHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer.Code, answer.Body.Bytes()
	}
	for _, path := range []string{"heap?gc=1", "goroutine", "profile?seconds=0.01"} {
		status, body := get("/debug/pprof/" + path)
		if status == http.StatusConflict { // the tests themselves are profiled
			continue
		}
		require.Equal(t, http.StatusOK, status, path)
		packed, err := gzip.NewReader(bytes.NewReader(body)) // as go tool pprof reads it
		require.NoError(t, err, path)
		data, err := io.ReadAll(packed)
		require.NoError(t, err, path)
		require.NotEmpty(t, data, path)
	}
	if status, body := get("/debug/pprof/trace?seconds=0.01"); status != http.StatusConflict {
		require.Contains(t, string(body), "go 1.")
	}
	_, body := get("/debug/pprof/goroutine?debug=1")
	require.Contains(t, string(body), "goroutine profile: total")
	_, body = get("/debug/pprof/")
	require.Contains(t, string(body), "heap")
	status, _ := get("/debug/pprof/none")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = get("/debug/pprof/heap?seconds=5")
	require.Equal(t, http.StatusBadRequest, status, "it would be taken for what changed in that time")

	_, pattern := http.DefaultServeMux.Handler(httptest.NewRequest(http.MethodGet, "/debug/pprof/heap", nil))
	require.Empty(t, pattern, "a program that embeds the server shows its profiles to nobody")
	require.Equal(t, http.StatusNotFound, r.get("/debug/pprof/heap").status)
}
