// Package slots bounds how much heavy work runs at once, and shares the places fairly among
// those on whose behalf it runs.
package slots

import (
	"context"
	"runtime"
	"sync"
)

// CPU is for work that computes for milliseconds. It leaves processors to everything else: a
// call that needs a moment of one waits for no such work, and the network is looked at without
// delay.
var CPU = sync.OnceValue(func() *Pool {
	n := max(1, runtime.GOMAXPROCS(0)/2)
	return New(n, max(1, n-1)) // one owner leaves a place to others
})

// Pool is a number of places.
type Pool struct {
	places   chan struct{}
	perOwner int

	mu     sync.Mutex
	owners map[string]*owner // those that hold or wait for a place
}

// owner lets only some of its work compete for the places, so that each owner gets a share of
// them however much work it has.
type owner struct {
	lanes chan struct{}
	users int
}

// New returns a pool of n places, of which no owner holds or queues for more than perOwner.
func New(n, perOwner int) *Pool {
	return &Pool{places: make(chan struct{}, n), perOwner: perOwner, owners: map[string]*owner{}}
}

type ownerKey struct{}

// WithOwner returns a context whose work has an owner. Work without one shares one share.
func WithOwner(ctx context.Context, owner string) context.Context {
	return context.WithValue(ctx, ownerKey{}, owner)
}

// Acquire waits for a place, until ctx ends. Release must be called once.
func (p *Pool) Acquire(ctx context.Context) (release func(), err error) {
	name, _ := ctx.Value(ownerKey{}).(string)
	own := p.enter(name)
	select {
	case own.lanes <- struct{}{}:
	case <-ctx.Done():
		p.leave(name)
		return nil, ctx.Err()
	}
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		<-own.lanes
		p.leave(name)
		return nil, ctx.Err()
	}
	return func() {
		<-p.places
		<-own.lanes
		p.leave(name)
	}, nil
}

// Held is how many places are taken.
func (p *Pool) Held() int { return len(p.places) }

func (p *Pool) enter(name string) *owner {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.owners[name]
	if own == nil {
		own = &owner{lanes: make(chan struct{}, p.perOwner)}
		p.owners[name] = own
	}
	own.users++
	return own
}

func (p *Pool) leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own := p.owners[name]; own.users > 1 {
		own.users--
	} else {
		delete(p.owners, name)
	}
}
