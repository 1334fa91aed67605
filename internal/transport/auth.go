package transport

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const howToAuthenticate = "Send the header \"Authorization: Bearer YOUR_API_KEY\", or \"Bearer YOUR_API_KEY:YOUR_API_SECRET\" " +
	"for a project that signs its requests (x-api-key and x-api-secret do as well). Keys: https://wiro.ai/panel/project"

var errNoCredentials = errors.New("This server needs your Wiro API key. " + howToAuthenticate) //nolint:staticcheck,revive // a person reads it as it stands

// malformed says why credentials cannot be valid. It never repeats them.
type malformed string

func (m malformed) Error() string { return string(m) + " " + howToAuthenticate }

// credentialsOf reads the caller's credentials from a request's headers, and from nowhere
// else. The error, errNoCredentials or a malformed, tells a person what to send.
func credentialsOf(h http.Header) (wiro.Credentials, error) {
	authorization, err := single(h, "Authorization")
	if err != nil {
		return wiro.Credentials{}, err
	}
	key, err := single(h, "X-Api-Key")
	if err != nil {
		return wiro.Credentials{}, err
	}
	secret, err := single(h, "X-Api-Secret")
	if err != nil {
		return wiro.Credentials{}, err
	}
	if secret != "" && key == "" {
		return wiro.Credentials{}, malformed("x-api-secret goes with x-api-key, which is missing.")
	}
	var byKey wiro.Credentials
	if key != "" {
		if _, _, both := apikey.Split(key); both {
			return wiro.Credentials{}, malformed("x-api-key takes the key alone: the secret goes into x-api-secret.")
		}
		if byKey, err = credentials(key, secret, secret != ""); err != nil {
			return wiro.Credentials{}, err
		}
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	switch {
	case authorization == "" && key == "":
		return wiro.Credentials{}, errNoCredentials
	case authorization == "":
		return byKey, nil
	case !strings.EqualFold(scheme, "Bearer"):
		if key != "" {
			return byKey, nil // the other scheme may be a proxy's
		}
		if strings.EqualFold(scheme, "Basic") {
			return wiro.Credentials{}, malformed("Basic authentication, which a user name or password in the URL turns into, is not taken.")
		}
		return wiro.Credentials{}, malformed("The Authorization header must start with \"Bearer \".")
	}
	byToken, err := credentials(strings.TrimSpace(token), "", false)
	if err != nil {
		return wiro.Credentials{}, err
	}
	if key != "" && byKey != byToken {
		return wiro.Credentials{}, malformed("Authorization and x-api-key name different credentials.")
	}
	return byToken, nil
}

// single is the value of a header that must not come in several versions.
func single(h http.Header, name string) (string, error) {
	values := h.Values(name)
	for _, other := range values {
		if other != values[0] {
			return "", malformed("The header " + strings.ToLower(name) + " was sent more than once.")
		}
	}
	if len(values) == 0 {
		return "", nil
	}
	return strings.TrimSpace(values[0]), nil
}

// credentials checks a key and, if there must be one, a secret.
func credentials(key, secret string, signed bool) (wiro.Credentials, error) {
	if key == "" {
		return wiro.Credentials{}, malformed("The API key is empty.")
	}
	if signed && secret == "" {
		return wiro.Credentials{}, malformed("The API secret after the colon is empty.")
	}
	parsed, err := apikey.Parse(key, secret)
	if err != nil {
		return wiro.Credentials{}, malformed(err.Error())
	}
	if !parsed.Set() {
		return wiro.Credentials{}, malformed("The API key is empty.")
	}
	return parsed, nil
}

// challenge adds what belongs to a 401.
func (h *HTTP) challenge(w http.ResponseWriter, r *http.Request, err error) {
	var refused error // credentials that were sent
	if !errors.Is(err, errNoCredentials) {
		refused = err
	}
	text := `Bearer realm="wiro-mcp"`
	if refused != nil {
		text += `, error="invalid_token"`
	}
	if h.oauth != nil {
		text = cmp.Or(h.oauth.Challenge(r, refused), text)
	}
	w.Header().Set("WWW-Authenticate", text)
	w.Header().Set("Connection", "close") // the body stays unread
}
