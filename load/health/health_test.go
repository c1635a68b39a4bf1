package health_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/load/health"
)

const ms = time.Millisecond

// well is ten seconds of a generator with two cores that sent and read everything
// in time: 2000 requests of 20 ms.
func well() *health.Stretch {
	s := &health.Stretch{Wall: 10 * time.Second, Cores: 2, UsableCores: 2, CPU: 5 * time.Second}
	for range 2000 {
		s.Lags.Done(20 * ms)
		s.Lags.Start(0)
		s.Lags.Read(0)
	}
	return s
}

// late makes n more requests that started late, or were read late.
func late(note func(*health.Lags, time.Duration), n int, by time.Duration) func(*health.Stretch) {
	return func(s *health.Stretch) {
		for range n {
			s.Lags.Done(20 * ms)
			note(&s.Lags, by)
		}
	}
}

// Each bound, from both of its sides.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name           string
		within, beyond func(*health.Stretch)
		want           health.Name
	}{
		{
			"CPU share above 0.9", func(s *health.Stretch) { s.CPU = 18 * time.Second },
			func(s *health.Stretch) { s.CPU = 18*time.Second + 50*ms }, health.CPU,
		},
		{
			"CPU share of a quota above 0.9", func(s *health.Stretch) { s.Cores, s.CPU = 0.5, 4500*ms },
			func(s *health.Stretch) { s.Cores, s.CPU = 0.5, 4550*ms }, health.Quota,
		},
		{
			"garbage collection above 0.05", func(s *health.Stretch) { s.GCPause = 500 * ms },
			func(s *health.Stretch) { s.GCPause = 501 * ms }, health.GC,
		},
		{
			"verifier blocked above 0.01", func(s *health.Stretch) { s.Blocked = 100 * ms },
			func(s *health.Stretch) { s.Blocked = 101 * ms }, health.Verification,
		},
		{
			"schedule lag above 10 ms", late((*health.Lags).Start, 30, 9900*time.Microsecond),
			late((*health.Lags).Start, 30, 10500*time.Microsecond), health.ScheduleLag,
		},
		{
			"receive lag above 10 ms", late((*health.Lags).Read, 30, 9900*time.Microsecond),
			late((*health.Lags).Read, 30, 10500*time.Microsecond), health.ReceiveLag,
		},
		{
			"fewer than 10 late starts are an accident", func(s *health.Stretch) { s.Lags = health.Lags{}; late((*health.Lags).Start, 9, 20*ms)(s) },
			func(s *health.Stretch) { s.Lags = health.Lags{}; late((*health.Lags).Start, 10, 20*ms)(s) }, health.ScheduleLag,
		},
		{
			"fewer than 10 late reads are an accident", func(s *health.Stretch) { s.Lags = health.Lags{}; late((*health.Lags).Read, 9, 20*ms)(s) },
			func(s *health.Stretch) { s.Lags = health.Lags{}; late((*health.Lags).Read, 10, 20*ms)(s) }, health.ReceiveLag,
		},
		{
			"lag of a quarter of the latency", func(s *health.Stretch) {
				late((*health.Lags).Start, 30, 20*ms)(s)
				for range 100 {
					s.Lags.Done(84 * ms)
				}
			},
			func(s *health.Stretch) {
				late((*health.Lags).Start, 30, 20*ms)(s)
				for range 100 {
					s.Lags.Done(76 * ms)
				}
			}, health.ScheduleLag,
		},
		{
			"one in 1000 never sent", func(s *health.Stretch) { never(s, 20_000, 20) },
			func(s *health.Stretch) { never(s, 19_980, 20) }, health.ScheduleLag,
		},
		{
			"fewer than 10 never sent are an accident", func(s *health.Stretch) { never(s, 100, 9) },
			func(s *health.Stretch) { never(s, 100, 10) }, health.ScheduleLag,
		},
		{"out of descriptors", func(*health.Stretch) {}, func(s *health.Stretch) { s.Descriptors = 1 }, health.Descriptors},
		{"out of ports", func(*health.Stretch) {}, func(s *health.Stretch) { s.Ports = 1 }, health.Ports},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := well()
			c.within(s)
			if l := s.Limits(); len(l) > 0 {
				t.Errorf("within its bound: %v", l)
			}
			s = well()
			c.beyond(s)
			l := s.Limits()
			if len(l) != 1 || l[0].Name != c.want || l[0].Name.Remedy() == "" || !strings.HasSuffix(l[0].String(), l[0].Name.Remedy()) {
				t.Errorf("beyond its bound: %v, not %s with its remedy", l, c.want)
			}
			if got := s.Record().Bound; got != string(c.want) {
				t.Errorf("the series says %q", got)
			}
		})
	}
}

// never makes a stretch of which some requests never left, for a wait of a
// millisecond, so that nothing but their number counts.
func never(s *health.Stretch, sent, unsent int) {
	s.Lags = health.Lags{}
	for range sent {
		s.Lags.Done(20 * ms)
		s.Lags.Start(0)
	}
	for range unsent {
		s.Lags.Miss(ms)
	}
}

// What is late is put down to what made it so, each cause from both sides of its bound.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		name           string
		within, beyond func(*health.Stretch)
		want           health.Name
	}{
		{
			"throttled in more than 5 % of the periods", func(s *health.Stretch) { s.Periods, s.Throttled = 100, 5 },
			func(s *health.Stretch) { s.Periods, s.Throttled = 100, 6 }, health.Quota,
		},
		{
			"without a core for more than a tenth of the time", func(s *health.Stretch) { s.CPU, s.RunDelay = 9*time.Second, time.Second },
			func(s *health.Stretch) { s.CPU, s.RunDelay = 9*time.Second, 1010*ms }, health.RunQueue,
		},
		{
			"garbage collection of more than 1 %", func(s *health.Stretch) { s.GCPause = 100 * ms },
			func(s *health.Stretch) { s.GCPause = 101 * ms }, health.GC,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for want, change := range map[health.Name]func(*health.Stretch){health.ScheduleLag: c.within, c.want: c.beyond} {
				s := well()
				change(s)
				if l := s.Limits(); len(l) > 0 {
					t.Errorf("a cause without an effect limits: %v", l)
				}
				late((*health.Lags).Start, 30, 15*ms)(s)
				if l := s.Limits(); len(l) != 1 || l[0].Name != want {
					t.Errorf("%v, not %s", l, want)
				}
			}
		})
	}
}

// Where no request was due, nothing can have been spoilt: a closed port is no
// reason to speak of garbage collection.
func TestNothingDueNothingJudged(t *testing.T) {
	s := &health.Stretch{Wall: ms, Cores: 2, UsableCores: 2, CPU: 2 * ms, GCPause: ms, Blocked: ms}
	if l := s.Limits(); len(l) > 0 {
		t.Errorf("judged: %v", l)
	}
	s.Lags.Done(ms)
	if len(s.Limits()) != 3 {
		t.Errorf("with one request: %v", s.Limits())
	}
}

// A remedy is told once.
func TestTextsTellARemedyOnce(t *testing.T) {
	s := well()
	s.Cores, s.Periods, s.Throttled, s.CPU = 0.5, 100, 48, 5*time.Second
	late((*health.Lags).Start, 30, 15*ms)(s)
	late((*health.Lags).Read, 60, 15*ms)(s)
	texts := health.Texts(s.Limits())
	all := strings.Join(texts, "\n")
	if len(texts) != 3 || strings.Count(all, health.Quota.Remedy()) != 1 || !strings.Contains(texts[0], "100 % of the 0.5 cores") ||
		!strings.Contains(texts[1], "used up in 48 % of its periods") {
		t.Errorf("%s", all)
	}
}

// Steps and seconds are differences of marks; a counter of threads may go back when they end.
func TestBetween(t *testing.T) {
	var from, to health.Mark
	to.At = from.At.Add(2 * time.Second)
	from.Usage.CPU, to.Usage.CPU = time.Second, 2*time.Second
	from.Usage.RunDelay, to.Usage.RunDelay = time.Second, ms
	from.Usage.Quota.Periods, to.Usage.Quota.Periods = 10, 30
	from.Usage.Quota.ThrottledPeriods, to.Usage.Quota.ThrottledPeriods = 5, 20
	from.Usage.Quota.Cores, to.Usage.Quota.Cores = 0.5, 0.5
	from.Descriptors, to.Descriptors = 3, 5
	s := health.Between(&from, &to, nil)
	if s.Wall != 2*time.Second || s.CPUShare() != 1 || s.RunDelay != 0 || s.ThrottledShare() != 0.75 || s.Descriptors != 2 {
		t.Errorf("%+v", s)
	}
}

// Merged lags are those of both.
func TestLagsMerge(t *testing.T) {
	var a, b health.Lags
	for _, l := range []*health.Lags{&a, &b} {
		l.Done(20 * ms)
		l.Start(30 * ms)
		l.Read(30 * ms)
		l.Miss(30 * ms)
		l.Held++
	}
	a.Merge(&b)
	got := []uint64{a.Requests, a.Never, a.LateStarts, a.LateReads, a.Held, a.Schedule.Count(), a.Receive.Count(), a.Latency.Count()}
	if !slices.Equal(got, []uint64{2, 2, 4, 2, 2, 4, 2, 2}) {
		t.Errorf("%v", got)
	}
	if a.Reset(); a.Requests+a.Never+a.LateStarts+a.LateReads+a.Held+a.Schedule.Count()+a.Receive.Count()+a.Latency.Count() != 0 {
		t.Errorf("after a reset: %+v", a)
	}
}
