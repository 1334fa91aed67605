package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// The keys that the upstream accepts: that of an honest user, and that of one who makes the
// upstream misbehave.
const (
	honestKey  = "honest-user-key-1"
	hostileKey = "hostile-user-key-1"
)

// upstream plays Wiro, a hostile one where it is asked to, and a slow file server.
type upstream struct {
	server    *http.Server
	address   string
	transfers atomic.Int64 // of the slow file, that are open
	most      atomic.Int64 // transfers at once
	looks     atomic.Int64 // at tasks
	models    []byte       // 15 MB of models
	failure   []byte       // 15 MB of an error's text
	frame     []byte       // 31 MB of an event
}

func startUpstream() (*upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u := &upstream{
		address: listener.Addr().String(),
		models:  wrap(`{"result":true,"total":"5000000","tool":[{}`, `,{}`, 15<<20, `]}`),
		failure: wrap(`{"result":false,"errors":[{"code":0,"message":"`, `apikey=x9 password: "y" `, 15<<20, `"}]}`),
		frame:   wrap(`{"type":"task_output","tasktoken":"frames","message":"`, "x", 31<<20, `"}`),
	}
	u.failure = bytes.ReplaceAll(u.failure, []byte(`: "y" `), []byte(`: 'y' `))
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/", u.api)
	mux.HandleFunc("/socket", u.socket)
	mux.HandleFunc("/slow.png", u.slow)
	u.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = u.server.Serve(listener) }()
	return u, nil
}

// wrap repeats a piece between a start and an end until it is size bytes long.
func wrap(start, piece string, size int, end string) []byte {
	return []byte(start + strings.Repeat(piece, (size-len(start)-len(end))/len(piece)) + end)
}

func (u *upstream) api(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("X-Api-Key")
	if key != honestKey && key != hostileKey {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"result":false,"errors":[{"code":0,"message":"Project authorization is not founded."}]}`)
		return
	}
	var body struct {
		Search string `json:"search"`
		Token  string `json:"tasktoken"`
	}
	switch operation := strings.TrimPrefix(r.URL.Path, "/v1/"); operation {
	case "Tool/List":
		_ = json.NewDecoder(r.Body).Decode(&body)
		switch body.Search {
		case "models":
			_, _ = w.Write(u.models)
		case "error":
			_, _ = w.Write(u.failure)
		default:
			_, _ = io.WriteString(w, `{"result":true,"total":"1","tool":[{"id":"1","title":"Lighthouse","cleanslugowner":"a","cleanslugproject":"b"}]}`)
		}
	case "Task/Detail":
		u.looks.Add(1)
		_ = json.NewDecoder(r.Body).Decode(&body)
		_, _ = fmt.Fprintf(w, `{"result":true,"total":"1","tasklist":[{"id":"1","socketaccesstoken":%q,"status":"task_start"}]}`, body.Token)
	default:
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"result":true,"total":"0","tasklist":[]}`)
	}
}

// socket sends what the tokens that are registered ask for, as fast as it can.
func (u *upstream) socket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close() //nolint:errcheck // the end of it
	tokens := make(chan string, 1000)
	go func() {
		defer close(tokens)
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			var m struct {
				Token string `json:"tasktoken"`
			}
			_ = json.Unmarshal(data, &m)
			tokens <- m.Token
		}
	}()
	var ended [][]byte
	frames := false
	for {
		select {
		case token, ok := <-tokens:
			if !ok {
				return
			}
			frames = frames || token == "frames"
			if strings.HasPrefix(token, "ended") {
				ended = append(ended, fmt.Appendf(nil, `{"type":"task_postprocess_end","tasktoken":%q,"message":[]}`, token))
			}
			continue
		default:
		}
		if frames && ws.WriteMessage(websocket.TextMessage, u.frame) != nil {
			return
		}
		for _, event := range ended {
			if ws.WriteMessage(websocket.TextMessage, event) != nil {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// slow is a file that never ends.
func (u *upstream) slow(w http.ResponseWriter, r *http.Request) {
	open := u.transfers.Add(1)
	defer u.transfers.Add(-1)
	for most := u.most.Load(); open > most && !u.most.CompareAndSwap(most, open); most = u.most.Load() {
	}
	w.Header().Set("Content-Type", "image/png")
	for {
		if _, err := io.WriteString(w, "x"); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}
