// Package apikey reads API keys and secrets as people and clients hand them over: over stdio,
// HTTP and in forms alike.
package apikey

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// MaxLength is the longest that can be one.
const MaxLength = 512 // bytes of a key or of a secret

// TokenPrefix starts everything that the OAuth sign-in of this server seals. It is never sent to
// Wiro in the place of a key.
const TokenPrefix = "wmcp_"

// Error says what is wrong with a key or a secret. It never repeats either.
type Error struct {
	Secret     bool // it is the secret that is wrong
	AfterColon bool // and it came with the key
	Problem    string
}

// Error says it to a person.
func (e *Error) Error() string {
	switch {
	case e.AfterColon:
		return "The API secret after the colon " + e.Problem
	case e.Secret:
		return "The API secret " + e.Problem
	}
	return "The API key " + e.Problem
}

// Parse checks a key and an optional secret as people and clients hand them over.
// White space and quotes around them are taken off, and KEY:SECRET as the key is split.
// Placeholders that were not filled in are refused, as is what no key can contain. Both empty
// are no credentials. The error is a *Error.
func Parse(key, secret string) (wiro.Credentials, error) {
	key, after, split := Split(key)
	secret = Unquote(secret)
	if err := checkPlaceholder(key, Error{}); err != nil {
		return wiro.Credentials{}, err
	}
	if err := checkPlaceholder(secret, Error{Secret: true}); err != nil {
		return wiro.Credentials{}, err
	}
	if !split {
		return check(key, secret, Error{Secret: true})
	}
	second := Error{Secret: true, AfterColon: true}
	switch {
	case after == "":
		return wiro.Credentials{}, second.because("is empty.")
	case secret != "" && secret != after:
		return wiro.Credentials{}, &Error{Secret: true, Problem: "is given twice: after the colon of the key, and on its own."}
	}
	if err := checkPlaceholder(after, second); err != nil {
		return wiro.Credentials{}, err
	}
	return check(key, after, second)
}

func (e Error) because(problem string) error {
	e.Problem = problem
	return &e
}

// Split splits KEY:SECRET, without white space and quotes around the whole or the halves. The
// colons of a placeholder or of a reference split nothing.
func Split(text string) (key, secret string, split bool) {
	halves := func(text string) (left, right string, split bool) {
		depth := 0
		for i, r := range text {
			switch r {
			case '{', '<':
				depth++
			case '}', '>':
				depth--
			case ':':
				if depth == 0 && !strings.EqualFold(text[:i], "$env") && !(strings.HasPrefix(text[i:], "://") && slices.Contains(schemes, strings.ToLower(text[:i]))) {
					return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:]), true
				}
			}
		}
		return text, "", false
	}
	if left, right, ok := halves(text); ok && Unquote(left) != left && Unquote(right) != right {
		return Unquote(left), Unquote(right), true
	}
	key, secret, split = halves(Unquote(text))
	return Unquote(key), Unquote(secret), split
}

// check checks what is no placeholder; second is what an error of the secret is like.
func check(key, secret string, second Error) (wiro.Credentials, error) {
	if key == "" && secret == "" {
		return wiro.Credentials{}, nil
	}
	if key == "" {
		return wiro.Credentials{}, &Error{Problem: "is empty, while a secret is set."}
	}
	for i, part := range []string{key, secret} {
		fault := ""
		switch {
		case len(part) >= len(TokenPrefix) && strings.EqualFold(part[:len(TokenPrefix)], TokenPrefix):
			fault = "is a token of a sign-in to a hosted server, not a Wiro API key."
		case len(part) > MaxLength:
			fault = "is too long to be one."
		case strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' }):
			fault = "has spaces or special characters in it, and is plain ASCII."
		case strings.ContainsAny(part, "\"'`{}<>"):
			fault = "has quotes or brackets in it, which none has."
		}
		switch {
		case fault != "" && i == 1:
			return wiro.Credentials{}, second.because(fault)
		case fault != "":
			return wiro.Credentials{}, &Error{Problem: fault}
		}
	}
	return wiro.Credentials{Key: wiro.Secret(key), Secret: wiro.Secret(secret)}, nil
}

// Unquote takes white space, invisible characters, and pairs of quotes off a setting: shells, env
// files, web pages and JSON in JSON leave them there.
func Unquote(text string) string {
	for {
		text = strings.TrimFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || r == '\ufeff' || r >= '\u200b' && r <= '\u200f' || r == '\u2060'
		})
		inner := text
		for _, pair := range []string{`""`, `''`, "``", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb"} {
			first, last := pair[:len(pair)/2], pair[len(pair)/2:]
			if len(text) >= len(pair) && strings.HasPrefix(text, first) && strings.HasSuffix(text, last) {
				inner = text[len(first) : len(text)-len(last)]
			}
		}
		if inner == text {
			return text
		}
		text = inner
	}
}

// placeholder matches what stands in examples and templates where a key belongs, and what
// programs make of a variable that is not set.
var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\$\{|\{\{|#\{|^\$\(|^\$(env:)?[a-z_]\w*$|^%[^%]+%$|^<.*>$|^\[.*\]$|^\{.*\}$|^@[^@]+@$|^__\w+__$` +
		`|^(process\.)?env\.\w+$|^(` + strings.Join(schemes, "|") + `)://|\.\.\.|…|^%!|` + words +
		`|^(your|enter|insert|replace|paste|put|add)[-_ ].*(key|secret|token|here)` +
		`|^your(wiro)?(api)?(key|secret)$|^(wiro[-_ ])?api[-_ ]?(key|secret)([-_ ]here)?$`)
})

// schemes are those of references into stores of secrets, and of addresses.
var schemes = []string{"op", "vault", "env", "file", "keychain", "secret", "http", "https"}

// words are whole placeholders of one word.
const words = `^(undefined|null|\(null\)|none|nil|nan|true|false|\[object object\]|change[-_ ]?me|replace[-_ ]?me|todo|xxx+|\*+)$`

func checkPlaceholder(text string, kind Error) error {
	if mayBePlaceholder(text) && placeholder().MatchString(text) {
		return kind.because("is a placeholder that was not filled in: " + nameOf(text))
	}
	return nil
}

// placeholderStarts are the beginnings of all placeholders, in lower case.
var placeholderStarts = []string{
	"$", "%", "<", "[", "{", "#", "@", "_", "(", "undefined", "null", "none", "nil", "nan", "true", "false", "change", "todo", "xxx", "*",
	"your", "enter", "insert", "replace", "paste", "put", "add", "api", "wiro", "process.", "env.",
}

// mayBePlaceholder spares each start and each request with an ordinary key the expression.
func mayBePlaceholder(text string) bool {
	text = strings.ToLower(text)
	for _, part := range []string{"${", "{{", "#{", "://", "...", "…"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return slices.ContainsFunc(placeholderStarts, func(start string) bool { return strings.HasPrefix(text, start) })
}

// placeholderNames matches placeholders whose content is a name.
var placeholderNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + words + `|^(?:\$\{|\$(?:env:)?|%|\{\{ ?|#\{|<|@|__|)([\w .:-]+?)(?:\}| ?\}\}|%|>|@|__|)$`)
})

// nameOf repeats a placeholder, unless somebody may have put a real key into it: names consist of
// words, and have few digits.
func nameOf(text string) string {
	found := placeholderNames().FindStringSubmatch(text)
	if found == nil || len(text) > 60 || countDigits(text) > 2 {
		return "put the real one in its place."
	}
	for part := range strings.FieldsFuncSeq(found[2], func(r rune) bool { return strings.ContainsRune("_ .:-", r) }) {
		if upper, lower := strings.ToUpper(part), strings.ToLower(part); len(part) > 12 || part != upper && part[1:] != lower[1:] && len(part) > 10 {
			return "put the real one in its place."
		}
	}
	return text + "."
}

func countDigits(text string) (n int) {
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
