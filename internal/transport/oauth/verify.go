package oauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Connection is what an access token stands for.
type Connection struct {
	ID          string // the same for all tokens of one sign-in
	Credentials Credentials
	Limits      Limits
}

var (
	// ErrNotOurs is what Verify returns for a bearer that is not a token of this server's
	// kind: it is an API key.
	ErrNotOurs = errors.New("not a token of this server")

	// ErrToken is what Verify returns for a token that is wrong, expired, or for another
	// server. It is the same for all of them.
	ErrToken = errors.New("The access token is wrong or expired. Sign in again.") //nolint:staticcheck,revive // a person reads it as it stands

	// ErrRevoked is what Verify returns for a token whose API key Wiro has rejected.
	ErrRevoked = errors.New("Wiro does not accept the API key of this connection any more. Sign in again.") //nolint:staticcheck,revive // a person reads it as it stands
)

// Verify returns the connection of a bearer token that was sent with a request to one of the
// endpoints. The error is ErrNotOurs, ErrToken or ErrRevoked; the last two are answered with
// status 401 and the header WWW-Authenticate that Challenge returns.
func (s *Server) Verify(r *http.Request, bearer string) (Connection, error) {
	if !isOurs(bearer) {
		return Connection{}, ErrNotOurs
	}
	var g grant
	if s.sealer.open(kindAccess, bearer, &g) != nil {
		return Connection{}, ErrToken
	}
	issuer := s.issuerOf(r)
	if issuer == "" || g.Audience != issuer && g.Audience != issuer+strings.TrimSuffix(r.URL.Path, "/") {
		return Connection{}, ErrToken
	}
	c := Connection{ID: g.Connection, Credentials: g.credentials(), Limits: g.Limits}
	if s.rejected.has(c.Credentials) {
		return Connection{}, ErrRevoked
	}
	return c, nil
}

// isOurs reports whether a bearer has the form of anything that this server seals.
func isOurs(bearer string) bool {
	for _, k := range kinds {
		if strings.HasPrefix(bearer, string(k)) {
			return true
		}
	}
	return false
}

// Recheck asks Wiro about the credentials of a connection, after it refused them in a call. If
// Wiro rejects them, tokens get ErrRevoked from then on, and refresh tokens are refused, so
// that the client has its user sign in again.
func (s *Server) Recheck(ctx context.Context, c Credentials) {
	_ = s.check(context.WithoutCancel(ctx), c) // it remembers a rejection; nothing else matters here
}

// Challenge returns the value of WWW-Authenticate for a 401 on a request to an endpoint: where
// to sign in and, where a token was refused with err, that another one is needed. It is ""
// where there is no sign-in for the request.
func (s *Server) Challenge(r *http.Request, err error) string {
	issuer := s.issuerOf(r)
	if issuer == "" {
		return ""
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	if _, ok := s.audience(issuer, issuer+path); !ok {
		path = ""
	}
	text := `Bearer realm="wiro-mcp", resource_metadata="` + issuer + "/.well-known/oauth-protected-resource" + path + `", scope="` + scope + `"`
	if err != nil {
		text += `, error="invalid_token"`
	}
	return text
}

const (
	rejectionsKept    = 4096
	rejectionLifetime = 10 * time.Minute
)

// rejections remembers for a while, by their hash, credentials that Wiro rejected.
type rejections struct {
	until *lru.Cache[[sha256.Size]byte, time.Time]
	now   func() time.Time
}

func newRejections(now func() time.Time) *rejections {
	until, err := lru.New[[sha256.Size]byte, time.Time](rejectionsKept)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &rejections{until, now}
}

func (r *rejections) add(c Credentials)    { r.until.Add(fingerprint(c), r.now().Add(rejectionLifetime)) }
func (r *rejections) remove(c Credentials) { r.until.Remove(fingerprint(c)) }

func (r *rejections) has(c Credentials) bool {
	until, ok := r.until.Get(fingerprint(c))
	return ok && r.now().Before(until)
}

func fingerprint(c Credentials) [sha256.Size]byte {
	return sha256.Sum256([]byte(string(c.Key) + "\x00" + string(c.Secret)))
}
