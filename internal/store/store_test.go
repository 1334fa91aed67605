package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "memory", "file:/tmp/x", "file:relative", "redis://localhost", "rediss://u:p@host:1/2", "valkey://host", "unix:///x?db=1"} {
		s, err := Open(address, Options{})
		require.NoError(t, err, address)
		require.NoError(t, s.Close(), address)
	}
	for _, address := range []string{"file:", "postgres://x", "redis://u:secret@host:port/", "redis://u:secret@host/x"} {
		_, err := Open(address, Options{})
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

// everything tries whatever may fail and returns the errors.
func everything(ctx context.Context, s *Store) map[string]error {
	c := Caller{"https://api.example/v1", "key"}
	_, begin := s.Begin(ctx, Call{Caller: c, Model: "a/b"}, false)
	_, use := s.Use(ctx, "code", "x", time.Now().Add(time.Minute))
	_, spending := s.Spending(ctx, c)
	_, settle := s.Settle(ctx, c, 1, "x")
	_, giveUp := s.GiveUp(ctx, c, "5", false)
	return map[string]error{
		"Begin": begin, "Use": use, "Spending": spending, "Settle": settle, "GiveUp": giveUp,
		"Reserve": s.Reserve(ctx, c, "x", 1, 2), "Ping": s.Ping(ctx),
	}
}

func TestAStoreThatIsDownSaysSoQuickly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, address := range map[string]string{
		"file in the way": "file:" + filepath.Join(file, "state"),
		"no socket":       "unix://" + filepath.Join(t.TempDir(), "none"),
		"nobody listens":  "redis://127.0.0.1:1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(address, Options{})
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			began := time.Now()
			for what, err := range everything(t.Context(), s) {
				require.ErrorIs(t, err, ErrUnavailable, what)
				require.NotErrorIs(t, err, context.DeadlineExceeded, what)
			}
			require.Less(t, time.Since(began), 10*time.Second)
			if strings.HasPrefix(address, "file") {
				return
			}
			_, err = s.Limiter("x", 1, 1).Allow(t.Context(), "k", 1)
			require.ErrorIs(t, err, ErrUnavailable)
		})
	}
}

func TestARedisThatGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "redis")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	address, kill := startRedisIn(t, folder)
	if address == "" {
		t.Skip("redis-server is not installed: the store over Redis is not tested")
	}
	s, err := Open(address, Options{lease: testLease})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	for what, err := range everything(t.Context(), s) {
		require.NoError(t, err, what)
	}
	kill()
	for what, err := range everything(t.Context(), s) {
		require.ErrorIs(t, err, ErrUnavailable, what)
	}
	_, kill = startRedisIn(t, folder)
	t.Cleanup(kill)
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond, "the client tries again every second")
	for what, err := range everything(t.Context(), s) {
		require.NoError(t, err, what)
	}
}

func TestTheCallersOwnEndIsNoFaultOfTheStore(t *testing.T) {
	eachStore(t, func(r *rig) {
		s := r.replica()
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		err := s.Ping(ctx)
		require.ErrorIs(r, err, context.Canceled)
		require.NotErrorIs(r, err, ErrUnavailable)
	})
}

func TestNothingIsMadeBeforeTheFirstUse(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "state")
	s, err := Open("file:"+folder, Options{})
	require.NoError(t, err)
	require.NoDirExists(t, folder)
	require.NoError(t, s.Close())
	require.NoDirExists(t, folder)

	memory, err := Open("", Options{})
	require.NoError(t, err)
	require.Nil(t, memory.backend.(*memoryBackend).kinds)
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a", "state")
	s, err := Open("file:"+folder, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	call := Call{Caller: Caller{"https://api.example/v1", "the-key"}, Model: "a/b", Params: map[string]any{"prompt": "the-prompt"}, Request: "5"}
	run, err := s.Begin(t.Context(), call, false)
	require.NoError(t, err)
	require.NoError(t, run.Submitted(t.Context(), "1", "token"))
	list, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, e := range list {
		info, err := e.Info()
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		}
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
		for _, secret := range []string{"the-key", "the-prompt", "api.example"} {
			require.NotContains(t, e.Name()+string(data), secret)
		}
	}
	if info, err := os.Stat(folder); runtime.GOOS != "windows" {
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
}

func TestADamagedFileIsSetAside(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{"cut": `{"expires":99`, "empty": "", "binary": "\x00\x01", "another": "[]", "no value": `{"expires":9999999999999}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s, err := Open("file:"+folder, Options{})
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			call := Call{Caller: Caller{"u", "k"}, Model: "a/b"}
			run, err := s.Begin(t.Context(), call, false)
			require.NoError(t, err)
			require.NoError(t, run.Release(t.Context(), nil))
			path := s.backend.(*files).path(run.key)
			require.NoError(t, os.WriteFile(path, []byte(damage), 0o600))
			run, err = s.Begin(t.Context(), call, false)
			require.NoError(t, err)
			require.False(t, run.Attached)
			require.FileExists(t, path+damagedMark)
		})
	}
}

func TestOldFilesAreSweptUp(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	c := &clock{now: time.Now()}
	s, err := Open("file:"+folder, Options{Now: c.time})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	dead := filepath.Join(folder, ownerPrefix+"dead")
	for i := range 20 {
		_, err := s.Use(t.Context(), "code", fmt.Sprint(i), c.time().Add(time.Minute))
		require.NoError(t, err)
	}
	require.NoError(t, os.WriteFile(dead, nil, 0o600))
	run, err := s.Begin(t.Context(), Call{Model: "a/b"}, false)
	require.NoError(t, err)
	c.add(2 * time.Minute)
	_, err = s.Use(t.Context(), "code", "another", c.time().Add(time.Minute))
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(folder, "once-*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.NoFileExists(t, dead)
	gone, err := run.Refresh(t.Context())
	require.NoError(t, err)
	require.False(t, gone)
	own, err := filepath.Glob(filepath.Join(folder, ownerPrefix+"*"))
	require.NoError(t, err)
	require.Len(t, own, 1, "the lease of this process stays")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s, err := Open("memory", Options{})
	require.NoError(t, err)
	caller := Caller{"u", "k"}
	require.NoError(t, s.Reserve(t.Context(), caller, "x", 1, 2))
	result, err := json.Marshal(strings.Repeat("x", mostResult-2))
	require.NoError(t, err)
	for i := range 2 * mostBytes / mostResult {
		run, err := s.Begin(t.Context(), Call{Caller: caller, Model: fmt.Sprint("a/", i)}, false)
		require.NoError(t, err)
		require.NoError(t, run.Release(t.Context(), result))
	}
	m := s.backend.(*memoryBackend)
	require.LessOrEqual(t, m.kinds["run"].bytes, mostBytes)
	require.Greater(t, m.kinds["run"].bytes, mostBytes/2)
	spending, err := s.Spending(t.Context(), caller)
	require.NoError(t, err)
	require.InDelta(t, 1, spending.Reserved, 0, "runs do not displace spending")
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{`{"expires":9999999999999,"value":[{"id":"a","token":"t"}]}`, `{"expires":9999999999999,"value":{"id":7}}`, `{"expires":1,"value":null}`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := Open("file:"+t.TempDir(), Options{})
		require.NoError(t, err)
		defer s.Close()
		call := Call{Model: "a/b"}
		run, err := s.Begin(t.Context(), call, false)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(s.backend.(*files).path(run.key), content, 0o600))
		again, err := s.Begin(t.Context(), call, false)
		require.NoError(t, err)
		_, err = again.Deliver(t.Context(), nil)
		require.NoError(t, err)
	})
}

func BenchmarkRun(b *testing.B) {
	for name, address := range map[string]string{"memory": "memory", "files": "file:" + b.TempDir()} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(address, Options{})
			require.NoError(b, err)
			defer s.Close()
			call := Call{Caller: Caller{"u", "k"}, Model: "a/b", Params: map[string]any{"prompt": "fox"}}
			for b.Loop() {
				run, err := s.Begin(b.Context(), call, false)
				require.NoError(b, err)
				require.NoError(b, run.Submitted(b.Context(), "1", "token"))
				_, err = run.Deliver(b.Context(), nil)
				require.NoError(b, err)
			}
		})
	}
}
