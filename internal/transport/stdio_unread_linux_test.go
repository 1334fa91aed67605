package transport

import (
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// Clients close the connection on progress that arrives in one piece with its result, so the
// result is written when the progress was read.
func TestAResultWaitsUntilTheProgressBeforeItWasRead(t *testing.T) {
	t.Parallel()
	pipe := func() (read, write *os.File) {
		read, write, err := os.Pipe()
		require.NoError(t, err)
		return read, write
	}
	socket := func() (read, write *os.File) {
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		require.NoError(t, err)
		return os.NewFile(uintptr(ends[0]), "read"), os.NewFile(uintptr(ends[1]), "write")
	}
	for name, open := range map[string]func() (*os.File, *os.File){"a pipe": pipe, "a socket": socket} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, out := open()
			defer in.Close()  //nolint:errcheck // the test is over
			defer out.Close() //nolint:errcheck // as above
			w := &lineWriter{w: out, log: zerolog.Nop()}
			connection, err := out.SyscallConn()
			require.NoError(t, err)
			w.write([]byte("progress"))
			require.True(t, hasUnread(connection))
			ended, end := context.WithCancel(t.Context())
			end()
			w.awaitRead(ended) // returns

			read := make(chan error, 1)
			go func() {
				_, err := in.Read(make([]byte, 64))
				read <- err
			}()
			w.awaitRead(t.Context())
			require.False(t, hasUnread(connection))
			require.NoError(t, <-read)
		})
	}
}
