package transport

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Not parallel: it is about the memory of the process.
func TestTheMemoryOfABurstIsGivenBack(t *testing.T) {
	m := newMemory()
	m.look()
	burst := make([]byte, 400<<20)
	for i := 0; i < len(burst); i += 4096 {
		burst[i] = 1
	}
	m.look()
	full, _ := m.read()
	runtime.KeepAlive(burst)
	m.look()
	after, _ := m.read()
	require.Less(t, after, full-300<<20)
	floor := m.floor
	m.look()
	require.Equal(t, floor, m.floor, "what stays is left alone")
}
