package docs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// site serves files with ETags and counts what it is asked.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string]string
	full   int // answers with a body
	unmod  int // answers 304
	broken bool
}

func newSite(t *testing.T, files map[string]string) *site {
	s := &site{files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.files[r.URL.Path]
	switch etag := fmt.Sprintf("%q", fmt.Sprint(len(text))); {
	case s.broken:
		w.WriteHeader(http.StatusInternalServerError)
	case !ok:
		http.NotFound(w, r)
	case strings.HasPrefix(text, "->"):
		http.Redirect(w, r, text[2:], http.StatusFound)
	case r.Header.Get("If-None-Match") == etag:
		s.unmod++
		w.WriteHeader(http.StatusNotModified)
	default:
		s.full++
		w.Header().Set("ETag", etag)
		_, _ = fmt.Fprint(w, text)
	}
}

func (s *site) set(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = text
}

func TestAFileOnTheWebIsFetchedAgainOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{"/guide.md": "# Guide\n\nOne. See:\n\n- [Other](https://x.example/docs/other)\n"})
	source := URL(s.URL+"/guide.md", s.Client())
	pages, err := source.Fetch(t.Context())
	require.NoError(t, err)
	require.Len(t, pages, 1)
	require.Equal(t, "guide", pages[0].Slug)

	_, err = source.Fetch(t.Context())
	require.ErrorIs(t, err, ErrNotModified)
	require.Equal(t, 1, s.full)
	require.Equal(t, 1, s.unmod)

	s.set("/guide.md", "# Guide\n\nTwo, and more.\n")
	pages, err = source.Fetch(t.Context())
	require.NoError(t, err)
	require.Contains(t, pages[0].Markdown(), "Two, and more.")
}

func TestABundleOnTheWebIsSeveralPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{"/all": "# One\n\n- [x](https://x.example/docs/x)\n\n# Two\n\nText.\n"})
	pages, err := URL(s.URL+"/all", s.Client()).Fetch(t.Context())
	require.NoError(t, err)
	require.Len(t, pages, 2)
}

func TestAnIndexIsFollowedToItsPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{
		"/d/beside.md":        "# Beside\n\nFound beside the index.\n",
		"/d/elsewhere.md":     "# Elsewhere\n\nStands for a page of another host.\n",
		"/docs/same":          "<!DOCTYPE html><p>An app",
		"/docs/same.md":       "# Same\n\nThe Markdown of a page of this host.\n",
		"/docs/plain":         "# Plain\n\nServed as Markdown without .md.\n",
		"/panel":              "# Panel\n\nNot documentation.\n",
		"/d/notdocs.md":       "# Not docs\n\nNot linked as documentation.\n",
		"/docs/broken.md":     "---\ntitle: x\n---\n",
		"/docs/inaparagraph":  "# No\n\nNo list item.\n",
		"/docs/%E0%A4%A/oops": "",
	})
	s.set("/d/llms.txt", `# Site

> About. [No](/docs/inaparagraph)

- Base: x
- [Beside](beside.md): lies next to the index
- [Again](beside.md)
- [Elsewhere](https://elsewhere.example/docs/elsewhere#part): on another host
- [Same](/docs/same)
- [Plain](`+s.URL+`/docs/plain)
- [Panel](/panel)
- [Other](https://other.example/notdocs)
- [Lost](/docs/lost)
- [Broken](/docs/broken.md)
- [Mail](mailto:x@x.example)
- [Bad](http://[)
`)
	source := URL(s.URL+"/d/llms.txt", s.Client())
	pages, err := source.Fetch(t.Context())
	require.ErrorContains(t, err, "2 pages could not be read", "lost and broken")
	var got []string
	for _, p := range pages {
		got = append(got, p.Slug+" "+strings.ReplaceAll(p.URL, s.URL, "")+" "+p.Summary)
	}
	require.Equal(t, []string{
		"beside /d/beside lies next to the index",
		"elsewhere https://elsewhere.example/docs/elsewhere on another host",
		"same /docs/same ", "plain /docs/plain ",
	}, got)

	_, err = source.Fetch(t.Context())
	require.ErrorIs(t, err, ErrNotModified)

	s.set("/docs/same.md", "# Same\n\nIt changed.\n")
	pages, err = source.Fetch(t.Context())
	require.Error(t, err)
	require.Len(t, pages, 4, "pages that did not change are there too")
	require.Contains(t, pages[2].Markdown(), "It changed.")

	s.mu.Lock()
	delete(s.files, "/docs/same.md")
	s.mu.Unlock()
	_, err = source.Fetch(t.Context())
	require.ErrorIs(t, err, ErrNotModified, "a page that is gone for now stays as it was")
}

func TestAnAddressThatGivesNoMarkdownIsAnError(t *testing.T) {
	t.Parallel()
	other := newSite(t, map[string]string{"/guide.md": "# Guide\n\nOf another host.\n"})
	s := newSite(t, map[string]string{
		"/app":      "<!doctype html>",
		"/away":     "->" + other.URL + "/guide.md",
		"/here":     "->/moved.md",
		"/moved":    "->/here",
		"/empty":    "",
		"/huge":     "# Huge\n\n" + strings.Repeat("x", maxFile),
		"/list":     "- [Gone](/docs/gone)\n",
		"/binary":   "\x00\x01",
		"/front":    "---\ntitle: x\n---\n",
		"/loop":     "->/loop",
		"/moved.md": "# Moved\n\nWithin the host.\n",
	})
	for path, want := range map[string]string{
		"/app": "HTML", "/away": "another host", "/empty": "empty", "/huge": "over 4 MB", "/list": "404",
		"/binary": "not UTF-8", "/front": "empty", "/loop": "redirects", "/none": "404 Not Found",
	} {
		pages, err := URL(s.URL+path, s.Client()).Fetch(t.Context())
		require.ErrorContains(t, err, want, path)
		require.Empty(t, pages)
	}
	require.Zero(t, other.full, "the other host is never asked")
	pages, err := URL(s.URL+"/here", s.Client()).Fetch(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Moved", pages[0].Title)

	_, err = URL("http://%zz", s.Client()).Fetch(t.Context())
	require.Error(t, err)
}

func TestTheClientsOwnRedirectRulesHold(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{"/a.md": "->/b.md", "/b.md": "# B\n\nText.\n"})
	client := s.Client()
	refused := errors.New("refused")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return refused }
	_, err := URL(s.URL+"/a.md", client).Fetch(t.Context())
	require.ErrorIs(t, err, refused)
}

func TestAFolderIsASource(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	source := Dir(folder)
	_, err := source.Fetch(t.Context())
	require.ErrorContains(t, err, "no Markdown files")

	write("one.md", "# One\n\nText.\n")
	write("more/two.MD", "# Two\n\nText.\n")
	write("more/bundle.md", "# Three\n\nText.\n\n# Four\n\nText.\n")
	write(".git/no.md", "# No\n\nText.\n")
	write("no.txt", "# No\n\nText.\n")
	write("bad.md", "\x00")
	write("llms.txt", "- [One](https://x.example/docs/one): the first\n")
	outside := filepath.Join(t.TempDir(), "outside.md")
	require.NoError(t, os.WriteFile(outside, []byte("# Outside\n\nText.\n"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(folder, "link.md")))

	pages, err := source.Fetch(t.Context())
	require.ErrorContains(t, err, "bad.md")
	slugs := map[string]*Page{}
	for _, p := range pages {
		slugs[p.Slug] = p
	}
	require.Len(t, slugs, 4)
	require.Contains(t, slugs, "two")
	require.Contains(t, slugs, "four")
	require.Equal(t, "https://x.example/docs/one", slugs["one"].URL)
	require.Equal(t, "the first", slugs["one"].Summary)

	_, err = source.Fetch(t.Context())
	require.ErrorIs(t, err, ErrNotModified)
	write("one.md", "# One\n\nMore text.\n")
	_, err = source.Fetch(t.Context())
	require.NotErrorIs(t, err, ErrNotModified)

	_, err = Dir(filepath.Join(folder, "missing")).Fetch(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// script is a source that gives one answer after the other, and then ends the watch.
type script struct {
	answers []func() ([]*Page, error)
	end     context.CancelFunc
}

func (s *script) String() string { return "script" }

func (s *script) Fetch(context.Context) ([]*Page, error) {
	if len(s.answers) == 0 {
		s.end()
		return nil, context.Canceled
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	return next()
}

func TestPagesFromOutsideReplaceAndExtendThoseInside(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"orders.md":  "# Print orders\n\nNewer words on orders.\n\n## How to call one off\n\nOrders not yet on the press are canceled free of charge.\n\n## Follow an order\n\nAsk the desk.\n",
		"Ink-box.md": "---\ntitle: inks & Papers\n---\n# x\n\nBy title.\n",
		"weather.md": "# Weather\n\nPaper curls when it rains.\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	l := Open(shelf(), WithSource(Dir(folder), 0))
	l.Warm()
	l.Watch(t.Context())

	var titles []string
	for _, p := range l.Pages() {
		titles = append(titles, p.Title)
	}
	require.Equal(t, []string{"Courier", "inks & Papers", "Print orders", "Weather"}, titles)
	r, err := l.Read("orders", "")
	require.NoError(t, err)
	require.Contains(t, r.Text, "Newer words on orders.")
	require.Equal(t, "https://print.example/docs/orders", r.URL, "kept from the page inside")

	for query, want := range map[string]string{
		"does paper curl in rain":        "Weather",
		"get rid of a purchase I regret": "How to call one off", // a question of the page inside
		"how far along is my print":      "Follow an order",
		"couriersecret":                  "Courier",
	} {
		found, err := l.Search(t.Context(), query, 1)
		require.NoError(t, err)
		require.Equal(t, want, found.Matches[0].Section, query)
	}
}

func TestASourceThatFailsChangesNothingAndIsReportedOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	fail := func() ([]*Page, error) { return nil, errors.New("out of reach") }
	page := func(text string) func() ([]*Page, error) {
		return func() ([]*Page, error) {
			p, err := Parse("news.md", []byte(text))
			return []*Page{p}, err
		}
	}
	var log strings.Builder
	var seen []int
	var l *Library
	look := func(answer func() ([]*Page, error)) func() ([]*Page, error) {
		return func() ([]*Page, error) {
			seen = append(seen, len(l.Pages()))
			return answer()
		}
	}
	same := func() ([]*Page, error) { return nil, ErrNotModified }
	source := &script{end: cancel, answers: []func() ([]*Page, error){
		look(fail), look(fail), look(page("# News\n\nOne.\n")), look(same), look(fail), look(fail), look(same),
	}}
	l = Open(shelf(), WithSource(source, time.Nanosecond), WithLogger(zerolog.New(&log)))
	l.Watch(ctx)
	require.Equal(t, []int{3, 3, 3, 4, 4, 4, 4}, seen)
	require.Len(t, l.Pages(), 4)
	require.Equal(t, 2, strings.Count(log.String(), "out of reach"), log.String())
	require.Equal(t, 1, strings.Count(log.String(), "documentation loaded"), log.String())
}

func TestWatchingNothingReturnsAtOnce(t *testing.T) {
	t.Parallel()
	Open(shelf()).Watch(t.Context())
}

func TestASearchNeverWaitsForASource(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	source := &script{end: cancel, answers: []func() ([]*Page, error){func() ([]*Page, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	l := Open(shelf(), WithSource(source, time.Hour))
	var wg sync.WaitGroup
	wg.Go(func() { l.Watch(ctx) })
	<-asked
	r, err := l.Search(t.Context(), "glossy paper", 1)
	require.NoError(t, err)
	require.Equal(t, Found, r.Outcome)
	cancel()
	wg.Wait()
}
