package agents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A generation is the state of an answer in agent_output, agent_end and metadata.
//
// Wiro docs: Agent WebSocket, Streaming Metrics.
type generation struct {
	Type       string   `json:"type"`
	Task       string   `json:"task"`
	Speed      string   `json:"speed"`
	SpeedType  string   `json:"speedType"`
	Elapsed    string   `json:"elapsedTime"`
	TokenCount int      `json:"tokenCount"`
	WordCount  int      `json:"wordCount"`
	Raw        string   `json:"raw"`
	Thinking   []string `json:"thinking"`
	Answer     []string `json:"answer"`
	IsThinking bool     `json:"isThinking"`
}

// wordsPerSecond is how fast an agent writes.
const wordsPerSecond = 12.5

func newGeneration(raw string) *generation {
	words := len(strings.Fields(raw))
	elapsed := 0.4 + float64(words)/wordsPerSecond
	g := &generation{
		Type: "progressGenerate", Task: "Generate", SpeedType: "words/s",
		Speed: fmt.Sprintf("%.1f", float64(words)/elapsed), Elapsed: fmt.Sprintf("%.1fs", elapsed),
		TokenCount: words * 4 / 3, WordCount: words, Raw: raw, Thinking: []string{}, Answer: []string{},
	}
	rest := raw
	if thought, found := strings.CutPrefix(raw, "<think>"); found {
		thought, rest, found = strings.Cut(thought, "</think>")
		g.Thinking, g.IsThinking = []string{thought}, !found
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		g.Answer = []string{rest}
	}
	return g
}

// run takes a message from the queue to its end. It is the message's only goroutine.
func (m *agentMessage) run() {
	defer m.cancel(nil)
	answer, ok := m.begin()
	if !ok {
		return
	}
	steps := chunks(answer)
	wait := m.stepTime(len(steps))
	for i, end := range steps {
		if !m.agents.server.Pause(m.ctx, wait) || !m.write(answer[:end], i == len(steps)/2) {
			m.interrupted()
			return
		}
		if i == 0 && !m.hold(core.AgentOutput) {
			m.interrupted()
			return
		}
	}
	m.finish(answer)
}

// begin waits in the queue, then starts. It reports false when the message has ended.
func (m *agentMessage) begin() (answer string, ok bool) {
	if m.behavior.AwaitSubscriber && m.topic.AwaitFollower(m.ctx) != nil {
		return "", false
	}
	if !m.hold(core.AgentQueue) || !m.agents.server.Pause(m.ctx, 400*time.Millisecond) {
		return "", false
	}
	m.agents.mu.Lock()
	if m.over() {
		m.agents.mu.Unlock()
		return "", false
	}
	m.started = m.agents.now()
	if m.agent.status != agentRunning {
		m.crash(errAgentGone.Error())
		m.agents.mu.Unlock()
		return "", false
	}
	m.status = core.AgentStart
	m.announce(core.AgentStart, "", true)
	answer = m.compose()
	m.agents.mu.Unlock()
	if !m.hold(core.AgentStart) {
		m.interrupted()
		return "", false
	}
	return answer, true
}

// hold waits for Release where the behavior says so. It reports false when the message
// has ended.
func (m *agentMessage) hold(stage core.Stage) bool {
	if m.behavior.HoldAt == stage {
		m.held.Wait(m.ctx)
	}
	return m.ctx.Err() == nil
}

// stepTime is the pause before each piece of an answer.
func (m *agentMessage) stepTime(steps int) time.Duration {
	if m.behavior.Seconds > 0 {
		return time.Duration(m.behavior.Seconds * float64(time.Second) / float64(steps))
	}
	return 350 * time.Millisecond
}

// chunks are the places at which an answer is told so far: every few words.
func chunks(answer string) []int {
	const words = 5
	var ends []int
	n := 0
	for i, r := range answer {
		if r != ' ' {
			continue
		}
		if n++; n%words == 0 {
			ends = append(ends, i)
		}
	}
	return append(ends, len(answer))
}

// write is one piece of the answer. It reports false when the message has ended.
func (m *agentMessage) write(raw string, middle bool) bool {
	m.agents.mu.Lock()
	defer m.agents.mu.Unlock()
	if m.over() || m.ctx.Err() != nil {
		return false
	}
	m.status, m.debug = core.AgentOutput, raw
	if middle && m.behavior.DropSocketAt == core.AgentOutput {
		m.topic.Drop()
		m.note(core.AgentOutput)
		return true
	}
	m.announce(core.AgentOutput, newGeneration(raw), true)
	return true
}

// finish is the end of the answer, good or bad.
func (m *agentMessage) finish(answer string) {
	m.agents.mu.Lock()
	defer m.agents.mu.Unlock()
	if m.over() {
		return
	}
	g := newGeneration(answer)
	switch {
	case m.behavior.FailWith != nil:
		m.crash(strings.Join(slices.Concat(m.behavior.FailWith.Stderr, []string{
			"upstream answered 502 (Authorization: Bearer " + secrets().Upstream + ")",
		}), "\n"))
	case m.behavior.NoOutputs:
		g = newGeneration("...")
		m.end(core.AgentError, g.Raw, core.Object{}, g, false)
	default:
		m.charge()
		m.agents.log(m.agent, logEvent{
			Kind: "message", Action: string(core.AgentEnd), Session: &m.session,
			Details: core.Object{{"messageguid", m.guid}, {"prompt", m.content}, {"elapsedTime", g.Elapsed}, {"wordCount", g.WordCount}},
		}.by(m.sender))
		m.end(core.AgentEnd, answer, g, g, true)
	}
}

// sanitized is all that a socket hears of an error of the runtime.
const sanitized = "Agent is temporarily unavailable. Please try again shortly."

// crash ends the message with an error of the runtime, which only the API tells in full.
func (m *agentMessage) crash(reason string) {
	m.end(core.AgentError, reason, core.Object{}, sanitized, false)
}

// abort ends a message that the runtime works on, for a reason.
func (m *agentMessage) abort(reason error) {
	m.stop(reason)
	if errors.Is(reason, errCanceled) {
		m.end(core.AgentCancel, reason.Error(), core.Object{}, reason.Error(), false)
		return
	}
	m.crash(reason.Error())
}

// interrupted ends a message whose context has ended, unless somebody has done so already.
// When the whole emulator closes it stays as it is.
func (m *agentMessage) interrupted() {
	m.agents.mu.Lock()
	defer m.agents.mu.Unlock()
	if reason := context.Cause(m.ctx); !m.over() && m.agents.server.Context.Err() == nil {
		m.abort(reason)
	}
}

// end sets the last state, announces it and tells the callback.
func (m *agentMessage) end(stage core.Stage, response string, metadata, event any, result bool) {
	m.status, m.response, m.debug, m.metadata = stage, response, response, metadata
	m.ended = m.agents.now()
	if m.behavior.LoseFinalEvent {
		m.note(stage)
	} else {
		m.announce(stage, event, result)
	}
	m.notifyDone()
}

// announce publishes an event in the way that the behavior asks for. The caller holds the
// lock, which keeps events in order.
func (m *agentMessage) announce(stage core.Stage, event any, result bool) {
	defer m.note(stage)
	b := &m.behavior
	switch {
	case b.Silent:
		return
	case b.DropSocketAt == stage && stage != core.AgentOutput:
		m.topic.Drop()
		return
	}
	if b.Garbage {
		for _, data := range core.Garbage {
			m.topic.Publish(func() []byte { return data })
		}
	}
	build := func() []byte {
		return core.Encode(core.Object{{"type", stage}, {"agenttoken", m.topic.Token}, {"message", event}, {"result", result}})
	}
	m.topic.Publish(build)
	if b.Duplicate {
		m.topic.Publish(build)
	}
}

// note remembers that a stage was reached.
func (m *agentMessage) note(stage core.Stage) {
	if !slices.Contains(m.reached, stage) {
		m.reached = append(m.reached, stage)
	}
	m.agents.changed.Raise()
}
