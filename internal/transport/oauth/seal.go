package oauth

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
)

// kind is what a sealed value is for. Each kind has keys of its own, and is authenticated with
// the value, so that one kind can never be passed off as another.
type kind string

// The prefixes tell our values from API keys, and show secret scanners what they found.
const (
	kindClient  kind = apikey.TokenPrefix + "client_"
	kindForm    kind = apikey.TokenPrefix + "form_"
	kindCode    kind = apikey.TokenPrefix + "code_"
	kindAccess  kind = apikey.TokenPrefix + "access_"
	kindRefresh kind = apikey.TokenPrefix + "refresh_"
)

var kinds = []kind{kindClient, kindForm, kindCode, kindAccess, kindRefresh}

const (
	minSecret = 32      // characters, so that nobody finds a secret by trying
	maxSealed = 8 << 10 // characters of a sealed value that is looked at
)

var encoding = base64.RawURLEncoding.Strict()

var errSealed = errors.New("not a value that this server sealed")

// sealer seals with the newest secret and opens what any of them sealed.
type sealer struct {
	aeads map[kind][]cipher.AEAD // newest first
	now   func() time.Time
}

func newSealer(secrets []string, now func() time.Time) (*sealer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("a secret is missing")
	}
	s := &sealer{aeads: map[kind][]cipher.AEAD{}, now: now}
	if err := CheckSecrets(secrets); err != nil {
		return nil, err
	}
	for _, secret := range secrets {
		for _, k := range kinds {
			key, err := hkdf.Key(sha256.New, []byte(secret), nil, "wiro-mcp oauth "+string(k), 32)
			if err != nil {
				return nil, err
			}
			block, err := aes.NewCipher(key)
			if err != nil {
				return nil, err
			}
			aead, err := cipher.NewGCMWithRandomNonce(block)
			if err != nil {
				return nil, err
			}
			s.aeads[k] = append(s.aeads[k], aead)
		}
	}
	return s, nil
}

// Secrets splits a comma-separated list of secrets, newest first.
func Secrets(list string) []string {
	var secrets []string
	for secret := range strings.SplitSeq(list, ",") {
		if secret = strings.TrimSpace(secret); secret != "" {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

// CheckSecrets reports a secret that is too short. The error does not repeat it.
func CheckSecrets(secrets []string) error {
	for i, secret := range secrets {
		if len(secret) < minSecret {
			return fmt.Errorf("secret %d has %d characters; at least %d are needed, such as the output of: openssl rand -base64 32", i+1, len(secret), minSecret)
		}
	}
	return nil
}

// envelope is the plaintext of a sealed value.
type envelope struct {
	Expires int64           `json:"e,omitempty"` // Unix seconds; 0 never
	Value   json.RawMessage `json:"v"`
}

// seal returns the sealed value, which opens until it expires; the zero time is never.
func (s *sealer) seal(k kind, value any, expires time.Time) string {
	e := envelope{Value: encode(value)}
	if !expires.IsZero() {
		e.Expires = expires.Unix()
	}
	return string(k) + encoding.EncodeToString(s.aeads[k][0].Seal(nil, nil, encode(e), []byte(k))) //nolint:gosec // the AEAD makes a random nonce by itself
}

// encode does not escape HTML: an address with many & would become too long to be opened.
func encode(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // only structs of strings, bytes, numbers and booleans are sealed
	}
	return b.Bytes()
}

// open opens a sealed value that has not expired into value. Everything that does not open
// fails with errSealed, which does not tell why.
func (s *sealer) open(k kind, text string, value any) error {
	body, ok := strings.CutPrefix(text, string(k))
	if !ok || len(text) > maxSealed {
		return errSealed
	}
	data, err := decodeStrict(body)
	if err != nil {
		return errSealed
	}
	for _, aead := range s.aeads[k] {
		plain, err := aead.Open(nil, nil, data, []byte(k))
		if err != nil {
			continue
		}
		var e envelope
		if json.Unmarshal(plain, &e) != nil || e.Expires != 0 && s.now().Unix() >= e.Expires || json.Unmarshal(e.Value, value) != nil {
			return errSealed
		}
		return nil
	}
	return errSealed
}

// decodeStrict decodes base64url in its one spelling: package base64 skips line breaks.
func decodeStrict(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errSealed
	}
	return encoding.DecodeString(text)
}

// newID returns a random identifier of 128 bits.
func newID() string { return rand.Text() }

// digest stands for a client_id in what is sealed, whatever its length.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encoding.EncodeToString(sum[:])
}
