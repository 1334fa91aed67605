package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

const (
	maxDocument      = 5 << 10 // bytes
	maxDocumentURL   = 512     // characters
	documentTimeout  = 10 * time.Second
	documentLifetime = time.Hour
	documentRetry    = 30 * time.Second // after a failure
	documentsKept    = 256
	maxFetches       = 32 // at once
)

// documents fetches and caches client ID metadata documents. A client that has one names its
// https address as its client_id.
type documents struct {
	client *http.Client
	cache  *lru.Cache[string, document]
	flight singleflight.Group
	slots  chan struct{}
	now    func() time.Time
}

type document struct {
	client  client
	err     error
	expires time.Time
}

func newDocuments(fetch *http.Client, now func() time.Time) *documents {
	client := *fetch
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cache, err := lru.New[string, document](documentsKept)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &documents{client: &client, cache: cache, slots: make(chan struct{}, maxFetches), now: now}
}

// isDocument reports whether a client_id is meant to be the address of a document.
func isDocument(clientID string) bool { return strings.HasPrefix(clientID, "https://") }

// knows reports whether a document need not be fetched.
func (d *documents) knows(address string) bool {
	known, ok := d.cache.Peek(address)
	return ok && d.now().Before(known.expires)
}

// get returns the client that a document describes. The error says what is wrong, and nothing
// about the network that it was fetched over.
func (d *documents) get(ctx context.Context, address string) (client, error) {
	u, err := parseDocumentURL(address)
	if err != nil {
		return client{}, err
	}
	if known, ok := d.cache.Get(address); ok && d.now().Before(known.expires) {
		return known.client, known.err
	}
	// The fetch is for all requests that wait for it, so it does not end with one of them.
	fetched, _, _ := d.flight.Do(address, func() (any, error) {
		select {
		case d.slots <- struct{}{}:
			defer func() { <-d.slots }()
		default:
			return document{err: errors.New("too many client metadata documents are being fetched; try again in a few seconds")}, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), documentTimeout)
		defer cancel()
		c, err := d.fetch(ctx, address)
		c.host = u.Host
		doc := document{client: c, err: err, expires: d.now().Add(documentLifetime)}
		if err != nil {
			doc.expires = d.now().Add(documentRetry)
		}
		d.cache.Add(address, doc)
		return doc, nil
	})
	doc, _ := fetched.(document)
	return doc.client, doc.err
}

// parseDocumentURL checks an address as the specification of the documents wants it.
func parseDocumentURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxDocumentURL || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }):
		return nil, errors.New("the client_id is not a valid address")
	case u.Scheme != "https" || u.Hostname() == "" || !isPlainHost(u):
		return nil, errors.New("the address of a client metadata document starts with https:// and a plain host name")
	case u.User != nil || strings.Contains(address, "#"):
		return nil, errors.New("the address of a client metadata document has no user name and no fragment")
	case strings.Trim(u.Path, "/") == "" || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/"):
		return nil, errors.New("the address of a client metadata document has a path without . and .. in it")
	}
	return u, nil
}

func (d *documents) fetch(ctx context.Context, address string) (client, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil) //nolint:gosec // the client refuses private addresses
	if err != nil {
		return client{}, errors.New("the client_id is not a valid address")
	}
	request.Header.Set("Accept", "application/json")
	response, err := d.client.Do(request) //nolint:gosec // as above
	if err != nil {
		return client{}, errors.New("the client metadata document cannot be fetched")
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode != http.StatusOK {
		return client{}, errors.New("the client metadata document must be answered with status 200, without a redirect")
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	switch {
	case err != nil:
		return client{}, errors.New("the client metadata document cannot be fetched")
	case len(data) > maxDocument:
		return client{}, errors.New("the client metadata document is larger than 5 KB")
	}
	var m struct {
		ID string `json:"client_id"`
		registration
	}
	if json.Unmarshal(data, &m) != nil {
		return client{}, errors.New("the client metadata document is not JSON of the right shape")
	}
	if m.ID != address {
		return client{}, errors.New("the client metadata document is that of another client_id")
	}
	redirects, err := acceptRedirects(m.Redirects)
	if err != nil {
		return client{}, errors.New("the client metadata document: redirect_uris: " + err.Error())
	}
	return client{Name: cleanName(m.Name), Redirects: redirects}, nil
}
