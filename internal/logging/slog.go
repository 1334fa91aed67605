// Package logging carries log lines between log/slog, which programs hand in, and zerolog,
// which this module writes.
package logging

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// ToSlog returns a slog logger that writes to log.
func ToSlog(log zerolog.Logger) *slog.Logger {
	return slog.New(&handler{zerolog.NewSlogHandler(log), log})
}

// handler remembers the logger behind it, so that FromSlog needs no detour.
type handler struct {
	*zerolog.SlogHandler
	log zerolog.Logger
}

// FromSlog returns a logger that writes to log; a nil one writes nowhere. A logger that ToSlog
// made is taken apart again, unless attributes or groups were added to it.
func FromSlog(log *slog.Logger) zerolog.Logger {
	if log == nil {
		return zerolog.Nop()
	}
	if own, ok := log.Handler().(*handler); ok {
		return own.log
	}
	lowest := zerolog.Disabled
	for _, level := range []zerolog.Level{zerolog.ErrorLevel, zerolog.WarnLevel, zerolog.InfoLevel, zerolog.DebugLevel, zerolog.TraceLevel} {
		if log.Handler().Enabled(context.Background(), slogLevel(level)) {
			lowest = level
		}
	}
	return zerolog.New(writer{log.Handler()}).Level(lowest)
}

// writer turns zerolog's lines, which are JSON objects, into records.
type writer struct{ handler slog.Handler }

func (w writer) Write(line []byte) (int, error) { return w.WriteLevel(zerolog.InfoLevel, line) }

// WriteLevel implements zerolog.LevelWriter.
func (w writer) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return 0, err
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	record := slog.NewRecord(time.Now(), slogLevel(level), message, 0)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch name {
		case zerolog.MessageFieldName, zerolog.LevelFieldName, zerolog.TimestampFieldName:
		default:
			record.AddAttrs(slog.Any(name, fields[name]))
		}
	}
	return len(line), w.handler.Handle(context.Background(), record)
}

func slogLevel(level zerolog.Level) slog.Level {
	switch level {
	case zerolog.TraceLevel:
		return slog.LevelDebug - 4
	case zerolog.DebugLevel:
		return slog.LevelDebug
	case zerolog.WarnLevel:
		return slog.LevelWarn
	case zerolog.ErrorLevel, zerolog.FatalLevel, zerolog.PanicLevel:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
