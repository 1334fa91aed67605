package docs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	fetchAtOnce = 4
	fetchTime   = 30 * time.Second // for one file
)

// URL returns the source of a Markdown file on the web, or of the pages that an index such as llms.txt
// links. A file with several headings of level 1 is several pages.
//
// Pages are fetched only from the index's own host: a link to another host's documentation stands for the
// file of that name beside the index. If a link leads to HTML, the address with .md is tried, as the llms.txt
// convention has it. Redirects to other hosts are not followed. Files are kept with their ETag and fetched again
// only if they changed. client makes all requests.
func URL(address string, client *http.Client) Source {
	c := *client
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != via[0].URL.Host {
			return fmt.Errorf("redirect to another host, %s", r.URL.Host)
		}
		if client.CheckRedirect != nil {
			return client.CheckRedirect(r, via)
		}
		if len(via) >= 10 {
			return errors.New("too many redirects")
		}
		return nil
	}
	return &urlSource{address: address, client: &c, kept: map[string]*kept{}}
}

type urlSource struct {
	address string
	client  *http.Client

	mu   sync.Mutex
	kept map[string]*kept // by address asked for
}

// kept is a file as it was fetched last.
type kept struct {
	etag, modified string
	body           []byte
}

func (u *urlSource) String() string {
	if at, err := url.Parse(u.address); err == nil {
		return at.Redacted()
	}
	return "the documentation's address"
}

func (u *urlSource) Fetch(ctx context.Context) ([]*Page, error) {
	base, err := url.Parse(u.address)
	if err != nil {
		return nil, err
	}
	list, changed, err := u.get(ctx, u.address)
	if err != nil {
		return nil, err
	}
	var pages []*Page
	if targets := targets(base, list.body); len(targets) > 0 {
		var linked bool
		pages, linked, err = u.follow(ctx, targets)
		changed = changed || linked
	} else {
		pages, err = parseBundle(path.Base(base.Path), list.body)
	}
	if len(pages) > 0 && !changed {
		return nil, ErrNotModified
	}
	return pages, err
}

// follow fetches the pages that an index links. The error reports those that cannot be fetched; a page fetched
// before stays as it was.
func (u *urlSource) follow(ctx context.Context, targets []target) (pages []*Page, changed bool, err error) {
	type fetched struct {
		pages   []*Page
		changed bool
		err     error
	}
	results := make([]fetched, len(targets))
	var g errgroup.Group
	g.SetLimit(fetchAtOnce)
	for i, t := range targets {
		g.Go(func() error {
			r := &results[i]
			var file *kept
			if file, r.changed, r.err = u.getFirst(ctx, t.addresses); r.err != nil {
				return nil
			}
			if r.pages, r.err = parseBundle(t.name+".md", file.body); len(r.pages) == 1 {
				p := r.pages[0]
				p.URL, p.Summary = cmp.Or(p.URL, t.page), cmp.Or(p.Summary, t.note)
			}
			return nil
		})
	}
	_ = g.Wait() // every result has its own error
	var out skipped
	for _, r := range results {
		pages, changed = append(pages, r.pages...), changed || r.changed
		out.note(r.err)
	}
	linked := map[string]bool{u.address: true}
	for _, t := range targets {
		for _, a := range t.addresses {
			linked[a] = true
		}
	}
	maps.DeleteFunc(u.kept, func(a string, _ *kept) bool { return !linked[a] })
	return pages, changed, out.err()
}

// getFirst fetches the first of several addresses that has Markdown. The one that had it last time is tried first.
func (u *urlSource) getFirst(ctx context.Context, addresses []string) (file *kept, changed bool, err error) {
	var before *kept
	for _, a := range addresses {
		if before = u.known(a); before != nil {
			addresses = []string{a}
			break
		}
	}
	for _, a := range addresses {
		if file, changed, err = u.get(ctx, a); err == nil {
			return file, changed, nil
		}
	}
	if before != nil {
		return before, false, nil
	}
	return nil, false, err
}

func (u *urlSource) known(address string) *kept {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.kept[address]
}

// get fetches a file, or returns the kept one if it has not changed.
func (u *urlSource) get(ctx context.Context, address string) (file *kept, changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Accept", "text/markdown, text/plain;q=0.9, */*;q=0.1")
	before := u.known(address)
	if before != nil {
		if before.etag != "" {
			req.Header.Set("If-None-Match", before.etag)
		}
		if before.modified != "" {
			req.Header.Set("If-Modified-Since", before.modified)
		}
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotModified && before != nil:
		return before, false, nil
	case resp.StatusCode != http.StatusOK:
		return nil, false, fmt.Errorf("%s: %s", req.URL.Redacted(), resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFile+1))
	switch {
	case err != nil:
		return nil, false, err
	case len(body) > maxFile:
		return nil, false, fmt.Errorf("%s: over %d MB", req.URL.Redacted(), maxFile>>20)
	case isHTML(resp.Header.Get("Content-Type"), body):
		return nil, false, fmt.Errorf("%s: HTML instead of Markdown", req.URL.Redacted())
	}
	file = &kept{etag: resp.Header.Get("ETag"), modified: resp.Header.Get("Last-Modified"), body: body}
	return file, before == nil || !bytes.Equal(before.body, body), u.keep(address, file)
}

// keep stores a file unless all files together are too large.
func (u *urlSource) keep(address string, file *kept) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	size := len(file.body)
	for a, k := range u.kept {
		if a != address {
			size += len(k.body)
		}
	}
	if size > maxTotal {
		return fmt.Errorf("%s: over %d MB of pages", address, maxTotal>>20)
	}
	u.kept[address] = file
	return nil
}

func isHTML(contentType string, body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return strings.HasPrefix(contentType, "text/html") ||
		bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html"))
}
