package wiromcp_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// What a call of get_task costs apart from the network, to be read beside make bench: times
// there depend on what else the machine does, allocations here do not.
//
//	go test -bench Call -benchmem -run '^$' .

const finishedTask = `{"result":true,"errors":[],"total":"1","tasklist":[{"id":"534574","socketaccesstoken":"gYgi87kotpXpwfTv8u1Wc32MrtaxLv",` +
	`"parameters":{"prompt":"a lighthouse at dawn"},"status":"task_postprocess_end","pexit":"0","debugoutput":"Loading pipeline components...\n 13%|█         | 2/15\n100%|██████████| 15/15\nDone.",` +
	`"starttime":"1795641458","endtime":"1795641458","elapsedseconds":"7.8400","totalcost":"0.030000000000","modeldescription":"Text to image and editing.",` +
	`"modelslugowner":"black-forest-labs","modelslugproject":"flux-2-pro","outputfolderid":"Vwcc7vfzgH3unm3iaSWfXU9EdxPJsO",` +
	`"outputs":[{"name":"0.png","contenttype":"image/png","size":"199338","url":"https://cdn1.wiro.ai/o/Vwcc7vfzgH3unm3iaSWfXU9EdxPJsO/0.png"}]}]}`

const getTaskMessage = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_task","arguments":{"tasktoken":"gYgi87kotpXpwfTv8u1Wc32MrtaxLv"}}}`

// answering is a transport that answers every request at once.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: io.NopCloser(bytes.NewReader([]byte(a))), ContentLength: int64(len(a)), Request: r,
	}, nil
}

func benchServer(b *testing.B) *wiromcp.Server {
	b.Helper()
	telemetry := wiromcp.NewTelemetry(nil)
	client := wiro.NewClient(wiro.Options{
		Credentials: wiro.Credentials{Key: "4f6b1c9d8e2a7053", Secret: "c0ffee00c0ffee00c0ffee00c0ffee00"},
		HTTPClient:  &http.Client{Transport: answering(finishedTask)}, SocketURL: wiro.NoSocket, Observer: telemetry,
	})
	s := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Telemetry: telemetry, Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	b.Cleanup(func() { require.NoError(b, s.Shutdown(context.Background())) })
	return s
}

func BenchmarkCallOverStdio(b *testing.B) {
	s := benchServer(b)
	in, requests := io.Pipe()
	answers, out := io.Pipe()
	go func() { _ = s.ServeStdio(context.Background(), in, out) }()
	defer requests.Close() //nolint:errcheck // it ends the server
	lines := bufio.NewReader(answers)
	b.ReportAllocs()
	for b.Loop() {
		_, err := io.WriteString(requests, getTaskMessage+"\n")
		require.NoError(b, err)
		answer, err := lines.ReadSlice('\n')
		require.NoError(b, err)
		if !bytes.Contains(answer, []byte("Completed")) {
			b.Fatalf("%s", answer)
		}
	}
}

func BenchmarkCallOverHTTP(b *testing.B) {
	h, err := benchServer(b).Handler(wiromcp.HTTPOptions{RatePerKey: 1e9, BurstPerKey: 1e9, Rate: 1e9, Burst: 1e9})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/v1", bytes.NewReader([]byte(getTaskMessage)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Authorization", "Bearer 4f6b1c9d8e2a7053:c0ffee00c0ffee00c0ffee00c0ffee00")
		r.Header.Set("MCP-Protocol-Version", "2025-06-18")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !bytes.Contains(w.Body.Bytes(), []byte("Completed")) {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}
