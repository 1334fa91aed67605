package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// replicas measures one, two and four servers that share a store, with calls given to them in
// turns: what each call costs the processor, and what waits cost the memory of each.
func (b *bench) replicas() (rows []row, err error) {
	store, stop, err := b.startRedis()
	if err != nil {
		return nil, err
	}
	defer stop()
	token, err := b.submitted(b.apart)
	if err != nil {
		return nil, err
	}
	alone := time.Duration(0)
	for _, n := range []int{1, 2, 4} {
		r, cost, err := b.replicasOf(n, store, token, alone)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, r...); n == 1 {
			alone = cost
		}
	}
	return rows, nil
}

// startServers starts servers that share a store.
func (b *bench) startServers(n int, up upstream, store string) (servers []*webServer, stop func(), err error) {
	stop = func() {
		for _, s := range servers {
			s.stop()
		}
	}
	for range n {
		s, err := b.serve(b.binary, up, "http", "--listen", "127.0.0.1:0", "--store", store)
		if err != nil {
			stop()
			return nil, nil, err
		}
		servers = append(servers, s)
	}
	return servers, stop, nil
}

func (b *bench) replicasOf(n int, store, token string, alone time.Duration) ([]row, time.Duration, error) {
	const (
		spell = 3 * time.Second
		waits = 2000 // in all
	)
	servers, stop, err := b.startServers(n, b.apart, store)
	if err != nil {
		return nil, 0, err
	}
	arguments := map[string]any{"tasktoken": token}
	turn := atomic.Int64{}
	call := func() error {
		_, err := b.callTool(b.ctx, b.apart.key, servers[int(turn.Add(1))%n].url, "get_task", arguments)
		return err
	}
	var before, after, cost time.Duration
	var perSecond float64
	if _, err = load(spell/3, call); err == nil { // connections, schemas
		before, err = processorOf(servers)
	}
	if err == nil {
		perSecond, err = load(spell, call)
	}
	if err == nil {
		after, err = processorOf(servers)
	}
	stop()
	if err != nil {
		return nil, 0, err
	}
	cost = time.Duration(float64(after-before) / (perSecond * spell.Seconds()))

	if servers, stop, err = b.startServers(n, b.inside, store); err != nil {
		return nil, 0, err
	}
	defer stop()
	most, sockets := int64(0), 0
	late, err := b.holdWaits(waits, servers, func() error {
		sockets = b.sandbox.Sockets()
		for _, s := range servers {
			memory, err := s.memory("VmRSS")
			if err != nil {
				return err
			}
			most = max(most, memory)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	name := fmt.Sprintf("replicas: %d", n)
	return []row{
		{name + ", calls", fmt.Sprintf("%.0f/s, %s of processor each", perSecond, short(cost)), "1.5 times that of one", "on the processors of this machine, with the load", alone == 0 || cost <= alone*3/2},
		{name + ", 2,000 waits in all", humanize.IBytes(uint64(most)) + " the largest, " + strconv.Itoa(sockets) + " sockets", "50 sockets each", "noticed: p99 " + short(quantile(late, 0.99)), sockets <= 50*n}, //nolint:gosec // a size
	}, cost, nil
}

// processorOf is the processor time that servers have used.
func processorOf(servers []*webServer) (sum time.Duration, err error) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	for _, s := range servers {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		for _, field := range strings.Fields(rest)[11:13] { // utime, stime
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, err
			}
			sum += time.Duration(ticks) * tick
		}
	}
	return sum, nil
}

// startRedis runs a Redis for replicas; without one they share a folder.
func (b *bench) startRedis() (address string, stop func(), err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "file:" + filepath.Join(b.state, "shared"), func() {}, nil //nolint:nilerr // it is optional
	}
	socket := filepath.Join(b.state, "redis")
	cmd := exec.CommandContext(b.ctx, path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", b.state) //nolint:gosec // Redis
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			return "unix://" + socket, stop, c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("redis-server does not listen")
}
