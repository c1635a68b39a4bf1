//go:build !linux

package unifier

// acknowledged is not known here, so that every request that was written counts as received.
func (c *countedConn) acknowledged() (n int64, ok bool) { return 0, false }
