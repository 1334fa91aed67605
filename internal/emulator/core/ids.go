package core

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"sync"
)

// IDs makes tokens, ids and guids in the forms of the API.
type IDs struct {
	mu   sync.Mutex
	rng  *rand.Rand
	last int64
}

// firstID is where numeric ids start.
const firstID = 534_573

func newIDs(seed uint64) *IDs {
	if seed == 0 {
		seed = rand.Uint64() //nolint:gosec // tokens of an emulator guard nothing
	}
	return &IDs{
		rng:  rand.New(rand.NewPCG(seed, 0x5eed)), //nolint:gosec // as above
		last: firstID,
	}
}

// Next is a numeric id, larger than all before.
func (i *IDs) Next() int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	return i.last
}

// number is next as the API writes it.
func (i *IDs) number() string { return strconv.FormatInt(i.Next(), 10) }

// Token is 30 letters and digits, as in "eDcCm5yyUfIvMFspTwww49OUfgXkQt".
func (i *IDs) Token() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var token [30]byte
	i.mu.Lock()
	defer i.mu.Unlock()
	for k := range token {
		token[k] = alphabet[i.rng.IntN(len(alphabet))]
	}
	return string(token[:])
}

// GUID is a version 4 UUID.
func (i *IDs) GUID() string {
	var b [16]byte
	i.mu.Lock()
	for k := range b {
		b[k] = byte(i.rng.UintN(256)) //nolint:gosec // below 256
	}
	i.mu.Unlock()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
