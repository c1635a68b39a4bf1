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
			"late in one of a hundred", late((*health.Lags).Start, 19, 20*ms), late((*health.Lags).Start, 21, 20*ms), health.ScheduleLag,
		},
		{
			"read late in one of a hundred", late((*health.Lags).Read, 19, 20*ms), late((*health.Lags).Read, 21, 20*ms), health.ReceiveLag,
		},
		{
			"one in 1000 never sent", func(s *health.Stretch) { never(s, 20_000, 20) },
			func(s *health.Stretch) { never(s, 19_980, 20) }, health.ScheduleLag,
		},
		{
			"fewer than 10 never sent are an accident", func(s *health.Stretch) { never(s, 100, 9) },
			func(s *health.Stretch) { never(s, 100, 10) }, health.ScheduleLag,
		},
		{
			"one in five never sent, however few", func(s *health.Stretch) { s.Lags = health.Lags{}; never(s, 5, 1) },
			func(s *health.Stretch) { s.Lags = health.Lags{}; never(s, 4, 1) }, health.ScheduleLag,
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

// A lag of exactly MaxLag is no lag that counts.
func TestMaxLagItself(t *testing.T) {
	var l health.Lags
	l.Start(health.MaxLag)
	l.Read(health.MaxLag)
	if l.LateStarts+l.LateReads != 0 {
		t.Errorf("at the bound: %+v", l)
	}
	l.Start(health.MaxLag + 1)
	l.Read(health.MaxLag + 1)
	if l.LateStarts != 1 || l.LateReads != 1 {
		t.Errorf("beyond it: %d, %d", l.LateStarts, l.LateReads)
	}
}

// Every figure of a stretch is the later mark's less the earlier one's, and 0 where a
// counter went back.
func TestBetweenSubtracts(t *testing.T) {
	from := health.Mark{At: time.Unix(100, 0), Blocked: 300 * ms, Descriptors: 2, Ports: 4}
	from.Usage.CPU, from.Usage.RunDelay, from.Usage.GCPause = 1*time.Second, 200*ms, 30*ms
	from.Usage.Quota.Periods, from.Usage.Quota.ThrottledPeriods, from.Usage.Quota.Throttled = 10, 5, 70*ms
	to := health.Mark{At: time.Unix(104, 0), Blocked: 700 * ms, Descriptors: 3, Ports: 9}
	to.Usage.CPU, to.Usage.RunDelay, to.Usage.GCPause = 4*time.Second, 1200*ms, 90*ms
	to.Usage.Quota.Periods, to.Usage.Quota.ThrottledPeriods, to.Usage.Quota.Throttled = 50, 15, 170*ms
	lags := &health.Lags{Requests: 3}
	got := *health.Between(&from, &to, lags)
	if got.Wall != 4*time.Second || got.CPU != 3*time.Second || got.RunDelay != time.Second || got.GCPause != 60*ms || got.Blocked != 400*ms ||
		got.Periods != 40 || got.Throttled != 10 || got.Held != 100*ms || got.Descriptors != 1 || got.Ports != 5 || got.Lags.Requests != 3 {
		t.Errorf("%+v", got)
	}
	back := *health.Between(&to, &from, nil)
	if back.CPU != 0 || back.RunDelay != 0 || back.GCPause != 0 || back.Periods != 0 || back.Throttled != 0 || back.Held != 0 || back.Descriptors != 0 || back.Ports != 0 {
		t.Errorf("counters that went back: %+v", back)
	}
}

// Shares are 0 to 1, and 0 of nothing.
func TestShares(t *testing.T) {
	for name, c := range map[string]struct {
		s    health.Stretch
		of   func(*health.Stretch) float64
		want float64
	}{
		"CPU":                        {health.Stretch{Wall: 4 * time.Second, Cores: 2, CPU: 2 * time.Second}, (*health.Stretch).CPUShare, 0.25},
		"CPU, more than there is":    {health.Stretch{Wall: time.Second, Cores: 1, CPU: 3 * time.Second}, (*health.Stretch).CPUShare, 1},
		"CPU of no cores":            {health.Stretch{Wall: time.Second, CPU: time.Second}, (*health.Stretch).CPUShare, 0},
		"CPU of no time":             {health.Stretch{Cores: 1, CPU: time.Second}, (*health.Stretch).CPUShare, 0},
		"CPU of a nanosecond":        {health.Stretch{Wall: 1, Cores: 1, CPU: 1}, (*health.Stretch).CPUShare, 1},
		"throttled":                  {health.Stretch{Periods: 8, Throttled: 2}, (*health.Stretch).ThrottledShare, 0.25},
		"throttled, one period":      {health.Stretch{Periods: 1, Throttled: 1}, (*health.Stretch).ThrottledShare, 1},
		"throttled, more than there": {health.Stretch{Periods: 1, Throttled: 2}, (*health.Stretch).ThrottledShare, 1},
		"throttled of no periods":    {health.Stretch{Throttled: 2}, (*health.Stretch).ThrottledShare, 0},
		"run delay":                  {health.Stretch{RunDelay: time.Second, CPU: 3 * time.Second}, (*health.Stretch).RunDelayShare, 0.25},
		"run delay of a nanosecond":  {health.Stretch{RunDelay: 1, CPU: 1}, (*health.Stretch).RunDelayShare, 0.5},
		"no run delay":               {health.Stretch{}, (*health.Stretch).RunDelayShare, 0},
	} {
		if got := c.of(&c.s); got != c.want {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

// The series shows the 99th percentile of a second, and no bound where there was none.
func TestRecordShowsP99(t *testing.T) {
	s := well()
	s.Lags = health.Lags{}
	for i := range 1000 {
		lag := time.Duration(0)
		if i < 15 {
			lag = 8 * ms
		}
		if i == 0 {
			lag = 80 * ms
		}
		s.Lags.Done(20 * ms)
		s.Lags.Start(lag)
		s.Lags.Read(lag)
	}
	h := s.Record()
	for name, got := range map[string]float64{"schedule": h.ScheduleLagP99S, "receive": h.ReceiveLagP99S} {
		if got < 0.0079 || got > 0.0082 {
			t.Errorf("%s lag: %v", name, got)
		}
	}
	if h.Bound != "" {
		t.Errorf("bound by %q", h.Bound)
	}
}

// What limited or delayed the generator is told with its figure.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		change func(*health.Stretch)
		want   string
	}{
		{func(s *health.Stretch) { s.GCPause = time.Second }, "garbage collection stopped unigate for 10.0 % of the time"},
		{func(s *health.Stretch) { s.Cores, s.UsableCores, s.CPU = 1, 1, 9500*ms }, "unigate used 95 % of the 1 core it may use"},
		{func(s *health.Stretch) { s.CPU = 19 * time.Second }, "unigate used 95 % of the 2 cores it may use"},
	} {
		s := well()
		c.change(s)
		if l := s.Limits(); len(l) != 1 || l[0].Text != c.want {
			t.Errorf("%v, not %s", l, c.want)
		}
	}
	for _, c := range []struct {
		change func(*health.Stretch)
		name   health.Name
		want   string
	}{
		{func(s *health.Stretch) { s.Cores, s.Periods, s.Throttled = 1, 100, 25 }, health.Quota, "the quota of 1 core was used up in 25 % of its periods"},
		{func(s *health.Stretch) { s.Periods, s.Throttled = 100, 100 }, health.Quota, "the quota of 2 cores was used up in 100 % of its periods"},
		{func(s *health.Stretch) { s.CPU = 19 * time.Second }, health.CPU, "unigate used 95 % of the 2 cores it may use"},
		{func(s *health.Stretch) { s.Blocked = 200 * ms }, health.Verification, "the verifier's queue was full for 200.0ms"},
		{func(s *health.Stretch) { s.CPU, s.RunDelay = 6*time.Second, 2*time.Second }, health.RunQueue, "other programs had the core in 25 % of the time in which unigate could have run"},
		{func(s *health.Stretch) { s.CPU, s.RunDelay = 1*time.Second, 9*time.Second }, health.RunQueue, "other programs had the core in 90 % of the time in which unigate could have run"},
		{func(s *health.Stretch) { s.GCPause = 200 * ms }, health.GC, "garbage collection stopped unigate for 2.0 % of the time"},
		{func(s *health.Stretch) { s.GCPause = 1000 * ms }, health.GC, "garbage collection stopped unigate for 10.0 % of the time"},
		{func(s *health.Stretch) { s.CPU = 17 * time.Second }, "", ""},
	} {
		s := well()
		c.change(s)
		if name, text := s.Cause(); name != c.name || text != c.want {
			t.Errorf("%q: %q, not %q: %q", name, text, c.name, c.want)
		}
	}
}

// Nothing is judged of a stretch in which nothing was due, but of one in which as many
// requests were sent as never left.
func TestSentAndNeverAdd(t *testing.T) {
	s := well()
	never(s, 10, 10)
	if l := s.Limits(); len(l) != 1 || l[0].Name != health.ScheduleLag || !strings.Contains(l[0].Text, "10 of 20 requests") {
		t.Errorf("%v", l)
	}
}

// Nine late requests are no lag whatever their 99th percentile; one percent of the
// latency's own tail does not hide lag.
func TestLagsAgainstTheLatencysP99(t *testing.T) {
	s := well()
	late((*health.Lags).Start, 30, 15*ms)(s)
	s.Lags.Done(10 * time.Second) // one request of two thousand
	if l := s.Limits(); len(l) != 1 || l[0].Name != health.ScheduleLag || !strings.Contains(l[0].Text, "p99 15.0ms") {
		t.Errorf("%v", l)
	}
}
