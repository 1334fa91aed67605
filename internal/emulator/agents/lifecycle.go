package agents

import (
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// An instanceStatus is where a deployed agent stands.
//
// Wiro docs: Agent Overview, UserAgent Statuses.
type instanceStatus int

const (
	agentStopped instanceStatus = iota
	agentStopping
	agentQueued
	agentStarting
	agentRunning
	agentFailed
	agentSetup
)

// up reports whether a container runs, or is about to.
func (s instanceStatus) up() bool { return s == agentStarting || s == agentRunning }

// moving reports whether the status changes by itself.
func (s instanceStatus) moving() bool {
	return s == agentStopping || s == agentQueued || s == agentStarting
}

// How long a status that changes by itself lasts, at pace 1.
const (
	queueTime = 1500 * time.Millisecond
	startTime = 6 * time.Second
	stopTime  = 3 * time.Second
)

// startAgent answers POST /UserAgent/Start.
func (a *Agents) startAgent(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	switch {
	case u.status.up():
		return nil, core.Fail(0, "Agent is already running")
	case u.status == agentQueued:
		return nil, core.Fail(0, "Agent is already queued to start")
	case u.status == agentStopping:
		return nil, core.Fail(0, "Agent is currently stopping, please wait")
	case u.status == agentSetup:
		return nil, core.Fail(0, "Agent setup is not complete. Please fill in your credentials before starting.")
	case !u.sub.active():
		return nil, core.Fail(0, "Active subscription required to start agent. Please renew your subscription.")
	case u.remaining(a.now()) <= 0:
		return nil, core.Fail(0, "No credits available. Please renew your subscription or purchase extra credits.")
	}
	u.launch = c.Behavior
	u.held = core.NewHold()
	a.queue(u)
	return nil, nil
}

// stopAgent answers POST /UserAgent/Stop.
func (a *Agents) stopAgent(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	switch u.status {
	case agentQueued:
		u.restartAfter = false
		a.enter(u, agentStopped)
		a.drive(u)
	case agentStarting, agentRunning:
		u.restartAfter = false
		a.stop(u)
	case agentStopping:
		return nil, core.Fail(0, "Agent is currently stopping, please wait")
	case agentFailed:
		return nil, core.Fail(0, "Agent is in error state, use Start to retry")
	default:
		return nil, core.Fail(0, "Agent is already stopped")
	}
	return nil, nil
}

// queue lines the agent up for a worker.
func (a *Agents) queue(u *userAgent) {
	a.enter(u, agentQueued)
	a.drive(u)
}

// stop shuts the container down.
func (a *Agents) stop(u *userAgent) {
	a.enter(u, agentStopping)
	for _, m := range u.messages {
		if m.active() {
			m.abort(errAgentGone)
		}
	}
	a.drive(u)
}

// restart makes a running agent pick up what changed: it stops, and comes back. It
// reports whether there was anything to restart.
//
// Wiro docs: Agent Overview, Automatic Restart.
func (a *Agents) restart(u *userAgent) bool {
	u.times.updated = a.now()
	if !u.status.up() {
		return false
	}
	u.restartAfter = true
	a.stop(u)
	u.times.queued = a.now()
	return true
}

// settle moves a resting agent between Stopped and Setup Required, as its credentials say.
func (a *Agents) settle(u *userAgent) {
	switch missing := a.setupRequired(u); {
	case u.status == agentSetup && !missing:
		a.enter(u, agentStopped)
	case (u.status == agentStopped || u.status == agentFailed) && missing:
		a.enter(u, agentSetup)
	}
}

// enter changes the status and notes when.
func (a *Agents) enter(u *userAgent, to instanceStatus) {
	now := a.now()
	u.status = to
	t := &u.times
	t.updated = now
	switch to {
	case agentQueued:
		t.queued, t.started, t.running, t.stopping = now, time.Time{}, time.Time{}, time.Time{}
	case agentStarting:
		t.started = now
	case agentRunning:
		t.running = now
		u.launch = core.Behavior{}
		a.log(u, logEvent{Kind: "system", Action: "agent_start"})
	case agentStopping:
		t.stopping, t.running = now, time.Time{}
	case agentStopped, agentSetup:
		if !t.stopping.IsZero() {
			t.stopped = now
			a.log(u, logEvent{Kind: "system", Action: "agent_stop"})
		}
		t.stopping = time.Time{}
	case agentFailed:
		t.failed = now
		u.launch = core.Behavior{}
		a.log(u, logEvent{Kind: "system", Action: "agent_error"})
	}
	a.changed.Raise()
}

// drive moves the status on until it rests. A later drive takes over from an earlier one.
func (a *Agents) drive(u *userAgent) {
	u.driver++
	me := u.driver
	if u.held != nil && u.status != agentQueued {
		u.held.Release() // the start that it held is over
	}
	if !u.status.moving() {
		return
	}
	a.server.Work.GoDo(func() {
		for {
			wait, held := a.upcoming(u, me)
			if held != nil {
				held.Wait(a.server.Context)
			}
			if !a.server.Pause(a.server.Context, wait) || !a.advance(u, me) {
				return
			}
		}
	})
}

// upcoming is how long the present status lasts, and what holds it beyond that.
func (a *Agents) upcoming(u *userAgent, me int) (time.Duration, *core.Hold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	wait, stage := stopTime, core.Stage("")
	switch {
	case u.driver != me:
		return 0, nil
	case u.status == agentQueued:
		wait, stage = queueTime, core.AgentQueue
	case u.status == agentStarting:
		wait, stage = startTime, core.AgentStart
	}
	if stage == "" || u.launch.HoldAt != stage {
		return wait, nil
	}
	return wait, u.held
}

// advance takes the next step. It reports whether there are more.
func (a *Agents) advance(u *userAgent, me int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u.driver != me {
		return false
	}
	switch u.status {
	case agentQueued:
		a.enter(u, agentStarting)
	case agentStarting:
		if u.launch.FailWith != nil {
			a.enter(u, agentFailed)
			break
		}
		a.enter(u, agentRunning)
	case agentStopping:
		again := u.restartAfter
		u.restartAfter = false
		switch {
		case a.setupRequired(u):
			a.enter(u, agentSetup)
		case again:
			a.enter(u, agentQueued)
		default:
			a.enter(u, agentStopped)
		}
	}
	return u.status.moving()
}
