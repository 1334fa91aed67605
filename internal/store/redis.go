package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisStore is the backend of several replicas. It connects on first use. A process shows
// that it lives by a key that it changes again and again. A key that is missing or stays the same
// says little: Redis may have been paused or restarted, and the key may have expired meanwhile. A
// process has ended if its key says so, or if it shows no sign of life for a whole lease in which
// Redis answers.
type redisStore struct {
	options *redis.Options
	lease   time.Duration
	connect func() *redis.Client        // connects when it is used
	flush   func(context.Context) error // before each sign of life

	mu        sync.Mutex
	owner     string // held here
	stop      context.CancelFunc
	heartbeat sync.WaitGroup
}

const (
	redisPrefix  = "wiro-mcp:"
	defaultLease = 2500 * time.Millisecond
	beats        = 5 // signs of life in a lease
	looks        = 4 // at a process, for each of its signs
	ended        = "ended"
)

func newRedis(address string, lease time.Duration) (*redisStore, error) {
	if rest, ok := strings.CutPrefix(address, "valkey"); ok {
		address = "redis" + rest
	}
	options, err := redis.ParseURL(address)
	if err != nil { // the error may repeat the address, which may hold a password
		return nil, errors.New("the address of the store cannot be read: it is redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]")
	}
	options.Protocol = 2
	options.DisableIdentity = true
	options.ContextTimeoutEnabled = true
	options.MaxRetries = 1 // a connection that was idle may be gone; what is sent may be sent again
	options.DialerRetries = 1
	options.DialTimeout = time.Second
	options.ReadTimeout = time.Second
	options.WriteTimeout = time.Second
	options.PoolTimeout = opTimeout
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &redisStore{options: options, lease: lease, connect: sync.OnceValue(func() *redis.Client {
		redis.SetLogger(silent{})
		return redis.NewClient(options)
	})}, nil
}

// silent drops what the client logs on its own: errors are returned, too.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func (r *redisStore) get(ctx context.Context, key string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := r.connect().Get(limited, redisPrefix+key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return value, unavailable(ctx, err)
}

// swapScript replaces a value that is still the old one; "" stands for none.
var swapScript = sync.OnceValue(func() *redis.Script {
	return redis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`)
})

func (r *redisStore) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	done, err := swapScript().Run(limited, r.connect(), []string{redisPrefix + key}, old, value, max(1, ttl.Milliseconds())).Int()
	return done == 1, unavailable(ctx, err)
}

func ownerKey(owner string) string { return "owner/" + owner }

func (r *redisStore) hold(ctx context.Context, owner string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner != "" {
		return nil
	}
	if err := r.beat(ctx, owner, 0); err != nil {
		return err
	}
	r.owner = owner
	lifetime, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.heartbeat.Go(func() {
		ticker := time.NewTicker(r.lease / beats)
		defer ticker.Stop()
		for n := 1; ; n++ {
			select {
			case <-lifetime.Done():
				return
			case <-ticker.C:
				if r.flush(lifetime) == nil {
					_ = r.beat(lifetime, owner, n) // the next one may reach it
				}
			}
		}
	})
	return nil
}

func (r *redisStore) beat(ctx context.Context, owner string, n int) error {
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return unavailable(ctx, r.connect().Set(limited, redisPrefix+ownerKey(owner), n, r.lease).Err())
}

// alive waits for the next sign of life, for a lease at most: what was said before says nothing
// about a process that was killed a moment ago. That a process has ended is written down, which
// saves later calls the wait; one that was only slow lives from its next sign on.
func (r *redisStore) alive(ctx context.Context, owner string) (bool, error) {
	r.mu.Lock()
	own := r.owner == owner
	r.mu.Unlock()
	if own {
		return true, nil
	}
	var last []byte
	for look := 0; ; look++ {
		sign, err := r.get(ctx, ownerKey(owner))
		switch {
		case err != nil:
			return false, err
		case string(sign) == ended:
			return false, nil
		case look == 0 || sign == nil: // it may have expired
		case !bytes.Equal(sign, last):
			return true, nil
		}
		last = sign
		if look >= looks*beats { // as long as a lease, and Redis answered each time
			done, err := r.swap(ctx, ownerKey(owner), last, []byte(ended), AttachFor)
			if err != nil || done {
				return false, err
			}
		}
		if err := sleep(ctx, r.lease/(looks*beats)); err != nil {
			return false, err
		}
	}
}

func (r *redisStore) limiter(name string, perSecond float64, burst int) Limiter {
	return &redisLimiter{r, name, redis_rate.Limit{
		Rate: 1, Burst: burst, Period: time.Duration(float64(time.Second) / max(perSecond, 1e-6)),
	}}
}

type redisLimiter struct {
	store *redisStore
	name  string
	limit redis_rate.Limit
}

func (l *redisLimiter) Allow(ctx context.Context, key string, n int) (time.Duration, error) {
	if n > l.limit.Burst {
		return never, nil
	}
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	result, err := redis_rate.NewLimiter(l.store.connect()).AllowN(limited, fmt.Sprintf("%slimit/%s/%s", redisPrefix, l.name, key), l.limit, n)
	if err != nil {
		return 0, unavailable(ctx, err)
	}
	return max(0, result.RetryAfter), nil
}

func (r *redisStore) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		return r.connect().Close()
	}
	r.stop()
	r.heartbeat.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	_ = r.connect().Set(ctx, redisPrefix+ownerKey(r.owner), ended, AttachFor).Err() // or it is found out
	r.owner, r.stop = "", nil
	return r.connect().Close()
}
