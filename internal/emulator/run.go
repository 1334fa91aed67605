package emulator

import (
	"fmt"
	"strings"
)

// What a run needs in the wallet, in USD.
//
// Wiro docs: Error Reference, Run Errors.
const (
	minBalance         = 0.50
	minTrainingBalance = 10
)

var (
	errBalance       = fail(97, "Insufficient balance")
	errSignIn        = fail(98, "sign in to run this model")
	errSuspended     = fail(0, "Your account has been suspended. Please contact support.")
	errNotAccessible = fail(1, "tool-not-accessible")
)

func installRun(s *Server) {
	s.serve("Run/", endpoint{handle: runModel})
}

// runModel answers POST /Run/{owner}/{model}.
func runModel(c *call) (fields, error) {
	s := c.sandbox
	owner, name, _ := strings.Cut(c.rest, "/")
	m := s.models.find(owner, name)
	if m == nil {
		return nil, errNoModel
	}
	payer, err := s.payer(c.project, c.args.text("projectid"))
	if err != nil {
		return nil, err
	}
	if err := payer.admits(m); err != nil {
		return nil, err
	}
	if err := s.agents.mayRun(c.project, m); err != nil {
		return nil, err
	}
	in, err := m.inputs(c)
	if err != nil {
		return nil, err
	}
	if err := payer.beginTask(); err != nil {
		return nil, err
	}
	in.store(c)
	t := s.newTask(c, m, payer, in)
	s.work.goDo(t.live)
	return fields{{"taskid", m.num(int(t.id))}, {"socketaccesstoken", t.topic.token}}, nil
}

// payer is the project that a run is billed to: the caller's own, or another one of the
// same account.
func (s *Server) payer(p *project, id string) (*project, error) {
	if id == "" || id == p.id {
		return p, nil
	}
	for _, other := range s.projects {
		if other.id == id && other.account == p.account {
			return other, nil
		}
	}
	return nil, errPermission
}

// admits checks what does not depend on the parameters of a run.
func (p *project) admits(m *model) error {
	need := minBalance
	if m.Training {
		need = minTrainingBalance
	}
	switch {
	case p.suspended:
		return errSuspended
	case p.guest && m.Members:
		return errSignIn
	case p.blocked[m.Slug]:
		return errNotAccessible
	case p.purse().balance() < need:
		return errBalance
	default:
		return nil
	}
}

// Where concurrency limits end, in USD.
//
// Wiro docs: Concurrency Limits.
const unlimitedAbove = 250

// beginTask counts one more active task, unless the balance allows no more; endTask takes
// it back.
func (p *project) beginTask() error {
	balance := p.purse().balance()
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := max(1, int(balance*0.10))
	if balance <= unlimitedAbove && p.active >= limit {
		return fail(96, fmt.Sprintf("You have reached your concurrent task limit. With your current balance of $%.2f, you can run up to %d tasks at the same time. Add funds to increase your limit.", balance, limit))
	}
	p.active++
	return nil
}

func (p *project) endTask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active--
}
