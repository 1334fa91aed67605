package transport

import "sync"

const (
	freeBody  = 8 << 10  // bytes of a body that are read without a share of the budget
	minBudget = 96 << 20 // bytes for all bodies that are being read, decoded and answered
)

// bodyBudget bounds the memory of request bodies, from their first byte to the end of the
// request, so that bodies which never end count, too. No caller holds more than half of it,
// and callers whose keys Wiro has not accepted lately hold no more than three quarters together.
type bodyBudget struct {
	total int

	mu      sync.Mutex
	held    int
	strange int            // held by callers that are not known
	by      map[string]int // held, by caller; those above 0 only
}

func newBodyBudget(maxBody int) *bodyBudget {
	return &bodyBudget{total: max(minBudget, 32*maxBody), by: map[string]int{}}
}

// bodyShare is what one request holds of the budget.
type bodyShare struct {
	budget *bodyBudget
	caller caller
	size   int
}

// hold adds bytes to the share. It reports false if the budget has not so many left.
func (s *bodyShare) hold(n int) bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held+n > b.total || b.by[s.caller.id]+n > b.total/2 || !s.caller.known && b.strange+n > b.total/4*3 {
		return false
	}
	s.add(n)
	return true
}

// release gives the whole share back.
func (s *bodyShare) release() {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.add(-s.size)
}

// add changes what is held. The caller holds the mutex.
func (s *bodyShare) add(n int) {
	b := s.budget
	s.size += n
	b.held += n
	if !s.caller.known {
		b.strange += n
	}
	if b.by[s.caller.id] += n; b.by[s.caller.id] <= 0 {
		delete(b.by, s.caller.id)
	}
}
