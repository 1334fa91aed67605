package mcptool

import (
	"crypto/hmac"
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// seal binds a digest to the caller, a purpose and a time; no two seals are alike. The key is
// made from the caller's own credentials: every replica can check it, no other caller can make
// it.
func (c *Call) seal(purpose, digest string) string {
	terms := strconv.FormatInt(time.Now().UnixMilli(), 36) + "." + rand.Text()
	return terms + "." + c.Seal(purpose, terms, digest)
}

// unseal reports whether a seal is the caller's own for this purpose and digest and has not
// expired, and when it was made.
func (c *Call) unseal(purpose, seal, digest string) (made time.Time, valid bool) {
	cut := strings.LastIndexByte(seal, '.')
	if cut < 0 || digest == "" || !hmac.Equal([]byte(seal[cut+1:]), []byte(c.Seal(purpose, seal[:cut], digest))) {
		return time.Time{}, false
	}
	stamp, _, _ := strings.Cut(seal, ".")
	milliseconds, err := strconv.ParseInt(stamp, 36, 64)
	made = time.UnixMilli(milliseconds)
	return made, err == nil && time.Since(made) < confirmLifetime
}
