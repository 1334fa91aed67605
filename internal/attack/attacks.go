package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// attack is one way to hurt a server over HTTP.
type attack struct {
	name string
	run  func(context.Context, *target)
}

// target is a server with what attackers need.
type target struct {
	url      string
	upstream string // address
	client   *http.Client
}

func newTarget(url, upstream string) *target {
	return &target{url, upstream, &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true}, Timeout: 20 * time.Second,
	}}
}

var attacks = []attack{
	{"none, to compare", func(ctx context.Context, _ *target) { <-ctx.Done() }},
	{"bodies of 3.6 MB of empty objects, made-up keys", repeat(60, list(3_600_000), madeUp)},
	{"bodies of 480 KB of empty objects, made-up keys", repeat(60, list(480_000), madeUp)},
	{"the same in gzip", repeat(60, gzipped(list(480_000)), madeUp)},
	{"the same inside a text", repeat(60, nested(480_000), madeUp)},
	{"300 bodies that stop halfway", stalled},
	{"read_doc with a name of 480 KB", repeat(16, callOf("read_doc", map[string]any{"page": strings.Repeat("ab ", 160_000)}), madeUp)},
	{"read_doc with a name of 3.9 MB", repeat(16, callOf("read_doc", map[string]any{"page": strings.Repeat("ab ", 1_300_000)}), madeUp)},
	{"a resource with an address of 3.9 MB", repeat(16, message(`1`, "resources/read", map[string]any{"uri": "wiro://docs/" + strings.Repeat("a", 3_900_000)}), madeUp)},
	{"a resource with an address of 480 KB", repeat(16, message(`1`, "resources/read", map[string]any{"uri": "wiro://docs/" + strings.Repeat("a", 480_000)}), madeUp)},
	{"ids and names of 480 KB", repeat(16, message(`"`+strings.Repeat("i", 240_000)+`"`, "tools/call", map[string]any{"name": strings.Repeat("n", 240_000)}), madeUp)},
	{"progress tokens of 480 KB", repeat(16, message(`1`, "tools/call", map[string]any{
		"name": "get_task", "arguments": map[string]any{"tasktoken": "quiet", "wait_seconds": 1}, "_meta": map[string]any{"progressToken": strings.Repeat("t", 480_000)},
	}), as(hostileKey))},
	{"an upstream error of 15 MB", repeat(16, callOf("search_models", map[string]any{"search": "error"}), as(hostileKey))},
	{"uploads with made-up keys, whose client goes", uploads},
	{"made-up keys at full rate", flood},
	{"15 MB of models", repeat(16, callOf("search_models", map[string]any{"search": "models"}), as(hostileKey))},
	{"socket frames of 31 MB", waits("frames", 1)},
	{"end events at full rate", waits("ended", 100)},
}

func madeUp() string { return fmt.Sprintf("made-up-%d", rand.Uint64()) } //nolint:gosec // a key that nothing guards

func as(key string) func() string { return func() string { return key } }

func message(id, method string, params any) []byte {
	data, err := json.Marshal(params)
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, data)
}

func callOf(tool string, arguments map[string]any) []byte {
	return message("1", "tools/call", map[string]any{"name": tool, "arguments": arguments})
}

// list is a call whose argument is a list of empty objects.
func list(size int) []byte {
	return wrap(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_models","arguments":{"x":[{}`, ",{}", size, "]}}}")
}

func nested(size int) []byte {
	return callOf("search_models", map[string]any{"categories": string(wrap("[[]", ",[]", size, "]"))})
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// post sends a body, and reads the answer.
func (t *target) post(ctx context.Context, key string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		r.Header.Set("Content-Encoding", "gzip")
	}
	response, err := t.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

func repeat(n int, body []byte, key func() string) func(context.Context, *target) {
	return func(ctx context.Context, t *target) {
		workers(ctx, n, func(int) { _, _, _ = t.post(ctx, key(), body) })
	}
}

// flood sends small calls, each with another key.
func flood(ctx context.Context, t *target) {
	body := callOf("search_docs", map[string]any{"query": "tasks"})
	workers(ctx, 64, func(int) { _, _, _ = t.post(ctx, madeUp(), body) })
}

// stalled holds connections whose bodies stop: half of them where the limit once was, half
// below the limit of today.
func stalled(ctx context.Context, t *target) {
	address, err := url.Parse(t.url)
	if err != nil {
		return
	}
	workers(ctx, 300, func(worker int) {
		size := 3_000_000
		if worker%2 == 0 {
			size = 500_000
		}
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address.Host)
		if err != nil {
			return
		}
		defer c.Close() //nolint:errcheck // the end of it
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		defer stop()
		_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			address.Path, address.Host, madeUp(), size+1000)
		if _, err := c.Write(bytes.Repeat([]byte(" "), size)); err == nil {
			_, _ = io.Copy(io.Discard, c) // until it is cut off
		}
	})
}

// uploads asks for a file that never ends, and goes.
func uploads(ctx context.Context, t *target) {
	body := callOf("upload_file", map[string]any{"url": "http://" + t.upstream + "/slow.png"})
	workers(ctx, 64, func(int) {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, _, _ = t.post(short, madeUp(), body)
	})
}

// waits holds waits for tasks whose tokens make the socket misbehave.
func waits(token string, n int) func(context.Context, *target) {
	return func(ctx context.Context, t *target) {
		workers(ctx, n, func(worker int) {
			name := token
			if n > 1 {
				name = fmt.Sprint(token, worker)
			}
			_, _, _ = t.post(ctx, hostileKey, callOf("get_task", map[string]any{"tasktoken": name, "wait_seconds": 10}))
		})
	}
}
