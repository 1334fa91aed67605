package docs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotModified is what a Source answers when its pages are the same as last time.
var ErrNotModified = errors.New("documentation not modified")

// Bounds of what is taken from outside.
const (
	maxFiles = 500
	maxFile  = 4 << 20  // bytes of a file
	maxTotal = 32 << 20 // bytes of all files
)

// A Source supplies documentation from outside the program. Dir and URL make one.
type Source interface {
	// Fetch returns all pages of the source, or ErrNotModified if they are those of the call before. With
	// pages, an error tells of others that could not be read; without, that the source failed.
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

// Watch keeps the library up to date with its source until ctx is done: it fetches at once and then at the
// source's interval. A page from outside replaces the page with its slug or title, others are added.
// Searches go on meanwhile with the pages there are. A source that fails changes nothing and is reported
// once, until it works again. Without a source Watch returns at once.
func (l *Library) Watch(ctx context.Context) {
	failed := false
	for l.source != nil {
		err := l.Refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			l.log.Warn().Err(err).Stringer("source", l.source).Msg("documentation not loaded, what was there stays in use")
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

// Refresh asks the source once, and takes in what is new there. Without a source it does
// nothing. The error is the source's; what was there stays in use then.
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

// replace puts pages from outside in place. If searches are being made, their index is built first.
func (l *Library) replace(pages []*Page) {
	c := l.newCorpus(merge(l.embedded().pages, pages))
	if l.used.Load() {
		c.index()
	}
	l.current.Store(c)
}
