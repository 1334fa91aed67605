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

// NeedsSelection reports whether the user has to choose what of the account the agent works with.
func (f *Flow) NeedsSelection() bool { return f.selects() && f.Chosen == nil }

func (f *Flow) selects() bool {
	thing, _ := f.Provider.Selection()
	if thing == "" || f.Return == nil || !f.Return.Connected {
		return false
	}
	return len(f.Return.Choices) > 0 || f.Return.Account == "" // else Wiro has selected
}

// Done reports whether nothing is left to happen.
func (f *Flow) Done() bool {
	return f.Return != nil && (!f.selects() || f.Selected || f.Failure != "")
}

// SelectFunc tells Wiro what was chosen, with the caller's credentials.
type SelectFunc func(context.Context, wiro.Account) (wiro.Account, error)

// Flows keeps the consents under way. It opens nothing before the first one.
type Flows struct {
	store *store.Store
	log   zerolog.Logger
	id    string // of this process

	mu        sync.Mutex
	changed   chan struct{} // closed at every change in this process
	listeners map[string]*listener
	serving   sync.WaitGroup
}

// NewFlows returns Flows that are kept in a store.
func NewFlows(s *store.Store, log zerolog.Logger) *Flows {
	return &Flows{store: s, log: log, id: rand.Text(), changed: make(chan struct{}), listeners: map[string]*listener{}}
}

// Kinds of entries in the store.
const (
	kindFlow  = "consent"
	kindState = "consent-of"
)

// Find returns the consent that is under way for a key, nil if there is none. One whose page
// has gone with its process counts as none, unless the browser came back before.
func (m *Flows) Find(ctx context.Context, key Key) (*Flow, error) {
	state, found, err := store.Load[string](ctx, m.store, kindState, key.name()...)
	if err != nil || !found {
		return nil, err
	}
	f, err := m.load(ctx, state)
	switch {
	case err != nil || f == nil || key.Method != "" && f.Method != key.Method:
		return nil, err
	case f.Return == nil && f.Listener != "" && !m.serves(f):
		return nil, nil
	}
	return f, nil
}

func (m *Flows) load(ctx context.Context, state string) (*Flow, error) {
	f, found, err := store.Load[Flow](ctx, m.store, kindFlow, state)
	if err != nil || !found || time.Now().After(f.Expires) {
		return nil, err
	}
	return &f, nil
}

// Begin prepares a consent: its page exists from then on. The page is on base, the address at
// which every replica is reached, or, if base is "", on a listener on this machine that lives as
// long as the consent; then selectAccount tells Wiro what the user chooses there. Save or Drop must follow.
func (m *Flows) Begin(ctx context.Context, key Key, base string, selectAccount SelectFunc) (*Flow, error) {
	f := &Flow{State: rand.Text(), Agent: key.Agent, Provider: key.Provider, Method: key.Method, Expires: time.Now().Add(Lifetime)}
	if base != "" {
		f.Redirect = base + Path + f.State
		return f, nil
	}
	f.Listener = m.id
	return f, m.listen(ctx, f, selectAccount)
}

// Save remembers a consent that was begun, once it is known where the user consents.
func (m *Flows) Save(ctx context.Context, key Key, f *Flow, authorize string) error {
	f.Authorize = authorize
	err := store.Update(ctx, m.store, Lifetime, func(kept *Flow) bool { *kept = *f; return true }, kindFlow, f.State)
	if err == nil {
		err = store.Update(ctx, m.store, Lifetime, func(state *string) bool { *state = f.State; return true }, kindState, key.name()...)
	}
	if err != nil {
		m.stop(f.State)
	}
	return err
}

// Forget makes a consent one that Find no longer finds: its end was told. Its page still shows how
// it ended.
func (m *Flows) Forget(ctx context.Context, key Key, f *Flow) error {
	return store.Update(ctx, m.store, Lifetime, func(state *string) bool { return *state != f.State && *state != "" }, kindState, key.name()...)
}

// Complete records what was chosen elsewhere than on the page, and forgets the consent.
func (m *Flows) Complete(ctx context.Context, key Key, f *Flow, account wiro.Account) error {
	_, err := m.change(ctx, f.State, func(f *Flow) { f.Chosen, f.Claimed, f.Selected = &account, true, true })
	return errors.Join(err, m.Forget(ctx, key, f))
}

// Drop ends a consent: its page is no more.
func (m *Flows) Drop(ctx context.Context, key Key, f *Flow) error {
	m.stop(f.State)
	err := store.Update(ctx, m.store, Lifetime, func(*Flow) bool { return false }, kindFlow, f.State)
	return errors.Join(err, m.Forget(ctx, key, f))
}

// Wait returns a consent once done reports true; the error is ErrGone if it is over before, or ctx's,
// with the consent as it stood last.
func (m *Flows) Wait(ctx context.Context, f *Flow, done func(*Flow) bool) (*Flow, error) {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		now, err := m.load(ctx, f.State)
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
func (m *Flows) Finish(ctx context.Context, f *Flow, selectAccount SelectFunc) (*Flow, error) {
	mine := false
	f, err := m.change(ctx, f.State, func(f *Flow) {
		if mine = f.Chosen != nil && !f.Claimed; mine {
			f.Claimed = true
		}
	})
	if err != nil || !mine {
		if err == nil {
			f, err = m.Wait(ctx, f, (*Flow).Done)
		}
		return f, err
	}
	// The user has chosen; a call that is given up must not lose it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), selectTimeout)
	defer cancel()
	account, failure := selectAccount(ctx, *f.Chosen)
	return m.change(ctx, f.State, func(f *Flow) {
		if failure != nil {
			f.Failure = Clean(failure.Error())
			return
		}
		f.Chosen, f.Selected = &account, true
	})
}

// change changes a consent, wherever it is kept, and tells those who wait for it here.
func (m *Flows) change(ctx context.Context, state string, change func(*Flow)) (*Flow, error) {
	var after Flow
	err := store.Update(ctx, m.store, Lifetime, func(f *Flow) bool {
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
	m.mu.Lock()
	close(m.changed)
	m.changed = make(chan struct{})
	m.mu.Unlock()
	return &after, err
}

// returned records what the browser brought, the first time. A single choice is chosen.
func (m *Flows) returned(ctx context.Context, state string, back wiro.ConsentReturn) (*Flow, error) {
	return m.change(ctx, state, func(f *Flow) {
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
	back.Error, back.Detail, back.Account = Clean(back.Error), Clean(back.Detail), Clean(back.Account)
	back.Choices = back.Choices[:min(len(back.Choices), mostChoices)]
	for i, c := range back.Choices {
		back.Choices[i] = wiro.AccountChoice{ID: Clean(c.ID), Name: Clean(c.Name), Note: Clean(c.Note)}
	}
	return back
}

// Clean returns a text of a browser on one line, cut, without control characters.
func Clean(text string) string {
	line := []rune(plaintext.Line(plaintext.Terminal(text)))
	return string(line[:min(len(line), mostText)])
}

// choose records what the user chose, the first time; false if it is none of the choices.
func (m *Flows) choose(ctx context.Context, state, id string) (f *Flow, ok bool, err error) {
	f, err = m.change(ctx, state, func(f *Flow) {
		ok = true
		if !f.NeedsSelection() {
			return
		}
		account := wiro.Account{ID: Clean(id)}
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
func (m *Flows) Close() {
	m.mu.Lock()
	states := make([]string, 0, len(m.listeners))
	for state := range m.listeners {
		states = append(states, state)
	}
	m.mu.Unlock()
	for _, state := range states {
		m.stop(state)
	}
	m.serving.Wait()
}
