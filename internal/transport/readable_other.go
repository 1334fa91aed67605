//go:build !linux

package transport

import "net"

// readable tells which of many connections have something to read: not here.
type readable struct{}

func (readable) add(net.Conn, int32, func(id int32)) bool { return false }

func (readable) close() {}
