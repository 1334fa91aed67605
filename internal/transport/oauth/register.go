package oauth

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	maxRegistration = 16 << 10 // bytes
	maxRedirects    = 16
	maxRedirectsSum = 2 << 10 // characters of all of them, which become part of the client_id
	maxName         = 60      // characters
)

// client is what is known of a client.
type client struct {
	Name      string   `json:"n"`
	Redirects []string `json:"r"`

	host string // that answers for the name, where the client has a metadata document
}

// serveRegister registers a client (RFC 7591). The registration is sealed into the client_id,
// so that any number of them costs nothing.
func (s *Server) serveRegister(w http.ResponseWriter, r *http.Request, _ string) {
	if !allow(w, r, http.MethodPost) {
		return
	}
	if s.overLimit(w, r, "register") {
		return
	}
	metadata, f := readRegistration(w, r)
	if f != nil {
		s.refuse(w, "register", f)
		return
	}
	c := client{Name: cleanName(metadata.Name), Redirects: metadata.Redirects}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusCreated, struct {
		ID       string `json:"client_id"`
		IssuedAt int64  `json:"client_id_issued_at"`
		registration
		Scope string `json:"scope"`
	}{s.sealer.seal(kindClient, c, time.Time{}), s.now().Unix(), metadata, scope})
	s.observe("register", "registered", http.StatusCreated)
}

// registration is the metadata of a client that this server knows.
type registration struct {
	Name            string   `json:"client_name,omitempty"`
	Redirects       []string `json:"redirect_uris"`
	GrantTypes      []string `json:"grant_types,omitempty"`
	ResponseTypes   []string `json:"response_types,omitempty"`
	TokenAuth       string   `json:"token_endpoint_auth_method,omitempty"`
	ApplicationType string   `json:"application_type,omitempty"`
}

func readRegistration(w http.ResponseWriter, r *http.Request) (registration, *failure) {
	invalid := func(text string) (registration, *failure) {
		return registration{}, fail(http.StatusBadRequest, "invalid_client_metadata", text)
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return invalid("The Content-Type must be application/json.")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		return invalid("The registration could not be read. It has at most 16 KB.")
	}
	var m registration
	if json.Unmarshal(data, &m) != nil {
		return invalid("The registration must be a JSON object with redirect_uris, a list of texts.")
	}
	if m.GrantTypes != nil && !slices.Contains(m.GrantTypes, "authorization_code") {
		return invalid("grant_types must contain authorization_code.")
	}
	if m.ResponseTypes != nil && !slices.Contains(m.ResponseTypes, "code") {
		return invalid("response_types must contain code.")
	}
	if m.Redirects, err = acceptRedirects(m.Redirects); err != nil {
		return registration{}, fail(http.StatusBadRequest, "invalid_redirect_uri", "redirect_uris: "+err.Error()+".")
	}
	m.GrantTypes, m.ResponseTypes, m.TokenAuth = []string{"authorization_code", "refresh_token"}, []string{"code"}, "none"
	if m.ApplicationType != "native" && m.ApplicationType != "web" {
		m.ApplicationType = ""
	}
	m.Name = cleanName(m.Name)
	return m, nil
}

// acceptRedirects returns the addresses to which codes may be sent. Clients list addresses for
// all that they run on; as long as one of them is allowed, the client is, with that one.
func acceptRedirects(redirects []string) ([]string, error) {
	if len(redirects) > maxRedirects {
		return nil, errors.New("at most 16 are taken")
	}
	err := errors.New("at least one is needed")
	var accepted []string
	length := 0
	for _, redirect := range redirects {
		if _, wrong := parseRedirect(redirect); wrong != nil {
			err = wrong
			continue
		}
		accepted = append(accepted, redirect)
		length += len(redirect)
	}
	if len(accepted) == 0 {
		return nil, err
	}
	if length > maxRedirectsSum {
		return nil, errors.New("they have at most 2,048 characters in all")
	}
	return accepted, nil
}

// cleanName makes the name that a client gives itself fit to be shown: one line of limited
// length, without characters that hide, or that change the direction of the text.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	runes := []rune(strings.Join(strings.Fields(name), " "))
	if len(runes) > maxName {
		runes = append(runes[:maxName-1], '…')
	}
	return string(runes)
}
