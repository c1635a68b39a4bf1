//go:build linux

package wire

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampedConn is a connection whose reads tell when the kernel received what they
// return (SO_TIMESTAMPNS, socket(7)): what lies between that and the reading is the
// generator's delay and not the target's.
type stampedConn struct {
	net.Conn
	raw  syscall.RawConn
	read func(fd uintptr) bool

	// Of the present read.
	p      []byte
	n      int
	err    error
	header unix.Msghdr
	vector unix.Iovec
	oob    [64]byte

	arrived int64 // nanoseconds since 1970, 0 for not known
}

// stamped makes a connection tell when what was read last had arrived; the zero
// time where it cannot.
func stamped(conn net.Conn) (net.Conn, func() time.Time) {
	unknown := func() time.Time { return time.Time{} }
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return conn, unknown
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return conn, unknown
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err != nil || failed != nil {
		return conn, unknown
	}
	c := &stampedConn{Conn: conn, raw: raw}
	c.read = c.receive
	return c, func() time.Time {
		if c.arrived == 0 {
			return time.Time{}
		}
		return time.Unix(0, c.arrived)
	}
}

// Read implements net.Conn.
func (c *stampedConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.p = p
	err := c.raw.Read(c.read)
	c.p = nil
	switch {
	case err != nil:
		return 0, err
	case c.err != nil:
		return 0, &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("recvmsg", c.err)}
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// receive reads once, and reports whether that said anything. It calls the kernel
// itself: unix.Recvmsg makes an address of the sender for each answer, which here
// costs memory and tells nothing.
func (c *stampedConn) receive(fd uintptr) bool {
	c.vector.Base = &c.p[0]
	c.vector.SetLen(len(c.p))
	for {
		c.header = unix.Msghdr{Iov: &c.vector, Control: &c.oob[0]}
		c.header.SetIovlen(1)
		c.header.SetControllen(len(c.oob))
		n, _, errno := syscall.Syscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&c.header)), 0) // #nosec G103 -- as recvmsg(2) wants it
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			c.n, c.err = int(n), nil // #nosec G115 -- no more than p has
			c.stamp(c.oob[:c.header.Controllen])
		default:
			c.n, c.err = 0, errno
		}
		c.vector.Base = nil
		return true
	}
}

// stamp reads the control message: a header of length, level and type, then seconds
// and nanoseconds, in this machine's byte order.
func (c *stampedConn) stamp(oob []byte) {
	const header, body = unix.SizeofCmsghdr, 16
	if len(oob) < header+body {
		return
	}
	level, kind := binary.NativeEndian.Uint32(oob[header-8:]), binary.NativeEndian.Uint32(oob[header-4:])
	if level != unix.SOL_SOCKET || kind != unix.SCM_TIMESTAMPNS {
		return
	}
	s, ns := binary.NativeEndian.Uint64(oob[header:]), binary.NativeEndian.Uint64(oob[header+8:])
	c.arrived = int64(s)*1e9 + int64(ns) // #nosec G115 -- the kernel's clock
}
