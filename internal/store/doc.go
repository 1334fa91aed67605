// Package store keeps what must be remembered between calls, processes and replicas: runs
// that were submitted and whose result was not delivered, what a caller spent today, which
// confirmations were used, and the rate limits per key.
//
// Open returns a Store over memory, over a folder that several processes share, or over
// Redis or Valkey that several replicas share. Nothing is allocated, created or connected
// until the first use. A store that cannot be reached answers ErrUnavailable within a few
// seconds; it never guesses.
//
// Callers are kept as hashes. An entry of a run holds the task's token, which is sensitive:
// files are readable by their owner alone.
package store
