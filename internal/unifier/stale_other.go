//go:build !unix

package unifier

// stale cannot look at the socket here; net/http notices a closed connection by itself, a little later.
func (c *countedConn) stale() bool { return false }
