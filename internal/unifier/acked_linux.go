package unifier

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// acknowledged returns how many of the bytes that were written the other side's
// TCP has acknowledged.
func (c *countedConn) acknowledged() (n int64, ok bool) {
	sc, isConn := c.Conn.(syscall.Conn)
	if !isConn {
		return 0, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Bytes_acked > 0 {
			n, ok = int64(info.Bytes_acked)-1, true // the SYN counts as one
		}
	})
	return n, ok && err == nil
}
