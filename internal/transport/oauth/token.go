package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

const (
	maxTokenBody = 16 << 10 // bytes

	// refreshUses is how often one refresh token works until its successor is used first: an
	// answer may have been lost, and several processes of a client may share a token.
	refreshUses = 4

	// How often one connection refreshes at once, and all of a key, as those of an office do in the
	// morning; later it is one every refreshEvery. Each refresh is remembered for as long as its
	// token could come again. Every replica counts for itself.
	refreshesOfOne = 20
	refreshesOfKey = 500
	refreshEvery   = time.Minute
	refreshersKept = 20_000
)

// grant is what a person allowed, as it is sealed into codes and tokens.
type grant struct {
	Connection string `json:"o"`
	Key        string `json:"k"`
	Secret     string `json:"x,omitempty"`
	Client     string `json:"c"` // digest of the client_id
	Audience   string `json:"u"`
	Limits     Limits `json:"l,omitzero"`
}

func (g grant) credentials() Credentials {
	return Credentials{Key: Secret(g.Key), Secret: Secret(g.Secret)}
}

// refresh is what a refresh token seals.
type refresh struct {
	ID     string `json:"i"`
	Parent string `json:"q,omitempty"` // of the token that it replaces
	grant
}

// serveToken exchanges a code, or a refresh token, for tokens.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, issuer string) {
	if !allow(w, r, http.MethodPost) {
		return
	}
	if s.overLimit(w, r, "token") {
		return
	}
	form, f := readTokenForm(w, r)
	switch id := form.Get("client_id"); {
	case f != nil:
	case id == "":
		f = fail(http.StatusBadRequest, "invalid_request", "client_id is missing.")
	case isDocument(id) && s.documents == nil:
		f = errUnknownClient
	}
	var next refresh
	outcome := "issued"
	if f == nil {
		switch form.Get("grant_type") {
		case "authorization_code":
			next, f = s.redeemCode(r.Context(), issuer, form)
		case "refresh_token":
			outcome = "refreshed"
			next, f = s.redeemRefresh(r.Context(), issuer, form)
		case "":
			f = fail(http.StatusBadRequest, "invalid_request", "grant_type is missing.")
		default:
			f = fail(http.StatusBadRequest, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
		}
	}
	if f != nil {
		s.refuse(w, "token", s.orUnknownClient(f, form.Get("client_id")))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, struct {
		Access    string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"` // seconds
		Refresh   string `json:"refresh_token"`
		Scope     string `json:"scope"`
	}{
		s.sealer.seal(kindAccess, next.grant, s.now().Add(accessLifetime)), "Bearer", int(accessLifetime.Seconds()),
		s.sealer.seal(kindRefresh, next, s.now().Add(refreshLifetime)), scope,
	})
	s.observe("token", outcome, http.StatusOK)
}

func readTokenForm(w http.ResponseWriter, r *http.Request) (url.Values, *failure) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, fail(http.StatusBadRequest, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenBody)
	if r.ParseForm() != nil {
		return nil, fail(http.StatusBadRequest, "invalid_request", "The request cannot be read. It has at most 16 KB.")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, fail(http.StatusBadRequest, "invalid_request", "A parameter was sent more than once: "+printable(name)+".")
		}
	}
	return r.PostForm, nil
}

// printable is a name that a client chose, fit for an error's description.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, name[:min(len(name), 40)])
}

// orUnknownClient is the failure of a grant, or invalid_client, on which clients register again,
// if nobody registered the client here. What is redeemed names its client, so that a secret can
// be dropped under which the client registered. That of a document is not fetched: what it gets
// is bound to it.
func (s *Server) orUnknownClient(f *failure, clientID string) *failure {
	var c client
	if f.code != "invalid_grant" || isDocument(clientID) || s.sealer.open(kindClient, clientID, &c) == nil {
		return f
	}
	return errUnknownClient
}

var (
	errUnknownClient = fail(http.StatusUnauthorized, "invalid_client", "This server does not know the client. Register it again.")

	errWrongCode    = fail(http.StatusBadRequest, "invalid_grant", "The code is wrong, was used, or is too old. Sign in again.")
	errWrongRefresh = fail(http.StatusBadRequest, "invalid_grant", "The refresh token is wrong, was replaced, or is too old. Sign in again.")
	errRevoked      = fail(http.StatusBadRequest, "invalid_grant", "Wiro does not accept the API key of this connection any more. Sign in again.")
	errTarget       = fail(http.StatusBadRequest, "invalid_target", "resource is not what the connection was allowed for.")
	errNoStore      = &failure{http.StatusServiceUnavailable, "temporarily_unavailable", "The server cannot tell whether this was used before. Try again in a moment.", 2 * time.Second}

	errManyRefreshes = tooMany("This connection, or all of its API key together, refresh too often.", refreshEvery)
)

// redeemCode checks a code and everything that it is bound to, and then uses it up.
func (s *Server) redeemCode(ctx context.Context, issuer string, form url.Values) (refresh, *failure) {
	var c code
	if s.sealer.open(kindCode, form.Get("code"), &c) != nil {
		return refresh{}, errWrongCode
	}
	redirect := form.Get("redirect_uri")
	if c.Client != digest(form.Get("client_id")) ||
		redirect != "" && digest(redirect) != c.Redirect || // OAuth 2.1 leaves it out
		!verify(c.Challenge, form.Get("code_verifier")) {
		return refresh{}, errWrongCode
	}
	if f := s.checkTarget(issuer, c.Audience, form.Get("resource"), errWrongCode); f != nil {
		return refresh{}, f
	}
	// The form lives longer than a code, and gives the same ID to all codes that come of it.
	fresh, err := s.once.UseOnce(ctx, "code:"+c.ID, formLifetime+codeLifetime)
	if err != nil {
		return refresh{}, errNoStore
	}
	if !fresh {
		return refresh{}, errWrongCode
	}
	return refresh{ID: newID(), grant: c.grant}, nil
}

// redeemRefresh replaces a refresh token. The one before stays good until the new one is used.
func (s *Server) redeemRefresh(ctx context.Context, issuer string, form url.Values) (refresh, *failure) {
	var old refresh
	if s.sealer.open(kindRefresh, form.Get("refresh_token"), &old) != nil || old.Client != digest(form.Get("client_id")) {
		return refresh{}, errWrongRefresh
	}
	if f := s.checkTarget(issuer, old.Audience, form.Get("resource"), errWrongRefresh); f != nil {
		return refresh{}, f
	}
	giveBack, ok := s.takeRefresh(old.grant)
	if !ok {
		return refresh{}, errManyRefreshes
	}
	// A connection outlives an outage of Wiro, but not the key.
	if err := s.check(ctx, old.credentials()); errors.Is(err, ErrKeyRejected) {
		giveBack()
		return refresh{}, errRevoked
	}
	used, err := s.useRefresh(ctx, old)
	if !used {
		giveBack() // an old token must not cost those who have the new one
	}
	switch {
	case err != nil:
		return refresh{}, errNoStore
	case !used:
		return refresh{}, errWrongRefresh
	}
	return refresh{ID: newID(), Parent: old.ID, grant: old.grant}, nil
}

// takeRefresh takes a refresh out of the shares of its connection and of its key, until it is given
// back: a client that loops must not starve the others of its user.
func (s *Server) takeRefresh(g grant) (giveBack func(), ok bool) {
	var taken []*rate.Reservation
	now := s.now()
	giveBack = func() {
		for _, t := range taken {
			t.CancelAt(now)
		}
	}
	for _, share := range []struct {
		id     [sha256.Size]byte
		atOnce int
	}{{sha256.Sum256([]byte(g.Connection)), refreshesOfOne}, {fingerprint(g.credentials()), refreshesOfKey}} {
		limiter, known := s.refreshers.Get(share.id)
		if !known {
			limiter = rate.NewLimiter(rate.Every(refreshEvery), share.atOnce)
			s.refreshers.Add(share.id, limiter)
		}
		t := limiter.ReserveN(now, 1)
		taken = append(taken, t)
		if t.DelayFrom(now) > 0 {
			giveBack()
			return nil, false
		}
	}
	return giveBack, true
}

// useRefresh takes one of the uses of a refresh token, and all that its parent has left.
func (s *Server) useRefresh(ctx context.Context, token refresh) (bool, error) {
	use := func(id string, n int) (bool, error) {
		return s.once.UseOnce(ctx, "refresh:"+id+":"+strconv.Itoa(n), refreshLifetime)
	}
	for n := range refreshUses {
		fresh, err := use(token.ID, n)
		if err != nil {
			return false, err
		}
		if !fresh {
			continue
		}
		for m := 1; token.Parent != "" && m < refreshUses; m++ { // the first was used for this token
			if _, err := use(token.Parent, m); err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return false, nil
}

// checkTarget checks that a resource parameter is part of what was allowed. What was allowed on
// another server, or on this one when it had another address, fails with wrong.
func (s *Server) checkTarget(issuer, audience, resource string, wrong *failure) *failure {
	asked := audience
	if resource != "" {
		var ok bool
		if asked, ok = s.audience(issuer, resource); !ok {
			return errTarget
		}
	}
	switch {
	case audience == issuer:
		return nil
	case !strings.HasPrefix(audience, issuer+"/"):
		return wrong
	case asked != audience:
		return errTarget
	}
	return nil
}

// verify checks a PKCE code verifier (RFC 7636, method S256).
func verify(challenge, verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(encoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}
