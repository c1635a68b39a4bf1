package objective_test

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
)

// some is so many requests that took so long.
type some struct {
	n    int
	took time.Duration
}

// figures are those of answered requests and of others that were never sent, with
// the time that they had waited, in a plan of ten seconds.
func figures(answered, unsent []some) *objective.Figures {
	known, atLeast := hist.New(), hist.New()
	f := &objective.Figures{Duration: 10 * time.Second}
	for _, s := range answered {
		for range s.n {
			known.Record(s.took)
		}
		f.Sent += uint64(s.n)
	}
	f.Replies, f.Achieved = f.Sent, f.Sent
	for _, s := range unsent {
		for range s.n {
			atLeast.Record(s.took)
		}
		f.Unsent += uint64(s.n)
	}
	f.Latency = hist.NewCensored(known, atLeast)
	return f
}

const (
	ms   = time.Millisecond
	pass = record.ThresholdPass
	fail = record.ThresholdFail
	open = record.ThresholdInconclusive
)

// Nothing that was never sent makes an objective hold, or fail: it has to for
// whatever it might have come to.
func TestUnsentIsTakenAtItsBestAndAtItsWorst(t *testing.T) {
	quick := []some{{900, 20 * ms}, {100, 400 * ms}}
	for _, k := range []struct {
		name     string
		answered []some
		unsent   []some
		expr     string
		state    record.ThresholdState
		value    string
		reason   string // part of it
	}{
		{"all answered", quick, nil, "p50<50ms", pass, "20.0ms", ""},
		{"all answered, slow", quick, nil, "p95<50ms", fail, "400.1ms", ""},
		{"whatever they took", quick, []some{{9, 5 * ms}}, "p50<50ms", pass, "20.0ms", ""},
		{"at infinity they reach the percentile", quick, []some{{9, 5 * ms}}, "p99.5<500ms", open, "≥400.1ms", "9 of 1009 requests (0.892 %) were never sent: p99.5 is at least 399.9ms"},
		{"what they had waited is too long", quick, []some{{9, 600 * ms}}, "p99.5<500ms", fail, "≥600.1ms", ""},
		{"between two answers", quick, []some{{30, 5 * ms}}, "p90<50ms", open, "≥20.0ms", "p90 is between 20.0ms and 400.1ms"},
		{"max", quick, []some{{1, 5 * ms}}, "max<500ms", open, "≥400.1ms", "max is at least"},
		{"max, waited longer", quick, []some{{1, 600 * ms}}, "max<500ms", fail, "≥600.1ms", ""},
		{"mean", quick, []some{{1, 5 * ms}}, "mean<500ms", open, "≥58.0ms", "mean is at least"},
		{"mean, too long as it is", quick, []some{{1, 5 * ms}}, "mean<50ms", fail, "≥58.0ms", ""},
		{"min is of answers", quick, []some{{9, 1 * ms}}, "min<10ms", open, "20.0ms", "min is between 1.00ms and 20.0ms"},
		{"min", quick, []some{{9, 1 * ms}}, "min<50ms", pass, "20.0ms", ""},
		{"a lower bound on latency", quick, []some{{9, 1 * ms}}, "p50>10ms", pass, "20.0ms", ""},
		{"no errors seen", quick, []some{{9, 5 * ms}}, "error_rate<1%", pass, "0% to 0.892%", ""},
		{"too few were sent to see any", quick, []some{{20, 5 * ms}}, "error_rate<1%", open, "0% to 1.961%", "error_rate is between 0% and 1.961%"},
		{"a rate per second", quick, nil, "rate>=100/s", pass, "100.0/s", ""},
		{"a rate that unsent ones might have reached", quick, []some{{10, 5 * ms}}, "rate>=101/s", open, "100.0/s to 101.0/s", ""},
		{"a rate that they could not", quick, []some{{10, 5 * ms}}, "rate>=102/s", fail, "100.0/s to 101.0/s", ""},
		{"a share of the plan", quick, []some{{10, 5 * ms}}, "rate>=99%", pass, "99.01% to 100%", ""},
		{"a share of the plan that they might have reached", quick, []some{{20, 5 * ms}}, "rate>=99%", open, "98.039% to 100%", ""},
		{"an upper bound on the rate", quick, []some{{20, 5 * ms}}, "rate<101/s", open, "100.0/s to 102.0/s", ""},
		{"no wrong token among enough", quick, []some{{9, 5 * ms}}, "bad_tokens==0", pass, "0", ""},
		{"no wrong token among too few", quick, []some{{20, 5 * ms}}, "bad_tokens==0", open, "0", "the replies do not stand for all"},
		{"unsent", quick, []some{{20, 5 * ms}}, "unsent==0", fail, "20", ""},
		{"unsent, few", quick, []some{{20, 5 * ms}}, "unsent<=20", pass, "20", ""},
		{"nothing", nil, nil, "p50<1s", open, "-", "nothing was measured"},
		{"nothing, bad tokens", nil, nil, "bad_tokens==0", open, "-", "nothing was measured"},
		{"nothing, errors", nil, nil, "error_rate<1%", open, "-", "nothing was measured"},
		{"nothing, rate", nil, nil, "rate<1%", open, "-", "nothing was measured"},
		{"nothing answered", nil, []some{{200, 5 * ms}}, "p50<1s", open, "≥5.00ms", ""},
		{"nothing answered, too slow", nil, []some{{200, 2000 * ms}}, "p50<1s", fail, "≥2.00s", ""},
		{"nothing answered, bad tokens", nil, []some{{200, 5 * ms}}, "bad_tokens==0", open, "-", "no reply of status 200"},
	} {
		t.Run(k.name, func(t *testing.T) {
			o, err := objective.Parse(k.expr)
			if err != nil {
				t.Fatal(err)
			}
			got := o.Judge(figures(k.answered, k.unsent))
			if got.State != k.state || got.Value != k.value || !strings.Contains(got.Reason, k.reason) {
				t.Errorf("%s is %s, %s: %q; want %s, %s: %q", k.expr, got.State, got.Value, got.Reason, k.state, k.value, k.reason)
			}
			if got.State == open && got.Reason == "" {
				t.Error("it does not say why")
			}
		})
	}
}

func TestCutRequestsAreOpenToo(t *testing.T) {
	f := figures([]some{{950, 20 * ms}}, []some{{50, 40 * ms}})
	f.Sent, f.Cut, f.Unsent = 1000, 50, 0
	for expr, state := range map[string]record.ThresholdState{
		"p90<50ms": pass, "p99<50ms": open, "max<30ms": fail, "error_rate<6%": pass, "error_rate<1%": open, "rate>=94%": pass, "rate>=96%": open, "bad_tokens==0": open, "unsent==0": pass,
	} {
		o, _ := objective.Parse(expr)
		if got := o.Judge(f); got.State != state {
			t.Errorf("%s is %s, not %s: %+v", expr, got.State, state, got)
		}
	}
	o, _ := objective.Parse("max<50ms")
	if got := o.Judge(f); !strings.Contains(got.Reason, "50 of 1000 requests (5 %) were cut off: max is at least 4") {
		t.Errorf("got %q", got.Reason)
	}
}

// What the target asked not to send, it would not have answered.
func TestRefusedRequestsReachNoRate(t *testing.T) {
	f := figures([]some{{500, 20 * ms}}, []some{{500, 20 * ms}})
	o, _ := objective.Parse("rate>=99%")
	if got := o.Judge(f); got.State != open {
		t.Errorf("unsent for another reason: %+v", got)
	}
	f.Refused = 500
	if got := o.Judge(f); got.State != fail || got.Value != "50%" {
		t.Errorf("refused: %+v", got)
	}
}

func TestGuardOnUnsent(t *testing.T) {
	for _, k := range []struct {
		sent, cut, unsent uint64
		allowed, open     bool
	}{
		{1000, 0, 0, false, false}, {0, 0, 0, false, false},
		{990, 0, 10, false, false}, {989, 0, 11, false, true}, {1980, 0, 20, false, false}, {1979, 0, 21, false, true},
		{81, 0, 9, false, false}, {80, 0, 9, false, true}, {81, 0, 10, false, true}, {18, 0, 2, false, false}, {17, 0, 2, false, true},
		{1000, 11, 0, false, true}, {1000, 10, 0, false, false},
		{10, 0, 990, true, false},
		{490, 0, 10, false, true}, {491, 0, 9, false, false},
	} {
		f := &objective.Figures{Sent: k.sent, Cut: k.cut, Unsent: k.unsent, OpenAllowed: k.allowed}
		if f.TooOpen() != k.open {
			t.Errorf("%+v: too open is %t", k, f.TooOpen())
		}
	}
}

func TestTooFewForAPercentile(t *testing.T) {
	for _, k := range []struct {
		n     int
		expr  string
		state record.ThresholdState
		why   string
	}{
		{99, "p99<1s", open, "p99 of 99 requests is not judged: 100 are the fewest"},
		{99, "p99<1ms", open, "100 are the fewest"},
		{100, "p99<1s", pass, "on 100 requests, from 20.0ms without an upper end, holds the bound"},
		{367, "p99<1s", pass, "without an upper end"},
		{368, "p99<1s", pass, ""},
		{999, "p99.9<1s", open, "1000 are the fewest"},
		{1, "p50<1s", open, "2 are the fewest"},
		{1, "max<1s", pass, ""},
		{100, "p99<1ms", fail, ""},
	} {
		o, _ := objective.Parse(k.expr)
		if got := o.Judge(figures([]some{{k.n, 20 * ms}}, nil)); got.State != k.state || !strings.Contains(got.Reason, k.why) || (k.why == "") != (got.Reason == "") {
			t.Errorf("%s of %d is %s: %q", k.expr, k.n, got.State, got.Reason)
		}
	}
}

func TestIntervalThatHoldsTheBoundIsTold(t *testing.T) {
	f := figures([]some{{985, 20 * ms}, {15, 200 * ms}}, nil)
	for expr, k := range map[string]struct {
		state record.ThresholdState
		why   string
	}{
		"p98<100ms": {pass, "the 95 % confidence interval of p98, 20.0ms to 200.1ms, holds the bound"},
		"p99<100ms": {fail, "the 95 % confidence interval of p99, 20.0ms to 200.1ms, holds the bound"},
		"p99<300ms": {pass, ""},
		"p90<100ms": {pass, ""},
		"p90<10ms":  {fail, ""},
	} {
		o, _ := objective.Parse(expr)
		got := o.Judge(f)
		if got.State != k.state || got.Reason != k.why {
			t.Errorf("%s is %s: %q", expr, got.State, got.Reason)
		}
		if got.Confidence == nil || got.Confidence.High == nil || got.Measured == nil || got.Measured.High == nil {
			t.Errorf("%s: no intervals in %+v", expr, got)
		}
	}
}

// The histogram keeps three digits: a bound within the bucket is not decided.
func TestBoundWithinABucket(t *testing.T) {
	f := figures([]some{{1000, 50 * ms}}, nil) // the bucket is 49.984 to 50.015 ms
	for expr, state := range map[string]record.ThresholdState{
		"p50<50ms": open, "p50<=50ms": open, "p50<49.98ms": fail, "p50<=49.98ms": fail, "p50<50.02ms": pass, "p50>=49.98ms": pass, "p50>50.02ms": fail,
		"mean<=50ms": open, "max<=50ms": open, "min>=50ms": open,
	} {
		o, err := objective.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Judge(f); got.State != state || state == open && !strings.Contains(got.Reason, "the histogram keeps three digits") {
			t.Errorf("%s is %s: %+v", expr, got.State, got)
		}
	}
}

func TestGeneratorsLimitDecidesNothing(t *testing.T) {
	f := figures([]some{{1000, 50 * ms}}, nil)
	f.Limit = "the load generator was the limit"
	for _, expr := range []string{"p50<1s", "p50<1ms", "error_rate<1%", "rate>=99%", "bad_tokens==0"} {
		o, _ := objective.Parse(expr)
		if got := o.Judge(f); got.State != open || got.Reason != f.Limit {
			t.Errorf("%s is %+v", expr, got)
		}
	}
	f.BadTokens = 1
	o, _ := objective.Parse("bad_tokens==0")
	if got := o.Judge(f); got.State != fail {
		t.Errorf("a wrong token is wrong whoever was slow: %+v", got)
	}
	f.Limit, f.Lag = "", hist.New()
	for range 100 {
		f.Lag.Record(30 * ms)
	}
	for expr, state := range map[string]record.ThresholdState{"p50<30ms": open, "p50<10ms": fail, "mean<30ms": open, "max<30ms": open, "max<10ms": fail, "min<30ms": open, "p50<60ms": pass} {
		o, _ := objective.Parse(expr)
		if got := o.Judge(f); got.State != state {
			t.Errorf("with lag %s is %+v", expr, got)
		}
	}
}

// One request is something that was measured; of none there is nothing to judge.
func TestOneRequest(t *testing.T) {
	one, none := figures([]some{{1, 20 * ms}}, nil), figures(nil, []some{{1, 20 * ms}})
	for _, k := range []struct {
		f             *objective.Figures
		expr          string
		state         record.ThresholdState
		value, reason string
	}{
		{one, "bad_tokens==0", pass, "0", ""},
		{one, "unsent==0", pass, "0", ""},
		{one, "error_rate<1%", pass, "0%", ""},
		{one, "rate>=99%", pass, "100%", ""},
		{one, "rate>=0.1/s", pass, "0.1/s", ""},
		{none, "bad_tokens==0", open, "-", "no reply of status 200 was there to be verified"},
		{none, "unsent==0", fail, "1", ""},
		{none, "max<1s", open, "≥20.0ms", "1 of 1 request (100 %) was never sent: max is at least 20.0ms"},
		{none, "error_rate<1%", open, "0% to 100%", "1 of 1 request (100 %) was never sent: error_rate is between 0% and 100%"},
		{figures(nil, nil), "unsent==0", open, "-", "nothing was measured"},
		{figures(nil, nil), "rate>=1/s", open, "-", "nothing was measured"},
		{&objective.Figures{Sent: 10, Achieved: 10}, "rate>=1/s", open, "-", "nothing was measured"},
		{&objective.Figures{Sent: 10, Achieved: 10, Duration: time.Second}, "rate>=10/s", pass, "10.0/s", ""},
		{&objective.Figures{Sent: 10, Achieved: 10, Duration: time.Second / 2}, "rate>=20/s", pass, "20.0/s", ""},
	} {
		o, err := objective.Parse(k.expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Judge(k.f); got.State != k.state || got.Value != k.value || got.Reason != k.reason {
			t.Errorf("%s of %+v is %s, %s: %q", k.expr, k.f, got.State, got.Value, got.Reason)
		}
	}
	if got := [2]float64{(&objective.Figures{}).OpenShare(), none.OpenShare()}; got != [2]float64{0, 1} {
		t.Errorf("shares without an answer: %v", got)
	}
}

// Errors are a share of what was due; what is not known to belong to a rate may.
func TestErrorsAndUnclearReplies(t *testing.T) {
	f := figures([]some{{1000, 20 * ms}}, nil)
	f.Errors, f.Achieved, f.Unclear = 20, 980, 10
	for expr, want := range map[string]struct {
		state         record.ThresholdState
		value, reason string
	}{
		"error_rate<3%": {pass, "2%", ""},
		"error_rate<2%": {fail, "2%", ""},
		"rate>=98%":     {pass, "98% to 99%", ""},
		"rate>=98.5%":   {open, "98% to 99%", "rate is between 98% and 99%"},
		"rate>=99.5%":   {fail, "98% to 99%", ""},
		"rate==98.5%":   {open, "98% to 99%", "rate is between 98% and 99%"},
		"rate==97%":     {fail, "98% to 99%", ""},
		"rate==99.5%":   {fail, "98% to 99%", ""},
	} {
		o, err := objective.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Judge(f); got.State != want.state || got.Value != want.value || got.Reason != want.reason {
			t.Errorf("%s is %s, %s: %q", expr, got.State, got.Value, got.Reason)
		}
	}
}

// Older records do not say how many requests were never sent: what is not known is said.
func TestFiguresOfOlderRecords(t *testing.T) {
	f := figures([]some{{1000, 20 * ms}}, []some{{30, 20 * ms}})
	f.Unsent = 0
	o, _ := objective.Parse("max<30ms")
	if got := o.Judge(f); got.State != open || got.Reason != "max is at least 20.0ms" {
		t.Errorf("%+v", got)
	}
}

// What was never sent and what was cut off are told apart, one of each too.
func TestOpenRequestsAreTold(t *testing.T) {
	for want, k := range map[string][2]uint64{
		"1 of 1000 requests (0.1 %) was never sent: max is at least 20.0ms":             {1, 0},
		"1 of 1000 requests (0.1 %) was cut off: max is at least 20.0ms":                {0, 1},
		"2 of 1000 requests (0.2 %) were never sent or cut off: max is at least 20.0ms": {1, 1},
	} {
		f := figures([]some{{int(1000 - k[0] - k[1]), 20 * ms}}, []some{{int(k[0] + k[1]), 20 * ms}})
		f.Unsent, f.Cut = k[0], k[1]
		f.Sent = 1000 - k[0]
		o, _ := objective.Parse("max<30ms")
		if got := o.Judge(f); got.State != open || got.Reason != want {
			t.Errorf("%+v, not %q", got, want)
		}
	}
}

// A time within its bucket is written with the digits that tell its bounds apart; a
// lower bound for the least says what it is.
func TestTextsOfBuckets(t *testing.T) {
	f := figures([]some{{1000, 50 * ms}}, nil)
	o, _ := objective.Parse("p50<50ms")
	if got := o.Judge(f); got.Reason != "the histogram keeps three digits: p50 is between 49.984ms and 50.015ms" {
		t.Errorf("%q", got.Reason)
	}
}

// A time that does not hold is shown to be the target's only where it does not hold
// without what unigate itself added, and what it may have added without a trace.
func TestOwnDoingIsNoFailure(t *testing.T) {
	clean := func(d time.Duration) *hist.Histogram {
		h := hist.New()
		for range 1000 {
			h.Record(d)
		}
		return h
	}
	for name, k := range map[string]struct {
		expr   string
		change func(*objective.Figures)
		state  record.ThresholdState
		reason string
	}{
		"nothing is known of it":       {"p50<40ms", func(*objective.Figures) {}, fail, ""},
		"without it it holds":          {"p50<40ms", func(f *objective.Figures) { f.Clean = clean(30 * ms) }, open, "without what unigate itself added it is 30.0ms"},
		"with the cause":               {"p50<40ms", func(f *objective.Figures) { f.Clean, f.OwnCause = clean(30*ms), "the quota" }, open, "without what unigate itself added it is 30.0ms: the quota"},
		"some were never sent":         {"p50<40ms", func(f *objective.Figures) { f.Clean, f.Unsent = clean(30*ms), 3 }, open, "without what unigate itself added it is at least 30.0ms"},
		"without it it fails":          {"p50<40ms", func(f *objective.Figures) { f.Clean, f.OwnCause = clean(45*ms), "the quota" }, fail, ""},
		"something may be hidden":      {"p50<40ms", func(f *objective.Figures) { f.Clean, f.Hidden = clean(45*ms), 10*ms }, open, "without what unigate itself added it is 45.0ms, of which up to 10.0ms may be its own too"},
		"a microsecond of it":          {"p50<40ms", func(f *objective.Figures) { f.Clean, f.Hidden = clean(30*ms), time.Microsecond }, open, "without what unigate itself added it is 30.0ms, of which up to 1µs may be its own too"},
		"too little may be hidden":     {"p50<40ms", func(f *objective.Figures) { f.Clean, f.Hidden = clean(45*ms), 5*ms }, fail, ""},
		"more than all may be hidden":  {"min>60ms", func(f *objective.Figures) { f.Clean, f.Hidden = clean(50*ms), time.Second }, fail, ""},
		"nothing was clean":            {"p50<40ms", func(f *objective.Figures) { f.Clean = hist.New() }, fail, ""},
		"clean takes the place of lag": {"p50<40ms", func(f *objective.Figures) { f.Clean, f.Lag = clean(45*ms), clean(20*ms) }, fail, ""},
		"lag of less than makes it":    {"p50<40ms", func(f *objective.Figures) { f.Lag = clean(9 * ms) }, fail, ""},
		"lag of as much":               {"p50<40ms", func(f *objective.Figures) { f.Lag = clean(11 * ms) }, open, "unigate started requests up to 11.0ms late, which makes the difference"},
		"a count has nothing clean":    {"unsent>3", func(f *objective.Figures) { f.Clean = clean(0) }, fail, ""},
		"one that was clean":           {"p50<40ms", func(f *objective.Figures) { f.Clean = hist.New(); f.Clean.Record(30 * ms) }, open, "without what unigate itself added it is 30.0ms"},
		"no time at all":               {"min>0s", func(f *objective.Figures) { *f = *figures([]some{{1000, 0}}, nil); f.Clean = clean(0) }, fail, ""},
		"max":                          {"max<40ms", func(f *objective.Figures) { f.Clean = clean(30 * ms); f.Clean.Record(60 * ms) }, fail, ""},
		"mean":                         {"mean<40ms", func(f *objective.Figures) { f.Clean = clean(30 * ms); f.Clean.Record(60 * ms) }, open, "without what unigate itself added it is 30.0ms"},
	} {
		f := figures([]some{{1000, 50 * ms}}, nil)
		k.change(f)
		o, err := objective.Parse(k.expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Judge(f); got.State != k.state || got.Reason != k.reason {
			t.Errorf("%s: %s, %q", name, got.State, got.Reason)
		}
	}
	o, _ := objective.Parse("p50<40ms")
	if lag := o.OwnLag(&objective.Figures{}); lag != 0 {
		t.Errorf("no lag is %v", lag)
	}
	o, _ = objective.Parse("unsent==0")
	if lag := o.OwnLag(&objective.Figures{Lag: clean(ms)}); lag != 0 {
		t.Errorf("of a count it is %v", lag)
	}
}
