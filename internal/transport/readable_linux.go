package transport

import (
	"crypto/tls"
	"net"
	"os"
	"syscall"
)

// readable tells which of many connections have something to read, or were closed by their clients.
// A goroutine that reads from each would take 5 KB. The zero value is ready.
type readable struct {
	file *os.File // an epoll instance, which Go's own waits for; nil until it is needed
	raw  syscall.RawConn
}

// add calls then once with the id when the connection is readable. It reports whether it can. The
// caller sees that one call is made at a time.
func (r *readable) add(conn net.Conn, id int32, then func(id int32)) bool {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	system, ok := conn.(syscall.Conn)
	if !ok || !r.open(then) {
		return false
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) { // closed, it is no longer watched
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: id}
		if e := r.raw.Control(func(epoll uintptr) { failed = syscall.EpollCtl(int(epoll), syscall.EPOLL_CTL_ADD, int(fd), &event) }); e != nil {
			failed = e
		}
	})
	return err == nil && failed == nil
}

func (r *readable) open(then func(id int32)) bool {
	if r.file != nil {
		return true
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	_ = syscall.SetNonblock(fd, true) // or the file would take a thread
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return false
	}
	r.file, r.raw = file, raw
	go tell(raw, then)
	return true
}

// tell passes events on until the file is closed.
func tell(raw syscall.RawConn, then func(id int32)) {
	events := make([]syscall.EpollEvent, 64)
	for {
		n := 0
		err := raw.Read(func(epoll uintptr) bool {
			n, _ = syscall.EpollWait(int(epoll), events, 0)
			return n > 0
		})
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			then(e.Fd)
		}
	}
}

func (r *readable) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
}
