package main

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// writes notes each write on its own.
type writes struct {
	mu  sync.Mutex
	all []string
}

func (w *writes) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(data))
	return len(data), nil
}

func (w *writes) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space is left") }

func TestALineIsToldOfALostWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held := &heldLog{out: full{}}
		_, err := held.WriteLevel(zerolog.InfoLevel, []byte("a"))
		require.NoError(t, err)
		time.Sleep(logHeldFor)
		synctest.Wait()
		require.ErrorContains(t, held.Close(), "no space is left")
	})
}

func TestLinesOfALogShareAWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		held := &heldLog{out: &out}
		log := zerolog.New(held)
		log.Info().Msg("a")
		log.Info().Msg("b")
		require.Empty(t, out.seen())
		time.Sleep(logHeldFor)
		synctest.Wait()
		require.Equal(t, []string{`{"level":"info","message":"a"}` + "\n" + `{"level":"info","message":"b"}` + "\n"}, out.seen())

		log.Info().Msg("c")
		log.Warn().Msg("d")
		require.Len(t, out.seen(), 2, "a warning waits for nothing")
		require.Contains(t, out.seen()[1], "\"c\"}\n{\"level\":\"warn\"", "and overtakes nothing")

		log.Info().Msg("e")
		require.NoError(t, held.Close())
		log.Info().Msg("f")
		require.Len(t, out.seen(), 4, "nothing is held at the end, nor behind it")
		time.Sleep(logHeldFor)
		synctest.Wait()
		require.Len(t, out.seen(), 4)

		full := &heldLog{out: &out}
		for len(out.seen()) == 4 {
			_, err := full.WriteLevel(zerolog.InfoLevel, make([]byte, maxLogHeld/4))
			require.NoError(t, err)
		}
		require.Equal(t, maxLogHeld, len(out.seen()[4])) //nolint:testifylint // it would print them
	})
}
