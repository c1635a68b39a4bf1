package wire

// NewStandard returns the transport that is used through proxies, without one.
func NewStandard(o Options) Transport { return newStandard(o, standardTransport(o), "net/http") }
