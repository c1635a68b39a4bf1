//go:build !linux

package wire

import "net"

// stamped knows of no time stamps on this system.
func stamped(conn net.Conn) (net.Conn, stamps) { return conn, unstamped{} }
