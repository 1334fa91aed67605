package tools

import (
	"context"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var startAgentTool = define(mcptool.Meta{
	Name:        "start_agent",
	Title:       "Start an agent",
	Description: "Start a deployed agent, and wait until it runs (a minute or so). Says what is missing if it cannot start.",
	Toolset:     Agents,
	Effect:      mcptool.Writes,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "wait": false}`}},
}, startAgent)

func startAgent(ctx context.Context, call *Call, in agentSwitch) (AgentAction, error) {
	err := call.Wiro.MyAgents.Start(ctx, in.GUID)
	if reasonOf(err) == wiro.ReasonSetupIncomplete {
		agent, lookErr := call.Wiro.MyAgents.Get(ctx, in.GUID)
		if lookErr != nil {
			return AgentAction{}, err
		}
		return AgentAction{}, call.setupProblem(agent)
	}
	already := reasonOf(err) == wiro.ReasonAlreadyRunning || reasonOf(err) == wiro.ReasonAlreadyQueued
	if err != nil && !already {
		return AgentAction{}, err
	}
	agent, err := call.settle(ctx, in, wiro.AgentQueued, func(u wiro.UserAgent) bool {
		return u.Status != wiro.AgentQueued && u.Status != wiro.AgentStarting && (u.Status != wiro.AgentStopping || !u.RestartAfter)
	})
	if err != nil && !mcptool.WaitEnded(err) {
		return AgentAction{}, err
	}
	return call.started(agent, already, err)
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
		action := agentAction("start", agent, "It runs and takes messages.")
		if already {
			action.Message = "It runs already and takes messages."
		}
		if c.Enabled("send_agent_message") {
			action.Message += " send_agent_message talks to it."
		}
		return action, nil
	case wiro.AgentStopped, wiro.AgentStopping:
		return AgentAction{}, mcptool.Problemf("The agent was stopped again before it ran.").WithNext("start_agent", "start it again", self)
	}
	action := agentAction("start", agent, "It is "+agent.Status.String()+"; that takes a minute or so.")
	if waitErr != nil {
		action.Message = strings.TrimSpace(cause(waitErr) + " It is still " + agent.Status.String() + " and goes on by itself.")
	}
	action.NextAction = c.Next("get_my_agent", "see whether it runs", self)
	return action, nil
}

var stopAgentTool = define(mcptool.Meta{
	Name:        "stop_agent",
	Title:       "Stop an agent",
	Description: "Stop a deployed agent, and wait until it has stopped. Its subscription goes on: cancel_agent_subscription ends that.",
	Toolset:     Agents,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "wait": false}`}},
}, stopAgent)

func stopAgent(ctx context.Context, call *Call, in agentSwitch) (AgentAction, error) {
	err := call.Wiro.MyAgents.Stop(ctx, in.GUID)
	if reasonOf(err) == wiro.ReasonAlreadyStopped {
		return agentAction("stop", wiro.UserAgent{GUID: in.GUID}, "It was stopped already."), nil
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
				comesBack, again = false, call.Wiro.MyAgents.Stop(ctx, in.GUID)
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
	action := agentAction("stop", agent, "It has stopped.")
	switch agent.Status {
	case wiro.AgentStopped, wiro.AgentSetupRequired:
	case wiro.AgentError:
		action.Message = "It has ended, with an error."
	default:
		action.Message = "It is " + agent.Status.String() + "; that takes a moment."
		action.NextAction = call.Next("get_my_agent", "see whether it has stopped", agentRef(in.GUID))
	}
	return action, nil
}

type agentSwitch struct {
	agentGUID
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
			if now, err = c.Wiro.MyAgents.Get(ctx, in.GUID); err == nil && !settled(now) {
				err = context.DeadlineExceeded
			}
			return err
		}
		now, err = c.Wiro.MyAgents.Wait(limited, in.GUID, settled, func(u wiro.UserAgent) {
			p.Update(float64(u.Status), 0, u.Status.String())
		})
		return err
	})
	if now.GUID != "" {
		agent = now
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
}

func agentAction(action string, u wiro.UserAgent, message string) AgentAction {
	acted := ActedAgent{GUID: u.GUID, Title: u.Title}
	if u.Title != "" || u.Status != wiro.AgentStopped || action == "stop" {
		acted.Status = u.Status.String()
	}
	return AgentAction{ActionResult: mcptool.Done(action, message), Agent: acted}
}

// Text is what was done, and to which agent.
func (a AgentAction) Text() string {
	name := a.Agent.Title
	if name == "" {
		name = "Agent " + a.Agent.GUID
	}
	return mcptool.TextWithNext(name+": "+a.Message, a.NextAction)
}
