package wire

import "time"

// stamps tells when what was read from a connection had arrived.
type stamps interface {
	// arrived returns when what was read last had arrived; the zero time where that is not
	// known.
	arrived() time.Time
	// unsure reports, after the deadline has passed, whether something that came before it
	// may have been left unread.
	unsure() bool
}

// unstamped is of a connection that tells nothing.
type unstamped struct{}

func (unstamped) arrived() time.Time { return time.Time{} }
func (unstamped) unsure() bool       { return true }
