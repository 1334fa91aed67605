package transport

import (
	"math"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxCallers is how many keys' rates are remembered; one that drops out starts anew.
const maxCallers = 10_000

// limits bounds the requests and waits of each caller and of all callers. A caller is the
// salted hash of a key.
type limits struct {
	options HTTPOptions
	all     *rate.Limiter

	mu      sync.Mutex
	callers *lru.Cache[string, *rate.Limiter]
	waits   map[string]int // by caller, those above 0 only: never more entries than waits
	open    int            // waits of all callers
}

// The limits, as metrics name them.
const (
	limitRateKey  = "rate_key"
	limitRateAll  = "rate_all"
	limitWaitsKey = "waits_key"
	limitWaitsAll = "waits_all"
)

// newLimits takes options that were checked.
func newLimits(o HTTPOptions) (*limits, error) {
	callers, err := lru.New[string, *rate.Limiter](maxCallers)
	if err != nil {
		return nil, err
	}
	return &limits{
		options: o, callers: callers, waits: map[string]int{},
		all: rate.NewLimiter(rate.Limit(o.Rate), o.Burst),
	}, nil
}

// take counts n calls of a caller. If they are too many, it returns the name of the limit and
// when to try again.
func (l *limits) take(caller string, n int) (limit string, retry time.Duration) {
	l.mu.Lock()
	own, ok := l.callers.Get(caller)
	if !ok {
		own = rate.NewLimiter(rate.Limit(l.options.RatePerKey), l.options.BurstPerKey)
		l.callers.Add(caller, own)
	}
	l.mu.Unlock()

	now := time.Now()
	ownPart, retry := reserve(own, now, n)
	if ownPart == nil {
		return limitRateKey, retry
	}
	if allPart, retry := reserve(l.all, now, n); allPart == nil {
		ownPart.CancelAt(now)
		return limitRateAll, retry
	}
	return "", 0
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
func (l *limits) acquire(caller string) (release func(), limit string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.waits[caller] >= l.options.WaitsPerKey:
		return nil, limitWaitsKey
	case l.open >= l.options.Waits:
		return nil, limitWaitsAll
	}
	l.waits[caller]++
	l.open++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open--
		if l.waits[caller]--; l.waits[caller] <= 0 {
			delete(l.waits, caller)
		}
	}, ""
}

// retryWait is the Retry-After for too many waits: one may be over by then.
const retryWait = 5 * time.Second

// limitText says what was too much.
func limitText(limit string, retry time.Duration) string {
	then := " Try again in " + inSeconds(retry) + " s."
	switch limit {
	case limitRateKey:
		return "Too many calls with this API key." + then
	case limitWaitsKey:
		return "Too many concurrent waits of this API key. Let some end, or start runs with wait:false." + then
	case limitWaitsAll:
		return "Too many concurrent waits on this server." + then
	}
	return "Too many calls on this server." + then
}

// inSeconds is a Retry-After: whole seconds, at least one.
func inSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
