package load_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// held is a plan whose requests the target makes late, refuse or queue: what the server saw
// is the truth, and how many it saw and when is known in closed form.
type held struct {
	name   string
	rate   float64
	length time.Duration
	answer func() func(ask) told
	change func(*load.Options)
	judged judged
	exit   int
	// sent and errors are how many there must be; -1 leaves it to what the server saw.
	sent, errors int
	// last is when the last request must come, within 10 ms; 0 for any time.
	last time.Duration
	says string // part of the reasons of the verdict
}

func (c *held) check(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, v, x := against(t, c.answer(), func(o *load.Options) {
			var texts []string
			for text := range c.judged {
				texts = append(texts, text)
			}
			if c.change != nil {
				c.change(o)
			}
			var err error
			if o.Thresholds, err = o.Plan.ParseThresholds(texts); err != nil {
				t.Fatal(err)
			}
		}, constant(c.rate, c.length)...)
		for i := range x.seen {
			x.due = append(x.due, time.Duration(float64(i)/c.rate*1e9+0.5))
		}
		var all []time.Duration
		failed := 0
		for i := range x.seen {
			latency, status, _ := x.latency(i)
			all = append(all, latency)
			if status != "200" {
				failed++
			}
			if gap := x.seen[i].at - x.seen[max(i-1, 0)].at; i > 1 && gap < time.Duration(0.5e9/c.rate)-2*ms {
				t.Errorf("request %d came %v after the one before: more than twice the rate", i, gap)
			}
		}
		if l.Totals.Sent != uint64(len(x.seen)) || c.sent >= 0 && len(x.seen) != c.sent || l.Totals.Planned != l.Totals.Sent+l.Totals.Unsent {
			t.Errorf("%+v; the server saw %d, and %d were to be sent", l.Totals, len(x.seen), c.sent)
		}
		if l.Totals.Errors != uint64(failed) || c.errors >= 0 && failed != c.errors {
			t.Errorf("%d errors, the server gave %d, and there were to be %d", l.Totals.Errors, failed, c.errors)
		}
		if l.Totals.Unsent == 0 {
			distribution(t, "all", l.All.Latency, all)
		}
		if last := x.seen[len(x.seen)-1].at; c.last > 0 && (last-c.last).Abs() > 10*ms {
			t.Errorf("the last request came at %v, not at %v", last, c.last)
		}
		for _, th := range l.Thresholds {
			if want, ok := c.judged[th.Expression]; ok && th.State != want {
				t.Errorf("%s is %s, and must be %s: %s %s", th.Expression, th.State, want, th.Value, th.Reason)
			}
		}
		if v.Exit != c.exit || !strings.Contains(strings.Join(v.Reasons, "\n"), c.says) {
			t.Errorf("exit %d %q, and must be %d %q", v.Exit, v.Reasons, c.exit, c.says)
		}
	})
}

// once does something else at one request.
func once(k int, other told, d time.Duration) func() func(ask) told {
	return func() func(ask) told {
		return func(a ask) told {
			if a.k == k {
				return other
			}
			return told{takes: d}
		}
	}
}

// dated is a refusal that names a date, so long after the request.
func dated(k int, after, d time.Duration) func() func(ask) told {
	return func() func(ask) told {
		return func(a ask) told {
			if a.k == k {
				return told{takes: d, status: 429, retryAfter: time.Now().Add(after).UTC().Format(http.TimeFormat)}
			}
			return told{takes: d}
		}
	}
}

// skewed is dated by a clock that is ahead by so much.
func skewed(k int, ahead, after, d time.Duration) func() func(ask) told {
	return func() func(ask) told {
		return func(a ask) told {
			if a.k == k {
				now := time.Now().Add(ahead).UTC()
				return told{takes: d, status: 429, date: now.Format(http.TimeFormat), retryAfter: now.Add(after).Format(http.TimeFormat)}
			}
			return told{takes: d}
		}
	}
}

// perUser lets each user, or the one that is named, have so many requests in each second.
func perUser(limit int, only string) func() func(ask) told {
	return func() func(ask) told {
		had := map[string]int{}
		second := -1
		return func(a ask) told {
			if s := int(a.at / time.Second); s != second {
				second = s
				clear(had)
			}
			had[a.user]++
			if had[a.user] > limit && (only == "" || only == a.user) {
				return told{takes: ms, status: 429}
			}
			return told{takes: 5 * ms}
		}
	}
}

// servers is a queue before so many servers, which take d each; more than most waiting
// are refused, 0 for no bound.
func servers(n int, d time.Duration, most int) func() func(ask) told {
	return func() func(ask) told {
		free := make([]time.Duration, n)
		var starts []time.Duration
		return func(a ask) told {
			starts = slices.DeleteFunc(starts, func(s time.Duration) bool { return s <= a.at })
			if most > 0 && len(starts) >= most {
				return told{takes: ms, status: 503}
			}
			i := slices.Index(free, slices.Min(free))
			start := max(a.at, free[i])
			if start > a.at {
				starts = append(starts, start)
			}
			free[i] = start + d
			return told{takes: free[i] - a.at}
		}
	}
}

// from does something else from one time to another.
func from(begin, end time.Duration, other told, d time.Duration) func() func(ask) told {
	return func() func(ask) told {
		return func(a ask) told {
			if a.at >= begin && a.at < end {
				return other
			}
			return told{takes: d}
		}
	}
}

const never = time.Hour

var helds = []held{
	// The pause is from 2.005 to 4.005 s; what was owed is sent at twice the rate until 6.005 s.
	{name: "Retry-After in seconds", rate: 100, length: 10 * time.Second, answer: once(200, told{takes: 5 * ms, status: 429, retryAfter: "2"}, 5*ms), sent: 1000, errors: 1, last: 9990 * ms,
		judged: judged{"p50<6ms": passes, "p99<1.99s": passes, "p99<1.9s": fails, "max<2.01s": passes, "error_rate<=0.1%": passes}, exit: 1},
	{name: "Retry-After as a date", rate: 100, length: 10 * time.Second, answer: dated(200, 2*time.Second, 0), sent: 1000, errors: 1, last: 9990 * ms, judged: judged{"p50<6ms": passes, "max<2.01s": passes, "max<1.9s": fails}, exit: 1},
	{name: "Retry-After as a date that is over", rate: 100, length: 4 * time.Second, answer: dated(200, -time.Hour, 0), sent: 400, errors: 1, last: 3990 * ms, judged: judged{"max<5ms": passes}},
	{name: "Retry-After as a date by a clock that is ahead", rate: 100, length: 10 * time.Second, answer: skewed(200, time.Hour, 2*time.Second, 0), sent: 1000, errors: 1, last: 9990 * ms, judged: judged{"max<2.01s": passes, "max<1.4s": fails}, exit: 1},
	{name: "Retry-After as a date by a clock that is behind", rate: 100, length: 10 * time.Second, answer: skewed(200, -time.Hour, 2*time.Second, 0), sent: 1000, errors: 1, last: 9990 * ms, judged: judged{"max<2.01s": passes, "max<1.4s": fails}, exit: 1},
	{name: "Retry-After of 503", rate: 100, length: 10 * time.Second, answer: once(100, told{takes: 5 * ms, status: 503, retryAfter: "1"}, 5*ms), sent: 1000, errors: 1, last: 9990 * ms, judged: judged{"max<1.01s": passes, "max<0.9s": fails}, exit: 1},
	{name: "Retry-After of 0", rate: 100, length: 4 * time.Second, answer: once(100, told{takes: 5 * ms, status: 429, retryAfter: "0"}, 5*ms), sent: 400, errors: 1, last: 3990 * ms, judged: judged{"max<6ms": passes}},
	{name: "Retry-After that is none", rate: 100, length: 4 * time.Second, answer: once(100, told{takes: 5 * ms, status: 429, retryAfter: "soon"}, 5*ms), sent: 400, errors: 1, last: 3990 * ms, judged: judged{"max<6ms": passes}},
	{name: "Retry-After beyond the end", rate: 100, length: 10 * time.Second, answer: once(200, told{takes: 5 * ms, status: 429, retryAfter: "60"}, 5*ms), sent: 201, errors: 1, last: 2 * time.Second, judged: judged{"error_rate<1%": passes}, exit: 1, says: "to wait 1m0s, which is beyond the end of the plan"},
	// Owed at the end: due from 9.505 s on, of which none leaves any more.
	{name: "Retry-After near the end", rate: 100, length: 10 * time.Second, answer: once(950, told{takes: 5 * ms, status: 429, retryAfter: "1"}, 5*ms), sent: 951, errors: 1, judged: judged{"p90<6ms": passes, "unsent<=49": passes, "rate>=95%": passes, "rate>=95.1%": fails}, exit: 1},
	// Five users take turns: 20/s each.
	{name: "a limit per user that is met", rate: 100, length: 5 * time.Second, answer: perUser(20, ""), sent: 500, errors: 0, judged: judged{"error_rate==0": passes}},
	{name: "a limit per user that is not", rate: 100, length: 5 * time.Second, answer: perUser(15, ""), sent: 500, errors: 125, judged: judged{"error_rate<=25%": passes, "error_rate<25%": fails, "rate>=75/s": passes}, exit: 1},
	{name: "a limit of one user", rate: 100, length: 5 * time.Second, answer: perUser(10, "$$colons"), sent: 500, errors: 50, exit: 1,
		judged: judged{"error_rate<=10%": passes, "login:$$colons.error_rate<=50%": passes, "login:$$colons.error_rate<50%": fails, "login:$$unigate.error_rate==0": passes}},
	// Queues before four servers of 50 ms: 80/s.
	{name: "a limit of connections that is met", rate: 80, length: 5 * time.Second, answer: servers(4, 50*ms, 0), sent: 400, errors: 0, judged: judged{"max<51ms": passes, "rate>=99%": passes}},
	// At 100/s the k-th waits (k/4)·(50−40) ms: at the end 1.25 s, and 80 % come in time.
	{name: "a limit of connections that is not", rate: 100, length: 5 * time.Second, answer: servers(4, 50*ms, 0), sent: 500, errors: 0, judged: judged{"p50<690ms": passes, "p50<660ms": fails, "max<1.31s": passes, "max<1.28s": fails, "rate>=79%": passes, "rate>=90%": fails}, exit: 1},
	{name: "a queue that refuses", rate: 100, length: 10 * time.Second, answer: servers(4, 50*ms, 8), sent: 1000, errors: -1, judged: judged{"max<151ms": passes, "error_rate<18%": fails, "error_rate<22%": passes}, exit: 1},
	// Stops.
	{name: "errors in a row", rate: 100, length: 10 * time.Second, answer: from(3*time.Second, never, told{takes: 0, status: 500}, 5*ms), sent: 401, errors: 101, last: 4 * time.Second, judged: judged{"p50<6ms": passes}, exit: 1, says: "101 errors in a row"},
	{name: "errors in a row for less than a second", rate: 100, length: 10 * time.Second, answer: from(3*time.Second, 3900*ms, told{takes: 0, status: 500}, 5*ms), sent: 1000, errors: 90, judged: judged{"error_rate<=9%": passes, "error_rate<9%": fails}, exit: 1},
	{name: "errors that are allowed in a row", rate: 100, length: 10 * time.Second, answer: from(3*time.Second, 3900*ms, told{takes: 0, status: 500}, 5*ms), sent: 1000, errors: 90, judged: judged{"error_rate<=9%": passes}},
	{name: "abort on errors", rate: 100, length: 10 * time.Second, answer: from(3500*ms, never, told{takes: ms, status: 404}, 5*ms), sent: -1, errors: -1, last: 4 * time.Second, change: abortOn("error_rate<5%"), judged: judged{"p50<6ms": passes}, exit: 1, says: "abort on error_rate<5%"},
	{name: "abort on a latency", rate: 100, length: 20 * time.Second, answer: from(5*time.Second, never, told{takes: 300 * ms}, 5*ms), sent: -1, errors: 0, last: 6 * time.Second, change: abortOn("p95<100ms"), judged: judged{"error_rate==0": passes}, exit: 1, says: "abort on p95<100ms"},
	{name: "no abort", rate: 100, length: 5 * time.Second, answer: from(3*time.Second, 3030*ms, told{takes: 300 * ms}, 5*ms), sent: 500, errors: 0, change: abortOn("p95<100ms"), judged: judged{"p99<200ms": passes}},
	{name: "abort on a wrong token", rate: 100, length: 10 * time.Second, answer: once(250, told{takes: ms, wrong: "other"}, 5*ms), sent: -1, errors: 0, last: 3 * time.Second, change: abortOn("bad_tokens==0"), judged: judged{"p50<6ms": passes}, exit: 1, says: "abort on bad_tokens==0"},
	{name: "a user is refused again and again", rate: 10, length: 10 * time.Second, answer: func() func(ask) told {
		return func(a ask) told {
			if a.user == "$$utf8" && a.at > 2*time.Second {
				return told{takes: 0, status: 401}
			}
			return told{takes: 5 * ms}
		}
	}, sent: -1, errors: 3, judged: judged{"max<1s": passes}, exit: 1, says: "user $$utf8 was refused 3 times in a row (401)"},
}

// abortOn sets the conditions that end a run.
func abortOn(text string) func(*load.Options) {
	return func(o *load.Options) {
		th, err := load.ParseThreshold(text)
		if err != nil {
			panic(err)
		}
		o.AbortOn = []load.Threshold{th}
	}
}

func TestHeldPlansTellTheTruth(t *testing.T) {
	for i := range helds {
		t.Run(helds[i].name, helds[i].check)
	}
}

// A plan that is interrupted after 3 s of 100/s: 300 were sent; what is answered within a
// second of that counts, and the rest is cut off.
func TestInterruptedPlansTellTheTruth(t *testing.T) {
	for _, c := range []struct {
		name      string
		takes     time.Duration
		completed uint64
		judged    judged
	}{
		{"all drained", 500 * ms, 300, judged{"p99<501ms": passes}},
		{"half of it cut off", 2500 * ms, 150, judged{"p50<2s": fails, "p50<2.6s": passes, "p51<2.6s": opens, "p10<1.2s": fails}},
		{"all of it cut off", time.Hour, 0, judged{"p50<2s": fails, "error_rate<1%": opens}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, takes(c.takes))
				o := options(s, constant(100, 10*time.Second)[0])
				o.Users, o.Timeout = s.users, 30*time.Second
				var texts []string
				for text := range c.judged {
					texts = append(texts, text)
				}
				o.Thresholds = thresholds(t, texts...)
				ctx, cancel := context.WithTimeout(context.Background(), 2995*ms)
				defer cancel()
				l, v := run(ctx, t, o)
				if v.Exit != 130 || l.Totals.Sent != 300 || l.Totals.Completed != c.completed || l.Totals.Errors != 0 || l.All.Censored != 300-c.completed+l.Totals.Unsent {
					t.Errorf("exit %d, %+v, %d censored; %d were to be completed", v.Exit, l.Totals, l.All.Censored, c.completed)
				}
				for _, th := range l.Thresholds {
					if want, ok := c.judged[th.Expression]; ok && th.State != want {
						t.Errorf("%s is %s, and must be %s: %s %s", th.Expression, th.State, want, th.Value, th.Reason)
					}
				}
			})
		})
	}
}

// In a closed loop of four answers of 50 ms there are 80 in a second.
func TestClosedLoopTellsTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, v, x := against(t, takes(50*ms), func(o *load.Options) {
			o.Plan.MaxInflight = 4
			o.Thresholds = thresholds(t, "rate>=79.9/s", "p99<51ms")
		}, load.Phase{Shape: load.Max, Duration: 10 * time.Second})
		if v.Exit != 0 || len(x.seen) < 796 || len(x.seen) > 804 || l.Totals.Sent != uint64(len(x.seen)) || !alike(l.All.Latency.P50, 0.05) || !alike(l.All.Latency.Max, 0.05) {
			t.Errorf("exit %d %q, %+v, the server saw %d", v.Exit, v.Reasons, l.Totals, len(x.seen))
		}
	})
}

// What a warm-up meets does not count, but for what is wrong with it.
func TestWarmUpTellsTheTruth(t *testing.T) {
	for _, c := range []struct {
		name string
		at   told // of the first second
		exit int
	}{
		{"slow", told{takes: 400 * ms}, 0}, {"an error", told{status: 500}, 1}, {"a wrong token", told{wrong: "other"}, 1}, {"right", told{takes: 5 * ms}, 0},
		{"something else answers", told{status: 511}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, v, x := against(t, from(0, time.Second, c.at, 5*ms)(), func(o *load.Options) {
					o.Plan.Warmup = 2 * time.Second
					o.Thresholds = thresholds(t, "max<6ms")
				}, constant(100, 4*time.Second)...)
				if v.Exit != c.exit || c.exit == 0 && (l.Totals.Sent != 400 || l.Totals.WarmupAttempts != 200 || len(x.seen) != 600 || !alike(l.All.Latency.Max, 0.005)) {
					t.Errorf("exit %d %q, %+v, the server saw %d", v.Exit, v.Reasons, l.Totals, len(x.seen))
				}
			})
		})
	}
}

// Random arrivals before a server that takes 8 ms each: what the queue made of them is the
// truth; one seed gives the same ones twice, another one others.
func TestRandomArrivalsTellTheTruth(t *testing.T) {
	var before []time.Duration
	for i, seed := range []uint64{7, 7, 8, 99} {
		synctest.Test(t, func(t *testing.T) {
			l, v, x := against(t, servers(1, 8*ms, 0)(), func(o *load.Options) {
				o.Plan.Arrivals, o.Plan.Seed = load.Poisson, seed
				o.Thresholds = thresholds(t, "error_rate==0")
			}, constant(90, 20*time.Second)...)
			var at []time.Duration
			for _, s := range x.seen {
				at = append(at, s.at)
			}
			if same := slices.Equal(at, before); i > 0 && same != (i == 1) {
				t.Errorf("seed %d: the same arrivals as before: %t", seed, same)
			}
			before, x.due = at, at
			if n := len(at); v.Exit != 0 || n < 1620 || n > 1980 { // within four deviations of 1800
				t.Errorf("exit %d, %d requests", v.Exit, n)
			}
			compareAll(t, l, x, 20*time.Second)
			if l.Plan.Seed != seed || l.Plan.Arrivals != "poisson" {
				t.Errorf("%+v", l.Plan)
			}
		})
	}
}

// Two services, of which one is slow and one is wrong for one user, each have their own figures.
func TestServicesTellTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, v, _ := against(t, takes(5*ms), func(o *load.Options) {
			s, ok := o.RoundTripper.(inMemory)
			if !ok {
				t.Fatal("no server")
			}
			s.handler.(*server).before = 4
			o.Users = append(o.Users, oauthUser(t))
			o.Plan.Mix = []load.Share{{Service: unifier.Login, Weight: 80}, {Service: unifier.OAuth, Weight: 20}}
			o.Thresholds = thresholds(t, "login.rate>=80/s", "oauth.rate>=20/s", "oauth.p99<6ms")
		}, constant(100, 10*time.Second)...)
		counts := map[string]uint64{}
		for _, s := range l.Services {
			if s.Status == record.StatusAll {
				counts[s.Name] = s.Count
			}
		}
		if v.Exit != 0 || counts["login"] != 800 || counts["oauth"] != 200 {
			t.Errorf("exit %d %q, %v", v.Exit, v.Reasons, counts)
		}
	})
}

// oauthUser is one of the reference service's.
func oauthUser(t *testing.T) unifier.User {
	t.Helper()
	for _, u := range reference.DefaultUsers() {
		if u.Type == unifier.OAuthType && u.Status == unifier.Active {
			return u
		}
	}
	t.Fatal("there is none")
	return unifier.User{}
}
