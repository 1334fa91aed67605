package oauth

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
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
}

func (f *failure) Error() string { return f.text }

func fail(status int, code, text string) *failure { return &failure{status, code, text} }

// refuse answers a request of a client with an OAuth error.
func (s *Server) refuse(w http.ResponseWriter, endpoint string, f *failure) {
	w.Header().Set("Cache-Control", "no-store")
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	writeJSON(w, f.status, struct {
		Code string `json:"error"`
		Text string `json:"error_description"`
	}{f.code, f.text})
	s.observe(endpoint, f.code, f.status)
}
