package trend

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"time"
)

// csvHeader are the columns of the CSV format, a line for each run.
var csvHeader = []string{"run", "file", "started", "command", "tool", "target", "edition", "release", "verdict", "exit",
	"pass", "waived", "skipped", "warning", "fail", "error", "not_met", "neighbour", "breaking",
	"requests", "rate_per_s", "error_share", "bad_tokens", "p50_s", "p50_low_s", "p50_high_s", "p95_s", "p95_low_s", "p95_high_s",
	"p99_s", "p99_low_s", "p99_high_s", "at_least", "confidence", "capacity_per_s", "capacity_low_per_s", "capacity_high_per_s", "capacity_found", "apart"}

// csv draws a line for each run (RFC 4180).
func (r *Result) csv() ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = true
	if err := w.Write(csvHeader); err != nil {
		return nil, err
	}
	for _, run := range r.Runs {
		if err := w.Write(run.fields()); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

// fields are a run's values in the order of csvHeader.
func (run Run) fields() []string {
	text := func(s string) string { // a spreadsheet takes what begins so for a formula
		if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
			return "'" + s
		}
		return s
	}
	out := []string{strconv.Itoa(run.N), text(run.File), run.Started.Format(time.RFC3339), text(run.Command), text(run.Tool), text(run.Target.BaseURL),
		text(run.Target.Edition), text(run.Target.Release), string(run.Verdict), strconv.Itoa(run.Exit)}
	if s := run.Requirements; s != nil {
		for _, n := range []int{s.Pass, s.Waived, s.Skipped, s.Warning, s.Fail, s.Error} {
			out = append(out, strconv.Itoa(n))
		}
	} else {
		out = append(out, "", "", "", "", "", "")
	}
	out = append(out, text(strings.Join(run.NotMet, " ")))
	if run.Neighbour > 0 {
		out = append(out, strconv.Itoa(run.Neighbour), strconv.Itoa(run.Breaking))
	} else {
		out = append(out, "", "")
	}
	return append(append(out, loadFields(run.Load)...), append(capacityFields(run.Capacity), text(run.Apart))...)
}

// number shows a figure to the billionth, without an exponent.
func number(f float64) string { return strconv.FormatFloat(math.Round(f*1e9)/1e9, 'f', -1, 64) }

// withInterval are a figure and the ends of its interval.
func (f Figure) withInterval() []string {
	out := []string{number(f.Value), "", ""}
	if f.Interval != nil {
		out[1] = number(f.Interval.Low)
		if f.Interval.High != nil {
			out[2] = number(*f.Interval.High)
		}
	}
	return out
}

// loadFields are the values of a load test.
func loadFields(l *Load) []string {
	if l == nil {
		return make([]string, 15)
	}
	out := []string{strconv.FormatUint(l.Requests, 10), number(l.RatePerS), number(l.ErrorShare), strconv.FormatUint(l.BadTokens, 10)}
	var least []string
	for _, f := range []struct {
		name string
		Figure
	}{{"p50", l.P50}, {"p95", l.P95}, {"p99", l.P99}} {
		out = append(out, f.withInterval()...)
		if f.AtLeast {
			least = append(least, f.name)
		}
	}
	confidence := ""
	if l.Confidence > 0 {
		confidence = number(l.Confidence)
	}
	return append(out, strings.Join(least, " "), confidence)
}

// capacityFields are the values of a search.
func capacityFields(c *Capacity) []string {
	if c == nil {
		return make([]string, 4)
	}
	return append(c.Rate.withInterval(), strconv.FormatBool(c.Found))
}
