package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	crand "crypto/rand"
)

// ErrUnavailable is the error of a store that cannot be reached or written. Paid calls that
// need the store are refused; nothing is assumed about what it holds.
var ErrUnavailable = errors.New("the store is not available")

// Options are what a Store needs beside its address. The zero value works.
type Options struct {
	Salt string           // mixed into the hashes of callers; the same for all replicas
	Now  func() time.Time // time.Now where nil

	// OrMemory makes a store whose folder cannot be written one in memory, and is told why: a
	// program of one user works without. May be nil.
	OrMemory func(error)

	lease time.Duration // how long a process counts as living without a sign of life
}

// Store remembers. It is safe for use by many goroutines.
type Store struct {
	backend backend
	salt    []byte
	macs    sync.Pool // of hash.Hash, keyed with salt
	now     func() time.Time
	owner   string // this process, for the leases of its runs
	alone   bool   // no other process uses what it remembers
	onDisk  bool   // a write takes a while

	patience time.Duration // for a call in flight to be seen to be given up

	mu      sync.Mutex
	calls   map[string]heldCall // of this process, by hold
	pending []pendingWrite      // what the backend did not take
	ending  sync.WaitGroup      // calls whose end gives a run up

	// flushing is held while pending is written, and by each call whose end is being written.
	flushing sync.RWMutex
}

// backend is a map of small values that expire, with an atomic compare-and-swap, and the
// leases of the processes that use it. Keys are "kind/name" and hold no secret.
type backend interface {
	// get returns the value of a key, nil where there is none.
	get(ctx context.Context, key string) ([]byte, error)
	// swap replaces old, nil for none, by value, nil to delete, unless the value has changed.
	swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error)
	// hold makes a process count as living until it ends or the backend is closed.
	hold(ctx context.Context, owner string) error
	// alive reports whether a process lives. It may wait for a sign of life.
	alive(ctx context.Context, owner string) (bool, error)
	// limiter counts calls at a rate per second.
	limiter(name string, perSecond float64, burst int) Limiter
	close() error
}

// opTimeout bounds every single operation on a backend.
const opTimeout = 2 * time.Second

// Open returns the store at an address: "memory" or "", "file:FOLDER", or redis://, rediss://
// and unix:// as go-redis reads them. It fails only where the address cannot be one: nothing
// is created or connected before the first use.
func Open(address string, options Options) (*Store, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.lease == 0 {
		options.lease = defaultLease
	}
	s := &Store{now: options.Now, salt: []byte("wiro-mcp store 1 " + options.Salt), owner: crand.Text(), patience: seenGivenUp}
	scheme, rest, _ := strings.Cut(address, ":")
	switch strings.ToLower(scheme) {
	case "", "memory":
		s.backend, s.alone = newMemory(options.Now), true
	case "file":
		if rest = strings.TrimPrefix(rest, "//"); rest == "" {
			return nil, errors.New("file: needs a folder, such as file:/var/lib/wiro-mcp")
		}
		s.backend, s.onDisk = newFiles(rest, options.Now), true
		if options.OrMemory != nil {
			s.backend = &orMemory{backend: s.backend, now: options.Now, warn: options.OrMemory}
		}
	case "redis", "rediss", "unix", "valkey", "valkeys":
		b, err := newRedis(address, options.lease)
		if err != nil {
			return nil, err
		}
		b.flush = s.flush
		s.backend = b
	default:
		return nil, errors.New(`a store is "memory", "file:FOLDER" or "redis://HOST:PORT"`)
	}
	return s, nil
}

// Alone reports whether no other process uses what the store remembers. Such a store forgets the
// oldest of what it has, once that is too much.
func (s *Store) Alone() bool { return s.alone }

// Shared reports whether several machines may use the store together.
func (s *Store) Shared() bool {
	_, shared := s.backend.(*redisStore)
	return shared
}

// Within returns a context that ends after a time, for a caller that waits no longer for the
// store. One in memory takes no time: there the context is the caller's own.
func (s *Store) Within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if s.alone {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// Close gives up the leases of this process and closes connections. Its runs that are not
// delivered can be attached to from then on.
func (s *Store) Close() error {
	s.mu.Lock()
	calls := s.calls
	s.calls = nil
	s.mu.Unlock()
	for _, call := range calls {
		call.stop()
	}
	s.ending.Wait()
	_ = s.flush(context.Background()) // what is not taken now is lost
	return s.backend.close()
}

// Ping reports ErrUnavailable where the store cannot be read and written: one that is full or
// answers a user without rights can be connected to.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.backend.swap(ctx, "ping/"+s.owner, nil, []byte("1"), time.Second)
	return err
}

// Caller is who calls, at which API. Key is a fingerprint of the credentials; it is hashed
// with the store's salt before it is kept.
type Caller struct{ BaseURL, Key string }

// none reports whether it is plain, without a look for any name, that nothing of a kind is kept.
func (s *Store) none(kind string) bool {
	memory, ok := s.backend.(*memoryBackend)
	return ok && memory.none(kind)
}

// key makes the name under which something is kept.
func (s *Store) key(kind string, parts ...string) string { return s.hashAfter(kind+"/", parts) }

// hash tells lists of texts apart without showing them.
func (s *Store) hash(parts ...string) string { return s.hashAfter("", parts) }

func (s *Store) hashAfter(prefix string, parts []string) string {
	mac, ok := s.macs.Get().(hash.Hash)
	if !ok {
		mac = hmac.New(sha256.New, s.salt)
	}
	defer s.macs.Put(mac)
	mac.Reset()
	text := make([]byte, 0, 256) // for most names
	for _, part := range parts {
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(append(append(text, ':'), part...), ',')
	}
	mac.Write(text)
	sum := mac.Sum(text[:0])
	name := append(sum[len(sum):], prefix...)
	return string(base64.RawURLEncoding.AppendEncode(name, sum[:18]))
}

// errUnchanged ends an update without writing.
var errUnchanged = errors.New("unchanged")

// update changes the value of a key atomically. Change gets the value, zero where there is
// none, and may run more than once; keep false deletes the key.
func update[T any](ctx context.Context, s *Store, key string, ttl time.Duration, change func(value *T) (keep bool, err error)) error {
	const mostTries = 200
	for try := range mostTries {
		old, err := s.backend.get(ctx, key)
		if err != nil {
			return err
		}
		var value T
		if old != nil && json.Unmarshal(old, &value) != nil {
			value = *new(T) // damaged: begun anew
		}
		keep, err := change(&value)
		if errors.Is(err, errUnchanged) {
			return nil
		}
		if err != nil {
			return err
		}
		var data []byte
		if keep {
			if data, err = json.Marshal(value); err != nil {
				return err
			}
		}
		if old == nil && data == nil {
			return nil
		}
		done, err := s.backend.swap(ctx, key, old, data, ttl)
		if err != nil || done {
			return err
		}
		if try > 2 { // others change it all the time
			if err := sleep(ctx, time.Duration(1+rand.IntN(min(try, 20)))*time.Millisecond); err != nil { //nolint:gosec // no secret
				return err
			}
		}
	}
	return fmt.Errorf("%w: too many changes at once", ErrUnavailable)
}

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// unavailable wraps a backend's error. The caller's own end of waiting stays as it is.
func unavailable(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if address, ok := errors.AsType[*url.Error](err); ok {
		err = address.Err // the address may hold a password
	}
	// The cause is text alone: a time limit of ours is not the end of the caller's wait.
	return fmt.Errorf("%w: %s", ErrUnavailable, err.Error())
}
