// Package consent follows the consents by which users connect accounts to their agents: the
// page that the browser comes back to, what it brought, and what the user chose there.
//
// A consent is kept in the store under a state that only the address of its page holds, and
// under its caller, agent and provider, so that the same call finds it again, on any replica.
// What is kept holds no key and no token.
package consent

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	// Lifetime is how long a user has for a consent and for what follows: as long as Wiro keeps
	// its state.
	//
	// Wiro docs: Agent Credentials & OAuth (Security).
	Lifetime = 15 * time.Minute

	pollInterval  = time.Second // for changes that other replicas make
	selectTimeout = 30 * time.Second

	mostChoices = 500
	mostText    = 200 // characters of a text that a browser brought
)

// ErrGone is the error of a consent that is over: it expired, or its end was told.
var ErrGone = errors.New("the consent is over")

// Key says whose consent it is and for what.
type Key struct {
	Caller   store.Caller
	Agent    string
	Provider wiro.OAuthProvider
	Method   string // whose app asks: wiro, own or ""
}

func (k Key) name() []string {
	return []string{k.Caller.BaseURL, k.Caller.Key, k.Agent, string(k.Provider)}
}

// Flow is a consent under way.
type Flow struct {
	State     string             `json:"state"` // names it in the address of its page
	Agent     string             `json:"agent"`
	Provider  wiro.OAuthProvider `json:"provider"`
	Method    string             `json:"method,omitempty"`
	Redirect  string             `json:"redirect"`           // address of its page
	Listener  string             `json:"listener,omitempty"` // the process that serves the page on this machine; "" if every replica does
	Authorize string             `json:"authorize"`          // where the user consents
	Expires   time.Time          `json:"expires"`

	Return   *wiro.ConsentReturn `json:"return,omitempty"` // what the browser brought; nil until then
	Chosen   *wiro.Account       `json:"chosen,omitempty"`
	Claimed  bool                `json:"claimed,omitempty"`  // a replica is telling Wiro what was chosen
	Selected bool                `json:"selected,omitempty"` // Wiro has taken it
	Failure  string              `json:"failure,omitempty"`  // why Wiro has not
}

// MustChoose reports whether the user has to choose what of the account the agent works with.
func (f *Flow) MustChoose() bool { return f.selects() && f.Chosen == nil }

func (f *Flow) selects() bool {
	thing, _ := f.Provider.Selection()
	if thing == "" || f.Return == nil || !f.Return.Connected {
		return false
	}
	return len(f.Return.Choices) > 0 || f.Return.Account == "" // else Wiro has selected
}

// Over reports whether nothing is left to happen.
func (f *Flow) Over() bool {
	return f.Return != nil && (!f.selects() || f.Selected || f.Failure != "")
}

// Select tells Wiro what was chosen, with the caller's credentials.
type Select func(context.Context, wiro.Account) (wiro.Account, error)

// Desk follows consents. It opens nothing before the first one.
type Desk struct {
	store *store.Store
	log   zerolog.Logger
	id    string // of this process

	mu        sync.Mutex
	changed   chan struct{} // closed at every change in this process
	listeners map[string]*listener
	serving   sync.WaitGroup
}

// NewDesk returns a desk that remembers in a store.
func NewDesk(s *store.Store, log zerolog.Logger) *Desk {
	return &Desk{store: s, log: log, id: rand.Text(), changed: make(chan struct{}), listeners: map[string]*listener{}}
}

// Kinds of entries in the store.
const (
	kindFlow  = "consent"
	kindState = "consent-of"
)

// Find returns the consent that is under way for a key, nil if there is none. One whose page
// has gone with its process counts as none, unless the browser came back before.
func (d *Desk) Find(ctx context.Context, key Key) (*Flow, error) {
	state, found, err := store.Load[string](ctx, d.store, kindState, key.name()...)
	if err != nil || !found {
		return nil, err
	}
	f, err := d.load(ctx, state)
	switch {
	case err != nil || f == nil || key.Method != "" && f.Method != key.Method:
		return nil, err
	case f.Return == nil && f.Listener != "" && !d.serves(f):
		return nil, nil
	}
	return f, nil
}

func (d *Desk) load(ctx context.Context, state string) (*Flow, error) {
	f, found, err := store.Load[Flow](ctx, d.store, kindFlow, state)
	if err != nil || !found || time.Now().After(f.Expires) {
		return nil, err
	}
	return &f, nil
}

// Begin prepares a consent: its page exists from then on. The page is on base, the address at
// which every replica is reached, or, if base is "", on a listener on this machine that lives as
// long as the consent; then take tells Wiro what the user chooses there. Keep or Drop must follow.
func (d *Desk) Begin(ctx context.Context, key Key, base string, take Select) (*Flow, error) {
	f := &Flow{State: rand.Text(), Agent: key.Agent, Provider: key.Provider, Method: key.Method, Expires: time.Now().Add(Lifetime)}
	if base != "" {
		f.Redirect = base + Path + f.State
		return f, nil
	}
	f.Listener = d.id
	return f, d.listen(ctx, f, take)
}

// Keep remembers a consent that was begun, once it is known where the user consents.
func (d *Desk) Keep(ctx context.Context, key Key, f *Flow, authorize string) error {
	f.Authorize = authorize
	err := store.Update(ctx, d.store, Lifetime, func(kept *Flow) bool { *kept = *f; return true }, kindFlow, f.State)
	if err == nil {
		err = store.Update(ctx, d.store, Lifetime, func(state *string) bool { *state = f.State; return true }, kindState, key.name()...)
	}
	if err != nil {
		d.stop(f.State)
	}
	return err
}

// Forget makes a consent one that Find no longer finds: its end was told. Its page still shows how
// it ended.
func (d *Desk) Forget(ctx context.Context, key Key, f *Flow) error {
	return store.Update(ctx, d.store, Lifetime, func(state *string) bool { return *state != f.State && *state != "" }, kindState, key.name()...)
}

// Settle records what was chosen elsewhere than on the page, and forgets the consent.
func (d *Desk) Settle(ctx context.Context, key Key, f *Flow, account wiro.Account) error {
	_, err := d.change(ctx, f.State, func(f *Flow) { f.Chosen, f.Claimed, f.Selected = &account, true, true })
	return errors.Join(err, d.Forget(ctx, key, f))
}

// Drop ends a consent: its page is no more.
func (d *Desk) Drop(ctx context.Context, key Key, f *Flow) error {
	d.stop(f.State)
	err := store.Update(ctx, d.store, Lifetime, func(*Flow) bool { return false }, kindFlow, f.State)
	return errors.Join(err, d.Forget(ctx, key, f))
}

// Await returns a consent once done says so; the error is ErrGone if it is over before, or ctx's,
// with the consent as it stood last.
func (d *Desk) Await(ctx context.Context, f *Flow, done func(*Flow) bool) (*Flow, error) {
	for {
		d.mu.Lock()
		changed := d.changed
		d.mu.Unlock()
		now, err := d.load(ctx, f.State)
		switch {
		case err != nil:
			return f, err
		case now == nil:
			return f, ErrGone
		case done(now):
			return now, nil
		}
		f = now
		timer := time.NewTimer(pollInterval)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return f, ctx.Err()
		}
		timer.Stop()
	}
}

// Finish tells Wiro what was chosen, unless another call or the page does, and waits until that
// is done.
func (d *Desk) Finish(ctx context.Context, f *Flow, take Select) (*Flow, error) {
	mine := false
	f, err := d.change(ctx, f.State, func(f *Flow) {
		if mine = f.Chosen != nil && !f.Claimed; mine {
			f.Claimed = true
		}
	})
	if err != nil || !mine {
		if err == nil {
			f, err = d.Await(ctx, f, (*Flow).Over)
		}
		return f, err
	}
	// The user has chosen; a call that is given up must not lose it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), selectTimeout)
	defer cancel()
	account, failure := take(ctx, *f.Chosen)
	return d.change(ctx, f.State, func(f *Flow) {
		if failure != nil {
			f.Failure = Line(failure.Error())
			return
		}
		f.Chosen, f.Selected = &account, true
	})
}

// change changes a consent, wherever it is kept, and tells those who wait for it here.
func (d *Desk) change(ctx context.Context, state string, change func(*Flow)) (*Flow, error) {
	var after Flow
	err := store.Update(ctx, d.store, Lifetime, func(f *Flow) bool {
		if f.State == "" {
			after = Flow{}
			return false
		}
		change(f)
		after = *f
		return true
	}, kindFlow, state)
	if err == nil && after.State == "" {
		err = ErrGone
	}
	d.mu.Lock()
	close(d.changed)
	d.changed = make(chan struct{})
	d.mu.Unlock()
	return &after, err
}

// returned records what the browser brought, the first time. A single choice is chosen.
func (d *Desk) returned(ctx context.Context, state string, back wiro.ConsentReturn) (*Flow, error) {
	return d.change(ctx, state, func(f *Flow) {
		if f.Return == nil {
			back := plain(back)
			f.Return = &back
			if one := back.Choices; len(one) == 1 {
				f.Chosen = &wiro.Account{ID: one[0].ID, Name: one[0].Name}
			}
		}
	})
}

// plain makes what a browser brought fit for a result: anybody may have written it.
func plain(back wiro.ConsentReturn) wiro.ConsentReturn {
	back.Error, back.Detail, back.Account = Line(back.Error), Line(back.Detail), Line(back.Account)
	back.Choices = back.Choices[:min(len(back.Choices), mostChoices)]
	for i, c := range back.Choices {
		back.Choices[i] = wiro.AccountChoice{ID: Line(c.ID), Name: Line(c.Name), Note: Line(c.Note)}
	}
	return back
}

// Line is a text of a browser on one line, cut, without control characters.
func Line(text string) string {
	line := []rune(plaintext.Line(plaintext.Terminal(text)))
	return string(line[:min(len(line), mostText)])
}

// choose records what the user chose, the first time; false if it is none of the choices.
func (d *Desk) choose(ctx context.Context, state, id string) (f *Flow, ok bool, err error) {
	f, err = d.change(ctx, state, func(f *Flow) {
		ok = true
		if !f.MustChoose() {
			return
		}
		account := wiro.Account{ID: Line(id)}
		if ok = len(f.Return.Choices) == 0 && account.ID != ""; ok {
			f.Chosen = &account
		}
		for _, c := range f.Return.Choices {
			if c.ID == id {
				ok, account.Name, f.Chosen = true, c.Name, &account
			}
		}
	})
	return f, ok, err
}

// Close ends the listeners on this machine.
func (d *Desk) Close() {
	d.mu.Lock()
	states := make([]string, 0, len(d.listeners))
	for state := range d.listeners {
		states = append(states, state)
	}
	d.mu.Unlock()
	for _, state := range states {
		d.stop(state)
	}
	d.serving.Wait()
}
