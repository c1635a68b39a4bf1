// Package figures reads from a run record what its load test tells: what objectives
// are judged on, and which latencies are lower bounds.
package figures

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
)

// rowOf returns the entry of a service, or of all of them, and a status; ok is false
// where the record has none.
func rowOf(l *record.Load, service, status string) (row record.Service, ok bool) {
	if service == objective.All && status == record.StatusAll {
		return l.All, true
	}
	i := slices.IndexFunc(l.Services, func(s record.Service) bool { return s.Name == service && s.Status == status })
	if i < 0 {
		return record.Service{}, false
	}
	return l.Services[i], true
}

// Open reports whether a status is of requests that have no answer of the target's that
// stands for the plan: their latency is a lower bound.
func Open(status string) bool { return record.StatusOpen(status) }

// Latency returns the latency of a service, or of all, with what is known of it.
// Records of every version hold that: the entries of their own for what was never
// sent or was cut off say which part is a lower bound.
func Latency(l *record.Load, service string) (*hist.Censored, error) {
	row, _ := rowOf(l, service, record.StatusAll)
	known, err := hist.Decode(row.LatencyHistogram)
	if err != nil {
		return nil, fmt.Errorf("the histogram of %s cannot be read: %w", service, err)
	}
	open := hist.New()
	for _, s := range l.Services {
		if !Open(s.Status) || service != objective.All && s.Name != service {
			continue
		}
		h, err := hist.Decode(s.LatencyHistogram)
		if err != nil {
			return nil, fmt.Errorf("the histogram of %s, %s, cannot be read: %w", s.Name, s.Status, err)
		}
		open.Merge(h)
	}
	return hist.NewCensored(known.Without(open), open), nil
}

// Of returns what objectives for a service, or all, are judged on.
func Of(l *record.Load, service string) (*objective.Figures, error) {
	row, ok := rowOf(l, service, record.StatusAll)
	if !ok {
		return nil, fmt.Errorf("there is no service %q", service)
	}
	latency, err := Latency(l, service)
	if err != nil {
		return nil, err
	}
	f := &objective.Figures{
		Latency: latency, Sent: row.Count, Refused: row.Refused, Errors: uint64(math.Round(row.ErrorShare * float64(row.Count))), BadTokens: row.BadTokens,
		Achieved: row.Achieved, Unclear: row.Unclear, Duration: time.Duration(l.Totals.DurationS * float64(time.Second)),
	}
	for _, s := range l.Services {
		if service != objective.All && s.Name != service {
			continue
		}
		switch s.Status {
		case record.StatusUnsent:
			f.Unsent += s.Count
		case record.StatusCut:
			f.Cut += s.Count
		case record.StatusProvoked, record.StatusStandIn, record.StatusUnseen:
			f.Cut, f.Aside = f.Cut+s.Count, f.Aside+s.Count
		case "200":
			f.Replies += s.Count
		}
	}
	if row.Achieved == 0 && row.RatePerS > 0 { // a record of an older version has the rate alone, of what came before the end
		f.Achieved = min(uint64(math.Round(row.RatePerS*l.Totals.DurationS)), f.Replies)
		f.Unclear = f.Replies - f.Achieved
	}
	if l.Generator.Saturated {
		f.Limit = "a load generator was the limit"
	}
	f.OpenAllowed = unsentAllowed(l.Thresholds)
	if row.CleanHistogram != "" {
		if f.Clean, err = hist.Decode(row.CleanHistogram); err != nil {
			return nil, fmt.Errorf("the clean histogram of %s cannot be read: %w", service, err)
		}
		f.Hidden, f.OwnCause = time.Duration(l.Generator.HiddenS*float64(time.Second)), l.Generator.Cause
	}
	return f, nil
}

// unsentAllowed reports whether a threshold says how many requests may stay unsent.
func unsentAllowed(thresholds []record.Threshold) bool {
	return slices.ContainsFunc(thresholds, func(t record.Threshold) bool {
		o, err := objective.Parse(t.Expression)
		return err == nil && o.Metric == "unsent" && o.Whole()
	})
}
