package wiro

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"os"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/redact"
)

// Secret is a string that must not be shown: it prints, logs and marshals as "[set]", or as
// "[empty]" if it is. Reveal returns the text itself.
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

// Credentials identify a Wiro project. With a Secret every request is signed; without one the
// key alone is sent. Which of the two a project wants is fixed when it is created.
//
// Wiro docs: Authentication.
type Credentials struct {
	Key    Secret
	Secret Secret
}

// Set reports whether there is a key at all.
func (c Credentials) Set() bool { return c.Key != "" }

// Fingerprint returns a short hash that tells this project from others, under a salt. It does
// not reveal the key.
func (c Credentials) Fingerprint(salt []byte) string {
	mac := hmac.New(sha256.New, salt) // the same in every version: what was spent is kept under it
	mac.Write([]byte(c.Key.Reveal()))
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

// Fingerprint is that of the client's credentials; "" if it has none.
func (c *Client) Fingerprint(salt []byte) string {
	if !c.credentials.Set() {
		return ""
	}
	return c.credentials.Fingerprint(salt)
}

// redactShort removes from a text what Client.Redact leaves: a key or secret that is too short
// to be told from an ordinary word.
func (c Credentials) redactShort(text string) string {
	for _, s := range []Secret{c.Key, c.Secret} {
		if s != "" && len(s) < redact.Shingle {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	return text
}

// derived is what is made of credentials: it takes 30 µs, and up to 40 KB.
type derived struct {
	redactor *redact.Redactor

	mu   sync.Mutex
	seal hash.Hash // see Client.Seal
}

// derivations keeps what is derived of the credentials in use.
type derivations struct {
	mu    sync.Mutex
	known map[Credentials]*derived
}

const maxDerived = 256 // then it begins anew

func (d *derivations) of(c Credentials) *derived {
	d.mu.Lock()
	defer d.mu.Unlock()
	made, ok := d.known[c]
	if ok {
		return made
	}
	var long []string
	for _, s := range []Secret{c.Key, c.Secret} {
		if len(s) >= redact.Shingle {
			long = append(long, s.Reveal())
		}
	}
	if d.known == nil || len(d.known) >= maxDerived {
		d.known = map[Credentials]*derived{}
	}
	key := hmac.New(sha256.New, []byte("wiro-mcp seal"))
	key.Write([]byte(c.Key.Reveal() + "\x00" + c.Secret.Reveal()))
	made = &derived{redactor: redact.New(long...), seal: hmac.New(sha256.New, key.Sum(nil))}
	d.known[c] = made
	return made
}

// environmentCredentials are those of WIRO_API_KEY and WIRO_API_SECRET.
func environmentCredentials() Credentials {
	return Credentials{
		Key:    Secret(strings.TrimSpace(os.Getenv("WIRO_API_KEY"))),
		Secret: Secret(strings.TrimSpace(os.Getenv("WIRO_API_SECRET"))),
	}
}

// Seal returns a message authentication code over the parts that only a holder of the client's
// credentials can make: what it seals can leave the process and be recognized when it comes
// back, by any process with the same credentials.
func (c *Client) Seal(parts ...string) string {
	text := make([]byte, 0, 128) // for most seals
	for _, part := range parts {
		text = append(append(text, part...), 0)
	}
	d := c.shared.derivations.of(c.credentials)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seal.Reset()
	d.seal.Write(text)
	sum := d.seal.Sum(text[:0])
	return string(hex.AppendEncode(sum[len(sum):], sum))
}
