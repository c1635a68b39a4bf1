package load

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/wire"
)

// counted is a transport of which only the counts are asked for.
type counted struct {
	wire.Transport
	open, lost atomic.Int64
}

func (c *counted) Open() int { return int(c.open.Load()) }

func (c *counted) Lost() int64 { return c.lost.Load() }

// The record tells the connections that were lost and what a reader of it must know.
func TestReportTellsWhatWasLost(t *testing.T) {
	e := ready(t, nil)
	way := &counted{Transport: e.transport}
	way.lost.Store(3)
	e.transport = way
	for range 9 {
		e.recorder.Record(&measure.Sample{Status: 200})
	}
	e.recorder.Owed(0, 0, 0, "stopped")
	out := e.report(10*time.Second, nil)
	if out.Totals.LostConnections != 3 || out.Totals.Planned != 10 || out.Totals.Sent != 9 || out.Totals.Unsent != 1 {
		t.Errorf("%+v", out.Totals)
	}
	if len(out.Notes) != 1 || !strings.HasPrefix(out.Notes[0], "1 request was due and never left (stopped: 1)") {
		t.Errorf("notes %q", out.Notes)
	}
}

// Where the limit of those in flight held requests back nothing is shown of the target (exit status 3).
func TestReportTellsWhatTheInFlightLimitHeld(t *testing.T) {
	for held, want := range map[uint64]string{
		100: "the in-flight limit of 1 held 100 of 100 requests back: the plan needs about 3 in flight; leave --max-inflight away, or give more",
		0:   "",
	} {
		e := ready(t, func(o *Options) { o.Plan.MaxInflight = 1 })
		for range 100 {
			e.recorder.Record(&measure.Sample{Status: 200, Latency: 25 * time.Millisecond, ServiceTime: 25 * time.Millisecond})
		}
		e.lags.Held = held
		out := e.report(10*time.Second, nil)
		v := e.verdict(out, "")
		if e.held != want || (v.Exit == 3) != (want != "") || (v.Exit == 0) != (want == "") || want != "" && !slices.Contains(v.Reasons, want) {
			t.Errorf("%d held: %q, %d, %q", held, e.held, v.Exit, v.Reasons)
		}
	}
}

// A part of a plan tells how much of its latencies may be unigate's own, for who judges the whole.
func TestReportOfAPartTellsWhatIsHidden(t *testing.T) {
	for _, blocked := range []time.Duration{0, time.Second} {
		e := ready(t, func(o *Options) { o.Part, o.StartAt = &Part{Index: 1, Of: 2}, time.Now().Add(time.Hour) })
		e.watch.last.Blocked = blocked
		e.recorder.Record(&measure.Sample{Status: 200})
		e.lags.Start(50 * time.Millisecond)
		want := 0.0
		if blocked > 0 {
			want = 0.05
		}
		if got := e.report(10*time.Second, nil).Generator.HiddenS; got < want || got > want*1.01 {
			t.Errorf("blocked for %v: %v s are hidden", blocked, got)
		}
	}
}

// Tokens that are older than the run, and requests that unigate ended itself, are told.
func TestNotesOfWhatWasNotJudged(t *testing.T) {
	d := unifier.DiagnoseRenegotiation()
	for name, c := range map[string]struct {
		change func(*engine)
		want   []string
	}{
		"older tokens":    {func(e *engine) { e.kept.before.Store(true) }, []string{"tokens were given that are older than this run, their ends unchanged (A11): how long they are valid was not judged"}},
		"a renegotiation": {func(e *engine) { e.renegotiated.Store(2) }, []string{"unigate ended 2 requests: " + d.Cause + "; " + d.Hint}},
		"half was unsent": {func(e *engine) {
			e.recorder.Record(&measure.Sample{Status: 200})
			e.recorder.Owed(0, 0, 0, "stopped")
		}, nil},
	} {
		e := ready(t, nil)
		c.change(e)
		l := record.Load{}
		if c.want == nil {
			l.Totals.Planned = 2 // some of it was due for the one service that there is
		}
		if got := e.notes(&l); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What unigate ended itself is the first reason of a verdict that stays open, and none of
// any other; and a verdict has a list of reasons even where it has none.
func TestVerdictOfRenegotiations(t *testing.T) {
	failed := record.Threshold{Expression: "p99<1s", State: record.ThresholdFail, Value: "2.00s"}
	unsure := record.Threshold{Expression: "max<1s", State: record.ThresholdInconclusive, Reason: "too few"}
	e := ready(t, nil)
	e.renegotiated.Store(1)
	for name, c := range map[string]struct {
		thresholds []record.Threshold
		exit       int
		reasons    []string
	}{
		"all holds":                {nil, 0, []string{}},
		"one is unsure":            {[]record.Threshold{unsure}, 3, []string{e.renegotiation(), "threshold max<1s: too few"}},
		"one fails":                {[]record.Threshold{failed}, 1, []string{failed.Crossed()}},
		"one fails, one is unsure": {[]record.Threshold{unsure, failed}, 1, []string{failed.Crossed(), e.renegotiation(), "threshold max<1s: too few"}},
	} {
		if v := e.verdict(&record.Load{Thresholds: c.thresholds}, ""); v.Exit != c.exit || v.Reasons == nil || !slices.Equal(v.Reasons, c.reasons) {
			t.Errorf("%s: %d, %q", name, v.Exit, v.Reasons)
		}
	}
	if got := ready(t, nil).judgeUnsent(&record.Totals{Sent: 500, Unsent: 500, UnsentReasons: map[string]uint64{"stopped": 500}}); got != "50.0 % of the plan was never sent (stopped: 500)" {
		t.Errorf("%q", got)
	}
}
