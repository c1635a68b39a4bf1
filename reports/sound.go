package reports

import (
	"fmt"
	"maps"
	"slices"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/sketch"
)

// sound reports what in a record that has the form of one contradicts itself or cannot
// be read: every report and every command then says the same about it.
func sound(run *record.Run) error {
	if err := soundVerdict(run); err != nil || run.Load == nil {
		return err
	}
	if err := soundHistograms(run.Load); err != nil {
		return err
	}
	return soundPart(run.Load.Part)
}

// soundVerdict reports why a verdict is not that of the record: somebody changed it, and
// a gate that goes by it would be green for nothing.
func soundVerdict(run *record.Run) error {
	v := run.Verdict
	switch exit, known := verdictExits[v.State]; {
	case v.State == "":
		return fmt.Errorf("it has no verdict")
	case !known:
		return fmt.Errorf("at %q: it is none that this version of unigate knows", "/verdict/state")
	case v.Exit != exit:
		return fmt.Errorf("at %q: the exit status of the verdict %s is %d, and not %d", "/verdict/exit", v.State, exit, v.Exit)
	case v.State != record.VerdictPass:
		return nil
	case run.Conformance == nil && run.Behaviour == nil && run.Load == nil:
		return fmt.Errorf("its verdict is a pass, of nothing")
	}
	if c := run.Conformance; c != nil {
		for i, r := range c.Requirements {
			if r.State.Worse(record.Warning) && r.Level.Gates(c.Gate) {
				return fmt.Errorf("its verdict is a pass, and at %q a requirement is not met", fmt.Sprintf("/conformance/requirements/%d", i))
			}
		}
	}
	if l := run.Load; l != nil {
		for i, t := range l.Thresholds {
			if t.State == record.ThresholdFail {
				return fmt.Errorf("its verdict is a pass, and at %q a threshold does not hold", fmt.Sprintf("/load/thresholds/%d", i))
			}
		}
	}
	return nil
}

// longestRun bounds the times of a series, in seconds: some thirty years.
const longestRun = 1e9

// soundHistograms reports the first interval or histogram of a load test that cannot be
// read.
func soundHistograms(l *record.Load) error {
	rows := slices.Concat(l.Services, l.Users, []record.Service{l.All})
	for i := range l.Phases {
		rows = append(append(rows, l.Phases[i].Services...), l.Phases[i].All)
	}
	for i := range rows {
		s := &rows[i]
		for what, encoded := range map[string]string{"latency": s.LatencyHistogram, "service time": s.ServiceTimeHistogram, "latency of the target's own": s.CleanHistogram} {
			if err := readable(encoded, "the "+what+" of "+s.Name); err != nil {
				return err
			}
		}
	}
	if c := l.Connections; c != nil {
		for _, encoded := range []string{c.ConnectHistogram, c.HandshakeHistogram, c.FirstByteHistogram} {
			if err := readable(encoded, "the times of connections"); err != nil {
				return err
			}
		}
	}
	for i := range l.Series {
		if err := soundPoint(&l.Series[i]); err != nil {
			return err
		}
	}
	return nil
}

// soundPoint reports what of an interval cannot be read.
func soundPoint(p *record.Point) error {
	if !(p.TS >= 0 && p.TS <= longestRun && p.WidthS > 0) {
		return fmt.Errorf("the series has an interval that begins at %g s and is %g s long", p.TS, p.WidthS)
	}
	for _, name := range slices.Sorted(maps.Keys(p.LatencyHistograms)) {
		if err := readable(p.LatencyHistograms[name], fmt.Sprintf("%s at %g s", name, p.TS)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.CensoredHistograms)) {
		if err := readable(p.CensoredHistograms[name], fmt.Sprintf("what %s left open at %g s", name, p.TS)); err != nil {
			return err
		}
	}
	return nil
}

// readable reports why a histogram cannot be read.
func readable(encoded, what string) error {
	if _, err := hist.Decode(encoded); err != nil {
		return fmt.Errorf("the histogram of %s cannot be read: %w", what, err)
	}
	return nil
}

// soundPart reports what of a part cannot be read, or is not what it says: tokens whose
// hashes are missing would be compared with none.
func soundPart(p *record.Part) error {
	if p == nil || p.Hashes == nil {
		return nil
	}
	n, err := sketch.Len(p.Hashes.Data)
	switch {
	case err != nil:
		return err
	case n != p.Hashes.Kept || p.Hashes.Count < uint64(n):
		return fmt.Errorf("of %d tokens %d hashes were kept, and it has %d", p.Hashes.Count, p.Hashes.Kept, n)
	}
	return nil
}
