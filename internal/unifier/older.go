package unifier

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// RefusesHTTP1 reports of an exchange made OverHTTP1 whether the target refused the
// version rather than the call: it said so (RFC 9110, sections 15.5.22 and 15.6.6),
// or it was there and ended the handshake or the connection, or spoke something
// else. Nothing is known where no connection came about or the time ran out.
func RefusesHTTP1(x Exchange) (refuses, known bool) {
	switch {
	case x.Status == http.StatusUpgradeRequired || x.Status == http.StatusHTTPVersionNotSupported:
		return true, true
	case x.Err == nil:
		return false, true
	}
	var dial *net.OpError
	var timeout net.Error
	if errors.Is(x.Err, context.DeadlineExceeded) || errors.Is(x.Err, context.Canceled) ||
		errors.As(x.Err, &timeout) && timeout.Timeout() || errors.As(x.Err, &dial) && dial.Op == "dial" {
		return false, false
	}
	return !NotTheTargets(x.Err), !NotTheTargets(x.Err)
}
