package agents

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// Agents is the half of an emulator that deploys and runs agents. One lock guards all of
// its state, and events are published under it, so that what a socket hears and what the
// API tells never disagree. Nobody waits for anything while holding it.
type Agents struct {
	server   *core.Server
	registry *registry

	mu            sync.Mutex
	skew          time.Duration // how far Advance has moved the clock
	instances     []*userAgent  // in the order of their ids
	messages      map[string]*agentMessage
	tokens        map[string]*agentMessage
	flows         map[string]*oauthFlow // by state
	organizations map[string]*organization
	teams         map[string]*team
	moved         map[*core.Project]*team // projects that belong to a team
	changed       core.Signal             // raised at each change
}

// New adds the endpoints of agents, their messages, accounts and teams.
func New(s *core.Server) *Agents {
	a := &Agents{
		server: s, registry: loadRegistry(),
		messages: map[string]*agentMessage{}, tokens: map[string]*agentMessage{},
		flows:         map[string]*oauthFlow{},
		organizations: map[string]*organization{}, teams: map[string]*team{},
		moved: map[*core.Project]*team{},
	}
	s.MayRun = a.mayRun
	s.Routes[consentPath] = a.consent
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
	s.Hub.Route("agent_info", a.subscribe)
	return a
}

// serve adds an endpoint whose handler holds the lock.
func (a *Agents) serve(path string, handle func(*core.Call) (core.Fields, error)) {
	a.server.Serve(path, core.Endpoint{Handle: a.locked(handle)})
}

// serveOpen adds one that asks for no credentials.
func (a *Agents) serveOpen(path string, handle func(*core.Call) (core.Fields, error)) {
	a.server.Serve(path, core.Endpoint{Handle: a.locked(handle), Open: true})
}

// locked holds the lock around a handler, and around the encoding of its answer.
func (a *Agents) locked(handle func(*core.Call) (core.Fields, error)) func(*core.Call) (core.Fields, error) {
	return func(c *core.Call) (core.Fields, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		out, err := handle(c)
		for i := range out {
			out[i][1] = json.RawMessage(core.Encode(out[i][1]))
		}
		return out, err
	}
}

// now is the time of the agents' clock.
func (a *Agents) now() time.Time { return time.Now().Add(a.skew) }

// A userAgent is one deployed instance.
type userAgent struct {
	guid        string
	id          int64
	owner       *core.Project
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
	applied   map[string]core.Fields // answers of SkillsApply by idempotency key
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
	launch       core.Behavior
	held         *core.Hold
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
// and the members of its team.
func (a *Agents) instance(c *core.Call, param string, unknown *core.Failure) (*userAgent, error) {
	guid, err := c.Args.Require(param)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.instances, func(u *userAgent) bool { return u.guid == guid })
	if i < 0 || !a.mayUse(c.Project, a.instances[i]) {
		return nil, unknown
	}
	return a.instances[i], nil
}

func (a *Agents) mayUse(p *core.Project, u *userAgent) bool {
	if u.team != nil {
		return u.team.org.account == p.Account
	}
	return u.owner == p
}

// guarded is instance for endpoints that want the caller's workspace to be the agent's.
//
// Wiro docs: Team API Access, Agent Context Guards.
func (a *Agents) guarded(c *core.Call, param string, unknown *core.Failure) (*userAgent, error) {
	u, err := a.instance(c, param, unknown)
	if err != nil {
		return nil, err
	}
	return u, a.guard(c, u)
}

// guard refuses a call about an instance of another workspace.
func (a *Agents) guard(c *core.Call, u *userAgent) error {
	t, err := a.workspace(c)
	switch {
	case err != nil:
		return err
	case t == u.team:
		return nil
	case u.team != nil:
		return errTeamAgent
	default:
		return errPersonal
	}
}

// workspace is the team in whose context a call is made, nil for the personal one: that
// of the project, or the one that the header teamGUID names.
func (a *Agents) workspace(c *core.Call) (*team, error) {
	if t := a.moved[c.Project]; t != nil {
		return t, nil
	}
	guid := c.Request.Header.Get("teamGUID")
	if guid == "" {
		return nil, nil
	}
	return a.ownTeam(c, guid)
}

// wallet is what pays for an instance.
func (a *Agents) wallet(u *userAgent) *core.Wallet { return walletOf(u.owner, u.team) }

// walletOf is the wallet of a workspace of a project.
func walletOf(p *core.Project, t *team) *core.Wallet {
	if t != nil {
		return &t.wallet
	}
	return &p.OwnWallet
}

// system is what stands in place of a uuid if no person did it.
const system = "system"

// unixOrNil is a time in Unix seconds, nil where there is none.
func unixOrNil(t time.Time) *int64 {
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
