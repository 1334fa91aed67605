package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// orders tell a process of attackers what to do; the variable of this name holds them.
type orders struct {
	URL, Upstream string
	Attacks       []string
	Duration      time.Duration
}

const ordersVariable = "WIRO_ATTACK_ORDERS"

// startAttackers attacks from another process, of low priority: real attackers use processors
// of their own. stop ends it.
func startAttackers(s *server, u *upstream, duration time.Duration, attacks []attack) (stop func(), err error) {
	o := orders{URL: s.url, Upstream: u.address, Duration: duration}
	for _, a := range attacks {
		o.Attacks = append(o.Attacks, a.name)
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{own}
	if nice, err := exec.LookPath("nice"); err == nil {
		args = []string{nice, "-n", "15", own}
	}
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), ordersVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}, nil
}

// act follows the orders that this process was started with. It reports false if there are none.
func act() bool {
	var o orders
	if json.Unmarshal([]byte(os.Getenv(ordersVariable)), &o) != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Duration)
	defer cancel()
	t := newTarget(o.URL, o.Upstream)
	var group sync.WaitGroup
	for _, a := range attacks {
		if slices.Contains(o.Attacks, a.name) {
			group.Go(func() { a.run(ctx, t) })
		}
	}
	group.Wait()
	return true
}
