package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var startAgentTool = define(mcptool.Meta{
	Name:        "start_agent",
	Title:       "Start an agent",
	Description: "Start an agent, and wait until it runs (a minute). Says what is missing.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "wait": false}`}},
}, startAgent)

func startAgent(ctx context.Context, call *Call, in agentSwitch) (AgentAction, error) {
	start := func() error { return call.inTeam(in.Team).MyAgents.Start(ctx, in.GUID) }
	err := start()
	already := reasonOf(err) == wiro.ReasonAlreadyRunning || reasonOf(err) == wiro.ReasonAlreadyQueued
	// A change of it may be restarting it, or it is still stopping: it is started once it has stopped.
	stopping := reasonOf(err) == wiro.ReasonStopping
	if stopping && !in.waits() {
		return call.restarting(ctx, in, err)
	}
	if err != nil && !already && !stopping {
		return AgentAction{}, call.notStarted(ctx, in, err)
	}
	left := wiro.AgentQueued
	if stopping {
		left = wiro.AgentStopping
	}
	var again error
	agent, err := call.settle(ctx, in, left, func(u wiro.UserAgent) bool {
		switch {
		case u.Status == wiro.AgentStopped && stopping:
			stopping, again = false, start()
			return again != nil
		case u.Status == wiro.AgentStopping:
			return !u.RestartAfter && !stopping
		}
		return u.Status != wiro.AgentQueued && u.Status != wiro.AgentStarting
	})
	switch {
	case again != nil && reasonOf(again) != wiro.ReasonAlreadyQueued && reasonOf(again) != wiro.ReasonAlreadyRunning:
		return AgentAction{}, call.notStarted(ctx, in, again)
	case err != nil && !mcptool.WaitEnded(err):
		return AgentAction{}, err
	}
	return call.started(agent, already, err)
}

// restarting says how an agent stands that was stopping when it was told to start, to a caller who
// does not wait.
func (c *Call) restarting(ctx context.Context, in agentSwitch, refusal error) (AgentAction, error) {
	agent, err := c.agent(ctx, in.GUID, in.Team)
	if err != nil || agent.Status == wiro.AgentStopping && !agent.RestartAfter {
		return AgentAction{}, refusal
	}
	action := agentAction(agent, "It restarts by itself, with what was changed: it runs in a minute or so.")
	action.NextAction = c.Next("get_my_agent", "see whether it runs", agentRef(in.GUID))
	return action, nil
}

// notStarted says what an agent lacks that cannot start.
func (c *Call) notStarted(ctx context.Context, in agentSwitch, err error) error {
	if reasonOf(err) != wiro.ReasonSetupIncomplete {
		return err
	}
	agent, lookErr := c.agent(ctx, in.GUID, in.Team)
	if lookErr != nil {
		return err
	}
	return c.setupProblem(agent)
}

// started says how an agent stands that was told to start.
func (c *Call) started(agent wiro.UserAgent, already bool, waitErr error) (AgentAction, error) {
	self := agentRef(agent.GUID)
	switch agent.Status {
	case wiro.AgentSetupRequired:
		return AgentAction{}, c.setupProblem(agent)
	case wiro.AgentError:
		p := mcptool.Problemf("The agent did not start: it ended with an error. Start it again; if that does not help, %s shows what went wrong.", c.toolName("get_agent_logs"))
		if p.Next = c.Next("get_agent_logs", "see what went wrong", self); p.Next == nil {
			p.Next = &mcptool.NextAction{Tool: "start_agent", Arguments: self, Reason: "try again"}
		}
		return AgentAction{}, p
	case wiro.AgentRunning:
		action := agentAction(agent, "It runs and takes messages.")
		if already {
			action.Message = "It runs already and takes messages."
		}
		if c.Enabled("send_agent_message") {
			action.Message += " send_agent_message talks to it."
		}
		return action, nil
	case wiro.AgentStopped, wiro.AgentStopping:
		if waitErr != nil && agent.Status == wiro.AgentStopping {
			if agent.RestartAfter {
				break
			}
			return AgentAction{}, mcptool.Problemf("The agent is still stopping: start it again once it has stopped.").WithNext("get_my_agent", "see whether it has stopped", self)
		}
		return AgentAction{}, mcptool.Problemf("The agent was stopped again before it ran.").WithNext("start_agent", "start it again", self)
	}
	action := agentAction(agent, "It is "+agent.Status.String()+"; that takes a minute or so.")
	if waitErr != nil {
		action.Message = strings.TrimSpace(c.cause(waitErr) + " It is still " + agent.Status.String() + " and goes on by itself.")
	}
	action.NextAction = c.Next("get_my_agent", "see whether it runs", self)
	return action, nil
}

var stopAgentTool = define(mcptool.Meta{
	Name:        "stop_agent",
	Title:       "Stop an agent",
	Description: "Stop an agent, and wait until it has stopped. Its subscription goes on: cancel_agent_subscription ends it.",
	Toolset:     Agents,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "wait": false}`}},
}, stopAgent)

func stopAgent(ctx context.Context, call *Call, in agentSwitch) (AgentAction, error) {
	stop := func() error { return call.inTeam(in.Team).MyAgents.Stop(ctx, in.GUID) }
	err := stop()
	if reasonOf(err) == wiro.ReasonAlreadyStopped {
		return call.stopped(ctx, in, wiro.UserAgent{GUID: in.GUID}, "It was stopped already."), nil
	}
	// A change of it may be restarting it: it is stopped once more when it is back.
	comesBack := in.waits() && reasonOf(err) == wiro.ReasonStopping
	if err != nil && !comesBack {
		return AgentAction{}, err
	}
	var again error
	agent, err := call.settle(ctx, in, wiro.AgentStopping, func(u wiro.UserAgent) bool {
		switch u.Status {
		case wiro.AgentQueued, wiro.AgentStarting, wiro.AgentRunning:
			if comesBack {
				comesBack, again = false, stop()
			}
			return again != nil
		case wiro.AgentStopping:
			return false
		}
		return true
	})
	if again != nil {
		return AgentAction{}, again
	}
	if err != nil && !mcptool.WaitEnded(err) {
		return AgentAction{}, err
	}
	switch agent.Status {
	case wiro.AgentStopped, wiro.AgentSetupRequired:
		return call.stopped(ctx, in, agent, "It has stopped."), nil
	case wiro.AgentError:
		return call.stopped(ctx, in, agent, "It has ended, with an error."), nil
	}
	action := call.stopped(ctx, in, agent, "It is "+agent.Status.String()+"; that takes a moment.")
	action.NextAction = call.Next("get_my_agent", "see whether it has stopped", agentRef(in.GUID))
	return action, nil
}

// stopped says how an agent stands that was told to stop, and which subscription goes on. What is
// not known of the agent is looked up.
func (c *Call) stopped(ctx context.Context, in agentSwitch, agent wiro.UserAgent, message string) AgentAction {
	if agent.Title == "" {
		if now, err := c.agent(ctx, in.GUID, in.Team); err == nil {
			now.Status = agent.Status
			agent = now
		}
	}
	action := agentAction(agent, message)
	action.Agent.Status = agent.Status.String()
	action.Agent.Subscription = subscriptionLine(agent.Subscription)
	switch s := agent.Subscription; {
	case !s.Active():
	case s.Canceled():
		action.Message += fmt.Sprintf(" Its subscription ends %s and is not charged again.", day(s.CurrentPeriodEnd))
	default:
		price := agent.MonthlyPriceUSD
		if price == nil {
			price = s.Amount
		}
		action.Message += fmt.Sprintf(" Its subscription (%s) goes on: it renews %s for %s. %s ends it.",
			tierName(agent.Tier), day(s.CurrentPeriodEnd), mcptool.USD(price), c.toolName("cancel_agent_subscription"))
	}
	return action
}

type agentSwitch struct {
	agentGUID
	teamOf
	Wait    *bool    `json:"wait,omitempty" default:"true" doc:"false returns at once"`
	Timeout *float64 `json:"timeout_seconds,omitempty" min:"0" max:"600" doc:"how long to wait"`
}

func (s agentSwitch) waits() bool { return s.Wait == nil || *s.Wait }

// settle waits until an agent is where it was sent, unless the caller does not want to. It
// returns the agent as it stood last, at first as Wiro's answer left it.
func (c *Call) settle(ctx context.Context, in agentSwitch, left wiro.AgentStatus, settled func(wiro.UserAgent) bool) (wiro.UserAgent, error) {
	agent := wiro.UserAgent{GUID: in.GUID, Status: left}
	if !in.waits() {
		return agent, nil
	}
	p := c.StartProgress()
	defer p.Stop()
	p.Update(0.1, 0, left.String())
	var now wiro.UserAgent
	err := c.Wait(ctx, in.Timeout, func(limited context.Context) (err error) {
		if mcptool.LooksOnce(in.Timeout) {
			if now, err = c.inTeam(in.Team).MyAgents.Get(ctx, in.GUID); err == nil && !settled(now) {
				err = context.DeadlineExceeded
			}
			return err
		}
		now, err = c.inTeam(in.Team).MyAgents.Wait(limited, in.GUID, settled, func(u wiro.UserAgent) {
			p.Update(float64(u.Status), 0, u.Status.String())
		})
		return err
	})
	if now.GUID != "" {
		agent = now
		c.noteTeam(agent)
	}
	return agent, err
}

// AgentAction is something done to a deployed agent.
type AgentAction struct {
	mcptool.ActionResult
	Agent      ActedAgent          `json:"agent"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// ActedAgent is what is known of the agent afterwards.
type ActedAgent struct {
	GUID   string `json:"useragentguid"`
	Title  string `json:"title,omitempty"`
	Status string `json:"status,omitempty"`
	// Subscription is what stop_agent leaves to go on, such as "active until 2026-06-01".
	Subscription string `json:"subscription,omitempty"`
}

func agentAction(u wiro.UserAgent, message string) AgentAction {
	acted := ActedAgent{GUID: u.GUID, Title: u.Title}
	if u.Title != "" || u.Status != wiro.AgentStopped {
		acted.Status = u.Status.String()
	}
	return AgentAction{ActionResult: mcptool.Done(message), Agent: acted}
}

// Text is what was done, and to which agent.
func (a AgentAction) Text() string {
	name := "Agent " + a.Agent.GUID
	if a.Agent.Title != "" {
		name = a.Agent.Title + " (guid " + a.Agent.GUID + ")"
	}
	return mcptool.TextWithNext(name+": "+a.Message, a.NextAction)
}
