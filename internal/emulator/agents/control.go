package agents

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// Advance moves the clock of the agents forward and does what falls due on the way:
// subscriptions renew, or expire where that was asked for or the wallet is empty;
// scheduled tasks of running agents leave their lines in the log; old logs go; invitations,
// extra credits and half-finished connections expire.
func (a *Agents) Advance(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	until := a.skew + max(0, d)
	for a.skew < until { // day by day, as the real thing does
		date := a.now().UTC().Format(dateFormat)
		a.skew = min(a.skew+day, until)
		newDay := date != a.now().UTC().Format(dateFormat)
		for _, u := range a.instances {
			if newDay {
				a.runCrons(u)
			}
			a.tick(u)
		}
	}
	a.changed.Raise()
}

// runCrons logs that the scheduled tasks of a running agent ran, once a day whatever their
// interval.
func (a *Agents) runCrons(u *userAgent) {
	if u.status != agentRunning {
		return
	}
	for _, s := range u.custom {
		if s.scheduled() && s.state.enabled && s.state.interval != "" && !u.hides(s) {
			key := "cs-" + s.key
			a.log(u, logEvent{Kind: "cron", Action: "cron-tick", Skill: &key, Details: core.Object{{"interval", s.state.interval}, {"trigger", "scheduled"}}})
		}
	}
}

// tick does what has fallen due for one instance.
func (a *Agents) tick(u *userAgent) {
	a.rotateLogs(u)
	if !u.sub.active() || a.now().Before(u.sub.end) {
		return
	}
	if !u.sub.cancel && a.wallet(u).Pay(u.price, codeBalance, notEnough) == nil {
		a.begin(u, nil, u.sub.end, "Subscription renewal")
		return
	}
	a.expire(u)
}

// expire ends a subscription: what is left of the monthly credits goes, and the agent stops.
func (a *Agents) expire(u *userAgent) {
	u.sub.expired, u.sub.cancel = true, false
	if left := u.monthly - u.used; left > 0 {
		u.used = u.monthly
		a.record(u, nil, &transaction{
			kind: "cancel", action: "subscription", amount: -left, description: "Subscription expired", provider: "prepaid",
		})
	}
	u.restartAfter = false
	switch {
	case u.status.up():
		a.stop(u)
	case u.status == agentQueued:
		a.enter(u, agentStopped)
		a.drive(u)
	}
}

// SetAgentCredits leaves an instance with this many credits in the present period, by
// changing how many it has used. It reports whether there is an instance with this guid.
func (a *Agents) SetAgentCredits(useragentguid string, remaining int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.byGUID(useragentguid)
	if u == nil {
		return false
	}
	u.used = max(0, u.monthly+u.extra(a.now())-max(0, remaining))
	a.changed.Raise()
	return true
}

func (a *Agents) byGUID(guid string) *userAgent {
	i := slices.IndexFunc(a.instances, func(u *userAgent) bool { return u.guid == guid })
	if i < 0 {
		return nil
	}
	return a.instances[i]
}

// AgentAtRest waits until the status of an instance no longer changes by itself, and
// returns it: 0 stopped, 4 running, 5 error, 6 setup required. It fails for an unknown
// guid, and with ctx's error.
func (a *Agents) AgentAtRest(ctx context.Context, useragentguid string) (status int, err error) {
	err = a.await(ctx, func() (bool, error) {
		u := a.byGUID(useragentguid)
		if u == nil {
			return false, fmt.Errorf("emulator: no agent %q", useragentguid)
		}
		status = int(u.status)
		return !u.status.moving(), nil
	})
	return status, err
}

// await waits until done, which is asked under the lock.
func (a *Agents) await(ctx context.Context, done func() (bool, error)) error {
	return a.changed.Await(ctx, &a.mu, done)
}

// Release opens what a behavior holds: a message by its agenttoken, a starting agent by
// its guid.
func (a *Agents) Release(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.tokens[token]; m != nil {
		m.held.Release()
	}
	if u := a.byGUID(token); u != nil && u.held != nil {
		u.held.Release()
	}
}

// Reached waits until a message has come to a stage, or past it. known is false where no
// message has the token.
func (a *Agents) Reached(ctx context.Context, token string, stage core.Stage) (known bool, err error) {
	err = a.await(ctx, func() (bool, error) {
		m := a.tokens[token]
		switch known = m != nil; {
		case !known || slices.Contains(m.reached, stage):
			return true, nil
		case m.over():
			return false, fmt.Errorf("emulator: message ended with %s and never reached %s", m.status, stage)
		default:
			return false, nil
		}
	})
	return known, err
}

// EndedAt is when a message ended, if it has.
func (a *Agents) EndedAt(token string) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.tokens[token]
	if m == nil || !m.over() {
		return time.Time{}, false
	}
	return m.ended, true
}
