package logging_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/logging"
)

func TestLinesReachTheProgramsOwnLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.FromSlog(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	log.Info().Msg("too little")
	log.Warn().Str("name", "x").Int("n", 7).Msg("careful")
	require.Contains(t, out.String(), `"level":"WARN","msg":"careful","n":7,"name":"x"`)
	require.NotContains(t, out.String(), "too little")
	silent := logging.FromSlog(nil)
	silent.Error().Msg("nowhere")
}

func TestALoggerComesBackAsItWas(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.FromSlog(logging.ToSlog(zerolog.New(&out).Level(zerolog.InfoLevel)))
	log.Info().Str("name", "x").Msg("hello")
	require.Equal(t, `{"level":"info","name":"x","message":"hello"}`+"\n", out.String())
	out.Reset()
	logging.ToSlog(zerolog.New(&out)).With("a", 1).Warn("with attributes")
	require.Contains(t, out.String(), `"level":"warn"`)
	require.Contains(t, out.String(), `"a":1`)
	require.Contains(t, out.String(), `"message":"with attributes"`)
}
