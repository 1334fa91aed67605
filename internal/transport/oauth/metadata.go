package oauth

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serveResourceMetadata serves the protected resource metadata (RFC 9728) of an endpoint; ""
// is the whole server, which clients that leave out the path ask for.
func (s *Server) serveResourceMetadata(path string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, issuer string) {
		serveMetadata(w, r, struct {
			Resource             string   `json:"resource"`
			AuthorizationServers []string `json:"authorization_servers"`
			BearerMethods        []string `json:"bearer_methods_supported"`
			Scopes               []string `json:"scopes_supported"`
			Name                 string   `json:"resource_name"`
		}{issuer + path, []string{issuer}, []string{"header"}, []string{scope}, "Wiro"})
	}
}

// serveServerMetadata serves the authorization server metadata (RFC 8414).
func (s *Server) serveServerMetadata(w http.ResponseWriter, r *http.Request, issuer string) {
	serveMetadata(w, r, struct {
		Issuer          string   `json:"issuer"`
		Authorization   string   `json:"authorization_endpoint"`
		Token           string   `json:"token_endpoint"`
		Registration    string   `json:"registration_endpoint"`
		ResponseTypes   []string `json:"response_types_supported"`
		ResponseModes   []string `json:"response_modes_supported"`
		GrantTypes      []string `json:"grant_types_supported"`
		Challenges      []string `json:"code_challenge_methods_supported"`
		TokenAuth       []string `json:"token_endpoint_auth_methods_supported"`
		Scopes          []string `json:"scopes_supported"`
		ClientDocuments bool     `json:"client_id_metadata_document_supported"`
		Iss             bool     `json:"authorization_response_iss_parameter_supported"`
	}{
		issuer, issuer + "/authorize", issuer + "/token", issuer + "/register",
		[]string{"code"}, []string{"query"}, []string{"authorization_code", "refresh_token"},
		[]string{"S256"}, []string{"none"}, []string{scope}, s.documents != nil, true,
	})
}

func serveMetadata(w http.ResponseWriter, r *http.Request, document any) {
	if !allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	w.Header().Set("Cache-Control", "max-age=300")
	writeJSON(w, http.StatusOK, document)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error: the client is gone
}

// allow answers requests with another method, and reports whether the method is allowed.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	list := strings.Join(methods, ", ")
	w.Header().Set("Allow", list)
	http.Error(w, "This address takes "+list+".", http.StatusMethodNotAllowed)
	return false
}

// failure is an OAuth error: a code of its specifications, and a text for people.
type failure struct {
	status int
	code   string
	text   string
	retry  time.Duration // when to try again; 0 where that is no use
}

func (f *failure) Error() string { return f.text }

func fail(status int, code, text string) *failure {
	return &failure{status: status, code: code, text: text}
}

// tooMany is what those get who send too much.
func tooMany(text string, retry time.Duration) *failure {
	return &failure{http.StatusTooManyRequests, "temporarily_unavailable", text + " Try again in " + inSeconds(retry) + " s.", retry}
}

// setRetryAfter says when to try again, if that is any use.
func (f *failure) setRetryAfter(h http.Header) {
	if f.retry > 0 {
		h.Set("Retry-After", inSeconds(f.retry))
	}
}

// outcome is what Options.Observe is told.
func (f *failure) outcome() string {
	if f.status == http.StatusTooManyRequests {
		return "limited"
	}
	return f.code
}

// overLimit answers a request of a client that sends too many, and reports whether it does.
func (s *Server) overLimit(w http.ResponseWriter, r *http.Request, endpoint string) bool {
	retry := s.allow(r, endpoint)
	if retry <= 0 {
		return false
	}
	s.refuse(w, endpoint, tooMany("Too many requests from this address.", retry))
	return true
}

// inSeconds is a Retry-After: whole seconds, at least one.
func inSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// oauthError is the body of an answer that says no.
type oauthError struct {
	Code string `json:"error"`
	Text string `json:"error_description"`
}

// refuse answers a request of a client with an OAuth error.
func (s *Server) refuse(w http.ResponseWriter, endpoint string, f *failure) {
	w.Header().Set("Cache-Control", "no-store")
	f.setRetryAfter(w.Header())
	writeJSON(w, f.status, oauthError{f.code, f.text})
	s.observe(endpoint, f.outcome(), f.status)
}
