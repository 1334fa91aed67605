package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// answerLimit is how long after the time that a call asked for its answer may come.
const answerLimit = 30 * time.Second

// abort is how a client gives up on a call.
type abort struct {
	after  time.Duration // 0: it does not
	cancel bool          // by notifications/cancelled, keeping the connection, rather than by closing it
}

// answer is what a client saw of a call.
type answer struct {
	gone    string // why there is none, which the client saw: it gave up, or the connection failed
	gaveUp  time.Time
	busy    bool // HTTP 429 or 503: the server did nothing
	isError bool
	text    string
	told    told
	notes   []string // progress
}

// told is the structured result, of whatever tool.
type told struct {
	State    string `json:"state"`
	Attached bool   `json:"attached"`
	Response string `json:"response"`
	Task     struct {
		ID     string   `json:"id"`
		Token  string   `json:"token"`
		Model  string   `json:"model"`
		Status string   `json:"status"`
		Cost   *float64 `json:"costUsd"`
	} `json:"task"`
	Tasks []struct {
		State string `json:"state"`
		Task  struct {
			ID    string   `json:"id"`
			Token string   `json:"token"`
			Cost  *float64 `json:"costUsd"`
		} `json:"task"`
	} `json:"tasks"`
	Next *struct {
		Tool      string         `json:"tool"`
		Arguments map[string]any `json:"arguments"`
	} `json:"nextAction"`
}

// message is a JSON-RPC message of the server.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Token   json.RawMessage `json:"progressToken"`
		Message string          `json:"message"`
	} `json:"params"`
	Result *struct {
		IsError bool `json:"isError"`
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
	} `json:"result"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// answer reads the result of a call.
func (m message) answer() (a answer, err error) {
	switch {
	case m.Error != nil:
		return a, fmt.Errorf("JSON-RPC error %d: %s", m.Error.Code, m.Error.Message)
	case m.Result == nil:
		return a, errors.New("neither a result nor an error")
	}
	a.isError = m.Result.IsError
	for _, c := range m.Result.Content {
		a.text += c.Text
	}
	if len(m.Result.Structured) > 0 {
		err = json.Unmarshal(m.Result.Structured, &a.told)
	}
	return a, err
}

func callBody(id int, tool string, arguments map[string]any) []byte {
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": map[string]any{
		"name": tool, "arguments": arguments, "_meta": map[string]any{"progressToken": id},
	}})
	return body
}

func cancelBody(id int) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d,"reason":"McpError: MCP error -32001: Request timed out"}}`, id)
}

// caller is a client that calls tools one after another.
type caller interface {
	// call returns what the client saw; an error is an answer that must not be.
	call(ctx context.Context, tool string, arguments map[string]any, give abort) (answer, error)
}

// webCaller calls over HTTP, each time another replica. Its ids are those of all other callers.
type webCaller struct {
	*soak
	key, agent string
	id         int
	pick       func(n int) int
	client     *http.Client
}

func (c *webCaller) request(ctx context.Context, body []byte) (*http.Response, error) {
	replica := c.services.replicas[c.pick(len(c.services.replicas))].now()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, replica.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("Accept", "application/json, text/event-stream")
	return c.client.Do(request)
}

func (c *webCaller) call(ctx context.Context, tool string, arguments map[string]any, give abort) (a answer, err error) {
	c.id++
	id := c.id
	ctx, hangUp := context.WithTimeout(ctx, timeoutOf(arguments)+answerLimit)
	defer hangUp()
	var (
		mu     sync.Mutex
		gaveUp time.Time
	)
	if give.after > 0 {
		timer := time.AfterFunc(give.after, func() {
			mu.Lock()
			gaveUp = time.Now()
			mu.Unlock()
			if give.cancel {
				if response, err := c.request(ctx, cancelBody(id)); err == nil {
					_ = response.Body.Close()
				}
				_ = pause(ctx, time.Second) // it may answer all the same
			}
			hangUp()
		})
		defer timer.Stop()
	}
	began := time.Now()
	a, err = c.exchange(ctx, id, callBody(id, tool, arguments))
	mu.Lock()
	a.gaveUp = gaveUp
	mu.Unlock()
	if err == nil && a.gone != "" {
		switch {
		case !a.gaveUp.IsZero():
			a.gone = "gave up"
		case ctx.Err() != nil && time.Since(began) >= answerLimit:
			return a, fmt.Errorf("no answer for %s", time.Since(began).Round(time.Second))
		default:
			a.gaveUp = time.Now() // the connection failed
		}
	}
	return a, err
}

// exchange sends a request and reads up to its answer.
func (c *webCaller) exchange(ctx context.Context, id int, body []byte) (a answer, err error) {
	response, err := c.request(ctx, body)
	if err != nil {
		return answer{gone: err.Error()}, nil
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	data := bufio.NewReaderSize(response.Body, 64<<10)
	if kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); kind == "text/event-stream" {
		return c.readEvents(data, id)
	}
	content, err := io.ReadAll(data)
	if err != nil {
		return answer{gone: err.Error()}, nil
	}
	c.checkLeak("an answer", string(content))
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		return answer{busy: true, text: string(content)}, nil
	}
	var m message
	if err := json.Unmarshal(content, &m); err != nil || response.StatusCode != http.StatusOK {
		return a, fmt.Errorf("HTTP %d: %.200s", response.StatusCode, content)
	}
	if string(m.ID) != strconv.Itoa(id) {
		return a, fmt.Errorf("the answer to request %d has the id %.40s", id, m.ID)
	}
	return m.answer()
}

func (c *webCaller) readEvents(data *bufio.Reader, id int) (a answer, err error) {
	var notes []string
	for {
		line, err := data.ReadBytes('\n')
		if err != nil {
			return answer{gone: err.Error(), notes: notes}, nil
		}
		event, found := bytes.CutPrefix(line, []byte("data:"))
		if !found {
			continue
		}
		c.checkLeak("an event", string(event))
		var m message
		if err := json.Unmarshal(event, &m); err != nil {
			return a, fmt.Errorf("an event that is no JSON: %.200s", event)
		}
		if m.Method != "" {
			if string(m.Params.Token) != strconv.Itoa(id) {
				return a, fmt.Errorf("progress of %.40s in the stream of %d", m.Params.Token, id)
			}
			notes = append(notes, m.Params.Message)
			continue
		}
		if string(m.ID) != strconv.Itoa(id) {
			return a, fmt.Errorf("the answer to request %d has the id %.40s", id, m.ID)
		}
		a, err = m.answer()
		a.notes = notes
		return a, err
	}
}

// timeoutOf is how long a call asks to wait.
func timeoutOf(arguments map[string]any) time.Duration {
	seconds, _ := arguments["timeout_seconds"].(float64)
	return time.Duration(seconds * float64(time.Second))
}

// pipe is the connection to a server over stdio.
type pipe struct {
	soak  *soak
	in    io.WriteCloser
	ended chan struct{} // closed at the end of the server's output

	writing sync.Mutex
	mu      sync.Mutex // of what follows
	id      int
	waiting map[int]*waiter
}

type waiter struct {
	answer chan message // of 1
	notes  []string
}

func newPipe(in io.WriteCloser, out io.Reader, s *soak) *pipe {
	p := &pipe{soak: s, in: in, ended: make(chan struct{}), waiting: map[int]*waiter{}}
	go p.read(out)
	return p
}

func (p *pipe) read(out io.Reader) {
	defer close(p.ended)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		p.soak.checkLeak("an answer", lines.Text())
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			p.soak.report.fault("unanswered", "a line on stdout that is no JSON: %.200s", lines.Bytes())
			continue
		}
		name := m.ID
		if m.Method != "" {
			name = m.Params.Token
		}
		id, _ := strconv.Atoi(string(name))
		p.mu.Lock()
		switch w := p.waiting[id]; {
		case w == nil: // given up
		case m.Method != "":
			w.notes = append(w.notes, m.Params.Message)
		default:
			delete(p.waiting, id)
			w.answer <- m
		}
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, out)
}

// send writes a request.
func (p *pipe) send(request func(id int) []byte) (id int, w *waiter, err error) {
	w = &waiter{answer: make(chan message, 1)}
	p.mu.Lock()
	p.id++
	id = p.id
	p.waiting[id] = w
	p.mu.Unlock()
	return id, w, p.write(request(id))
}

func (p *pipe) write(line []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.in.Write(append(line, '\n'))
	return err
}

func (p *pipe) forget(id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

func (p *pipe) close() {
	p.writing.Lock()
	defer p.writing.Unlock()
	_ = p.in.Close()
}

func (p *pipe) initialize(ctx context.Context) error {
	_, w, err := p.send(func(id int) []byte {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"soak","version":"1"}}}`, id)
	})
	if err != nil {
		return err
	}
	select {
	case m := <-w.answer:
		if m.Error != nil {
			return errors.New(m.Error.Message)
		}
		return p.write([]byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
	case <-p.ended:
		return errors.New("it ended")
	case <-ctx.Done():
		return errors.New("no answer to initialize")
	}
}

// stdioCaller calls over stdio, among others on the same connection.
type stdioCaller struct {
	*soak
	service *service
}

func (c *stdioCaller) call(ctx context.Context, tool string, arguments map[string]any, give abort) (a answer, err error) {
	p := c.service.now().pipe
	began := time.Now()
	id, w, err := p.send(func(id int) []byte { return callBody(id, tool, arguments) })
	if err != nil {
		p.forget(id)
		return answer{gone: "the process has ended", gaveUp: time.Now()}, nil
	}
	defer p.forget(id)
	var quit <-chan time.Time
	if give.after > 0 {
		quit = time.After(give.after)
	}
	late := time.NewTimer(timeoutOf(arguments) + answerLimit)
	defer late.Stop()
	notes := func() []string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return w.notes
	}
	read := func(m message) (answer, error) {
		a, err := m.answer()
		a.notes = notes()
		return a, err
	}
	select {
	case m := <-w.answer:
		return read(m)
	case <-quit:
		_ = p.write(cancelBody(id))
		return answer{gone: "gave up", gaveUp: time.Now(), notes: notes()}, nil
	case <-p.ended:
		select {
		case m := <-w.answer: // it was the last that the process said
			return read(m)
		default:
			return answer{gone: "the process has ended", gaveUp: time.Now(), notes: notes()}, nil
		}
	case <-late.C:
		return a, fmt.Errorf("no answer for %s", time.Since(began).Round(time.Second))
	case <-ctx.Done():
		return answer{gone: "the soak ends", gaveUp: time.Now()}, nil
	}
}

// checkLeak looks for keys in what the server says. The keys of a soak are told apart by their
// beginning.
func (s *soak) checkLeak(where, text string) {
	for _, key := range s.world.keys {
		if strings.Contains(text, key) {
			s.report.fault("leaked", "a key is in %s: %.200s", where, text)
			return
		}
	}
}
