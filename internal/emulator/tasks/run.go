package tasks

import (
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// What a run needs in the wallet, in USD.
//
// Wiro docs: Error Reference, Run Errors.
const (
	minBalance         = 0.50
	minTrainingBalance = 10
)

var (
	errBalance       = core.Fail(97, "Insufficient balance")
	errSignIn        = core.Fail(98, "sign in to run this model")
	errNotAccessible = core.Fail(1, "tool-not-accessible")
)

// runModel answers POST /Run/{owner}/{model}.
func (s *Tasks) runModel(c *core.Call) (core.Fields, error) {
	owner, name, _ := strings.Cut(c.Rest, "/")
	m := s.models.find(owner, name)
	if m == nil {
		return nil, errNoModel
	}
	payer, err := s.payer(c.Project, c.Args.Text("projectid"))
	if err != nil {
		return nil, err
	}
	if err := m.admits(payer); err != nil {
		return nil, err
	}
	if err := s.permits(c.Project, m); err != nil {
		return nil, err
	}
	in, err := m.inputs(c)
	if err != nil {
		return nil, err
	}
	if err := payer.BeginTask(); err != nil {
		return nil, err
	}
	s.keepFiles(c, in)
	t := s.newTask(c, m, payer, in)
	s.Work.GoDo(t.run)
	return core.Fields{{"taskid", m.num(int(t.id))}, {"socketaccesstoken", t.topic.Token}}, nil
}

// permits asks the agents' half whether the project's team may run a model.
func (s *Tasks) permits(p *core.Project, m *model) error {
	if s.MayRun == nil {
		return nil
	}
	return s.MayRun(p, m.ID)
}

// payer is the project that a run is billed to: the caller's own, or another one of the
// same account.
func (s *Tasks) payer(p *core.Project, id string) (*core.Project, error) {
	if id == "" || id == p.ID {
		return p, nil
	}
	for _, other := range s.Projects {
		if other.ID == id && other.Account == p.Account {
			return other, nil
		}
	}
	return nil, core.ErrPermission
}

// admits checks what does not depend on the parameters of a run.
func (m *model) admits(p *core.Project) error {
	need := minBalance
	if m.Training {
		need = minTrainingBalance
	}
	switch {
	case p.Suspended:
		return core.ErrSuspended
	case p.Guest && m.Members:
		return errSignIn
	case p.Blocked[m.Slug]:
		return errNotAccessible
	case p.Wallet().Balance() < need:
		return errBalance
	default:
		return nil
	}
}
