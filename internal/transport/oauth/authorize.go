package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

const (
	maxQuery     = 8 << 10  // bytes of an authorization request
	maxState     = 2 << 10  // characters
	maxFormBody  = 32 << 10 // bytes of a posted form
	checkTimeout = 10 * time.Second
)

// authorization is a request for authorization, as it is sealed into the form of the page. Its
// ID becomes that of the code: however often the form is sent, one code at most is redeemed.
type authorization struct {
	ID        string `json:"i"`
	Issuer    string `json:"s"`
	Client    string `json:"c"` // digest of the client_id
	Name      string `json:"n"`
	Host      string `json:"h,omitempty"` // that published the client's document
	Redirect  string `json:"r"`
	State     []byte `json:"a,omitempty"` // byte for byte, whatever it is
	Challenge string `json:"p"`
	Audience  string `json:"u"`
}

// code is what an authorization code seals.
type code struct {
	ID        string `json:"i"`
	Redirect  string `json:"r"` // digest
	Challenge string `json:"p"`
	grant
}

// serveAuthorize shows the page on which a person gives the Wiro key, and takes its form.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request, issuer string) {
	if !allow(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		return
	}
	if r.Method == http.MethodPost {
		s.submitForm(w, r, issuer)
		return
	}
	a, redirect, f := s.parseAuthorize(r, issuer)
	switch {
	case f == nil:
		s.showForm(w, r, http.StatusOK, "shown", form{authorization: a, token: s.sealer.seal(kindForm, a, s.now().Add(formLifetime))})
	case redirect != nil && isKnown(redirect):
		s.sendBack(w, a, url.Values{"error": {f.code}, "error_description": {f.text}}, f.code)
	case redirect != nil:
		// A person decides whether to follow: anybody can register an address, and this server
		// does not pass visitors on to it by itself.
		s.showProblem(w, r, f, answerURL(a, url.Values{"error": {f.code}, "error_description": {f.text}}), redirect.Host)
	default:
		s.showProblem(w, r, f, "", "")
	}
}

// parseAuthorize reads an authorization request. With a failure, the redirect is not nil where
// the client and its address are right, so that the client can be told.
func (s *Server) parseAuthorize(r *http.Request, issuer string) (authorization, *url.URL, *failure) {
	bad := func(text string) *failure { return fail(http.StatusBadRequest, "invalid_request", text) }
	if len(r.URL.RawQuery) > maxQuery {
		return authorization{}, nil, bad("The sign-in request is too long.")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return authorization{}, nil, bad("The sign-in request cannot be read.")
	}
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 {
		return authorization{}, nil, bad("The sign-in request must have one client_id and one redirect_uri. Start the sign-in in your MCP client.")
	}
	c, f := s.findClient(r, q.Get("client_id"))
	if f != nil {
		return authorization{}, nil, f
	}
	redirect, ok := matchRedirect(c.Redirects, q.Get("redirect_uri"))
	if !ok {
		return authorization{}, nil, bad("The client asks for the answer at an address that it did not register.")
	}
	a := authorization{
		ID: newID(), Issuer: issuer, Client: digest(q.Get("client_id")), Name: c.Name, Host: c.host,
		Redirect: q.Get("redirect_uri"), Challenge: q.Get("code_challenge"),
	}
	if state := q["state"]; len(state) > 1 || len(q.Get("state")) > maxState {
		return a, redirect, bad("state was sent more than once, or is too long.")
	}
	a.State = []byte(q.Get("state"))
	for _, name := range []string{"response_type", "response_mode", "code_challenge", "code_challenge_method", "resource"} {
		if len(q[name]) > 1 {
			return a, redirect, bad(name + " was sent more than once.")
		}
	}
	switch mode := q.Get("response_mode"); {
	case q.Get("response_type") != "code":
		return a, redirect, fail(http.StatusBadRequest, "unsupported_response_type", "response_type must be code.")
	case mode != "" && mode != "query":
		return a, redirect, bad("response_mode must be query.")
	case q.Get("code_challenge_method") != "S256":
		return a, redirect, bad("PKCE is required: code_challenge_method must be S256.")
	case !validChallenge(a.Challenge):
		return a, redirect, bad("PKCE is required: code_challenge must be the SHA-256 of the code verifier in base64url.")
	}
	if a.Audience, ok = s.audience(issuer, q.Get("resource")); !ok {
		return a, redirect, fail(http.StatusBadRequest, "invalid_target", "resource is not an MCP endpoint of this server.")
	}
	return a, redirect, nil
}

// findClient returns the client that a client_id stands for.
func (s *Server) findClient(r *http.Request, clientID string) (client, *failure) {
	unknown := fail(http.StatusUnauthorized, "invalid_client", "This server does not know the client. Remove the connection in your MCP client and add it again.")
	if isDocument(clientID) {
		if s.documents == nil {
			return client{}, unknown
		}
		if !s.documents.knows(clientID) {
			if retry := s.allow(r, "document"); retry > 0 {
				return client{}, tooMany("Too many new clients came from your network.", retry)
			}
		}
		c, err := s.documents.get(r.Context(), clientID)
		if err != nil {
			return client{}, fail(http.StatusBadRequest, "invalid_client", "The client cannot be identified: "+err.Error()+".")
		}
		return c, nil
	}
	var c client
	if s.sealer.open(kindClient, clientID, &c) != nil {
		return client{}, unknown
	}
	return c, nil
}

// submitForm takes the form, checks the key, and sends the person back with a code.
func (s *Server) submitForm(w http.ResponseWriter, r *http.Request, issuer string) {
	protection := http.NewCrossOriginProtection()
	if protection.AddTrustedOrigin(issuer) != nil || protection.Check(r) != nil {
		s.showProblem(w, r, fail(http.StatusForbidden, "invalid_request", "The form was sent from another site. Start the sign-in in your MCP client."), "", "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
	var f form
	if r.ParseForm() != nil || s.sealer.open(kindForm, r.PostForm.Get("request"), &f.authorization) != nil || f.Issuer != issuer {
		s.showProblem(w, r, fail(http.StatusBadRequest, "invalid_request", "The page was open for too long, or was changed. Start the sign-in in your MCP client again."), "", "")
		return
	}
	f.token = r.PostForm.Get("request")
	if r.PostForm.Get("action") == "cancel" {
		s.sendBack(w, f.authorization, url.Values{"error": {"access_denied"}, "error_description": {"The person did not allow the connection."}}, "denied")
		return
	}
	credentials, limits, problems := s.readForm(&f, r.PostForm)
	if problems {
		s.showForm(w, r, http.StatusBadRequest, "invalid_request", f)
		return
	}
	if retry := s.allow(r, "authorize"); retry > 0 {
		w.Header().Set("Retry-After", inSeconds(retry))
		f.keyProblem = "Too many keys were tried from your network. Try again in " + inSeconds(retry) + " s."
		s.showForm(w, r, http.StatusTooManyRequests, "limited", f)
		return
	}
	if err := s.check(r.Context(), credentials); err != nil {
		status, outcome := http.StatusServiceUnavailable, "temporarily_unavailable"
		f.keyProblem = "Wiro could not be asked about this key. Try again in a moment."
		if errors.Is(err, ErrKeyRejected) {
			status, outcome = http.StatusBadRequest, "access_denied"
			f.keyProblem = "Wiro does not accept this key. Copy it again from your Wiro panel; a project that signs its requests needs the secret, too."
		}
		s.showForm(w, r, status, outcome, f)
		return
	}
	issued := s.sealer.seal(kindCode, code{
		ID: f.ID, Redirect: digest(f.Redirect), Challenge: f.Challenge,
		grant: grant{
			Connection: newID(), Key: string(credentials.Key), Secret: string(credentials.Secret),
			Client: f.Client, Audience: f.Audience, Limits: limits,
		},
	}, s.now().Add(codeLifetime))
	s.sendBack(w, f.authorization, url.Values{"code": {issued}}, "issued")
}

var errBusy = errors.New("too many keys are being checked")

// check asks Wiro about credentials.
func (s *Server) check(ctx context.Context, c Credentials) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	select {
	case s.checks <- struct{}{}:
		defer func() { <-s.checks }()
	case <-ctx.Done():
		return errBusy
	}
	err := s.checkKey(ctx, c)
	switch {
	case err == nil:
		s.rejected.remove(c)
	case errors.Is(err, ErrKeyRejected):
		s.rejected.add(c)
	}
	return err
}

// sendBack redirects to the client, with its state and our issuer.
func (s *Server) sendBack(w http.ResponseWriter, a authorization, parameters url.Values, outcome string) {
	h := w.Header()
	h.Set("Location", answerURL(a, parameters))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
	s.observe("authorize", outcome, http.StatusSeeOther)
}

// answerURL is a client's address with an answer in it.
func answerURL(a authorization, parameters url.Values) string {
	u, err := parseRedirect(a.Redirect)
	if err != nil {
		return "" // it was parsed before
	}
	parameters.Set("iss", a.Issuer)
	if len(a.State) > 0 {
		parameters.Set("state", string(a.State))
	}
	return withParameters(u, parameters)
}

func validChallenge(text string) bool {
	data, err := decodeStrict(text)
	return err == nil && len(data) == 32
}
