package objective

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, text := range []string{
		"p50<1s", "p99<250ms", "p0.5<1s", "p1<1s", "p99.9<=1.5s", "p99_9<1s", "mean<80ms", "max<=2s", "min>1us", "error_rate<0.1%", "error_rate==0", "error_rate<0.01",
		"rate>=99%", "rate>=45/s", "rate>300/m", "bad_tokens==0", "unsent==0", "login.p95<200ms", "oauth.error_rate<1%", " p99 < 250ms ",
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, says := range map[string]string{
		"":               "no comparison",
		"p99":            "no comparison",
		"p99=250ms":      "no comparison",
		"p 99<250ms":     "unknown metric",
		"p99<250 ms":     "no time",
		"p99<250":        "no time",
		"p99<-1s":        "no time",
		"p100<1s":        "unknown metric",
		"p0<1s":          "unknown metric",
		"pp<1s":          "unknown metric",
		"latency<1s":     "unknown metric",
		"99<1s":          "unknown metric",
		"<1s":            "unknown metric",
		"p99<1s>=3":      "no time", // the first comparison counts
		"smtp.p99<1s":    "unknown service",
		"error_rate<x":   "no number",
		"error_rate<NaN": "no number",
		"bad_tokens<1%":  "no number of replies",
		"rate>=max":      "no rate",
		"rate>=9/x":      "no rate",
		// Slips: what always holds or never can.
		"error_rate<5":     "which is 500 %",
		"error_rate<200%":  "compares a share",
		"error_rate<1000":  "compares a share",
		"error_rate<Inf":   "no number",
		"error_rate<-1":    "no number",
		"error_rate<=100%": "always holds",
		"error_rate<0":     "never hold",
		"rate>=150%":       "compares a share",
		"rate>100%":        "never hold",
		"rate>=0/s":        "always holds",
		"bad_tokens==0.5":  "no whole number",
		"bad_tokens<0":     "never hold",
		"unsent>=0":        "always holds",
		"p99<0s":           "never hold",
	} {
		_, err := Parse(text)
		var u *Error
		if !errors.As(err, &u) || !strings.Contains(err.Error(), says) || u.Hint == "" {
			t.Errorf("%q: %v; wanted a usage error with a hint that says %q", text, err, says)
		}
	}
}

// A threshold names any service of the table, by its id or by its short name.
func TestThresholdsOfServices(t *testing.T) {
	for text, want := range map[string]string{
		"v2.p99<250ms": "v2auth", "v2auth.p99<250ms": "v2auth", "v2login.p99.9<1s": "v2login", "oauth.rate>=99%": "oauth", "p99.9<1s": All, "all.p99<1s": All,
	} {
		o, err := Parse(text)
		if err != nil || o.Service != want || o.Expression != text {
			t.Errorf("%s: %+v, %v; want service %s", text, o, err, want)
		}
	}
	var u *Error
	if _, err := Parse("v3.p99<1s"); !errors.As(err, &u) || !strings.Contains(u.Hint, "v2auth (or v2)") {
		t.Errorf("the hint lists the services: %v", err)
	}
}

func TestSharesWithoutPercentAreExplained(t *testing.T) {
	for text, hint := range map[string]string{
		"error_rate<5": "did you mean 5%?", "error_rate<1": "did you mean 1%?", "login.error_rate<=1": "did you mean 1%?",
		"error_rate < 1.0": "did you mean 1.0%?", "error_rate==1": "did you mean 1%?", "error_rate>1": "did you mean 1%?",
		"error_rate<100": "did you mean 100%?", "error_rate<100.5": "a share is from 0% to 100%",
		"error_rate<0.999": "", "error_rate<100%": "", "error_rate<0.01": "", "rate>=1": "", "rate>=100%": "",
	} {
		_, err := Parse(text)
		var u *Error
		if errors.As(err, &u) != (hint != "") || u != nil && u.Hint != hint {
			t.Errorf("%s: %v, wanted the hint %q", text, err, hint)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{"50": 50, "50/s": 50, "300/m": 5, "0.5/s": 0.5, "max": math.Inf(1), "7200/h": 2} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "x", "5/d", "NaN", "Inf", "5/"} {
		if got, err := ParseRate(text); err == nil || got != 0 {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"p99<250ms", "login.error_rate<=0.1%", "rate>=45/s", "p99.9==1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		th, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(th.String()); err != nil || again != th {
			t.Errorf("%q reads as %+v, its own text as %+v, %v", s, th, again, err)
		}
	})
}

func TestHoldsAndFormat(t *testing.T) {
	for _, k := range []struct {
		expression string
		value      float64
		holds      bool
		says       string
	}{
		{"p99<250ms", 0.25, false, "250.0ms"},
		{"p99<=250ms", 0.25, true, "250.0ms"},
		{"p50<1s", 0.000_25, true, "250µs"},
		{"max<1m", 12.34, true, "12.3s"},
		{"min>1us", 0.001_5, true, "1.50ms"},
		{"mean>=2s", 1.5, false, "1.50s"},
		{"error_rate<0.1%", 0.000_5, true, "0.05%"},
		{"rate>=99%", 0.98, false, "98%"},
		{"rate>=300/m", 5, true, "5.0/s"},
		{"bad_tokens==0", 0, true, "0"},
		{"unsent==0", 3, false, "3"},
		{"unsent==3", 3, true, "3"},
		{"error_rate==2%", 0.02 + 0.5e-12, true, "2%"},
		{"unsent==0", 1e-12, false, "0.000000000001"},
		{"unsent==0", 1.5e-12, false, "0.0000000000015"},
		{"min>1us", 0.000_001, false, "1µs"},
		{"min>=1us", 0.000_001, true, "1µs"},
		{"max<1m", 10, true, "10.0s"},
		{"max<1m", 10.5, true, "10.5s"},
		{"max<1m", 9.99, true, "9.99s"},
		{"max<1m", 1, true, "1.00s"},
		{"max<1m", 0.01, true, "10.0ms"},
		{"max<1m", 0.010_5, true, "10.5ms"},
		{"max<1m", 0.009_99, true, "9.99ms"},
		{"max<1m", 0.001, true, "1.00ms"},
	} {
		o, err := Parse(k.expression)
		if err != nil {
			t.Fatal(err)
		}
		if o.Holds(k.value) != k.holds || o.Format(k.value) != k.says {
			t.Errorf("%s with %g: holds %v, says %s", o, k.value, o.Holds(k.value), o.Format(k.value))
		}
	}
}

func TestSearchable(t *testing.T) {
	for expression, want := range map[string]bool{
		"p99<250ms": true, "error_rate<=1%": true, "bad_tokens==0": true, "rate>=99%": true,
		"p99>250ms": false, "rate>=45/s": false, "rate<45/s": false, "rate<99%": false, "unsent>3": false, "bad_tokens==1": false,
	} {
		o, err := Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Searchable(); (err == nil) != want {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// A ratio that is the bound is taken for it, however it is written: n of m, or n in so
// many seconds.
func TestRatiosAtTheBound(t *testing.T) {
	for thousandths := 1; thousandths < 1000; thousandths++ {
		text := strconv.FormatFloat(float64(thousandths)/10, 'f', 1, 64) + "%"
		v := float64(thousandths) / 1000
		for op, want := range map[string]bool{"<": false, "<=": true, ">": false, ">=": true, "==": true} {
			o, err := Parse("error_rate" + op + text)
			if err != nil {
				t.Fatal(err)
			}
			if o.Holds(v) != want {
				t.Errorf("%v %s %s is %t", v, op, text, !want)
			}
			if beyond := v + 1e-9; o.Holds(beyond) != (op[0] == '>') {
				t.Errorf("%v %s %s is %t", beyond, op, text, op[0] != '>')
			}
			if short := v - 1e-9; o.Holds(short) != (op[0] == '<') {
				t.Errorf("%v %s %s is %t", short, op, text, op[0] != '<')
			}
		}
	}
	for tenths := 1; tenths < 1000; tenths++ {
		seconds := (time.Duration(tenths) * 100 * time.Millisecond).Seconds()
		for _, rate := range []float64{7, 10, 70, 110} {
			o, err := Parse(fmt.Sprintf("rate>=%v/s", rate))
			if err != nil {
				t.Fatal(err)
			}
			if n := rate * float64(tenths) / 10; n == math.Trunc(n) && !o.Holds(n/seconds) {
				t.Errorf("%v in %v s is less than %v/s", n, seconds, rate)
			}
		}
	}
	for text, want := range map[string]float64{"p99.9<1s": 0.999, "p99.99<1s": 0.9999, "p55.5<1s": 0.555, "p7<1s": 0.07, "p98.9<1s": 0.989} {
		if o, err := Parse(text); err != nil || o.Quantile != want {
			t.Errorf("%s is of %v, not %v: %v", text, o.Quantile, want, err)
		}
	}
}
