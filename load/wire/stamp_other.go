//go:build !linux

package wire

import (
	"net"
	"time"
)

// stamped knows of no time stamps on this system.
func stamped(conn net.Conn) (net.Conn, func() time.Time) {
	return conn, func() time.Time { return time.Time{} }
}
