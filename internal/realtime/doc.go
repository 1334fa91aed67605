// Package realtime holds what the tool and the command for realtime models share: it tells which
// models are realtime ones, asks them for PCM, and holds a session with sound from a reader and
// speech to a writer.
package realtime
