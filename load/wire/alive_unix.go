//go:build unix

package wire

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// livenessOf returns a function that reports whether an idle connection is still
// open, without waiting and without taking anything from it.
func livenessOf(conn net.Conn) func() bool {
	if c, ok := conn.(interface{ open() bool }); ok {
		return c.open
	}
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return func() bool { return true }
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return func() bool { return true }
	}
	buffer := make([]byte, 1)
	return func() bool {
		var state error
		err := raw.Read(func(fd uintptr) bool {
			n, _, err := unix.Recvfrom(int(fd), buffer, unix.MSG_PEEK|unix.MSG_DONTWAIT)
			state = quiet(n, err, unix.EAGAIN)
			return true
		})
		return err == nil && state == nil
	}
}
