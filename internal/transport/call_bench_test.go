package transport

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// cannedWiro is an upstream in memory that gives one answer to everything.
type cannedWiro []byte

func (c cannedWiro) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader(c)), ContentLength: int64(len(c)),
	}, nil
}

// BenchmarkCall is a small call of a tool over HTTP, without the network on either side.
func BenchmarkCall(b *testing.B) {
	sandbox := emulator.New(emulator.Options{})
	require.NoError(b, sandbox.Start(""))
	defer sandbox.Close()
	direct := wiro.NewClient(wiro.Options{BaseURL: sandbox.APIURL(), SocketURL: sandbox.SocketURL(), Credentials: wiro.Credentials{Key: emulator.DemoKey}})
	defer direct.Close()
	run, err := direct.Runs.Submit(b.Context(), "black-forest-labs/flux-2-pro", wiro.Params{"prompt": "x"})
	require.NoError(b, err)
	_, err = run.Wait(b.Context())
	require.NoError(b, err)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, sandbox.APIURL()+"/Task/Detail", strings.NewReader(`{"tasktoken":"`+run.Token+`"}`))
	require.NoError(b, err)
	request.Header.Set("X-Api-Key", emulator.DemoKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(b, err)
	defer response.Body.Close()
	task, err := io.ReadAll(response.Body)
	require.NoError(b, err)

	telemetry := NewTelemetry("1.2.3", nil)
	client := wiro.NewClient(wiro.Options{
		SocketURL: wiro.NoSocket, Observer: telemetry,
		HTTPClient: &http.Client{Transport: cannedWiro(task)},
	})
	defer client.Close()
	h, err := NewHTTP(Backend{
		Tools: tools.New(tools.Options{Wiro: client, Version: "1.2.3"}), Telemetry: telemetry, Version: "1.2.3", Log: zerolog.New(io.Discard),
	}, HTTPOptions{Rate: 1e9, Burst: 1e9, RatePerKey: 1e9, BurstPerKey: 1e9})
	require.NoError(b, err)
	handler, body := h.Handler(), call(1, "get_task", map[string]any{"tasktoken": run.Token})
	b.ReportAllocs()
	for b.Loop() {
		request, _ := http.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(body)) //nolint:noctx // as a server makes it
		request.Header = http.Header{
			"Authorization": {"Bearer " + emulator.DemoKey}, "Content-Type": {"application/json"},
			"Accept": {"application/json, text/event-stream"}, "Mcp-Protocol-Version": {"2025-06-18"},
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "Completed: ") {
			b.Fatal(answer.Code, answer.Body)
		}
	}
}
