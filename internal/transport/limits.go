package transport

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

const (
	// maxCallers is how many rates are remembered; one that drops out starts anew.
	maxCallers = 10_000
	// acceptedFor is how long a key is known after Wiro accepted it.
	acceptedFor = time.Hour
	// strangersPerAddress is how many keys' bursts and waits all unknown keys of one address
	// share. They share one key's rate.
	strangersPerAddress = 2
)

// limits bounds the requests and waits of each caller and of all callers. Keys that Wiro has
// not accepted lately may be made up, any number of them: those of one address share a few
// keys' limits, and all of them leave a quarter of everything to the others.
type limits struct {
	options  HTTPOptions
	all      *rate.Limiter
	strange  *rate.Limiter                 // of all unknown keys
	accepted *lru.Cache[string, time.Time] // when each key was accepted last

	mu        sync.Mutex
	callers   *lru.Cache[string, *rate.Limiter] // by known key
	others    *lru.Cache[string, *rate.Limiter] // by unknown key, and by address: made-up ones push no known one out
	signIns   *lru.Cache[string, *rate.Limiter] // by endpoint of the sign-in and address, which no made-up key pushes out
	waits     map[string]int                    // by caller, those above 0 only: never more entries than waits
	open      int                               // waits of all callers
	strangers int                               // waits of unknown keys
}

// The limits, as metrics name them.
const (
	limitRateKey     = "rate_key"
	limitRateAddress = "rate_address"
	limitRateAll     = "rate_all"
	limitWaitsKey    = "waits_key"
	limitWaitsAll    = "waits_all"
	limitMemory      = "memory"
)

// newLimits takes options that were checked.
func newLimits(o HTTPOptions) (*limits, error) {
	callers, err := lru.New[string, *rate.Limiter](maxCallers)
	if err != nil {
		return nil, err
	}
	others, err := lru.New[string, *rate.Limiter](maxCallers)
	if err != nil {
		return nil, err
	}
	signIns, err := lru.New[string, *rate.Limiter](maxCallers)
	if err != nil {
		return nil, err
	}
	accepted, err := lru.New[string, time.Time](maxCallers)
	if err != nil {
		return nil, err
	}
	return &limits{
		options: o, callers: callers, others: others, signIns: signIns, waits: map[string]int{},
		accepted: accepted,
		all:      rate.NewLimiter(rate.Limit(o.Rate), o.Burst),
		strange:  rate.NewLimiter(rate.Limit(o.Rate*3/4), o.Burst-o.Burst/4),
	}, nil
}

// accept remembers that Wiro accepted the key with this hash.
func (l *limits) accept(hash string) { l.accepted.Add(hash, time.Now()) }

// identify returns the name under which a caller's share is kept, and whether Wiro has accepted
// its key lately.
func (l *limits) identify(hash string, from netip.Addr) (id string, known bool) {
	if at, ok := l.accepted.Get(hash); ok && time.Since(at) < acceptedFor {
		return hash, true
	}
	if from.Is6() { // a network of this size belongs to one customer
		if network, err := from.Prefix(64); err == nil {
			from = network.Addr()
		}
	}
	return "from " + from.String(), false
}

const (
	keysPerSecond = 0.5 // that one address tries on the page of the sign-in, or clients' documents that it has fetched
	keysAtOnce    = 60  // an office signs in on the same morning
)

// allowSignIn takes a request to an endpoint of the sign-in out of its address's share. Many users
// of a hosted client share its addresses at /token and /register; the form is sent by a person.
func (l *limits) allowSignIn(r *http.Request, endpoint string) (retry time.Duration) {
	address, _ := l.identify("", peerOf(r).client)
	perSecond, burst := l.options.RatePerKey, strangersPerAddress*l.options.BurstPerKey
	if endpoint == "authorize" || endpoint == "document" {
		perSecond, burst = keysPerSecond, keysAtOnce
	}
	_, retry = reserve(l.rateOf(l.signIns, endpoint+" "+address, perSecond, burst), time.Now(), 1)
	return retry
}

// take counts n calls of a caller. If they are too many, it returns the name of the limit and
// when to try again.
func (l *limits) take(c caller, n int) (limit string, retry time.Duration) {
	type share struct {
		limit   string
		limiter *rate.Limiter
	}
	o := l.options
	table := l.callers
	if !c.known {
		table = l.others
	}
	shares := []share{{limitRateKey, l.rateOf(table, c.hash, o.RatePerKey, o.BurstPerKey)}}
	if !c.known {
		shares = append(shares,
			share{limitRateAddress, l.rateOf(table, c.id, o.RatePerKey, strangersPerAddress*o.BurstPerKey)},
			share{limitRateAll, l.strange})
	}
	shares = append(shares, share{limitRateAll, l.all})
	now := time.Now()
	taken := make([]*rate.Reservation, 0, len(shares))
	for _, s := range shares {
		part, retry := reserve(s.limiter, now, n)
		if part == nil {
			for _, t := range taken {
				t.CancelAt(now)
			}
			return s.limit, retry
		}
		taken = append(taken, part)
	}
	return "", 0
}

func (l *limits) rateOf(table *lru.Cache[string, *rate.Limiter], name string, perSecond float64, burst int) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	own, ok := table.Get(name)
	if !ok {
		own = rate.NewLimiter(rate.Limit(perSecond), burst)
		table.Add(name, own)
	}
	return own
}

// reserve takes n from a limiter, or returns nil and how long until there are n.
func reserve(l *rate.Limiter, now time.Time, n int) (*rate.Reservation, time.Duration) {
	r := l.ReserveN(now, n)
	if !r.OK() {
		return nil, time.Minute // more at once than the burst can ever be
	}
	delay := r.DelayFrom(now)
	if delay == 0 {
		return r, 0
	}
	r.CancelAt(now)
	return nil, delay
}

// acquire counts a call that may take minutes, until release. If there are too many, it
// returns the name of the limit.
func (l *limits) acquire(c caller) (release func(), limit string) {
	c.header = nil // release outlasts the request
	own := l.options.WaitsPerKey
	if !c.known {
		own *= strangersPerAddress
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.waits[c.hash] >= l.options.WaitsPerKey, l.waits[c.id] >= own:
		return nil, limitWaitsKey
	case l.open >= l.options.Waits, !c.known && l.strangers >= l.options.Waits-l.options.Waits/4:
		return nil, limitWaitsAll
	}
	l.count(c, 1)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.count(c, -1)
	}, ""
}

// count changes how many waits a caller has. The caller of count holds the mutex.
func (l *limits) count(c caller, n int) {
	names := []string{c.hash}
	if !c.known {
		names = append(names, c.id)
		l.strangers += n
	}
	l.open += n
	for _, name := range names {
		if l.waits[name] += n; l.waits[name] <= 0 {
			delete(l.waits, name)
		}
	}
}

// retryWait is the Retry-After for too many waits, and for too many bodies: some may have ended by then.
const retryWait = 5 * time.Second

// limitText says what was too much.
func limitText(limit string, retry time.Duration) string {
	then := " Try again in " + inSeconds(retry) + " s."
	switch limit {
	case limitRateKey:
		return "Too many calls with this API key." + then
	case limitRateAddress:
		return "Too many calls from this address with API keys that are new here." + then
	case limitWaitsKey:
		return "Too many concurrent waits of this API key. Let some end, or start runs with wait:false." + then
	case limitWaitsAll:
		return "Too many concurrent waits on this server." + then
	case limitMemory:
		return "Too many large requests at once." + then
	}
	return "Too many calls on this server." + then
}

// inSeconds is a Retry-After: whole seconds, at least one.
func inSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
