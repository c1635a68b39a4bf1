package load

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/health"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/self"
	"github.com/unigate/unigate/load/unique"
)

// ready is an engine of a plan of 100/s for ten seconds that has sent nothing yet.
func ready(t *testing.T, change func(*Options)) *engine {
	t.Helper()
	o := Options{
		BaseURL: &url.URL{Scheme: "http", Host: "unifier.test"}, RoundTripper: http.DefaultTransport, Users: reference.DefaultUsers(),
		Plan:  Plan{Phases: []Phase{{Shape: Constant, Rate: 100, Duration: 10 * time.Second}}, Mix: []Share{{Service: unifier.Login, Weight: 1}}},
		Usage: func() self.Usage { return self.Usage{} }, Room: func() self.Room { return self.Room{} },
	}
	if change != nil {
		change(&o)
	}
	e, err := newEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Unix(1000, 0)
	e.verifier = &verifier{}
	e.watch = &watch{e: e, started: start, ended: start.Add(20 * time.Second), first: &health.Mark{At: start}, last: &health.Mark{At: start.Add(10 * time.Second)}}
	return e
}

// thresholdsOf reads expressions.
func thresholdsOf(t *testing.T, texts ...string) []Threshold {
	t.Helper()
	out, err := ParseThresholds(texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The verdict is the worst of what was found, and says each reason, failures first.
func TestVerdict(t *testing.T) {
	failed := record.Threshold{Expression: "p99<1s", State: record.ThresholdFail, Value: "2.00s"}
	unsure := record.Threshold{Expression: "max<1s", State: record.ThresholdInconclusive, Reason: "too few"}
	passed := record.Threshold{Expression: "mean<1s", State: record.ThresholdPass}
	saturated := record.Generator{Saturated: true, Reasons: []string{"no core", "no memory"}}
	const limit = "the load generator was the limit, not the target: no core; no memory"
	many := record.Totals{Planned: 1000, Sent: 980, Unsent: 20, UnsentReasons: map[string]uint64{"stopped": 5, "in-flight limit": 15}}
	const unsent = "2.0 % of the plan was never sent (in-flight limit: 15, stopped: 5)"
	for name, c := range map[string]struct {
		l       record.Load
		change  func(*engine)
		reason  string
		state   record.VerdictState
		exit    int
		reasons []string
	}{
		"all holds":                 {l: record.Load{Thresholds: []record.Threshold{passed}}, state: record.VerdictPass, exit: 0, reasons: []string{}},
		"a threshold fails":         {l: record.Load{Thresholds: []record.Threshold{passed, unsure, failed}}, state: record.VerdictFail, exit: 1, reasons: []string{failed.Crossed(), "threshold max<1s: too few"}},
		"a threshold is unsure":     {l: record.Load{Thresholds: []record.Threshold{unsure}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{"threshold max<1s: too few"}},
		"the generator's limit":     {l: record.Load{Generator: saturated}, state: record.VerdictInconclusive, exit: 3, reasons: []string{limit}},
		"its limit and a failure":   {l: record.Load{Generator: saturated, Thresholds: []record.Threshold{failed, unsure}}, state: record.VerdictFail, exit: 1, reasons: []string{failed.Crossed(), limit, "threshold max<1s: too few"}},
		"it stopped itself":         {l: record.Load{Stopped: "errors", Totals: many}, change: func(e *engine) { e.held = "held" }, state: record.VerdictFail, exit: 1, reasons: []string{"the run stopped itself: errors"}},
		"too much was unsent":       {l: record.Load{Totals: many, Thresholds: []record.Threshold{unsure}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{unsent, "threshold max<1s: too few"}},
		"the in-flight limit":       {l: record.Load{Totals: many}, change: func(e *engine) { e.held = "held" }, state: record.VerdictInconclusive, exit: 3, reasons: []string{"held", unsent}},
		"the warm-up failed":        {change: func(e *engine) { w := "warm-up: 401"; e.warmFailure.Store(&w) }, state: record.VerdictFail, exit: 1, reasons: []string{"warm-up: 401"}},
		"it could not begin":        {l: record.Load{Totals: many}, reason: "the target cannot be reached", state: record.VerdictInconclusive, exit: 3, reasons: []string{"the target cannot be reached"}},
		"interrupted":               {l: record.Load{Thresholds: []record.Threshold{unsure}}, change: func(e *engine) { e.interrupted.Store(true) }, state: record.VerdictInterrupted, exit: 130, reasons: []string{"interrupted"}},
		"interrupted, had failed":   {l: record.Load{Thresholds: []record.Threshold{failed}}, change: func(e *engine) { e.interrupted.Store(true) }, state: record.VerdictInterrupted, exit: 130, reasons: []string{"interrupted", failed.Crossed()}},
		"a capacity that was found": {l: record.Load{Capacity: &record.Capacity{Found: true}}, state: record.VerdictPass, exit: 0, reasons: []string{}},
		"a capacity, wrong tokens":  {l: record.Load{Totals: record.Totals{BadTokens: 1}, Capacity: &record.Capacity{Found: true}}, state: record.VerdictFail, exit: 1, reasons: []string{"1 wrong token"}},
		"no rate holds":             {l: record.Load{Capacity: &record.Capacity{NoRate: true, Objective: "p99<1s", UpperPerS: 1}}, state: record.VerdictFail, exit: 1, reasons: []string{"no rate holds p99<1s: not even 1/s"}},
		"a lower bound":             {l: record.Load{Capacity: &record.Capacity{LowerBound: true, Objective: "p99<1s", RatePerS: 500, Limit: "no core"}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{"lower bound: at least 500/s hold p99<1s; unigate was the limit: no core"}},
		"about a capacity":          {l: record.Load{Capacity: &record.Capacity{RatePerS: 1, UpperPerS: 2, Reason: "short"}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{"the capacity is about 1 to 2/s: short"}},
		"a capacity from below":     {l: record.Load{Capacity: &record.Capacity{RatePerS: 1, Reason: "short"}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{"the capacity is at least about 1/s: short"}},
		"no capacity":               {l: record.Load{Capacity: &record.Capacity{UpperPerS: 2, Reason: "short"}}, state: record.VerdictInconclusive, exit: 3, reasons: []string{"the capacity is not known: short"}},
		"a part judges nothing":     {l: record.Load{Totals: many, Generator: saturated, Thresholds: []record.Threshold{failed}}, change: func(e *engine) { e.o.Part = &Part{Of: 2} }, state: record.VerdictPass, exit: 0, reasons: []string{}},
	} {
		e := ready(t, nil)
		if c.change != nil {
			c.change(e)
		}
		if v := e.verdict(&c.l, c.reason); v.State != c.state || v.Exit != c.exit || !slices.Equal(v.Reasons, c.reasons) {
			t.Errorf("%s: %s, %d, %q", name, v.State, v.Exit, v.Reasons)
		}
	}
}

// What was never sent is judged by a threshold of its own for all of the plan, where
// there is one, and in a search step by step.
func TestUnsentIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		judged bool
	}{
		"by default":                      {nil, true},
		"by a threshold":                  {func(o *Options) { o.Thresholds = thresholdsOf(t, "unsent<=50") }, false},
		"by a threshold for something":    {func(o *Options) { o.Thresholds = thresholdsOf(t, "login.unsent<=50") }, true},
		"by a threshold for another":      {func(o *Options) { o.Thresholds = thresholdsOf(t, "p99<1s") }, true},
		"in a search each step by itself": {func(o *Options) { o.Capacity = &thresholdsOf(t, "p99<1s")[0] }, false},
	} {
		e := ready(t, c.change)
		if got := e.judgeUnsent(&record.Totals{Sent: 980, Unsent: 20}); (got != "") != c.judged {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := ready(t, nil).judgeUnsent(&record.Totals{Sent: 990, Unsent: 10}); got != "" {
		t.Errorf("one in a hundred: %q", got)
	}
}

// The notes tell what a reader of the figures must know.
func TestNotes(t *testing.T) {
	for name, c := range map[string]struct {
		l      record.Load
		change func(*engine)
		want   []string
	}{
		"nothing":                       {},
		"nothing was due for a service": {record.Load{Totals: record.Totals{Planned: 1}}, nil, []string{"no request was due for login: the plan is too short for its share of the mix"}},
		"something was sent": {record.Load{Totals: record.Totals{Planned: 1}}, func(e *engine) {
			e.recorder.Record(&measure.Sample{Status: 200})
		}, nil},
		"all of it was unsent": {record.Load{Totals: record.Totals{Planned: 1, Unsent: 1, UnsentReasons: map[string]uint64{"stopped": 1}}}, func(e *engine) {
			e.recorder.Owed(0, 0, 0, "stopped")
		}, []string{"1 request was due and never left (stopped: 1); its latency is at least the time it had waited, and any figure that it could raise is marked ≥"}},
		"caught up":         {record.Load{Generator: record.Generator{CatchUpRequests: 1}}, nil, []string{"1 request was sent faster than planned, up to twice the planned rate, to catch up"}},
		"lost in a warm-up": {record.Load{}, func(e *engine) { s := "closed"; e.warmLost.Store(&s) }, []string{"one request of the warm-up was lost: closed; a second one would have ended the run"}},
		"more tokens than are all told apart": {record.Load{}, func(e *engine) {
			e.o.ExactTokens, e.tokens = 2, unique.New(2)
			for i := range 100_000 {
				e.tokens.Add(strconv.Itoa(i))
			}
		}, []string{"100000 tokens: beyond 2 a repetition is found with a chance that falls with the distance of the two"}},
		"prolonged": {record.Load{}, func(e *engine) { e.habits.of[e.groups()[0]].state.Store(habitSame) }, []string{"login prolongs one token per user (A11): tokens were compared between users only"}},
		"remarks": {record.Load{}, func(e *engine) {
			e.remarks.add("login", "odd", func() string { return "" })
			e.remarks.add("login", "odd", func() string { return "" })
		}, []string{"2 replies of login: odd (inferred, not counted as wrong)"}},
	} {
		e := ready(t, nil)
		if c.change != nil {
			c.change(e)
		}
		if got := e.notes(&c.l); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for given, want := range map[uint64]uint64{0: unique.Exact, 1: 1, 1000: 1000} {
		if got := ready(t, func(o *Options) { o.ExactTokens = given }).exactTokens(); got != want {
			t.Errorf("of %d all are told apart: %d", given, got)
		}
	}
}

// How far replies are checked is told.
func TestVerification(t *testing.T) {
	const all = "every reply: status, shape, user, validity, token not seen before"
	if got := ready(t, nil).verification(); got != all {
		t.Errorf("%q", got)
	}
	if got := ready(t, func(o *Options) { o.NoKeys = "the key set answers 503" }).verification(); got != all+"; no signature: the key set answers 503" {
		t.Errorf("%q", got)
	}
	e := ready(t, func(o *Options) { o.SignatureEvery = 7 })
	e.classes[0].signed = e.classes[0].judge
	if got := e.verification(); got != all+"; the signature of 1 in 7 JWTs" {
		t.Errorf("%q", got)
	}
}

// The record has the figures of the run: rates over its duration, the attempts by part,
// and what the generator saw of itself in each interval.
func TestReport(t *testing.T) {
	e := ready(t, func(o *Options) { o.Thresholds = thresholdsOf(t, "p50<1s", "rate>=10/s"); o.Timeout = 3 * time.Second })
	for i := range 200 {
		e.recorder.Record(&measure.Sample{Status: 200, Scheduled: time.Duration(i) * 50 * time.Millisecond, Latency: 20 * time.Millisecond, ServiceTime: 20 * time.Millisecond})
	}
	e.recorder.Owed(0, 9*time.Second, time.Second, "stopped")
	e.preDone.Store(2)
	e.warmDone.Store(3)
	e.planDone.Store(200)
	for s := 1; s <= 10; s++ {
		e.watch.series.add(time.Duration(s)*time.Second, &record.Health{CPUShare: float64(s) / 100})
	}
	out := e.report(10*time.Second, nil)
	if e.reportError != nil {
		t.Fatal(e.reportError)
	}
	x := out.Totals
	if x.Planned != 201 || x.Sent != 200 || x.Unsent != 1 || x.DurationS != 10 || x.RatePerS != 20 || x.PreflightAttempts != 2 || x.WarmupAttempts != 3 || x.Attempts != 200 || x.LostConnections != 0 {
		t.Errorf("%+v", x)
	}
	if out.Plan.TimeoutS != 3 || out.Plan.MaxInflight != e.limit || !out.Plan.InflightByNeed || out.Generator.NeededInFlight == 0 || !out.Began.Equal(e.watch.started) || out.Plan.Verification == "" || out.Plan.Transport == "" {
		t.Errorf("%+v, %+v", out.Plan, out.Generator)
	}
	if len(out.Series) != 10 {
		t.Fatalf("%d intervals", len(out.Series))
	}
	for i, p := range out.Series {
		if p.Generator == nil || p.Generator.CPUShare != float64(i+1)/100 {
			t.Errorf("interval %d: %+v", i, p.Generator)
		}
	}
	if len(out.Thresholds) != 4 || out.Thresholds[0].State != record.ThresholdPass || out.Thresholds[1].Value != "20.0/s to 20.1/s" || out.Part != nil {
		t.Errorf("%+v", out.Thresholds)
	}
	if len(out.Services) != 3 || out.Services[0].RatePerS != 20 || out.All.RatePerS != 20 || out.All.CleanHistogram != "" || out.Services[0].CleanHistogram != "" {
		t.Errorf("%+v, %+v", out.Services, out.All)
	}
	if v := e.report(0, nil).Totals; v.RatePerS != 0 || v.DurationS != 0 {
		t.Errorf("without a duration: %+v", v)
	}
	if v := e.report(1, nil).Totals; v.RatePerS != 200e9 {
		t.Errorf("in a nanosecond: %+v", v)
	}
}

// A search has the duration from its start to its end, no thresholds and no verdict on
// the generator over all of it; a part has its own figures beside the record of the plan.
func TestReportOfSearchesAndParts(t *testing.T) {
	e := ready(t, nil)
	e.watch.last.Blocked = time.Second // a tenth of the time: a limit
	e.recorder.Record(&measure.Sample{Status: 200})
	e.lags.Done(time.Millisecond)
	if out := e.report(10*time.Second, nil); !out.Generator.Saturated || out.Generator.Bound != "verification" || len(out.Generator.Reasons) != 1 || len(out.Thresholds) != 0 || out.Generator.NeededInFlight == 0 {
		t.Errorf("%+v", out.Generator)
	}
	// An interval of the series has the worst of its seconds.
	e = ready(t, func(o *Options) { o.Plan.Phases[0].Duration = 700 * time.Second })
	for _, s := range []int{0, 699} {
		e.recorder.Record(&measure.Sample{Status: 200, Scheduled: time.Duration(s) * time.Second})
	}
	e.watch.series.add(time.Second, &record.Health{CPUShare: 0.1})
	e.watch.series.add(2*time.Second, &record.Health{CPUShare: 0.2})
	if first := e.report(700*time.Second, nil).Series[0]; first.WidthS != 2 || first.Generator == nil || first.Generator.CPUShare != 0.2 {
		t.Errorf("%+v, %+v", first, first.Generator)
	}
	e = ready(t, func(o *Options) { o.Plan.Phases[0].Rate = 1 })
	e.recorder.Record(&measure.Sample{Status: 200})
	if out := e.report(10*time.Second, nil); out.Generator.NeededInFlight != 1 {
		t.Errorf("at 1/s: %+v", out.Generator)
	}
	e = ready(t, nil)
	found := &record.Capacity{Found: true}
	if out := e.report(10*time.Second, found); out.Generator.Saturated || out.Generator.Bound != "" || len(out.Generator.Reasons) != 0 || out.Totals.DurationS != 20 || out.Capacity != found || out.Generator.NeededInFlight != 0 {
		t.Errorf("%+v, %v s", out.Generator, out.Totals.DurationS)
	}
	e = ready(t, func(o *Options) {
		o.Part, o.StartAt = &Part{Index: 1, Of: 2}, time.Now().Add(time.Hour)
		o.Thresholds = thresholdsOf(t, "p50<1s")
	})
	e.recorder.Record(&measure.Sample{Status: 200})
	e.clean.record(0, time.Millisecond)
	out := e.report(10*time.Second, nil)
	if out.Part == nil || out.All.CleanHistogram == "" || len(out.Services) == 0 || out.Services[0].CleanHistogram == "" || !strings.Contains(strings.Join(out.Notes, "\n"), "part 1/2 of the plan") {
		t.Errorf("%+v, %q", out.Part, out.Notes)
	}
	for _, th := range out.Thresholds {
		if th.State == record.ThresholdPass || th.State == record.ThresholdFail {
			t.Errorf("a part judges %+v", th)
		}
	}
	// A closed loop has no rate that needs so many in flight.
	e = ready(t, func(o *Options) { o.Plan.Phases = []Phase{{Shape: Max, Duration: time.Second}} })
	e.recorder.Record(&measure.Sample{Status: 200, Closed: true, ServiceTime: time.Second})
	if out := e.report(time.Second, nil); out.Generator.NeededInFlight != 0 {
		t.Errorf("%+v", out.Generator)
	}
}

// A threshold that fails only by unigate's own doing, or where unigate was the limit, decides nothing.
func TestThresholdsAreJudgedWithTheGeneratorsDoing(t *testing.T) {
	judged := func(change func(*engine), l *record.Load) record.Threshold {
		e := ready(t, func(o *Options) { o.Thresholds = thresholdsOf(t, "max<10ms") })
		for range 100 {
			e.recorder.Record(&measure.Sample{Status: 200, Latency: 20 * time.Millisecond, ServiceTime: 20 * time.Millisecond})
			e.clean.record(0, 20*time.Millisecond)
		}
		if change != nil {
			change(e)
		}
		return e.judged(l, 10*time.Second)[0]
	}
	quick := func(e *engine) {
		e.clean = nil
		e.clean.record(0, 5*time.Millisecond)
	}
	for name, c := range map[string]struct {
		change func(*engine)
		l      record.Load
		state  record.ThresholdState
		reason string
	}{
		"the target's doing":           {nil, record.Load{}, record.ThresholdFail, ""},
		"unigate was the limit":        {nil, record.Load{Generator: record.Generator{Saturated: true}}, record.ThresholdInconclusive, "the load generator was the limit"},
		"unigate's own doing":          {quick, record.Load{Generator: record.Generator{Cause: "the quota"}}, record.ThresholdInconclusive, "without what unigate itself added it is 5.02ms: the quota"},
		"its limit of those in flight": {func(e *engine) { quick(e); e.held = "held" }, record.Load{Generator: record.Generator{Cause: "the quota"}}, record.ThresholdInconclusive, "without what unigate itself added it is 5.02ms: held"},
		"something is hidden":          {func(e *engine) { e.hidden = 15 * time.Millisecond }, record.Load{}, record.ThresholdInconclusive, "of which up to 15.0ms may be its own too"},
	} {
		if got := judged(c.change, &c.l); got.State != c.state || !strings.Contains(got.Reason, c.reason) || (c.reason == "") != (got.Reason == "") {
			t.Errorf("%s: %s, %q", name, got.State, got.Reason)
		}
	}
}

// Where a threshold says how much may stay unsent, that does not keep others from deciding.
func TestThresholdForUnsentLeavesOthersToDecide(t *testing.T) {
	for name, c := range map[string]struct {
		texts []string
		state record.ThresholdState
	}{
		"none": {[]string{"bad_tokens==0"}, record.ThresholdInconclusive},
		"one":  {[]string{"bad_tokens==0", "unsent<=50"}, record.ThresholdPass},
	} {
		e := ready(t, func(o *Options) { o.Thresholds = thresholdsOf(t, c.texts...) })
		for range 100 {
			e.recorder.Record(&measure.Sample{Status: 200})
			if e.recorder.Totals().Unsent < 20 {
				e.recorder.Owed(0, 0, 0, "stopped")
			}
		}
		if got := e.judged(&record.Load{}, time.Second)[0]; got.State != c.state {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A service that refuses three users refuses all of them: no more are tried, and none twice.
func TestThreeRefusedUsersAreEnough(t *testing.T) {
	var asked []string
	refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := r.BasicAuth()
		asked = append(asked, name)
		w.WriteHeader(http.StatusUnauthorized)
	})
	e := ready(t, func(o *Options) {
		o.RoundTripper = direct{refusing}
		o.Users = nil
		for _, name := range []string{"ann", "bob", "cid", "dan", "eve"} {
			o.Users = append(o.Users, unifier.User{Name: name, Password: unifier.Secret("correct horse " + name), Type: unifier.Basic, Status: unifier.Active})
		}
	})
	if reason := e.preflight(t.Context()); reason != "the target refused every user that was tried at login; are these the credentials of this system? unigate doctor names the likely causes" || !slices.Equal(asked, []string{"ann", "bob", "cid"}) {
		t.Errorf("%q after %q", reason, asked)
	}
}

// direct answers requests by a handler.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}
