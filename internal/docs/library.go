package docs

import (
	"bytes"
	"cmp"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// A Library is a set of documentation pages that can be searched and read. It is safe for concurrent use.
type Library struct {
	files   fs.FS
	weights Weights
	source  Source
	every   time.Duration
	log     zerolog.Logger

	embedded  func() *corpus // the pages that ship with the program, parsed once
	summaries func() []Page  // their front matter, read once
	current   atomic.Pointer[corpus]
	used      atomic.Bool // an index was requested
}

// corpus is one state of the library: its pages, and their index from the first search on.
type corpus struct {
	pages []*Page
	index func() *index
}

// An Option changes how a Library works.
type Option func(*Library)

// WithSource makes Watch replace and extend the pages by those of a source, fetched once and then at the given
// interval; with 0 only once.
func WithSource(s Source, every time.Duration) Option {
	return func(l *Library) { l.source, l.every = s, every }
}

// WithLogger sets the logger for pages that cannot be read. By default nothing is logged.
func WithLogger(log zerolog.Logger) Option {
	return func(l *Library) { l.log = log }
}

// WithWeights changes how results are ranked, to measure what a weight brings.
func WithWeights(w Weights) Option {
	return func(l *Library) { l.weights = w }
}

// Open returns the library of the Markdown files in a folder. It reads nothing: the first use reads the files,
// and other callers wait for it.
func Open(pages fs.FS, options ...Option) *Library {
	l := &Library{files: pages, weights: DefaultWeights(), log: zerolog.Nop()}
	for _, o := range options {
		o(l)
	}
	l.embedded = sync.OnceValue(l.parse)
	l.summaries = sync.OnceValue(l.readSummaries)
	return l
}

// Warm parses the pages and builds the index, which the next search would do otherwise. Call it in the background
// once the program is idle.
func (l *Library) Warm() { l.index() }

// index returns the index of the pages as they are now.
func (l *Library) index() *index {
	l.used.Store(true)
	return l.corpus().index()
}

// corpus returns the pages as they are now.
func (l *Library) corpus() *corpus {
	if c := l.current.Load(); c != nil {
		return c
	}
	return l.embedded()
}

// newCorpus returns a corpus whose index is built when it is first needed.
func (l *Library) newCorpus(pages []*Page) *corpus {
	return &corpus{pages: pages, index: sync.OnceValue(func() *index { return newIndex(pages, l.weights) })}
}

// parse reads all pages of the folder. It logs and skips a page that cannot be read.
func (l *Library) parse() *corpus {
	var pages []*Page
	for _, name := range l.names() {
		src, err := fs.ReadFile(l.files, name)
		if err == nil {
			var p *Page
			if p, err = Parse(name, src); err == nil {
				pages = append(pages, p)
				continue
			}
		}
		l.log.Error().Err(err).Str("page", name).Msg("documentation page left out")
	}
	return l.newCorpus(pages)
}

func (l *Library) names() []string {
	names, err := fs.Glob(l.files, "*.md")
	if err != nil { // only a bad pattern is an error
		return nil
	}
	return names
}

// Pages lists the pages in the order of their slugs, without their sections. Before the first search it
// reads no more of a page than its front matter.
func (l *Library) Pages() []Page {
	if c := l.current.Load(); c != nil {
		return summarize(c.pages)
	}
	return slices.Clone(l.summaries())
}

// summarize returns the pages without their sections.
func summarize(pages []*Page) []Page {
	hs := make([]Page, 0, len(pages))
	for _, p := range pages {
		h := *p
		h.Sections = nil
		hs = append(hs, h)
	}
	slices.SortFunc(hs, func(a, b Page) int { return cmp.Compare(a.Slug, b.Slug) })
	return hs
}

// readSummaries reads the front matter of the pages. If one has none, all pages are parsed.
func (l *Library) readSummaries() []Page {
	var pages []*Page
	for _, name := range l.names() {
		meta, ok := l.readSummary(name)
		if !ok {
			return summarize(l.embedded().pages)
		}
		pages = append(pages, meta.page())
	}
	return summarize(pages)
}

// readSummary reads only the front matter of a file. ok is false if it has no title or no slug.
func (l *Library) readSummary(name string) (meta pageMeta, ok bool) {
	f, err := l.files.Open(name)
	if err != nil {
		return pageMeta{}, false
	}
	defer func() { _ = f.Close() }()
	start := make([]byte, 2048)
	n, err := io.ReadFull(f, start)
	if err != nil && n == 0 {
		return pageMeta{}, false
	}
	end := bytes.LastIndexByte(start[:n], '\n') + 1 // a letter may be cut in two after it
	meta, _, err = frontMatter(start[:end])
	return meta, err == nil && meta.Title != "" && meta.Slug != ""
}

// Markdown returns a whole page as it is shown, by its exact slug. The error is a *NotFoundError.
func (l *Library) Markdown(slug string) (string, error) {
	if len(slug) > maxLookup {
		return "", &NotFoundError{Name: shortName(slug)}
	}
	pages := l.corpus().pages
	slugs := make([]string, 0, len(pages))
	for _, p := range pages {
		if p.Slug == slug {
			return p.Markdown(), nil
		}
		slugs = append(slugs, p.Slug)
	}
	return "", &NotFoundError{Name: slug, Closest: nearest(slug, slugs, 5)}
}

// Complete returns the slugs that begin with prefix, in order, followed by those that contain it. It ignores case.
func (l *Library) Complete(prefix string) []string {
	if len(prefix) > maxLookup {
		return nil
	}
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	var begin, hold []string
	for _, p := range l.Pages() {
		switch {
		case strings.HasPrefix(strings.ToLower(p.Slug), prefix):
			begin = append(begin, p.Slug)
		case strings.Contains(strings.ToLower(p.Slug), prefix):
			hold = append(hold, p.Slug)
		}
	}
	return append(begin, hold...)
}
