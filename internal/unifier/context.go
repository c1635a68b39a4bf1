package unifier

import (
	"context"
	"sync/atomic"
)

// The context keys of WithAttempts, Once, Alone and OverHTTP1.
type (
	attemptsKey struct{}
	onceKey     struct{}
	aloneKey    struct{}
	olderKey    struct{}
)

// WithAttempts makes a Transport add the attempts of a request to n.
func WithAttempts(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, attemptsKey{}, n)
}

// Once makes a Transport send a request one time only, whatever the target says
// of it: for passwords that may be wrong, and for plans of load.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, true)
}

// Alone makes a Transport send a request by a connection of its own, which
// cannot have been closed while it was idle.
func Alone(ctx context.Context) context.Context {
	return context.WithValue(ctx, aloneKey{}, true)
}

// OverHTTP1 makes a Transport send a request over HTTP/1.1, by a connection of its
// own, whatever else the target speaks.
func OverHTTP1(ctx context.Context) context.Context {
	return context.WithValue(ctx, olderKey{}, true)
}
