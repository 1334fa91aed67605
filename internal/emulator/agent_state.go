package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// agents is the half of a sandbox that deploys and runs agents. One lock guards all of
// its state, and events are published under it, so that what a socket hears and what the
// API tells never disagree. Nobody waits for anything while holding it.
type agents struct {
	server   *base
	registry *registry

	mu            sync.Mutex
	skew          time.Duration // how far Advance has moved the clock
	instances     []*userAgent  // in the order of their ids
	messages      map[string]*agentMessage
	tokens        map[string]*agentMessage
	flows         map[string]*oauthFlow // by state
	organizations map[string]*organization
	teams         map[string]*team
	moved         map[*project]*team // projects that belong to a team
	changed       chan struct{}      // closed at the next change; nil while nobody waits
}

// newAgents adds the endpoints of agents, their messages, accounts and teams.
func newAgents(s *base) *agents {
	a := &agents{
		server: s, registry: loadRegistry(),
		messages: map[string]*agentMessage{}, tokens: map[string]*agentMessage{},
		flows:         map[string]*oauthFlow{},
		organizations: map[string]*organization{}, teams: map[string]*team{},
		moved: map[*project]*team{},
	}
	s.mayRun = a.mayRun
	s.routes[consentPath] = a.consent
	a.installCatalog()
	a.installInstances()
	a.installCredentials()
	a.installCustomSkills()
	a.installPricing()
	a.installBilling()
	a.installLogs()
	a.installMessages()
	a.installOAuth()
	a.installTeams()
	s.hub.route("agent_info", a.subscribe)
	return a
}

// serve adds an endpoint whose handler holds the lock.
func (a *agents) serve(path string, handle func(*call) (fields, error)) {
	a.server.serve(path, endpoint{handle: a.locked(handle)})
}

// serveOpen adds one that asks for no credentials.
func (a *agents) serveOpen(path string, handle func(*call) (fields, error)) {
	a.server.serve(path, endpoint{handle: a.locked(handle), open: true})
}

// locked holds the lock around a handler, and around the encoding of its answer.
func (a *agents) locked(handle func(*call) (fields, error)) func(*call) (fields, error) {
	return func(c *call) (fields, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		out, err := handle(c)
		for i := range out {
			out[i][1] = json.RawMessage(encode(out[i][1]))
		}
		return out, err
	}
}

// now is the time of the agents' clock.
func (a *agents) now() time.Time { return time.Now().Add(a.skew) }

// touch tells those who wait for a change. The caller holds the lock.
func (a *agents) touch() {
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

// change is closed at the next change. The caller holds the lock.
func (a *agents) change() <-chan struct{} {
	if a.changed == nil {
		a.changed = make(chan struct{})
	}
	return a.changed
}

// A userAgent is one deployed instance.
type userAgent struct {
	guid        string
	id          int64
	owner       *project
	team        *team          // nil in a personal workspace
	template    *agentTemplate // nil for a custom build
	title       string
	description string
	cover       string
	categories  []string
	pinned      bool

	tier      string
	price     float64 // USD a month, as agreed last
	monthly   int     // credits a month
	used      int     // credits since the period began
	packs     []creditPack
	period    string // "2026-05"
	synced    time.Time
	sub       *subscription
	ledger    []*transaction
	applied   map[string]fields // answers of SkillsApply by idempotency key
	applying  bool
	logs      map[string][]logEvent // by date
	logsCache map[string]cachedLogs

	credentials []*heldCredential
	skills      []skillToggle
	custom      []*customSkill
	messages    []*agentMessage // oldest first

	status       instanceStatus
	restartAfter bool
	driver       int // the goroutine that moves the status has this number
	launch       Behavior
	gate         *gate
	times        statusTimes
}

type statusTimes struct {
	created, updated, queued, started, running, stopping, stopped, failed time.Time
}

type skillToggle struct {
	name            string
	enabled, edited bool
}

// custom reports whether the instance was built without a template.
func (u *userAgent) isCustom() bool { return u.template == nil }

func (u *userAgent) extra(now time.Time) int {
	sum := 0
	for _, p := range u.packs {
		if p.expires.After(now) {
			sum += p.credits
		}
	}
	return sum
}

// remaining is how many credits are left.
func (u *userAgent) remaining(now time.Time) int {
	return max(0, u.monthly+u.extra(now)-u.used)
}

// enabledSkills are the names of the skills that are on.
func (u *userAgent) enabledSkills() []string {
	var names []string
	for _, t := range u.skills {
		if t.enabled {
			names = append(names, t.name)
		}
	}
	return names
}

// instance is the instance that a parameter names, if the caller may see it: its owner,
// and everybody of its team.
func (a *agents) instance(c *call, param string, unknown *failure) (*userAgent, error) {
	guid, err := c.args.need(param)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.instances, func(u *userAgent) bool { return u.guid == guid })
	if i < 0 || !a.mayUse(c.project, a.instances[i]) {
		return nil, unknown
	}
	return a.instances[i], nil
}

func (a *agents) mayUse(p *project, u *userAgent) bool {
	if u.team != nil {
		return u.team.org.account == p.account
	}
	return u.owner == p
}

// guarded is instance for endpoints that want the caller's workspace to be the agent's.
//
// Wiro docs: Team API Access, Agent Context Guards.
func (a *agents) guarded(c *call, param string, unknown *failure) (*userAgent, error) {
	u, err := a.instance(c, param, unknown)
	if err != nil {
		return nil, err
	}
	t, err := a.workspace(c)
	switch {
	case err != nil:
		return nil, err
	case t == u.team:
		return u, nil
	case u.team != nil:
		return nil, errTeamAgent
	default:
		return nil, errPersonal
	}
}

// workspace is the team in whose context a call is made, nil for the personal one: that
// of the project, or the one that the header teamGUID names.
func (a *agents) workspace(c *call) (*team, error) {
	if t := a.moved[c.project]; t != nil {
		return t, nil
	}
	guid := c.request.Header.Get("teamGUID")
	if guid == "" {
		return nil, nil
	}
	return a.ownTeam(c, guid)
}

// purse is what pays for an instance.
func (a *agents) purse(u *userAgent) *wallet { return purseOf(u.owner, u.team) }

// purseOf is the wallet of a workspace of a project.
func purseOf(p *project, t *team) *wallet {
	if t != nil {
		return &t.wallet
	}
	return &p.wallet
}

// system is what stands in place of a uuid where nobody did it.
const system = "system"

// stamp is a time in Unix seconds, nil where there is none.
func stamp(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}

// optional is a text, nil where it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// containsFold reports whether a text contains every word of a query.
func containsFold(text, query string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
