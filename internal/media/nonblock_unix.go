//go:build unix

package media

import "syscall"

// openNonblock keeps the opening of a named pipe without a writer from waiting for one.
const openNonblock = syscall.O_NONBLOCK
