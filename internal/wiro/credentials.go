package wiro

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Secret is a string that must not be shown: it prints, logs and marshals as "[set]", or
// as "[empty]" where it is. Reveal gives the text itself.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return "[empty]"
	}
	return "[set]"
}

// GoString hides the text from %#v too.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the text from encoders, JSON among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the text. Call it only where the text is sent to Wiro.
func (s Secret) Reveal() string { return string(s) }

// Credentials identify a Wiro project. With a Secret every request is signed; without one
// the key alone is sent. Which of the two a project wants is fixed when it is created.
//
// Wiro docs: Authentication.
type Credentials struct {
	Key    Secret
	Secret Secret
}

// Set reports whether there is a key at all.
func (c Credentials) Set() bool { return c.Key != "" }

// sign adds the authentication headers, with a nonce that no other request carries.
func (c Credentials) sign(h http.Header) {
	h.Set("x-api-key", c.Key.Reveal())
	if c.Secret == "" {
		return
	}
	nonce := nextNonce()
	mac := hmac.New(sha256.New, []byte(c.Key.Reveal()))
	mac.Write([]byte(c.Secret.Reveal() + nonce))
	h.Set("x-nonce", nonce)
	h.Set("x-signature", hex.EncodeToString(mac.Sum(nil)))
}

// redact takes the credentials out of a text that came from elsewhere.
func (c Credentials) redact(text string) string {
	for _, s := range []Secret{c.Key, c.Secret} {
		if s != "" {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	return text
}

var lastNonce atomic.Int64

// nextNonce returns a decimal integer that grows with every call, however many calls share
// a moment: the clock in nanoseconds, or one more than the last where the clock stood still.
func nextNonce() string {
	for {
		last := lastNonce.Load()
		next := max(last+1, time.Now().UnixNano())
		if lastNonce.CompareAndSwap(last, next) {
			return strconv.FormatInt(next, 10)
		}
	}
}

type credentialsKey struct{}

// WithCredentials returns a context that carries the caller's credentials.
func WithCredentials(ctx context.Context, c Credentials) context.Context {
	return context.WithValue(ctx, credentialsKey{}, c)
}

// CredentialsFrom returns the credentials that the context carries, and whether it does.
func CredentialsFrom(ctx context.Context) (Credentials, bool) {
	c, ok := ctx.Value(credentialsKey{}).(Credentials)
	return c, ok && c.Set()
}

// Seal returns a MAC over the parts that only a holder of the same credentials can make: what
// it seals can leave the process and be recognized when it comes back, by any replica.
func (c *Client) Seal(parts ...string) string {
	key := hmac.New(sha256.New, []byte("wiro-mcp seal"))
	key.Write([]byte(c.credentials.Key.Reveal() + "\x00" + c.credentials.Secret.Reveal()))
	mac := hmac.New(sha256.New, key.Sum(nil))
	for _, part := range parts {
		mac.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Caller returns a short hash that tells this client's caller from others, under a salt.
func (c Credentials) Caller(salt []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(c.Key.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))[:12]
}
