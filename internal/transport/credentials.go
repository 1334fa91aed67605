package transport

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const maxCredential = 512 // bytes of a key or of a secret

// CredentialError says what is wrong with a key or a secret. It never repeats either.
type CredentialError struct {
	Secret  bool // it is the secret that is wrong
	Problem string
}

func (e *CredentialError) Error() string {
	if e.Secret {
		return "The API secret " + e.Problem
	}
	return "The API key " + e.Problem
}

// ParseCredentials checks a key and an optional secret as people and clients hand them over.
// White space and quotes around them are taken off, and KEY:SECRET as the key is split.
// Placeholders that were not filled in are refused, as is what no key can contain. Both empty
// are no credentials. The error is a *CredentialError.
func ParseCredentials(key, secret string) (wiro.Credentials, error) {
	key, secret = Unquote(key), Unquote(secret)
	if err := checkPlaceholder(key, false); err != nil {
		return wiro.Credentials{}, err
	}
	if key, rest, split := strings.Cut(key, ":"); split {
		switch {
		case rest == "":
			return wiro.Credentials{}, &CredentialError{true, "after the colon is empty."}
		case secret != "" && secret != rest:
			return wiro.Credentials{}, &CredentialError{true, "is given twice: after the colon of the key, and on its own."}
		}
		return checkCredentials(key, rest)
	}
	return checkCredentials(key, secret)
}

func checkCredentials(key, secret string) (wiro.Credentials, error) {
	if key == "" && secret == "" {
		return wiro.Credentials{}, nil
	}
	if key == "" {
		return wiro.Credentials{}, &CredentialError{false, "is empty, while a secret is set."}
	}
	for i, part := range []string{key, secret} {
		if err := checkPlaceholder(part, i == 1); err != nil {
			return wiro.Credentials{}, err
		}
		fault := ""
		switch {
		case len(part) > maxCredential:
			fault = "is too long to be one."
		case strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' }):
			fault = "has characters that none has: spaces, control characters or letters beyond ASCII."
		}
		if fault != "" {
			return wiro.Credentials{}, &CredentialError{i == 1, fault}
		}
	}
	return wiro.Credentials{Key: wiro.Secret(key), Secret: wiro.Secret(secret)}, nil
}

// Unquote takes white space, a byte-order mark, and pairs of quotes off a setting: shells, env
// files and JSON in JSON leave them there.
func Unquote(text string) string {
	for {
		text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
		if len(text) < 2 || !strings.ContainsRune(`"'`+"`", rune(text[0])) || text[0] != text[len(text)-1] {
			break
		}
		text = text[1 : len(text)-1]
	}
	if inner, ok := strings.CutPrefix(text, "\u201c"); ok && strings.HasSuffix(inner, "\u201d") {
		return strings.TrimSpace(strings.TrimSuffix(inner, "\u201d"))
	}
	return text
}

// placeholder matches what stands in examples and templates where a key belongs, and what
// programs make of a variable that is not set.
var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\$\{|\{\{|^\$\(|^\$[a-z_]\w*$|^%[^%]+%$|^<.*>$|^\[.*\]$|^\{.*\}$` +
		`|^(undefined|null|none|nil|nan|true|false|changeme|change[-_ ]me|todo|xxx+|\.\.\.+|…|\*+)$` +
		`|^(your|enter|insert|replace|paste|put|add)[-_ ].*(key|secret|token|here)` +
		`|^your(wiro)?(api)?(key|secret)$|^(wiro[-_ ])?api[-_ ]?(key|secret)[-_ ]here$|^wiro_api_(key|secret)$`)
})

func checkPlaceholder(text string, secret bool) error {
	if mayBePlaceholder(text) && placeholder().MatchString(text) {
		return &CredentialError{secret, "is a placeholder that was not filled in: " + nameOf(text)}
	}
	return nil
}

// placeholderStarts are the beginnings of all placeholders, in lower case.
var placeholderStarts = []string{
	"$", "%", "<", "[", "{", "undefined", "null", "none", "nil", "nan", "true", "false", "change", "todo", "xxx", "...", "…", "*",
	"your", "enter", "insert", "replace", "paste", "put", "add", "api", "wiro",
}

// mayBePlaceholder spares each start and each request with an ordinary key the expression.
func mayBePlaceholder(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "${") || strings.Contains(text, "{{") ||
		slices.ContainsFunc(placeholderStarts, func(start string) bool { return strings.HasPrefix(text, start) })
}

// known are the placeholders that can be repeated: none of them can be part of a key.
var known = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(\$\{[a-z_][\w:.-]*\}|\$[a-z_]\w*|%[a-z_]\w*%|\{\{ ?[\w.-]+ ?\}\}|<[\w -]+>|undefined|null|your[-_ ]?(wiro[-_ ]?)?api[-_ ]?(key|secret))$`)
})

func nameOf(text string) string {
	if known().MatchString(text) && len(text) <= 60 {
		return text + "."
	}
	return "put the real one in its place."
}
