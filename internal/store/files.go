package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

// files is the backend of several processes on one machine: a file for each entry, written
// beside it and renamed, under a lock that is held for the moment alone. A process shows
// that it lives by a lock on a file of its own, which the system gives up when it ends.
type files struct {
	folder string
	now    func() time.Time

	turn     chan struct{} // holds one token: who has it may touch the folder
	used     atomic.Bool   // the folder is there, and can be locked
	own      *flock.Flock
	holds    atomic.Bool // own is there
	swept    time.Time
	limiters localLimiters
}

const (
	mostFiles    = 2000
	sweepEvery   = time.Minute
	keepDamaged  = 24 * time.Hour
	lockFile     = ".lock"
	ownerPrefix  = "owner-"
	entrySuffix  = ".json"
	damagedMark  = ".damaged"
	temporary    = ".tmp"
	lockInterval = 2 * time.Millisecond
)

// fileEntry is what a file holds.
type fileEntry struct {
	Expires int64           `json:"expires"` // Unix milliseconds
	Value   json.RawMessage `json:"value"`
}

func newFiles(folder string, now func() time.Time) *files {
	f := &files{folder: folder, now: now, turn: make(chan struct{}, 1), limiters: localLimiters{now: now}}
	f.turn <- struct{}{}
	return f
}

// locked runs do while no other goroutine or process touches the folder.
func (f *files) locked(ctx context.Context, do func() error) error {
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
	case <-limited.Done():
		return unavailable(ctx, limited.Err())
	}
	if err := os.MkdirAll(f.folder, 0o700); err != nil {
		return unavailable(ctx, err)
	}
	lock := flock.New(filepath.Join(f.folder, lockFile), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(limited, lockInterval); err != nil {
		return unavailable(ctx, err)
	}
	defer func() { _ = lock.Close() }()
	f.used.Store(true)
	return unavailable(ctx, do())
}

func (f *files) path(key string) string {
	return filepath.Join(f.folder, strings.ReplaceAll(key, "/", "-")+entrySuffix)
}

func (f *files) get(ctx context.Context, key string) (value []byte, err error) {
	path := f.path(key)
	if f.used.Load() { // files appear whole, so that it takes no lock to read one
		if value, damaged, err := f.load(path); err == nil && !damaged {
			return value, ctx.Err()
		}
	}
	err = f.locked(ctx, func() error {
		value, err = f.read(path)
		return err
	})
	return value, err
}

// read returns the value in a file, nil where there is none. A damaged file is set aside.
func (f *files) read(path string) ([]byte, error) {
	value, damaged, err := f.load(path)
	if damaged {
		err = os.Rename(path, path+damagedMark)
	}
	return value, err
}

func (f *files) load(path string) (value []byte, damaged bool, err error) {
	data, err := os.ReadFile(path) //nolint:gosec // a hash in our own folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var entry fileEntry
	if json.Unmarshal(data, &entry) != nil || len(entry.Value) == 0 {
		return nil, true, nil
	}
	if f.now().UnixMilli() >= entry.Expires {
		return nil, false, nil
	}
	return entry.Value, false, nil
}

func (f *files) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (done bool, err error) {
	err = f.locked(ctx, func() error {
		path := f.path(key)
		current, err := f.read(path)
		if err != nil || !bytes.Equal(current, old) {
			return err
		}
		done = true
		if value == nil {
			err = os.Remove(path)
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return err
		}
		f.sweep()
		return f.write(path, value, ttl)
	})
	return done && err == nil, err
}

// write puts an entry in place whole: a reader or a crash never sees a part of it.
func (f *files) write(path string, value []byte, ttl time.Duration) error {
	data, err := json.Marshal(fileEntry{f.now().Add(ttl).UnixMilli(), value})
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(f.folder, "*"+temporary) // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// sweep removes, now and then, what has expired, what nobody finished, the signs of
// processes that ended, and the oldest entries where there are too many.
func (f *files) sweep() {
	if f.now().Sub(f.swept) < sweepEvery {
		return
	}
	f.swept = f.now()
	list, err := os.ReadDir(f.folder)
	if err != nil {
		return
	}
	type aged struct {
		path    string
		changed time.Time
	}
	var entries []aged
	for _, e := range list {
		path, name := filepath.Join(f.folder, e.Name()), e.Name()
		info, err := e.Info()
		if err != nil || e.IsDir() {
			continue
		}
		age := time.Since(info.ModTime())
		switch {
		case strings.HasSuffix(name, entrySuffix):
			if value, err := f.read(path); err == nil && value == nil {
				_ = os.Remove(path)
			} else if !strings.HasPrefix(name, "spend-") {
				entries = append(entries, aged{path, info.ModTime()})
			}
		case strings.HasSuffix(name, temporary) && age > sweepEvery, strings.HasSuffix(name, damagedMark) && age > keepDamaged:
			_ = os.Remove(path)
		case strings.HasPrefix(name, ownerPrefix) && f.ended(path):
			_ = os.Remove(path)
		}
	}
	if extra := len(entries) - mostFiles; extra > 0 {
		slices.SortFunc(entries, func(a, b aged) int { return a.changed.Compare(b.changed) })
		for _, old := range entries[:extra] {
			_ = os.Remove(old.path)
		}
	}
}

// ended reports whether the process with this file has ended: its lock is free.
func (f *files) ended(path string) bool {
	if f.own != nil && f.own.Path() == path {
		return false
	}
	if _, err := os.Stat(path); err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	_ = lock.Close()
	return err == nil && free
}

func (f *files) hold(ctx context.Context, owner string) error {
	if f.holds.Load() {
		return ctx.Err()
	}
	return f.locked(ctx, func() error {
		if f.own != nil {
			return nil
		}
		lock := flock.New(filepath.Join(f.folder, ownerPrefix+owner), flock.SetPermissions(0o600))
		taken, err := lock.TryLock()
		if err == nil && !taken {
			err = fmt.Errorf("%s is locked", lock.Path())
		}
		if err != nil {
			_ = lock.Close()
			return err
		}
		f.own = lock
		f.holds.Store(true)
		return nil
	})
}

func (f *files) alive(ctx context.Context, owner string) (alive bool, err error) {
	err = f.locked(ctx, func() error {
		alive = !f.ended(filepath.Join(f.folder, ownerPrefix+owner))
		return nil
	})
	return alive, err
}

func (f *files) limiter(name string, perSecond float64, burst int) Limiter {
	return f.limiters.limiter(name, perSecond, burst)
}

func (f *files) close() error {
	<-f.turn
	defer func() { f.turn <- struct{}{} }()
	if f.own == nil {
		return nil
	}
	path := f.own.Path()
	f.holds.Store(false)
	err := f.own.Close()
	f.own = nil
	_ = os.Remove(path) // or the next sweep does
	return err
}
