package mcptool

import (
	"errors"
	"net/url"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/loopback"
)

// IsWebAddress reports whether an address may become a link or be opened in a user's browser:
// https, or http on this machine, with a host in ASCII (a name in another script is written in
// its xn-- form) and without user info, which makes one host look like another.
func IsWebAddress(address string) bool {
	_, err := webHost(address)
	return err == nil
}

var errNoWebAddress = errors.New("it is no https address")

// webHost returns the host of a web address, with its port.
func webHost(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "", u.User != nil, strings.ContainsAny(address, "\\ \"<>"),
		strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errNoWebAddress
	case u.Scheme == "https", u.Scheme == "http" && loopback.Is(u.Hostname()):
		return u.Host, nil
	}
	return "", errNoWebAddress
}
