package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestModels(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	ctx, client := within(t), srv.Client()

	var statuses []wiro.Status
	poster, err := makePoster(ctx, client, "Hello", "flat", func(u wiro.Update) { statuses = append(statuses, u.Status) })
	if err != nil || poster.URL == "" || poster.CostUSD == nil || len(statuses) == 0 {
		t.Fatal(poster, statuses, err)
	}
	var answer strings.Builder
	if err := ask(ctx, client, "Why?", &answer); err != nil || !strings.Contains(answer.String(), string(wiro.TaskPostprocessEnd)) {
		t.Fatal(answer.String(), err)
	}
	if list, err := tokens(ctx, client); err != nil || len(list) != 2 || srv.RequestCount("Task/List") < 2 {
		t.Fatal(list, err)
	}
	srv.Behave("black-forest-labs/flux-2-pro", wirotest.Behavior{FailWith: &wirotest.Exit{Code: "137"}})
	_, err = makePoster(ctx, client, "Hello", "flat", nil)
	if failed := (*wiro.RunError)(nil); !errors.As(err, &failed) {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(path, []byte("\xff\xd8\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	photo, err := wiro.FileFromPath(path)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := srv.Client().Files.Upload(within(t), photo, "")
	if err != nil || stored.Name != "photo.jpg" || stored.Size != 3 {
		t.Fatal(stored, err)
	}
}

func TestAgents(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	answer, err := hire(within(t), srv.Client(), "Which topic?")
	if err != nil || answer == "" {
		t.Fatal(answer, err)
	}
}

func TestWebhooks(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	ctx, told := within(t), make(chan string, 10)
	handler := webhooks(srv.Client(), func(token string) { told <- token })
	server := httptest.NewServer(handler)
	defer server.Close()
	token, err := order(ctx, srv.Client(), "a cat", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != token {
		t.Fatal(got, token)
	}
	if err := handler.Shutdown(ctx); err != nil || len(told) > 0 {
		t.Fatal(err, len(told))
	}
}

func TestMCP(t *testing.T) {
	srv := wirotest.NewServer()
	defer srv.Close()
	ctx := within(t)
	telemetry := wiromcp.NewTelemetry(nil)
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: srv.Client(), Tools: []wiromcp.Tool{posterTool()}, Telemetry: telemetry})
	defer server.Shutdown(ctx)

	result, err := server.Call(ctx, "make_poster", map[string]any{"title": "Hello"}, nil)
	if err != nil || result.IsError || !strings.Contains(result.Text, "The poster is at http") {
		t.Fatal(result, err)
	}
	var bad *wiromcp.OptionError
	if _, err := server.Handler(wiromcp.HTTPOptions{Rate: -1}); !errors.As(err, &bad) || bad.Options[0] != "Rate" {
		t.Fatal(err)
	}
	handler, err := server.Handler(wiromcp.HTTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	defer web.Close()
	srv.SetBalance(srv.Key, 0)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, web.URL+"/v1", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"make_poster","arguments":{"title":"Hello"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+srv.Key)
	request.Header.Set("Content-Type", "application/json")
	response, err := web.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), "The wallet is empty.") {
		t.Fatal(string(body), err)
	}
}
