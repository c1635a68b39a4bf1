package reports

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/sketch"
	"github.com/unigate/unigate/reports/schema"
)

// sampleStart is the common start of the parts of these tests.
var sampleStart = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// tokensOf are the hashes of n tokens of a part, and of more that are given.
func tokensOf(part, n int, more ...string) *record.Hashes {
	s := sketch.New([]byte("key"))
	for i := range n {
		s.Add(fmt.Sprintf("part %d token %d", part, i), i%2)
	}
	for _, token := range more {
		s.Add(token, 1)
	}
	return &record.Hashes{Count: s.Count(), Kept: min(int(s.Count()), sketch.Size), Key: "7f", Data: s.Encode(), Kinds: []string{"login", "oauth"}}
}

// partRun is the record of part i of n: a load test whose thresholds are not judged.
func partRun(i, n int) *record.Run {
	r := loadRun(uint64(i+3), 0)
	r.Load.Thresholds = nil
	for _, e := range []string{"p99<250ms", "bad_tokens==0", "error_rate<10%", "rate>=99%"} {
		r.Load.Thresholds = append(r.Load.Thresholds, record.Threshold{Expression: e, Value: "-", State: record.ThresholdInconclusive, Reason: "a part is not judged"})
	}
	r.Load.Plan.WarmupS = 0
	r.Load.Began = sampleStart
	r.Load.Part = &record.Part{Index: i, Of: n, Run: "0123456789abcdef", StartAt: sampleStart, Requests: r.Load.Totals.Planned * uint64(n), Hashes: tokensOf(i, 100)}
	r.Load.Notes = []string{fmt.Sprintf("part %d/%d of the plan (run 0123456789abcdef): its figures are its own", i, n), "a note of its own"}
	return r
}

// allParts are the records of all n parts.
func allParts(n int) []*record.Run {
	var out []*record.Run
	for i := range n {
		out = append(out, partRun(i, n))
	}
	return out
}

func TestPartsAreOneLoad(t *testing.T) {
	runs := allParts(4)
	runs[0], runs[2] = runs[2], runs[0] // whatever the order
	merged, err := Merge(runs...)
	if err != nil {
		t.Fatal(err)
	}
	l, one := merged.Load, runs[0].Load
	if merged.Verdict.State != record.VerdictPass || merged.Verdict.Exit != 0 {
		t.Errorf("verdict %+v", merged.Verdict)
	}
	if l.Part != nil || l.Whole == nil || l.Whole.Of != 4 || l.Whole.ComparedShare != 1 || l.Whole.Run != one.Part.Run {
		t.Errorf("whole %+v", l.Whole)
	}
	if l.Plan.Phases[0].RatePerS != one.Plan.Phases[0].RatePerS || l.Plan.MaxInflight != 4*one.Plan.MaxInflight {
		t.Errorf("the plan is to be there once: %+v", l.Plan)
	}
	if l.Totals.Planned != 4*one.Totals.Planned || l.Totals.RatePerS != 4*one.Totals.RatePerS || l.All.Count != 4*one.All.Count {
		t.Errorf("totals %+v", l.Totals)
	}
	sum := hist.New()
	for _, r := range runs {
		h, err := hist.Decode(r.Load.All.LatencyHistogram)
		if err != nil {
			t.Fatal(err)
		}
		sum.Merge(h)
	}
	if l.All.Latency != sum.Distribution() {
		t.Errorf("latency %+v, want %+v", l.All.Latency, sum.Distribution())
	}
	for _, th := range l.Thresholds {
		if th.State != record.ThresholdPass {
			t.Errorf("%+v", th)
		}
	}
	text := strings.Join(l.Notes, "\n")
	if strings.Contains(text, "its figures are its own") || !strings.Contains(text, "part 3/4: a note of its own") {
		t.Errorf("notes:\n%s", text)
	}
	stored, err := Encode(merged)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(stored); err != nil {
		t.Error(err)
	}
	if _, err := Merge(merged, runs[0]); err == nil {
		t.Error("the whole and a part of it were merged")
	}
}

// What keeps the parts from being the whole plan leaves it open, with the figures shown;
// a proven failure stays one.
func TestPartsThatAreNotWhole(t *testing.T) {
	short := func(r *record.Run) { // it ended after a third
		r.Load.Totals.Planned /= 3
		r.Load.Totals.DurationS /= 3
	}
	for name, k := range map[string]struct {
		change func(runs []*record.Run) []*record.Run
		state  record.VerdictState
		want   string
		share  float64 // of the whole rate
	}{
		"missing": {func(r []*record.Run) []*record.Run { return r[:3] }, record.VerdictInconclusive, "part 3/4 is missing: the figures are of the other 3 of 4", 0.75},
		"only one": {func(r []*record.Run) []*record.Run { return r[1:2] }, record.VerdictInconclusive,
			"parts 0/4, 2/4 and 3/4 are missing", 0.25},
		"repeated": {func(r []*record.Run) []*record.Run { return append(r, partRun(1, 4)) }, record.VerdictInconclusive, "part 1/4 is there more than once", 1},
		"no load": {func(r []*record.Run) []*record.Run {
			r[2] = &record.Run{Command: "load", Target: r[2].Target, Verdict: record.Verdict{State: record.VerdictInconclusive, Exit: 3}}
			return r
		}, record.VerdictInconclusive, "part 2/4 is missing", 0.75},
		"killed": {func(r []*record.Run) []*record.Run {
			short(r[1])
			r[1].Verdict = record.Verdict{State: record.VerdictInterrupted, Exit: 130, Reasons: []string{"interrupted"}}
			return r
		}, record.VerdictInconclusive, "part 1/4: interrupted", 3 + 1.0/3},
		"ended early": {func(r []*record.Run) []*record.Run { short(r[3]); return r }, record.VerdictInconclusive, "requests of the plan are in no record", 0},
		"too late": {func(r []*record.Run) []*record.Run {
			r[0].Load.Totals, r[0].Load.Services, r[0].Load.Series = record.Totals{}, nil, nil
			r[0].Load.All = record.Service{Name: "all", Status: "all"}
			r[0].Verdict = record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"too late for the start"}}
			return r
		}, record.VerdictInconclusive, "part 0/4: too late for the start", 0.75},
		"held back": {func(r []*record.Run) []*record.Run {
			r[2].Load.Part.Limits = []string{"the in-flight limit of 4 held 100 of 200 requests back"}
			return r
		}, record.VerdictInconclusive, "part 2/4: the in-flight limit", 1},
		"stopped": {func(r []*record.Run) []*record.Run {
			r[2].Load.Stopped = "50 errors in a row"
			r[2].Verdict = record.Verdict{State: record.VerdictFail, Exit: 1, Reasons: []string{"the run stopped itself: 50 errors in a row"}}
			return r
		}, record.VerdictFail, "part 2/4: the run stopped itself", 1},
		"all interrupted": {func(r []*record.Run) []*record.Run {
			for i := range r {
				r[i].Verdict = record.Verdict{State: record.VerdictInterrupted, Exit: 130, Reasons: []string{"interrupted"}}
			}
			return r
		}, record.VerdictInterrupted, "part 0/4: interrupted", 1},
		"saturated": {func(r []*record.Run) []*record.Run {
			r[1].Load.Generator.Saturated, r[1].Load.Generator.Reasons = true, []string{"CPU"}
			return r
		}, record.VerdictInconclusive, "a load generator was the limit, not the target: part 1/4: CPU", 1},
		"wrong tokens beside a missing part": {func(r []*record.Run) []*record.Run {
			for i := range r[1].Load.Services {
				r[1].Load.Services[i].BadTokens = 1
			}
			r[1].Load.All.BadTokens, r[1].Load.Totals.BadTokens = 1, 1
			return r[:3]
		}, record.VerdictFail, "threshold bad_tokens==0", 0.75},
		"clocks apart": {func(r []*record.Run) []*record.Run { r[1].Load.Part.ClockOffsetS = -30; return r }, record.VerdictInconclusive,
			"their clocks, by which they began, are about 30", 1},
		"begun apart": {func(r []*record.Run) []*record.Run { r[1].Load.Part.LateS = 9; return r }, record.VerdictInconclusive, "they began 9", 1},
	} {
		t.Run(name, func(t *testing.T) {
			runs := allParts(4)
			rate := 4 * runs[0].Load.Totals.RatePerS
			merged, err := Merge(k.change(runs)...)
			if err != nil {
				t.Fatal(err)
			}
			v := merged.Verdict
			if v.State != k.state || v.Exit != verdictExits[k.state] || !strings.Contains(strings.Join(v.Reasons, "\n"), k.want) {
				t.Errorf("%+v", v)
			}
			if got := merged.Load.Totals.RatePerS / rate; k.share > 0 && k.share <= 1 && math.Abs(got-k.share) > 1e-9 {
				t.Errorf("the rate is %.3f of the whole, want %.3f", got, k.share)
			}
			for _, th := range merged.Load.Thresholds {
				if k.state == record.VerdictInconclusive && th.State != record.ThresholdInconclusive {
					t.Errorf("%s is %s", th.Expression, th.State)
				}
			}
			if _, err := Encode(merged); err != nil {
				t.Error(err)
			}
		})
	}
}

// A part that ended early gave nothing in the rest of the plan: four parts at 50/s, one of
// which ended after a third, come to 166.7/s and not to 200/s. So do sums.
func TestPartsThatEndedEarlyCountInTheRate(t *testing.T) {
	early := func(runs []*record.Run) []*record.Run {
		for i, r := range runs {
			r.Load.Totals.DurationS, r.Load.Totals.RatePerS = 30, 50
			for j := range r.Load.Services {
				r.Load.Services[j].RatePerS, r.Load.Services[j].Achieved = 0, 0
			}
			r.Load.All.RatePerS, r.Load.All.Achieved = 50, 1500
			if i == 3 {
				r.Load.Totals.DurationS, r.Load.All.Achieved = 10, 500
			}
		}
		return runs
	}
	sums := []*record.Run{loadRun(3, 0), loadRun(4, time.Second), loadRun(5, 2*time.Second), loadRun(6, 1500*time.Millisecond)}
	for name, runs := range map[string][]*record.Run{"parts": early(allParts(4)), "sums": early(sums)} {
		merged, err := Merge(runs...)
		if err != nil {
			t.Fatal(err)
		}
		if got := merged.Load.Totals.RatePerS; math.Abs(got-500.0/3) > 0.01 {
			t.Errorf("%s: %v/s in total", name, got)
		}
		if got := merged.Load.All.RatePerS; math.Abs(got-500.0/3) > 0.01 {
			t.Errorf("%s: %v/s in the row of all", name, got)
		}
	}
}

// Tokens that came to two parts are found, each of them, and count as the wrong ones
// that they are.
func TestTokensOfTwoParts(t *testing.T) {
	var repeated []string
	for i := range 30 {
		repeated = append(repeated, fmt.Sprintf("repeated %d", i))
	}
	give := func(prolonged ...int) []*record.Run {
		runs := allParts(4)
		for i := range runs { // token k comes to the parts k and k+1 mod 4
			var own []string
			for k, token := range repeated {
				if k%4 == i || (k+1)%4 == i {
					own = append(own, token)
				}
			}
			runs[i].Load.Part.Hashes = tokensOf(i, 1000, own...)
			runs[i].Load.Part.Hashes.Prolonged = prolonged
		}
		return runs
	}
	merged, err := Merge(give()...)
	if err != nil {
		t.Fatal(err)
	}
	l := merged.Load
	if l.Totals.BadTokens != 30 || l.All.BadTokens != 30 || merged.Verdict.State != record.VerdictFail {
		t.Errorf("%d of 30 found, verdict %+v", l.Totals.BadTokens, merged.Verdict)
	}
	if len(l.Bad) != 1 || l.Bad[0].Kind != "repeated_token" || l.Bad[0].Service != "oauth" || l.Bad[0].Count != 30 || !strings.Contains(l.Bad[0].Samples[0], "part 0/4") {
		t.Errorf("%+v", l.Bad)
	}
	// Hashes tell no time and no user: what is not counted there is no pass there.
	named := give()
	for _, r := range named {
		r.Load.Plan.Phases[0].Name = "day"
		r.Load.Phases = []record.PhaseFigures{{Number: 1, Name: "day", DurationS: r.Load.Totals.DurationS, Services: r.Load.Services, All: r.Load.All}}
		r.Load.Users = []record.Service{{Name: "login:a", Status: record.StatusAll, Count: 1}, {Name: "login:a", Status: "200", Count: 1}}
		for _, e := range []string{"day.bad_tokens==0", "login:a.bad_tokens==0"} {
			r.Load.Thresholds = append(r.Load.Thresholds, record.Threshold{Expression: e, State: record.ThresholdInconclusive})
		}
	}
	if merged, err = Merge(named...); err != nil || !strings.Contains(strings.Join(merged.Load.Notes, "\n"), "30 tokens that came to two parts are counted by service only") {
		t.Errorf("%v: what is not counted is not said: %q", err, merged.Load.Notes)
	}
	for _, th := range merged.Load.Thresholds[len(merged.Load.Thresholds)-2:] {
		if th.State != record.ThresholdInconclusive || !strings.Contains(th.Reason, "30 tokens") {
			t.Errorf("%+v", th)
		}
	}
	// Where one token per user is prolonged, that of one user is the same in all parts.
	if merged, err = Merge(give(1)...); err != nil || merged.Load.Totals.BadTokens != 0 || merged.Verdict.State != record.VerdictPass {
		t.Errorf("prolonged tokens: %v, %+v", err, merged)
	}
	two := give(0, 1)
	two[0].Load.Part.Hashes = tokensOf(0, 0)
	s := sketch.New([]byte("key"))
	s.Add("repeated 1", 0) // which came to part 1 and 2 for another user
	two[0].Load.Part.Hashes.Data, two[0].Load.Part.Hashes.Count, two[0].Load.Part.Hashes.Kept = s.Encode(), 1, 1
	if merged, err = Merge(two...); err != nil || len(merged.Load.Bad) != 1 || merged.Load.Bad[0].Kind != "token_of_two_users" {
		t.Errorf("a token of two users: %v, %+v", err, merged.Load.Bad)
	}
	// With different keys nothing can be told, and nothing is green for it.
	other := give()
	other[2].Load.Part.Hashes.Key = "80"
	if merged, err = Merge(other...); err != nil || merged.Verdict.State != record.VerdictInconclusive || !strings.Contains(merged.Verdict.Reasons[0], "different keys") {
		t.Errorf("different keys: %v, %+v", err, merged.Verdict)
	}
	none := give()
	none[2].Load.Part.Hashes = nil
	if merged, err = Merge(none...); err != nil || merged.Verdict.State != record.VerdictInconclusive {
		t.Errorf("no hashes: %v, %+v", err, merged.Verdict)
	}
	broken := give()
	broken[2].Load.Part.Hashes.Data = "broken"
	if _, err = Merge(broken...); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("broken hashes: %v", err)
	}
}

// Above the number of hashes that are kept, the share is said.
func TestTheShareOfComparedTokensIsSaid(t *testing.T) {
	runs := allParts(2)
	for i := range runs {
		runs[i].Load.Part.Hashes = tokensOf(i, 2*sketch.Size)
	}
	merged, err := Merge(runs...)
	if err != nil {
		t.Fatal(err)
	}
	if share := merged.Load.Whole.ComparedShare; math.Abs(share-0.5) > 0.02 || !strings.Contains(strings.Join(merged.Load.Notes, "\n"), "% were compared between the parts") {
		t.Errorf("share %v, notes %q", share, merged.Load.Notes)
	}
}

// Clocks that differ are told, and the series are aligned by the common start.
func TestClocksOfPartsAreCorrected(t *testing.T) {
	runs := allParts(3)
	for _, r := range runs { // all a little late, which is nothing of their clocks
		r.Load.Part.LateS, r.Load.Began = 0.06, r.Load.Began.Add(60*time.Millisecond)
	}
	runs[1].Load.Part.ClockOffsetS = -3 // the target's clock is behind: the part's is ahead
	for _, at := range []*time.Time{&runs[2].Started, &runs[2].Finished, &runs[2].Load.Began} {
		*at = at.Add(3 * time.Second)
	}
	merged, err := Merge(runs...)
	if err != nil {
		t.Fatal(err)
	}
	l := merged.Load
	if len(l.Series) != len(runs[0].Load.Series) || l.Series[0].Sent != 3*runs[0].Load.Series[0].Sent {
		t.Errorf("the series of %d points is not aligned", len(l.Series))
	}
	text := strings.Join(l.Notes, "\n")
	if !strings.Contains(text, "the clock of part 1/3 is about 3") || !strings.Contains(text, "ahead of the others'") || !strings.Contains(text, "part 2/3 says that its plan began 3") || strings.Contains(text, "part 0/3 says") {
		t.Errorf("notes:\n%s", text)
	}
	if merged.Verdict.State != record.VerdictPass {
		t.Errorf("%+v", merged.Verdict)
	}
}

func TestPartsOfDifferentRuns(t *testing.T) {
	for name, k := range map[string]struct {
		change func(r *record.Run)
		want   string
	}{
		"number":   {func(r *record.Run) { r.Load.Part.Of = 5 }, "one is part 0/4, the other part 1/5"},
		"start":    {func(r *record.Run) { r.Load.Part.StartAt = r.Load.Part.StartAt.Add(5 * time.Minute) }, "which were to start at"},
		"plan":     {func(r *record.Run) { r.Load.Part.Run = "other" }, "another plan, target, user or seed"},
		"no part":  {func(r *record.Run) { r.Load.Part = nil }, "only one is a part of a plan"},
		"no index": {func(r *record.Run) { r.Load.Part.Index = 7 }, "says that it is part 7/4"},
		"target":   {func(r *record.Run) { r.Target.BaseURL = "https://other.example" }, "different targets"},
	} {
		runs := allParts(4)
		k.change(runs[1])
		if _, err := Merge(runs...); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	runs := allParts(4)
	runs[0].Load.Part, runs[1].Load.Part = nil, nil
	if _, err := Merge(runs...); err == nil || !strings.Contains(err.Error(), "of load tests 1 and 3 only one is a part") {
		t.Errorf("two of four: %v", err)
	}
}
