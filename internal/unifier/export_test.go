package unifier

// Names for the tests.
var (
	EnvironmentProxyKnowing = environmentProxy
	IsLoopbackAlias         = isLoopbackAlias
)

// Bounds over all requests of a transport.
const (
	MaxRunResends = maxRunResends
	MaxRunExtra   = maxRunExtra
)
