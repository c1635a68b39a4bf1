package load

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
)

// Threshold is an objective such as "p99<250ms" or "login.error_rate<=0.1%".
type Threshold struct {
	expression string
	service    string // "all", or the name of a service
	metric     string
	quantile   float64 // 0 to 1, for latency quantiles
	operator   string
	bound      float64 // seconds for times, 0 to 1 for shares, else a number
	unit       unit
}

// unit is what a bound is measured in.
type unit int

const (
	unitTime   unit = iota // seconds
	unitShare              // 0 to 1, written in percent
	unitCount              // a number
	unitPerSec             // requests per second
)

// thresholdHint shows the grammar.
const thresholdHint = "such as p99<250ms, mean<=80ms, error_rate<0.1%, rate>=99%, rate>=45/s, bad_tokens==0, unsent==0, login.p95<200ms"

// ThresholdMetrics lists the metrics that a threshold can have, with some of the percentiles.
var ThresholdMetrics = []string{"p50", "p90", "p95", "p99", "p99.9", "mean", "min", "max", "error_rate", "rate", "bad_tokens", "unsent"}

// operators are tried in this order: the longer ones first.
var operators = []string{"<=", ">=", "==", "<", ">"}

// DefaultThresholds hold in every run, unless others are given for their metrics.
var DefaultThresholds = []string{"bad_tokens==0", "error_rate<1%"}

// String returns the expression as it was given, without blanks.
func (t Threshold) String() string { return t.expression }

// ParseThreshold reads an expression.
func ParseThreshold(text string) (Threshold, error) {
	s := strings.Join(strings.Fields(text), "")
	left, op, right := s, "", ""
	for _, o := range operators {
		if i := strings.Index(s, o); i >= 0 && (op == "" || i < len(left)) {
			left, op, right = s[:i], o, s[i+len(o):]
		}
	}
	if op == "" {
		return Threshold{}, usagef(thresholdHint, "the threshold %q has no comparison (<, <=, >, >= or ==)", text)
	}
	t := Threshold{expression: s, service: measure.All, metric: left, operator: op}
	if service, metric, found := strings.Cut(left, "."); found && !strings.HasPrefix(left, "p") {
		t.service, t.metric = service, metric
	}
	if t.service != measure.All && !slices.Contains([]string{"login", "oauth"}, t.service) {
		return t, usagef("the services are login and oauth", "the threshold %q names the unknown service %q", text, t.service)
	}
	if err := t.readMetric(text); err != nil {
		return t, err
	}
	if err := t.readBound(text, right); err != nil {
		return t, err
	}
	return t, t.checkBound(text, right)
}

// checkBound finds thresholds that always hold or never can: those are slips.
func (t *Threshold) checkBound(text, right string) error {
	highest := math.Inf(1)
	if t.unit == unitShare {
		highest = 1
	}
	switch {
	case t.bound > highest && !strings.HasSuffix(right, "%") && t.bound <= 100:
		return usagef(fmt.Sprintf("did you mean %s%%?", right), "the threshold %q compares a share with %s, which is %g %%", text, right, t.bound*100)
	case t.bound > highest:
		return usagef("a share is from 0% to 100%", "the threshold %q compares a share with %s", text, right)
	case t.unit == unitCount && t.bound != math.Trunc(t.bound):
		return usagef("such as "+t.metric+"==0", "the threshold %q compares a number of replies with %s, which is no whole number", text, right)
	}
	low, high := t.bound == 0, t.bound == highest
	switch {
	case low && t.operator == ">=", high && t.operator == "<=":
		return usagef(thresholdHint, "the threshold %q always holds", text)
	case low && t.operator == "<", high && t.operator == ">":
		return usagef(thresholdHint, "the threshold %q can never hold", text)
	}
	return nil
}

// searchable says what is wrong with the threshold as the objective of a search
// for capacity: it must hold at low rates and break at high ones.
func (t *Threshold) searchable() error {
	const hint = "an objective bounds what grows with the load, such as p99<250ms or error_rate<1%, or is a share of the rate, such as rate>=99%"
	below := t.operator == "<" || t.operator == "<="
	switch {
	case t.metric == "rate" && t.unit == unitShare && !below:
		return nil
	case t.metric != "rate" && (below || t.bound == 0 && t.operator == "=="):
		return nil
	}
	return usagef(hint, "no capacity can be searched for with %s", t)
}

// readMetric reads the metric's unit and quantile.
func (t *Threshold) readMetric(text string) error {
	switch t.metric {
	case "mean", "min", "max":
	case "error_rate":
		t.unit = unitShare
	case "bad_tokens", "unsent":
		t.unit = unitCount
	case "rate":
		t.unit = unitPerSec
	default:
		number := strings.ReplaceAll(strings.TrimPrefix(t.metric, "p"), "_", ".")
		n, err := strconv.ParseFloat(number, 64)
		if !strings.HasPrefix(t.metric, "p") || err != nil || !(n > 0 && n < 100) {
			return usagef("the metrics are "+strings.Join(ThresholdMetrics, ", "), "the threshold %q has the unknown metric %q", text, t.metric)
		}
		t.quantile = n / 100
	}
	return nil
}

// readBound reads what the metric is compared with.
func (t *Threshold) readBound(text, right string) error {
	wrong := func(what string) error {
		return usagef(thresholdHint, "the threshold %q compares %s with %q, which is no %s", text, t.metric, right, what)
	}
	number, percent := strings.CutSuffix(right, "%")
	switch {
	case t.unit == unitTime:
		d, err := time.ParseDuration(right)
		if err != nil || d < 0 {
			return wrong("time: 250ms, 1.5s")
		}
		t.bound = d.Seconds()
		return nil
	case percent && t.unit != unitCount:
		t.unit = unitShare
	case t.unit == unitPerSec:
		rate, err := ParseRate(right)
		if err != nil || math.IsInf(rate, 1) {
			return wrong("rate: 45/s, 99%")
		}
		t.bound = rate
		return nil
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 0) {
		return wrong("number")
	}
	t.bound = n
	if percent && t.unit == unitShare {
		t.bound = n / 100
	} else if percent {
		return wrong("number of replies")
	}
	return nil
}

// ParseRate reads a rate such as "50", "50/s", "300/m" or "max", which is
// +Inf, in requests per second.
func ParseRate(text string) (float64, error) {
	const hint = "a rate is such as 50, 50/s, 300/m or max"
	if text == "max" {
		return math.Inf(1), nil
	}
	number, per, found := strings.Cut(text, "/")
	divisor := 1.0
	if found {
		switch per {
		case "s", "1s", "sec", "second":
		case "m", "1m", "min", "minute":
			divisor = 60
		case "h", "1h", "hour":
			divisor = 3600
		default:
			return 0, usagef(hint, "the rate %q is per %q", text, per)
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 0) {
		return 0, usagef(hint, "%q is no rate", text)
	}
	return n / divisor, nil
}

// ParseThresholds reads expressions and adds the default ones for the metrics
// that have none.
func ParseThresholds(texts []string) ([]Threshold, error) {
	out, err := parseAll(texts)
	if err != nil {
		return nil, err
	}
	for _, text := range DefaultThresholds {
		t, err := ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(o Threshold) bool { return o.metric == t.metric && o.service == t.service }) {
			out = append(out, t)
		}
	}
	return out, nil
}

// parseAll reads expressions.
func parseAll(texts []string) ([]Threshold, error) {
	var out []Threshold
	for _, text := range texts {
		t, err := ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// figures is what a threshold is judged on.
type figures struct {
	recorder *measure.Recorder
	duration time.Duration
	lag      *hist.Histogram // schedule lag by the generator's own doing; nil for none
}

// measured returns the value of the threshold's metric, and false where nothing was measured.
func (t Threshold) measured(f *figures) (float64, bool) {
	sum := f.recorder.Sum(t.service)
	some := sum.Latency.Count() > 0
	switch t.metric {
	case "mean":
		return sum.Latency.Mean().Seconds(), some
	case "min":
		return sum.Latency.Min().Seconds(), some
	case "max":
		return sum.Latency.Max().Seconds(), some
	case "bad_tokens":
		return float64(sum.BadTokens), some
	case "unsent":
		return float64(sum.Unsent), some
	case "error_rate":
		if sum.Count == 0 {
			return 0, false
		}
		return float64(sum.Errors) / float64(sum.Count), true
	case "rate":
		if t.unit == unitShare {
			planned := sum.Count + sum.Unsent
			return float64(f.recorder.Achieved(t.service)) / float64(max(planned, 1)), planned > 0
		}
		return float64(f.recorder.InTime(t.service)) / max(f.duration.Seconds(), 1e-9), some && f.duration > 0
	}
	return sum.Latency.Quantile(t.quantile).Seconds(), some
}

// holds compares a value with the bound.
func (t Threshold) holds(v float64) bool {
	switch t.operator {
	case "<":
		return v < t.bound
	case "<=":
		return v <= t.bound
	case ">":
		return v > t.bound
	case ">=":
		return v >= t.bound
	}
	return math.Abs(v-t.bound) < 1e-12
}

// format writes a value in the expression's unit.
func (t Threshold) format(v float64) string {
	switch t.unit {
	case unitTime:
		return formatTime(time.Duration(v * float64(time.Second)))
	case unitShare:
		return strconv.FormatFloat(math.Round(v*1e5)/1e3, 'f', -1, 64) + "%"
	case unitPerSec:
		return fmt.Sprintf("%.1f/s", v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// formatTime writes a duration with three or four significant digits.
func formatTime(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", float64(d)/1e6)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2fms", float64(d)/1e6)
	}
	return fmt.Sprintf("%dµs", d/time.Microsecond)
}

// judge evaluates a threshold. Where the generator was the limit nothing is
// concluded, except that a wrong token is wrong whoever was slow.
func (t Threshold) judge(f *figures, saturated bool) record.Threshold {
	out := record.Threshold{Expression: t.expression}
	v, some := t.measured(f)
	if !some {
		out.State, out.Value, out.Reason = record.ThresholdInconclusive, "-", "nothing was measured"
		return out
	}
	out.Value = t.format(v)
	switch holds := t.holds(v); {
	case saturated && (t.metric != "bad_tokens" || holds):
		out.State, out.Reason = record.ThresholdInconclusive, "the load generator was the limit"
	case holds:
		out.State = record.ThresholdPass
	default:
		out.State = record.ThresholdFail
		if lag := t.lag(f); lag > 0 && t.holds(v-lag.Seconds()) {
			out.State = record.ThresholdInconclusive
			out.Reason = "unigate started requests up to " + formatTime(lag) + " late, which makes the difference"
		}
	}
	return out
}

// lag returns how much of a latency may be the generator's own doing: the same
// statistic of its schedule lag.
func (t Threshold) lag(f *figures) time.Duration {
	switch {
	case f.lag == nil || t.unit != unitTime:
		return 0
	case t.metric == "mean":
		return f.lag.Mean()
	case t.metric == "min":
		return f.lag.Min()
	case t.metric == "max":
		return f.lag.Max()
	}
	return f.lag.Quantile(t.quantile)
}
