package load_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// every returns a script of mishaps.
func every(n int, m reference.Mishap) reference.Script {
	return reference.Script{Every: []reference.Every{{N: n, Do: m}}}
}

func TestWrongTokensAreCountedExactly(t *testing.T) {
	for _, c := range []struct {
		mishap  reference.Mishap
		service unifier.Service
		kind    string
	}{
		{reference.OtherUser, unifier.Login, "wrong_user"},
		{reference.OtherUser, unifier.OAuth, "wrong_user"},
		{reference.Repeated, unifier.Login, "repeated_token"},
		{reference.Repeated, unifier.OAuth, "repeated_token"},
		{reference.WrongExpiry, unifier.Login, "wrong_validity"},
		{reference.WrongExpiry, unifier.OAuth, "wrong_validity"},
	} {
		t.Run(string(c.mishap)+" "+string(c.service), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// Two requests come before the plan, then 300: each 50th of 302.
				s := service(t, reference.Options{Script: every(50, c.mishap)})
				o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 3 * time.Second})
				o.Plan.Mix = []load.Share{{Service: c.service, Weight: 1}}
				if c.mishap == reference.Repeated {
					o.Users = firstOf(c.service) // the same answer again needs an answer before
				}
				o.Thresholds = thresholds(t)
				l, v := run(context.Background(), t, o)
				if l.Totals.BadTokens != 6 || l.Totals.Errors != 0 || v.Exit != 1 {
					t.Errorf("%d wrong tokens and %d errors, exit %d; 6 were wrong: %+v", l.Totals.BadTokens, l.Totals.Errors, v.Exit, l.Bad)
				}
				found := false
				for _, b := range l.Bad {
					if b.Count != 6 && c.kind == b.Kind {
						t.Errorf("%d of kind %s", b.Count, b.Kind)
					}
					found = found || b.Kind == c.kind
					if len(b.Samples) == 0 {
						t.Errorf("kind %s has no sample", b.Kind)
					}
				}
				if !found {
					t.Errorf("no reply of kind %s: %+v", c.kind, l.Bad)
				}
			})
		})
	}
}

// firstOf returns the first active reference user of a service.
func firstOf(s unifier.Service) []unifier.User {
	want := unifier.Basic
	if s == unifier.OAuth {
		want = unifier.OAuthType
	}
	for _, u := range reference.DefaultUsers() {
		if u.Type == want && u.Status != unifier.Inactive {
			return []unifier.User{u}
		}
	}
	return nil
}

func TestErrorsAreNoWrongTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: every(50, reference.ServerError)})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second})
		o.Thresholds = thresholds(t, "error_rate<=2%", "rate>=98%")
		l, v := run(context.Background(), t, o)
		if l.Totals.Errors != 20 || l.Totals.BadTokens != 0 || v.Exit != 0 {
			t.Errorf("%d errors, %d wrong tokens, exit %d %v", l.Totals.Errors, l.Totals.BadTokens, v.Exit, v.Reasons)
		}
		if len(l.Errors) != 1 || l.Errors[0].Kind != "500" || l.Errors[0].Count != 20 {
			t.Errorf("errors %+v", l.Errors)
		}
	})
}

func TestRunOfErrorsStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := service(t, reference.Options{})
		down := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) > 100 {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
			s.ServeHTTP(w, r)
		})
		l, v := run(context.Background(), t, options(down, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Minute}))
		if !strings.Contains(l.Stopped, "errors in a row") || v.Exit != 1 || l.Totals.Sent > 250 {
			t.Errorf("stopped %q after %d, exit %d", l.Stopped, l.Totals.Sent, v.Exit)
		}
	})
}

func TestRefusedUserIsNotAskedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Minute})
		users := firstOf(unifier.Login)
		wrong := users[0]
		for _, u := range reference.DefaultUsers() {
			if u.Type == unifier.Basic && u.Status != unifier.Inactive && u.Name != wrong.Name {
				wrong = u
				break
			}
		}
		wrong.Password = "not the password"
		o.Users = append(users, wrong)
		l, v := run(context.Background(), t, o)
		if !strings.Contains(l.Stopped, "was refused 3 times") || l.Totals.Errors > 4 || v.Exit != 1 {
			t.Errorf("stopped %q with %d errors, exit %d", l.Stopped, l.Totals.Errors, v.Exit)
		}
	})
}

func TestWrongPasswordIsTriedNoMoreThanAllowedHoweverSlowTheTarget(t *testing.T) {
	for _, c := range []struct {
		name    string
		limit   int
		delay   time.Duration
		warm    time.Duration
		first   bool // the wrong user is the one that the preflight tries first
		service unifier.Service
	}{
		{"slow", 3, 800 * time.Millisecond, 0, false, unifier.Login},
		{"slower than the plan's first seconds", 3, 3 * time.Second, 0, false, unifier.Login},
		{"one try", 1, 800 * time.Millisecond, 0, false, unifier.Login},
		{"known from the preflight", 2, 800 * time.Millisecond, 0, true, unifier.Login},
		{"spent in the preflight", 1, 800 * time.Millisecond, 0, true, unifier.Login},
		{"warm-up", 3, 800 * time.Millisecond, 2 * time.Second, false, unifier.Login},
		{"oauth", 3, 800 * time.Millisecond, 0, false, unifier.OAuth},
		{"none allowed", 0, 800 * time.Millisecond, 0, true, unifier.Login},
		{"none allowed, in the plan", 0, 800 * time.Millisecond, 0, false, unifier.Login},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := service(t, reference.Options{Script: reference.Script{Delay: c.delay}})
				var refusals atomic.Int64
				counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					answer := httptest.NewRecorder()
					s.ServeHTTP(answer, r)
					if answer.Code == http.StatusUnauthorized {
						refusals.Add(1)
					}
					for name, values := range answer.Header() {
						w.Header()[name] = values
					}
					w.WriteHeader(answer.Code)
					_, _ = w.Write(answer.Body.Bytes())
				})
				o := options(counting, load.Phase{Shape: load.Constant, Rate: 100, Duration: 20 * time.Second})
				o.Plan.Mix, o.Plan.Warmup = []load.Share{{Service: c.service, Weight: 1}}, c.warm
				o.Users = twoUsers(c.service)
				wrong := 1
				if c.first {
					wrong = 0
				}
				o.Users[wrong].Password = "not the password"
				o.Budget = unifier.NewBudget(o.Users, c.limit)
				l, v := run(context.Background(), t, o)
				allowed := max(unifier.FailedLogins(c.limit, o.Users[wrong].Type), 1)
				if n := refusals.Load(); n != int64(allowed) {
					t.Errorf("the wrong password was tried %d times, %d are allowed", n, allowed)
				}
				if v.Exit != 1 || !strings.Contains(strings.Join(v.Reasons, " "), "refused") {
					t.Errorf("exit %d %v, %+v", v.Exit, v.Reasons, l.Totals)
				}
			})
		})
	}
}

func TestUsersWithoutATokenYetDelayNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Delay: 3 * time.Second}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second})
		l, v := run(context.Background(), t, o)
		if v.Exit != 0 || l.Totals.Sent != 1000 {
			t.Errorf("exit %d %v, %+v", v.Exit, v.Reasons, l.Totals)
		}
		within2Percent(t, "max", l.All.Latency.Max, 3*time.Second)
	})
}

func TestNobodyGotATokenYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, highest atomic.Int64
		down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			highest.Store(max(highest.Load(), open.Add(1)))
			time.Sleep(time.Second)
			open.Add(-1)
			w.WriteHeader(http.StatusBadGateway)
		})
		o := options(down, load.Phase{Shape: load.Constant, Rate: 100, Duration: 5 * time.Second})
		o.Users, o.Thresholds = twoUsers(unifier.Login), thresholds(t)
		l, v := run(context.Background(), t, o)
		// No user may have more than three requests open; nothing was refused.
		if v.Exit != 1 || highest.Load() != 6 || l.Totals.Sent+l.Totals.Unsent != l.Totals.Planned {
			t.Errorf("exit %d %v, %d at once, %+v", v.Exit, v.Reasons, highest.Load(), l.Totals)
		}
	})
}

// twoUsers returns the first two active reference users of a service.
func twoUsers(s unifier.Service) []unifier.User {
	out := firstOf(s)
	for _, u := range reference.DefaultUsers() {
		if u.Type == out[0].Type && u.Status != unifier.Inactive && u.Name != out[0].Name {
			return append(out, u)
		}
	}
	return out
}

func TestEverybodyRefusedIsInconclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Minute})
		o.Users = firstOf(unifier.Login)
		o.Users[0].Password = "not the password"
		l, v := run(context.Background(), t, o)
		if v.Exit != 3 || l.Totals.Sent != 0 || l.Totals.PreflightAttempts != 1 {
			t.Errorf("exit %d, %d sent, %d before: %v", v.Exit, l.Totals.Sent, l.Totals.PreflightAttempts, v.Reasons)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := every(500, reference.TooMany)
		script.RetryAfter = 2
		s := service(t, reference.Options{Script: script})
		l, v := run(context.Background(), t, options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second}))
		// The 500th request is answered at about 5 s; then nothing leaves for 2 s,
		// and until the end at most 600 more: all that was owed.
		for _, p := range l.Series {
			if p.TS == 6 && p.Latency.Min < 0.5 {
				t.Errorf("a request due at 6 s left %v s late", p.Latency.Min)
			}
		}
		if l.Totals.Errors == 0 || l.Totals.Planned != 1000 || l.Totals.Sent+l.Totals.Unsent != 1000 || l.Generator.Saturated {
			t.Errorf("totals %+v, generator %+v, %v", l.Totals, l.Generator, v)
		}
	})
}

func TestRetryAfterBeyondTheEndStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := every(500, reference.TooMany)
		script.RetryAfter = 3600
		s := service(t, reference.Options{Script: script})
		l, v := run(context.Background(), t, options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 10 * time.Second}))
		if !strings.Contains(l.Stopped, "asked with status 429 to wait") || v.Exit != 1 || l.Totals.Sent > 500 {
			t.Errorf("stopped %q after %d, exit %d", l.Stopped, l.Totals.Sent, v.Exit)
		}
	})
}

func TestWarmupIsNotCountedAndEndsAtTheFirstWrongAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 5 * time.Second})
		o.Plan.Warmup = 2 * time.Second
		l, v := run(context.Background(), t, o)
		if l.Totals.WarmupAttempts != 200 || l.Totals.Attempts != 500 || l.Totals.Sent != 500 || v.Exit != 0 {
			t.Errorf("totals %+v, exit %d", l.Totals, v.Exit)
		}
		s = service(t, reference.Options{Script: every(50, reference.OtherUser)})
		o.RoundTripper = inMemory{s}
		l, v = run(context.Background(), t, o)
		if l.Totals.Sent != 0 || l.Totals.WarmupAttempts >= 200 || v.Exit != 1 || !strings.Contains(strings.Join(v.Reasons, " "), "warm-up") {
			t.Errorf("totals %+v, verdict %+v", l.Totals, v)
		}
	})
}

// A connection may break once in a warm-up; a second time is the target's way.
func TestWarmupSurvivesOneTransportError(t *testing.T) {
	for _, c := range []struct {
		every uint64
		exit  int
	}{{150, 0}, {60, 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{})
			o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Second})
			o.Plan.Warmup = 2 * time.Second
			o.RoundTripper = &breaking{inMemory: inMemory{s}, every: c.every, until: 202}
			l, v := run(context.Background(), t, o)
			if v.Exit != c.exit || l.Totals.Errors != 0 || (l.Totals.Sent == 100) != (c.exit == 0) {
				t.Errorf("one of %d breaks: totals %+v, verdict %+v", c.every, l.Totals, v)
			}
			if noted := strings.Contains(strings.Join(l.Notes, " "), "one request of the warm-up was lost"); c.exit == 0 && (!noted || len(l.Errors) > 0) {
				t.Errorf("notes %q, errors %+v", l.Notes, l.Errors)
			}
		})
	}
}

// breaking loses one of every so many connections of the first requests.
type breaking struct {
	inMemory
	n            atomic.Uint64
	every, until uint64
}

// RoundTrip implements http.RoundTripper.
func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if n := b.n.Add(1); n <= b.until && n%b.every == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return b.inMemory.RoundTrip(r)
}

func TestAbortOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: every(5, reference.ServerError)})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Minute})
		limit, err := load.ParseThreshold("error_rate<10%")
		if err != nil {
			t.Fatal(err)
		}
		o.AbortOn = []load.Threshold{limit}
		l, v := run(context.Background(), t, o)
		if !strings.Contains(l.Stopped, "abort on error_rate<10%") || v.Exit != 1 || l.Totals.Sent > 300 {
			t.Errorf("stopped %q after %d, exit %d", l.Stopped, l.Totals.Sent, v.Exit)
		}
	})
}

// A rate per second is looked at from the first second on: answers that are under way
// are not missing, those that queue are.
func TestAbortOnARate(t *testing.T) {
	for name, c := range map[string]struct {
		script  reference.Script
		phase   load.Phase
		stopped bool
	}{
		"answers in 2 s":         {reference.Script{Delay: 2 * time.Second}, load.Phase{Rate: 100, Duration: 20 * time.Second}, false},
		"answers at once":        {reference.Script{}, load.Phase{Rate: 100, Duration: 20 * time.Second}, false},
		"a ramp":                 {reference.Script{}, load.Phase{Shape: load.Ramp, Rate: 300, Duration: 20 * time.Second}, false},
		"60/s":                   {reference.Script{Capacity: 60}, load.Phase{Rate: 100, Duration: time.Hour}, true},
		"60/s, in a closed loop": {reference.Script{Capacity: 60}, load.Phase{Shape: load.Max, Duration: 20 * time.Second}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(service(t, reference.Options{Script: c.script}), c.phase)
				o.AbortOn = thresholds(t, "rate>=99/s")
				l, _ := run(context.Background(), t, o)
				if stopped := strings.Contains(l.Stopped, "abort on rate>=99/s"); stopped != c.stopped || l.Totals.Planned > 2*3000 {
					t.Errorf("stopped %q after %d", l.Stopped, l.Totals.Planned)
				}
			})
		})
	}
}

func TestInterruptDrainsForASecondAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Each 100th request is never answered.
		s := service(t, reference.Options{Script: every(100, reference.Silence)})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Minute})
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		l, v := run(ctx, t, o)
		if took := time.Since(began); took > 7*time.Second {
			t.Errorf("it took %v to end", took)
		}
		if v.Exit != 130 || v.State != "interrupted" {
			t.Errorf("verdict %+v", v)
		}
		if l.Totals.Attempts+l.Totals.PreflightAttempts != s.Requests().All {
			t.Errorf("%+v, the service saw %d", l.Totals, s.Requests().All)
		}
		if cut := l.Totals.Sent - l.Totals.Completed; cut == 0 || l.Totals.Errors != 0 {
			t.Errorf("%d were cut, %d are errors", cut, l.Totals.Errors)
		}
	})
}

func TestProlongedTokensAreNoRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Variants: []string{"tokens-prolonged"}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 5 * time.Second})
		o.Thresholds = thresholds(t)
		l, v := run(context.Background(), t, o)
		if v.Exit != 0 || l.Totals.BadTokens != 0 || !strings.Contains(strings.Join(l.Notes, " "), "A11") {
			t.Errorf("verdict %+v, notes %v, bad %+v", v, l.Notes, l.Bad)
		}
	})
}

// TestStoredTokensAreJudgedByWhatIsLeft: the same token comes again and again, its end
// unchanged (A11), for minutes of load, and some began before it.
func TestStoredTokensAreJudgedByWhatIsLeft(t *testing.T) {
	for _, older := range []time.Duration{0, 4 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{Edition: "26", Variants: []string{"tokens-stored"}})
			for range 2 {
				o := options(s, load.Phase{Shape: load.Constant, Rate: 5, Duration: 3 * time.Minute})
				o.Edition, o.Thresholds = "26", thresholds(t, "bad_tokens==0")
				o.Plan.Mix = []load.Share{{Service: unifier.Login, Weight: 1}, {Service: unifier.V2Auth, Weight: 1}}
				o.Users = slices.DeleteFunc(s.Users(), func(u unifier.User) bool {
					return u.Type != unifier.Basic || u.Expiry.Unit == unifier.Minutes && u.Expiry.N < 10
				})
				l, v := run(t.Context(), t, o)
				if v.Exit != 0 || l.Totals.BadTokens != 0 {
					t.Errorf("verdict %+v, bad %+v", v, l.Bad)
				}
				if older == 0 {
					return
				}
				time.Sleep(older)
			}
		})
	}
}

func TestShapesSendWhatTheyPlan(t *testing.T) {
	for _, c := range []struct {
		phase load.Phase
		want  uint64
	}{
		{load.Phase{Shape: load.Ramp, From: 0, Rate: 100, Duration: 10 * time.Second}, 500},
		{load.Phase{Shape: load.Steps, Rate: 100, Steps: 5, Duration: 10 * time.Second}, 600},
		{load.Phase{Shape: load.Spike, Rate: 10, Peak: 110, Duration: 10 * time.Second}, 200},
		{load.Phase{Shape: load.Sine, Rate: 100, Duration: 10 * time.Second}, 1000},
		{load.Phase{Shape: load.Soak, Rate: 30, Duration: 10 * time.Second}, 300},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, reference.Options{})
			l, v := run(context.Background(), t, options(s, c.phase))
			if l.Totals.Planned != c.want || l.Totals.Sent != c.want || v.Exit != 0 {
				t.Errorf("%s: %d planned, %d sent, not %d; %v", c.phase.Shape, l.Totals.Planned, l.Totals.Sent, c.want, v)
			}
		})
	}
}

func TestClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Delay: 10 * time.Millisecond}})
		o := options(s, load.Phase{Shape: load.Max, Duration: 5 * time.Second})
		o.Plan.MaxInflight = 8
		l, v := run(context.Background(), t, o)
		// Eight at once of 10 ms each for 5 s.
		if l.Totals.Sent < 3990 || l.Totals.Sent > 4010 || l.Generator.MaxInFlight != 8 || l.Plan.Model != "closed" || v.Exit != 0 {
			t.Errorf("%d sent, %d in flight, %v", l.Totals.Sent, l.Generator.MaxInFlight, v)
		}
	})
}
