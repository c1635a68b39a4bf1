package load_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/load/self"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// onSocket runs a load test against a reference service on a socket, and
// compares the counts of both.
func onSocket(ctx context.Context, t *testing.T, script reference.Script, change func(*load.Options)) (*record.Load, record.Verdict) {
	t.Helper()
	s := service(t, reference.Options{Script: script})
	server, err := s.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	o := load.Options{
		BaseURL: base, Users: reference.DefaultUsers(), DefaultSeconds: map[unifier.Service][]int{unifier.OAuth: {3000}}, Timeout: 20 * time.Second,
		Plan: load.Plan{
			Phases: []load.Phase{{Shape: load.Constant, Rate: 400, Duration: 500 * time.Millisecond}},
			Mix:    []load.Share{{Service: unifier.Login, Weight: 1}}, MaxInflight: 50,
		},
		Usage: func() self.Usage { return self.Usage{} },
	}
	if change != nil {
		change(&o)
	}
	l, v := run(ctx, t, o)
	sum := l.Totals.Attempts + l.Totals.WarmupAttempts + l.Totals.PreflightAttempts
	if saw := s.Requests().All; sum != saw {
		t.Errorf("%d attempts are counted (%+v), the service saw %d; errors %+v", sum, l.Totals, saw, l.Errors)
	}
	if got := l.Totals.Sent + l.Totals.Unsent; got != l.Totals.Planned {
		t.Errorf("%d sent and %d unsent are not the planned %d", l.Totals.Sent, l.Totals.Unsent, l.Totals.Planned)
	}
	return l, v
}

// transports are the two ways to a target.
var transports = map[string]func(*load.Options){
	"fast": func(*load.Options) {},
	"standard": func(o *load.Options) {
		o.RoundTripper = unifier.NewTransport(unifier.TransportOptions{HTTP1: true, MaxIdle: 50})
	},
}

func TestCountsAreTheServers(t *testing.T) {
	for name, transport := range transports {
		for _, c := range []struct {
			mishap reference.Mishap
			every  int
			kind   string
			warm   time.Duration
		}{
			{reference.CloseAfter, 10, "connection closed", 0},
			{reference.Reset, 10, "connection reset", 0},
			{reference.CutBody, 10, "body cut", 0},
			{reference.TooMany, 20, "429", 0},
			{reference.Silence, 10, "timeout", 0},
			{reference.ServerError, 10, "500", 0},
			{reference.OtherUser, 10, "", 0},
			{reference.CloseAfter, 1_000_000, "", 200 * time.Millisecond},
		} {
			t.Run(name+" "+string(c.mishap), func(t *testing.T) {
				t.Parallel()
				script := every(c.every, c.mishap)
				script.RetryAfter = 1
				l, _ := onSocket(context.Background(), t, script, func(o *load.Options) {
					transport(o)
					o.Plan.Warmup = c.warm
					if c.mishap == reference.Silence {
						o.Timeout = 3 * time.Second
					}
				})
				if l.Totals.Attempts == 0 {
					t.Fatal("nothing was sent")
				}
				if c.kind == "" {
					if l.Totals.Errors != 0 {
						t.Errorf("errors %+v", l.Errors)
					}
					return
				}
				// The first requests, outside the plan, are counted by the script too.
				want := (l.Totals.Attempts + l.Totals.PreflightAttempts) / uint64(c.every)
				if want == 0 {
					t.Skipf("this machine is too busy: %d attempts are too few for one %s", l.Totals.Attempts, c.mishap)
				}
				// Where unigate was late just before, or at the deadline, they are set aside.
				if aside := map[reference.Mishap]string{reference.TooMany: record.StatusProvoked, reference.Silence: record.StatusUnseen}[c.mishap]; aside != "" {
					got := uint64(0)
					for _, x := range l.Services {
						if x.Status == c.kind || x.Status == aside {
							got += x.Count
						}
					}
					if got != want {
						t.Errorf("%d of %q or %q in the record, of %d: %+v", got, c.kind, aside, want, l.Errors)
					}
					return
				}
				if len(l.Errors) != 1 || l.Errors[0].Kind != c.kind || l.Errors[0].Count != want {
					t.Errorf("errors %+v, wanted %d of kind %q", l.Errors, want, c.kind)
				}
			})
		}
	}
}

func TestCountsAreTheServersWhenInterrupted(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			// A busy machine has sent too little by then: it gets more time.
			for after := 300 * time.Millisecond; ; after *= 4 {
				ctx, cancel := context.WithTimeout(context.Background(), after)
				l, v := onSocket(ctx, t, every(20, reference.Silence), func(o *load.Options) {
					transport(o)
					o.Timeout = time.Minute
					o.Plan.Phases[0].Duration = time.Minute
				})
				cancel()
				if l.Totals.Sent < 20 && after < 20*time.Second {
					continue
				}
				if v.Exit != 130 || l.Totals.Sent == l.Totals.Completed {
					t.Errorf("exit %d, %d sent and %d completed", v.Exit, l.Totals.Sent, l.Totals.Completed)
				}
				break
			}
		})
	}
}

func TestCountsAreTheServersInAClosedLoop(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			l, _ := onSocket(context.Background(), t, every(50, reference.CloseAfter), func(o *load.Options) {
				transport(o)
				o.Plan.Phases[0] = load.Phase{Shape: load.Max, Duration: 300 * time.Millisecond}
			})
			if l.Totals.Sent == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

func TestNothingListens(t *testing.T) {
	base := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			o := load.Options{BaseURL: base, Users: reference.DefaultUsers(), Plan: load.Plan{Phases: []load.Phase{{Rate: 10, Duration: time.Second}}}}
			transport(&o)
			l, v := run(context.Background(), t, o)
			if v.Exit != 3 || l.Totals.PreflightAttempts != 0 {
				t.Errorf("exit %d %v, %+v", v.Exit, v.Reasons, l.Totals)
			}
		})
	}
}
