//go:build unix

package unifier

import (
	"errors"
	"syscall"
)

// stale reports whether an idle HTTP/1 connection cannot be used any more: the
// server closed it, or sent what nobody asked for. Without this look, a request
// written in the moment in which the server closes would get no answer.
func (c *countedConn) stale() bool {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	stale := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		// Nothing to read is what a live idle connection looks like.
		stale = !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
	})
	return stale || err != nil
}
