package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// stdioAttack is one way for a client over stdio to hurt its server: it writes, and reports
// whether it reads. A ping behind it must be answered where it does.
type stdioAttack struct {
	name  string
	reads bool
	write func(io.Writer) error
}

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"attack","version":"1"}}}` + "\n"

var stdioAttacks = []stdioAttack{
	{"12,000 waits, then a ping", true, func(w io.Writer) error {
		return lines(w, 12_000, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_task","arguments":{"tasktoken":"quiet","wait_seconds":45}}}`)
	}},
	{"a client that never reads", false, func(w io.Writer) error {
		return lines(w, 20_000, `{"jsonrpc":"2.0","id":%d,"method":"tools/list"}`)
	}},
	{"a line of 200 MB, then a ping", true, func(w io.Writer) error {
		piece := strings.Repeat("x", 1<<20)
		if _, err := io.WriteString(w, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`); err != nil {
			return err
		}
		for range 200 {
			if _, err := io.WriteString(w, piece); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "\"}}\n")
		return err
	}},
	{"a line of 15 MB of empty objects, then a ping", true, func(w io.Writer) error {
		_, err := w.Write(append(list(15<<20), '\n'))
		return err
	}},
}

func lines(w io.Writer, n int, format string) error {
	b := bufio.NewWriter(w)
	for i := range n {
		if _, err := fmt.Fprintf(b, format+"\n", i+1); err != nil {
			return err
		}
	}
	return b.Flush()
}

// overStdio attacks a fresh server as its client. The honest call is the ping.
func overStdio(u *upstream, v victim, duration time.Duration, a stdioAttack) (o outcome, err error) {
	s, err := v.start(context.Background(), u, "stdio")
	if err != nil {
		return o, err
	}
	defer s.stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		if _, err := io.WriteString(s.in, initialize); err != nil {
			return
		}
		_ = a.write(s.in)
	}()
	if !a.reads {
		time.Sleep(duration)
		o.peak, o.fell, o.cpu = s.peak.Load(), !s.alive(), s.cpu()
		return o, nil
	}
	pong := make(chan struct{})
	go func() {
		out := bufio.NewReaderSize(s.out, 1<<20)
		for {
			line, err := out.ReadString('\n')
			if strings.Contains(line, `"id":"ping"`) {
				close(pong)
			}
			if err != nil {
				return
			}
		}
	}()
	limit := time.After(max(duration, 30*time.Second)) // of a machine that others load
	select {
	case <-written:
	case <-limit:
		o.failed, o.last = 1, "the input is not read"
	case <-s.exited:
	}
	start := time.Now()
	if o.failed == 0 && s.alive() {
		_, _ = io.WriteString(s.in, `{"jsonrpc":"2.0","id":"ping","method":"ping"}`+"\n")
		select {
		case <-pong:
			o.calls = []time.Duration{time.Since(start)}
		case <-limit:
			o.failed, o.last = 1, "the ping is not answered"
		case <-s.exited:
		}
	}
	o.peak, o.fell, o.cpu = s.peak.Load(), !s.alive(), s.cpu()
	if s.killed.Load() {
		o.note = "killed for its memory"
	}
	return o, nil
}
