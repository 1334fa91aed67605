package core

import (
	"fmt"
	"sync"
)

// A Wallet holds what a project can spend, in USD.
type Wallet struct {
	mu    sync.Mutex
	usd   float64
	spent float64 // all charges so far
}

// Wallet is the wallet that pays for what the project does.
func (p *Project) Wallet() *Wallet {
	if w := p.Shared.Load(); w != nil {
		return w
	}
	return &p.OwnWallet
}

// Balance is what is left, in USD.
func (w *Wallet) Balance() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.usd
}

// Charge takes usd out; the wallet may end below zero, as a prepaid account does when
// several runs finish at once.
func (w *Wallet) Charge(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd -= usd
	w.spent += usd
}

// Move puts usd in, or takes it out where it is negative, without counting it as spent.
func (w *Wallet) Move(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd += usd
}

// Total is all that was ever spent, in USD.
func (w *Wallet) Total() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spent
}

// Set replaces what is left, in USD.
func (w *Wallet) Set(usd float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usd = usd
}

// Balance is what the project of an API key can still spend, in USD; 0 for an unknown key.
func (s *Server) Balance(key string) float64 {
	if p := s.Projects[key]; p != nil {
		return p.Wallet().Balance()
	}
	return 0
}

// SetBalance puts usd into the wallet of an API key's project. An unknown key does nothing.
func (s *Server) SetBalance(key string, usd float64) {
	if p := s.Projects[key]; p != nil {
		p.OwnWallet.Set(usd)
	}
}

// Pay takes usd out, or puts it back where it is negative. Where there is not enough it
// says so in the given words, which end in what was required and what is there.
func (w *Wallet) Pay(usd float64, code int, words string) error {
	if balance := w.Balance(); usd > 0 && balance < usd {
		return Fail(code, fmt.Sprintf(words, usd, balance))
	}
	w.Charge(usd)
	return nil
}
