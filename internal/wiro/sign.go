package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Caller is on whose behalf a request is sent.
type Caller struct {
	Key    string
	Secret string                   // if set, requests are signed
	Team   string                   // teamGUID header; empty for none
	Redact func(text string) string // removes the caller's secrets from Wiro's texts
}

// sign adds the authentication headers, with a nonce that no other request carries.
//
// Wiro docs: Authentication; Team API Access.
func (c Caller) sign(h http.Header) {
	if c.Team != "" {
		h.Set("teamGUID", c.Team)
	}
	if c.Key == "" {
		return
	}
	h.Set("X-Api-Key", c.Key)
	if c.Secret == "" {
		return
	}
	nonce := nextNonce()
	mac := hmac.New(sha256.New, []byte(c.Key))
	mac.Write([]byte(c.Secret + nonce))
	h.Set("X-Nonce", nonce)
	h.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
}

var lastNonce atomic.Int64

// nextNonce returns a decimal integer that grows with every call, even if calls share a
// moment: the clock in nanoseconds, or one more than the last.
func nextNonce() string {
	for {
		last := lastNonce.Load()
		next := max(last+1, time.Now().UnixNano())
		if lastNonce.CompareAndSwap(last, next) {
			return strconv.FormatInt(next, 10)
		}
	}
}
