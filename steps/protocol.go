package steps

import (
	"context"
	"slices"

	"github.com/unigate/unigate/internal/unifier"
)

// http1Trait is the trait that says whether a target of HTTP/2 answers HTTP/1.1 too.
const http1Trait = "connection.http_1_1"

// observeHTTP1 finds out whether a target that was spoken to over HTTP/2 answers
// HTTP/1.1 too, which many clients of integrations speak alone: one call without
// credentials, and a second one before it is said that it does not. Compare tells a
// change of it.
func (r *run) observeHTTP1(ctx context.Context) {
	overHTTP2 := func(a *answer) bool { return a.exchange.Proto == "HTTP/2.0" }
	secure := func(a *answer) bool { return a.reply.TLS != nil }
	switch {
	case r.o.StatesOnly || !slices.ContainsFunc(r.every, secure):
		return // in the clear nothing else is spoken
	case !slices.ContainsFunc(r.every, overHTTP2):
		r.open = append(r.open, [2]string{http1Trait, "answered"})
		return
	}
	call := unifier.Call{Path: r.probed().Path()}
	refuses, known := unifier.RefusesHTTP1(r.once(unifier.OverHTTP1(ctx), call))
	if known && refuses {
		refuses, known = unifier.RefusesHTTP1(r.once(unifier.OverHTTP1(ctx), call))
	}
	switch {
	case !known:
	case refuses:
		r.open = append(r.open, [2]string{http1Trait, "not answered"})
	default:
		r.open = append(r.open, [2]string{http1Trait, "answered"})
	}
}
