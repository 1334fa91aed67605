//go:build !linux

package transport

import "syscall"

// hasUnread is not known on this system.
func hasUnread(syscall.RawConn) bool { return false }
