// Package objective reads what a load test is to reach, such as "p99<250ms" or
// "login.error_rate<=0.1%", and compares measured values with it. It measures nothing.
package objective

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Error is a mistake in an expression, with what to do about it.
type Error struct {
	Message string
	Hint    string
}

func (e *Error) Error() string { return e.Message }

// Errorf returns an *Error with a hint, which may be empty.
func Errorf(hint, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// All names all services together.
const All = "all"

// Objective is an expression taken apart.
type Objective struct {
	Expression string  // as it was given, without blanks
	Phase      string  // the name of a phase of the plan; empty for the whole plan
	Service    string  // All, or the id of a service
	User       string  // the name of a user of the service; empty for all of them
	Metric     string  // one of Metrics, or p and any percentile
	Quantile   float64 // above 0, below 1, for percentiles; else 0
	Operator   string  // <, <=, ==, >= or >
	Bound      float64 // in the unit
	Unit       Unit
}

// Unit is what a bound and a value are measured in.
type Unit int

// The units.
const (
	Time      Unit = iota // seconds
	Share                 // 0 to 1, written in percent
	Count                 // a number of replies or requests
	PerSecond             // requests per second
)

// grammarHint shows the grammar.
const grammarHint = "such as p99<250ms, mean<=80ms, error_rate<0.1%, rate>=99%, rate>=45/s, bad_tokens==0, unsent==0, login.p95<200ms, day.login.p95<200ms, login:NAME.p95<200ms"

// Metrics lists the metrics that an objective can have, with some of the percentiles.
var Metrics = []string{"p50", "p90", "p95", "p99", "p99.9", "mean", "min", "max", "error_rate", "rate", "bad_tokens", "unsent"}

// operators are tried in this order: the longer ones first.
var operators = []string{"<=", ">=", "==", "<", ">"}

// String returns the expression as it was given, without blanks.
func (o Objective) String() string { return o.Expression }

// Parse reads [SERVICE[:USER].]METRIC OPERATOR BOUND, with or without blanks around
// the operator, of a load test without phases. A mistake is an *Error.
func Parse(text string) (Objective, error) { return ParseFor(text, nil) }

// ParseFor is Parse for a plan whose phases have names: [PHASE.][SERVICE.]METRIC or
// SERVICE:USER.METRIC. A service comes before a phase of the same name.
func ParseFor(text string, phases []string) (Objective, error) {
	left, op, right := text, "", ""
	for _, known := range operators {
		if i := strings.Index(text, known); i >= 0 && (op == "" || i < len(left)) {
			left, op, right = text[:i], known, text[i+len(known):]
		}
	}
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	if op == "" {
		return Objective{}, Errorf(grammarHint, "the threshold %q has no comparison (<, <=, >, >= or ==)", text)
	}
	o := Objective{Expression: left + op + right, Service: All, Operator: op}
	var scope string
	scope, o.Metric = splitMetric(left)
	if err := o.readScope(text, scope, phases); err != nil {
		return o, err
	}
	if err := o.readMetric(text); err != nil {
		return o, err
	}
	if err := o.readBound(text, right); err != nil {
		return o, err
	}
	return o, o.checkBound(text, right)
}

// checkBound finds thresholds that always hold or never can: those are slips.
func (o *Objective) checkBound(text, right string) error {
	highest := math.Inf(1)
	if o.Unit == Share {
		highest = 1
	}
	switch {
	case o.Bound >= highest && !strings.HasSuffix(right, "%") && o.Bound <= 100: // 1 too, beside figures in percent
		return Errorf(fmt.Sprintf("did you mean %s%%?", right), "the threshold %q compares a share with %s, which is %g %%", text, right, o.Bound*100)
	case o.Bound > highest:
		return Errorf("a share is from 0% to 100%", "the threshold %q compares a share with %s", text, right)
	case o.Unit == Count && o.Bound != math.Trunc(o.Bound):
		return Errorf("such as "+o.Metric+"==0", "the threshold %q compares a number of replies with %s, which is no whole number", text, right)
	}
	low, high := o.Bound == 0, o.Bound == highest
	switch {
	case low && o.Operator == ">=", high && o.Operator == "<=":
		return Errorf(grammarHint, "the threshold %q always holds", text)
	case low && o.Operator == "<", high && o.Operator == ">":
		return Errorf(grammarHint, "the threshold %q can never hold", text)
	}
	return nil
}

// Searchable says what is wrong with the threshold as the objective of a search
// for capacity: it must hold at low rates and break at high ones.
func (o *Objective) Searchable() error {
	const hint = "an objective bounds what grows with the load, such as p99<250ms or error_rate<1%, or is a share of the rate, such as rate>=99%"
	below := o.Operator == "<" || o.Operator == "<="
	switch {
	case o.Metric == "rate" && o.Unit == Share && !below:
		return nil
	case o.Metric != "rate" && (below || o.Bound == 0 && o.Operator == "=="):
		return nil
	}
	return Errorf(hint, "no capacity can be searched for with %s", o)
}

// readMetric reads the metric's unit and quantile.
func (o *Objective) readMetric(text string) error {
	switch o.Metric {
	case "mean", "min", "max":
	case "error_rate":
		o.Unit = Share
	case "bad_tokens", "unsent":
		o.Unit = Count
	case "rate":
		o.Unit = PerSecond
	default:
		number := strings.ReplaceAll(strings.TrimPrefix(o.Metric, "p"), "_", ".")
		n, err := strconv.ParseFloat(number, 64)
		if !strings.HasPrefix(o.Metric, "p") || err != nil || !(n > 0 && n < 100) {
			return Errorf("the metrics are "+strings.Join(Metrics, ", "), "the threshold %q has the unknown metric %q", text, o.Metric)
		}
		o.Quantile = hundredth(n)
	}
	return nil
}

// readBound reads what the metric is compared with.
func (o *Objective) readBound(text, right string) error {
	wrong := func(what string) error {
		return Errorf(grammarHint, "the threshold %q compares %s with %q, which is no %s", text, o.Metric, right, what)
	}
	number, percent := strings.CutSuffix(right, "%")
	switch {
	case o.Unit == Time:
		d, err := time.ParseDuration(right)
		if err != nil || d < 0 {
			return wrong("time: 250ms, 1.5s")
		}
		o.Bound = d.Seconds()
		return nil
	case percent && o.Unit != Count:
		o.Unit = Share
	case o.Unit == PerSecond:
		rate, err := ParseRate(right)
		if err != nil || math.IsInf(rate, 1) {
			return wrong("rate: 45/s, 99%")
		}
		o.Bound = rate
		return nil
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 1) {
		return wrong("number")
	}
	o.Bound = n
	if percent && o.Unit == Share {
		o.Bound = hundredth(n)
	} else if percent {
		return wrong("number of replies")
	}
	return nil
}

// hundredth returns a hundredth of a number, as near to it as a decimal fraction of that
// value is: what is written as 98.9% is then equal to 989 of 1000.
func hundredth(n float64) float64 {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(n, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exponent) // its own format
	out, _ := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e-2), 64)
	return out
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
			return 0, Errorf(hint, "the rate %q is per %q", text, per)
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 1) {
		return 0, Errorf(hint, "%q is no rate", text)
	}
	return n / divisor, nil
}

// sameRatio is up to which part of it a ratio is the bound: so much comes of dividing.
const sameRatio = 1e-15

// Holds compares a value with the bound.
func (o Objective) Holds(v float64) bool {
	if (o.Unit == Share || o.Unit == PerSecond) && math.Abs(v-o.Bound) <= sameRatio*o.Bound {
		v = o.Bound
	}
	switch o.Operator {
	case "<":
		return v < o.Bound
	case "<=":
		return v <= o.Bound
	case ">":
		return v > o.Bound
	case ">=":
		return v >= o.Bound
	}
	return math.Abs(v-o.Bound) < 1e-12
}

// Format writes a value in the expression's unit.
func (o Objective) Format(v float64) string {
	switch o.Unit {
	case Time:
		return FormatTime(time.Duration(v * float64(time.Second)))
	case Share:
		return strconv.FormatFloat(math.Round(v*1e5)/1e3, 'f', -1, 64) + "%"
	case PerSecond:
		return fmt.Sprintf("%.1f/s", v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// FormatTime writes a duration with three or four significant digits.
func FormatTime(d time.Duration) string {
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
