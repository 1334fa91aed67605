package docs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotModified is returned by a Source whose pages have not changed since the last call.
var ErrNotModified = errors.New("documentation not modified")

// Limits on what a source may supply.
const (
	maxFiles = 500
	maxFile  = 4 << 20  // bytes of a file
	maxTotal = 32 << 20 // bytes of all files
)

// A Source supplies documentation from outside the program. Dir and URL make one.
type Source interface {
	// Fetch returns all pages of the source, or ErrNotModified if they are those of the last call. An error with
	// pages reports others that could not be read; an error without pages means that the source failed.
	Fetch(ctx context.Context) ([]*Page, error)
	// String names the source in the log.
	String() string
}

// leftOut counts the pages of a source that could not be read.
type skipped struct {
	count int
	first error
}

func (o *skipped) note(err error) {
	if err != nil {
		o.count++
		o.first = cmp.Or(o.first, err)
	}
}

func (o *skipped) err() error {
	if o.count == 0 {
		return nil
	}
	return fmt.Errorf("%d pages could not be read, the first because: %w", o.count, o.first)
}

// Watch keeps the library up to date with its source until ctx is done: it fetches immediately and then at the
// interval of WithSource. A page of the source replaces the page with its slug or title; others are added.
// Searches continue with the current pages meanwhile. A source that fails changes nothing; the failure is logged
// once until the source works again. Without a source Watch returns immediately.
func (l *Library) Watch(ctx context.Context) {
	failed := false
	for l.source != nil {
		err := l.Refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			l.log.Warn().Err(err).Stringer("source", l.source).Msg("documentation not loaded; the current pages stay in use")
		}
		failed = err != nil
		if l.every <= 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.every):
		}
	}
}

// Refresh fetches from the source once. Without a source it does nothing. On an error of the source the current
// pages stay in use.
func (l *Library) Refresh(ctx context.Context) error {
	if l.source == nil {
		return nil
	}
	pages, err := l.source.Fetch(ctx)
	if errors.Is(err, ErrNotModified) {
		return nil
	}
	if len(pages) == 0 {
		return err
	}
	l.replace(pages)
	l.log.Info().Stringer("source", l.source).Int("pages", len(pages)).AnErr("left_out", err).Msg("documentation loaded")
	return nil
}

// replace puts the pages of a source in use. If there have been searches, it builds their index first.
func (l *Library) replace(pages []*Page) {
	c := l.newCorpus(merge(l.embedded().pages, pages))
	if l.used.Load() {
		c.index()
	}
	l.current.Store(c)
}
