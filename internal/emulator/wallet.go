package emulator

import (
	"fmt"
	"sync"
)

// A wallet holds what a project can spend, in USD.
type wallet struct {
	mu    sync.Mutex
	usd   float64
	spent float64 // all charges so far
}

// purse is the wallet that pays for what the project does.
func (p *project) purse() *wallet {
	if w := p.shared.Load(); w != nil {
		return w
	}
	return &p.wallet
}

func (w *wallet) balance() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.usd
}

// charge takes usd out; the wallet may end below zero, as a prepaid account does when
// several runs finish at once.
func (w *wallet) charge(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd -= usd
	w.spent += usd
}

// move puts usd in, or takes it out where it is negative, without counting it as spent.
func (w *wallet) move(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd += usd
}

// total is all that was ever spent, in USD.
func (w *wallet) total() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spent
}

func (w *wallet) set(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd = usd
}

// Balance is what the project of an API key can still spend, in USD; 0 for an unknown key.
func (s *base) Balance(key string) float64 {
	if p := s.projects[key]; p != nil {
		return p.purse().balance()
	}
	return 0
}

// SetBalance puts usd into the wallet of an API key's project. An unknown key does nothing.
func (s *base) SetBalance(key string, usd float64) {
	if p := s.projects[key]; p != nil {
		p.wallet.set(usd)
	}
}

// pay takes usd out, or puts it back where it is negative. Where there is not enough it
// says so in the given words, which end in what was required and what is there.
func (w *wallet) pay(usd float64, code int, words string) error {
	if balance := w.balance(); usd > 0 && balance < usd {
		return fail(code, fmt.Sprintf(words, usd, balance))
	}
	w.charge(usd)
	return nil
}
