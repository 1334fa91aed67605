package oauth

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const maxRedirect = 512 // characters

// editorSchemes are the URL schemes of programs that take codes under a scheme of their own.
// Any program can claim a scheme, so only those of well-known ones are taken.
var editorSchemes = []string{
	"antigravity", "claude", "code-oss", "cursor", "cursor-nightly", "devin", "goose", "jetbrains", "kiro", "lmstudio",
	"opencode", "postman", "raycast", "trae", "vscode", "vscode-insiders", "vscodium", "warp", "windsurf", "windsurf-next", "zed",
}

// knownHosts are the web addresses of well-known clients, for which no warning is shown.
var knownHosts = []string{
	"chatgpt.com", "claude.ai", "claude.com", "cursor.com", "insiders.vscode.dev", "platform.openai.com", "vscode.dev", "www.cursor.com",
}

// parseRedirect checks that a code may be sent to an address at all: https, http on a loopback
// host, or the scheme of a known editor.
func parseRedirect(text string) (*url.URL, error) {
	if text == "" || len(text) > maxRedirect {
		return nil, errors.New("a redirect address has between 1 and " + strconv.Itoa(maxRedirect) + " characters")
	}
	// Browsers and net/url read what is outside these characters in different ways.
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return nil, errors.New("a redirect address has no spaces, control characters, backslashes or characters beyond ASCII")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("a redirect address must be a URL")
	case u.User != nil || strings.Contains(text, "#"):
		return nil, errors.New("a redirect address has no user name and no fragment")
	case u.Opaque != "" || u.Host == "" && (u.Scheme == "https" || u.Scheme == "http"):
		return nil, errors.New("a redirect address must have a host")
	case !isPlainHost(u):
		return nil, errors.New("the host of a redirect address has no escapes")
	case u.Port() != "" && !validPort(u.Port()):
		return nil, errors.New("the port of a redirect address is wrong")
	case u.Scheme == "https" && u.Hostname() != "",
		isLoopbackRedirect(u),
		slices.Contains(editorSchemes, u.Scheme):
		return u, nil
	}
	return nil, errors.New("a redirect address must start with https://, or be on 127.0.0.1, [::1] or localhost, or have the scheme of a known editor")
}

// isPlainHost reports whether a host is shown as browsers read it: behind percent signs there may
// be letters that look like others, or change the direction of the text.
func isPlainHost(u *url.URL) bool {
	return !strings.ContainsFunc(u.Host, func(r rune) bool { return r == '%' || r > '~' })
}

func validPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isLoopbackRedirect reports whether a code stays on the user's device.
func isLoopbackRedirect(u *url.URL) bool {
	return u.Scheme == "http" && slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname())
}

// matchRedirect finds the address that a client asks for among those that it registered, which
// must be the same, except for the port on a loopback host (RFC 8252, section 7.3).
func matchRedirect(registered []string, text string) (*url.URL, bool) {
	u, err := parseRedirect(text)
	if err != nil {
		return nil, false
	}
	if slices.Contains(registered, text) {
		return u, true
	}
	if !isLoopbackRedirect(u) {
		return nil, false
	}
	for _, other := range registered {
		r, err := parseRedirect(other)
		if err == nil && isLoopbackRedirect(r) && r.Hostname() == u.Hostname() &&
			r.EscapedPath() == u.EscapedPath() && r.RawQuery == u.RawQuery {
			return u, true
		}
	}
	return nil, false
}

// isKnown reports whether a redirect goes to a well-known client or stays on the device.
func isKnown(u *url.URL) bool {
	return u.Scheme != "https" || u.Port() == "" && slices.Contains(knownHosts, strings.ToLower(u.Hostname()))
}

// withParameters returns a redirect with more parameters in its query.
func withParameters(u *url.URL, parameters url.Values) string {
	to := *u
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += parameters.Encode()
	return to.String()
}
