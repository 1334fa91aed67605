package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// hasUnread reports whether a pipe or a local socket, as which Node makes its pipes, holds bytes
// that the other end has not read.
func hasUnread(connection syscall.RawConn) (unread bool) {
	_ = connection.Control(func(fd uintptr) { // a closed stream has nothing to read
		var info unix.Stat_t
		if unix.Fstat(int(fd), &info) != nil { //nolint:gosec // a file descriptor is small
			return
		}
		request := uint(unix.TIOCINQ) // FIONREAD
		switch info.Mode & unix.S_IFMT {
		case unix.S_IFIFO:
		case unix.S_IFSOCK:
			request = unix.TIOCOUTQ
		default:
			return
		}
		n, err := unix.IoctlGetInt(int(fd), request) //nolint:gosec // as above
		unread = err == nil && n > 0
	})
	return unread
}
