package emulator

import (
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
	errNotAccessible = fail(1, "tool-not-accessible")
)

// runModel answers POST /Run/{owner}/{model}.
func (s *taskService) runModel(c *call) (fields, error) {
	owner, name, _ := strings.Cut(c.rest, "/")
	m := s.models.find(owner, name)
	if m == nil {
		return nil, errNoModel
	}
	payer, err := s.payer(c.project, c.args.text("projectid"))
	if err != nil {
		return nil, err
	}
	if err := m.admits(payer); err != nil {
		return nil, err
	}
	if err := s.permits(c.project, m); err != nil {
		return nil, err
	}
	in, err := m.inputs(c)
	if err != nil {
		return nil, err
	}
	if err := payer.beginTask(); err != nil {
		return nil, err
	}
	s.keepFiles(c, in)
	t := s.newTask(c, m, payer, in)
	s.work.goDo(t.live)
	return fields{{"taskid", m.num(int(t.id))}, {"socketaccesstoken", t.topic.token}}, nil
}

// permits asks the agents' half whether the project's team may run a model.
func (s *taskService) permits(p *project, m *model) error {
	if s.mayRun == nil {
		return nil
	}
	return s.mayRun(p, m.ID)
}

// payer is the project that a run is billed to: the caller's own, or another one of the
// same account.
func (s *taskService) payer(p *project, id string) (*project, error) {
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
func (m *model) admits(p *project) error {
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
