package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// writes notes each write on its own.
type writes []string

func (w *writes) Write(data []byte) (int, error) {
	*w = append(*w, string(data))
	return len(data), nil
}

func TestLinesOfALogShareAWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		held := &heldLog{out: &out}
		log := zerolog.New(held)
		log.Info().Msg("a")
		log.Info().Msg("b")
		require.Empty(t, out)
		time.Sleep(logHeldFor)
		synctest.Wait()
		require.Equal(t, writes{`{"level":"info","message":"a"}` + "\n" + `{"level":"info","message":"b"}` + "\n"}, out)

		log.Info().Msg("c")
		log.Warn().Msg("d")
		require.Len(t, out, 2, "a warning waits for nothing")
		require.Contains(t, out[1], "\"c\"}\n{\"level\":\"warn\"", "and overtakes nothing")

		log.Info().Msg("e")
		require.NoError(t, held.Close())
		log.Info().Msg("f")
		require.Len(t, out, 4, "nothing is held at the end, nor behind it")
		time.Sleep(logHeldFor)
		synctest.Wait()
		require.Len(t, out, 4)

		full := &heldLog{out: &out}
		for len(out) == 4 {
			_, err := full.WriteLevel(zerolog.InfoLevel, make([]byte, maxLogHeld/4))
			require.NoError(t, err)
		}
		require.Equal(t, maxLogHeld, len(out[4])) //nolint:testifylint // it would print them
	})
}
