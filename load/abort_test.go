package load_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

// A condition that fails for what unigate itself added, as it was starved, or for what its
// machine lacks, ends no run; one that the target does not meet does, starved or not.
func TestAbortIsNotForTheGeneratorsDoing(t *testing.T) {
	for _, c := range []struct {
		name    string
		abort   string
		answer  func() func(ask) told
		starved bool
		lacks   error // what each fifth request fails for
		stopped string
		exit    int
	}{
		{name: "a percentile, starved", abort: "p95<100ms", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "an average, starved", abort: "mean<20ms", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "the slowest, starved", abort: "max<50ms", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "of a service, starved", abort: "login.p95<100ms", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "of a user, starved", abort: "login:$$utf8.p95<100ms", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "a rate, starved", abort: "rate>=19/s", answer: func() func(ask) told { return takes(5 * ms) }, starved: true, exit: 3},
		{name: "a slow target, starved", abort: "p50<500ms", answer: func() func(ask) told { return takes(3 * time.Second) }, starved: true, stopped: "abort on p50<500ms", exit: 1},
		{name: "a slow target", abort: "p50<500ms", answer: func() func(ask) told { return takes(600 * ms) }, stopped: "abort on p50<500ms", exit: 1},
		{name: "a failing target, starved", abort: "error_rate<5%", answer: func() func(ask) told { return everyNth(5, 4, told{status: 500}, 5*ms) }, starved: true, stopped: "abort on error_rate<5%", exit: 1},
		{name: "wrong tokens, starved", abort: "bad_tokens==0", answer: func() func(ask) told { return everyNth(7, 6, told{takes: ms, wrong: "other"}, 5*ms) }, starved: true, stopped: "abort on bad_tokens==0", exit: 1},
		{name: "no descriptors", abort: "error_rate<5%", answer: func() func(ask) told { return takes(5 * ms) }, lacks: syscall.EMFILE, exit: 3},
		{name: "no local ports", abort: "error_rate<5%", answer: func() func(ask) told { return takes(5 * ms) }, lacks: syscall.EADDRNOTAVAIL, exit: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, c.answer())
				o := options(s, load.Phase{Shape: load.Constant, Rate: 20, Duration: 10 * time.Second})
				o.Users = s.users
				o.AbortOn = thresholds(t, c.abort)[:1]
				if c.starved {
					o.Plan.MaxInflight = 2
					starved(t, &o, 300*ms, times(500*ms, 800*ms, 12))
					began := time.Now()
					o.Usage = func() self.Usage {
						return self.Usage{CPU: time.Since(began) / 100, RunDelay: time.Since(began) / 25}
					}
				}
				if c.lacks != nil {
					o.RoundTripper = &lacking{inMemory: inMemory{s}, err: c.lacks}
				}
				l, v := run(context.Background(), t, o)
				if v.Exit != c.exit || (c.stopped == "") != (l.Stopped == "") || !strings.HasPrefix(l.Stopped, c.stopped) {
					t.Errorf("stopped %q, and must be %q; exit %d %q, and must be %d", l.Stopped, c.stopped, v.Exit, v.Reasons, c.exit)
				}
			})
		})
	}
}

// lacking is a way to a handler on which each fifth request of the plan fails.
type lacking struct {
	inMemory
	err error
	n   atomic.Int64
}

func (l *lacking) RoundTrip(r *http.Request) (*http.Response, error) {
	if n := l.n.Add(1); n > 2 && n%5 == 0 {
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", l.err)}
	}
	return l.inMemory.RoundTrip(r)
}
