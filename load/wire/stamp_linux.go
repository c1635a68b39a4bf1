//go:build linux

package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampedConn is a connection whose reads tell when the kernel received what they
// return (SO_TIMESTAMPNS, socket(7)): what lies between that and the reading is the
// generator's delay and not the target's.
//
// It calls the kernel without telling the Go runtime (syscall.RawSyscall), which is
// right as its socket never blocks. The runtime would wake its monitor for each call
// made while nothing else ran, which then looks every 20 µs: at 1,000 requests a second
// that was a fifth of the processor time.
type stampedConn struct {
	net.Conn
	raw         syscall.RawConn
	read, write func(fd uintptr) bool
	look, rest  func(fd uintptr)
	deadline    atomic.Int64 // of reads, nanoseconds since 1970; 0 for none

	// Of the present write.
	out     []byte
	written int
	failed  error
	// Of the present look.
	alive bool
	peek  [1]byte

	// Of the present read.
	p      []byte
	n      int
	err    error
	header unix.Msghdr
	vector unix.Iovec
	oob    [64]byte

	at int64 // of the arrival: nanoseconds since 1970, 0 for not known
}

// stamped makes a connection tell when what it read had arrived.
func stamped(conn net.Conn) (net.Conn, stamps) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return conn, unstamped{}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return conn, unstamped{}
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err != nil || failed != nil {
		return conn, unstamped{}
	}
	c := &stampedConn{Conn: conn, raw: raw}
	c.read, c.write, c.look, c.rest = c.receive, c.send, c.peer, c.late
	return c, c
}

// arrived implements stamps.
func (c *stampedConn) arrived() time.Time {
	if c.at == 0 {
		return time.Time{}
	}
	return time.Unix(0, c.at)
}

// unsure implements stamps: what was there after the deadline has no stamp, as of a
// kernel that promises them and makes none.
func (c *stampedConn) unsure() bool { return c.n > 0 && c.at == 0 }

// Read implements net.Conn.
func (c *stampedConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.p = p
	err := c.raw.Read(c.read)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) && c.cameInTime() {
		err = nil
	}
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

// cameInTime reads, after the deadline, what had come before it. The deadline is the
// target's: where the generator stood still beyond it, the runtime finds it passed before
// it looks whether the answer is there.
func (c *stampedConn) cameInTime() bool {
	c.n, c.err, c.at = 0, nil, 0
	return c.raw.Control(c.rest) == nil && c.err == nil && c.n > 0 && c.at > 0 && c.at <= c.deadline.Load()
}

// late reads what is there.
func (c *stampedConn) late(fd uintptr) { c.receive(fd) }

// SetDeadline implements net.Conn.
func (c *stampedConn) SetDeadline(t time.Time) error {
	c.deadline.Store(nanoseconds(t))
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *stampedConn) SetReadDeadline(t time.Time) error {
	c.deadline.Store(nanoseconds(t))
	return c.Conn.SetReadDeadline(t)
}

// nanoseconds returns a time as the stamps have it, 0 for the zero time.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Write implements net.Conn.
func (c *stampedConn) Write(p []byte) (int, error) {
	if !rawWrites {
		return c.Conn.Write(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	c.out, c.written, c.failed = p, 0, nil
	err := c.raw.Write(c.write)
	c.out = nil
	if err == nil && c.failed != nil {
		err = &net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("sendto", c.failed)}
	}
	return c.written, err
}

// send writes what the socket takes, and reports whether that was all, or no more is of use.
func (c *stampedConn) send(fd uintptr) bool {
	for c.written < len(c.out) {
		rest := c.out[c.written:]
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&rest[0])), uintptr(len(rest)), unix.MSG_NOSIGNAL, 0, 0) // #nosec G103 -- as send(2) wants it
		switch errno {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		case 0:
			c.written += int(n) // #nosec G115 -- no more than there is
		default:
			c.failed = errno
			return true
		}
	}
	return true
}

// open reports whether the idle connection is still open, without waiting and without
// taking anything from it.
func (c *stampedConn) open() bool {
	c.alive = false
	return c.raw.Control(c.look) == nil && c.alive
}

// peer looks at what the peer has sent.
func (c *stampedConn) peer(fd uintptr) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&c.peek[0])), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0) // #nosec G103 -- as recv(2) wants it
	var err error
	if errno != 0 {
		err = errno
	}
	c.alive = quiet(int(n), err, unix.EAGAIN) == nil // #nosec G115 -- one byte at the most
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
		n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&c.header)), 0) // #nosec G103 -- as recvmsg(2) wants it
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
	c.at = int64(s)*1e9 + int64(ns) // #nosec G115 -- the kernel's clock
}
