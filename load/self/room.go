package self

// Room is how much of what requests in flight take this machine has left. 0 stands
// for what is not known.
type Room struct {
	// Descriptors is how many files may be open, Open how many are.
	Descriptors, Open int
	// Ports is how many local ports there are for connections to one address.
	Ports int
	// Memory is how much is free, in bytes, within the bound of a control group.
	Memory uint64
}
