package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Bounds of the pauses of a wait: the first one, which doubles, and the longest.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Second
)

// longestWaitFor bounds --wait.
const longestWaitFor = 24 * time.Hour

// waiting is what one question showed of a target that may be restarting.
type waiting struct {
	// ready says that it answers, hopeless that waiting will not help.
	ready, hopeless bool
	// says is what came instead of an answer.
	says string
}

// waitUntil asks until the target is ready, waiting is hopeless, or the limit is over.
// It returns what was seen last. changed is told of each new reason to wait.
func waitUntil(ctx context.Context, limit time.Duration, ask func(context.Context) waiting, changed func(says string)) (last waiting, waited time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began, pause := time.Now(), firstPause
	for {
		seen := ask(ctx)
		if seen.ready || seen.hopeless {
			return seen, time.Since(began)
		}
		if ctx.Err() == nil && seen.says != last.says { // else it is the end of the wait that it tells of
			changed(seen.says)
		}
		if ctx.Err() == nil || last.says == "" {
			last = seen
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return last, time.Since(began)
		case <-timer.C:
		}
		pause = min(2*pause, longestPause)
	}
}

// wait waits for a target that restarts. It sends no credentials: a system that is
// half up may refuse a right password, and count it.
func (d *doctor) wait(ctx context.Context) bool {
	const name = "wait"
	if d.waitFor == 0 {
		return true
	}
	last, waited := waitUntil(ctx, d.waitFor, d.askReady, func(says string) {
		if !d.a.shared.quiet {
			_, _ = fmt.Fprintf(d.a.streams.Err, "unigate: waiting for %s, up to %s: %s\n", d.t.client.BaseURL(), d.waitFor, says)
		}
	})
	waited = waited.Round(100 * time.Millisecond)
	switch {
	case last.ready:
		d.add(name, checkOK, "", "the token service answers, after %s; no credentials were sent until then", waited)
		return true
	case last.hopeless:
		d.add(name, checkSkip, "", "%s: waiting will not help", last.says)
		return true // the next checks say more
	}
	d.fail(exitInconclusive, name, "look at the target's own logs, or wait longer", "no answer of the token service within %s; the last that was seen: %s", d.waitFor, last.says)
	return false
}

// askReady asks the token service without credentials. It is up where it refuses
// that: what answers 404, a redirect, a page, 429 or 5xx may still be coming up.
func (d *doctor) askReady(ctx context.Context) waiting {
	x := d.t.client.Do(ctx, unifier.Call{Path: d.loginPath()})
	switch s := x.Status; {
	case x.Err != nil:
		g := unifier.Diagnose(x.Err)
		var proxy *unifier.ProxyError
		wanted := errors.As(x.Err, &proxy) && proxy.Status == http.StatusProxyAuthRequired
		return waiting{hopeless: g.Kind == "tls" || wanted, says: g.Cause}
	case s == http.StatusNotFound, s == http.StatusRequestTimeout, s == http.StatusTooManyRequests:
		return waiting{says: fmt.Sprintf("it answers %d", s)}
	case s >= http.StatusBadRequest && s < http.StatusInternalServerError:
		return waiting{ready: true}
	case s < http.StatusMultipleChoices && webPage(x):
		return waiting{says: fmt.Sprintf("it answers with a web page (%d)", s)}
	case s < http.StatusMultipleChoices:
		return waiting{ready: true}
	}
	return waiting{says: fmt.Sprintf("it answers %d", x.Status)}
}
