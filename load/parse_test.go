package load_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

func TestParseThreshold(t *testing.T) {
	for _, text := range []string{
		"p50<1s", "p99<250ms", "p99.9<=1.5s", "p99_9<1s", "mean<80ms", "max<=2s", "min>1us", "error_rate<0.1%", "error_rate==0", "error_rate<0.01",
		"rate>=99%", "rate>=45/s", "rate>300/m", "bad_tokens==0", "unsent==0", "login.p95<200ms", "oauth.error_rate<1%", " p99 < 250ms ",
	} {
		if _, err := load.ParseThreshold(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, says := range map[string]string{
		"":               "no comparison",
		"p99":            "no comparison",
		"p99=250ms":      "no comparison",
		"p99<250":        "no time",
		"p99<-1s":        "no time",
		"p100<1s":        "unknown metric",
		"p0<1s":          "unknown metric",
		"pp<1s":          "unknown metric",
		"latency<1s":     "unknown metric",
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
		_, err := load.ParseThreshold(text)
		var u *load.UsageError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), says) || u.Hint == "" {
			t.Errorf("%q: %v; wanted a usage error with a hint that says %q", text, err, says)
		}
	}
}

func TestSharesWithoutPercentAreExplained(t *testing.T) {
	_, err := load.ParseThreshold("error_rate<5")
	var u *load.UsageError
	if !errors.As(err, &u) || u.Hint != "did you mean 5%?" {
		t.Errorf("%v, hint %q", err, u.Hint)
	}
}

func TestDefaultThresholdsStandUnlessOthersAreGiven(t *testing.T) {
	got := func(texts ...string) string {
		var out []string
		for _, th := range thresholds(t, texts...) {
			out = append(out, th.String())
		}
		return strings.Join(out, " ")
	}
	for in, want := range map[string]string{
		"":                   "bad_tokens==0 error_rate<1%",
		"p99<1s":             "p99<1s bad_tokens==0 error_rate<1%",
		"error_rate<50%":     "error_rate<50% bad_tokens==0",
		"login.bad_tokens<3": "login.bad_tokens<3 bad_tokens==0 error_rate<1%",
	} {
		if g := got(strings.Fields(in)...); g != want {
			t.Errorf("%q gives %q, not %q", in, g, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{"50": 50, "50/s": 50, "300/m": 5, "0.5/s": 0.5, "max": math.Inf(1), "7200/h": 2} {
		if got, err := load.ParseRate(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "x", "5/d", "NaN", "Inf", "5/"} {
		if got, err := load.ParseRate(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseMix(t *testing.T) {
	got, err := load.ParseMix("login=80, oauth=20,login:$$a=b=5")
	if err != nil || len(got) != 3 || got[2] != (load.Share{Service: unifier.Login, User: "$$a=b", Weight: 5}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "login", "login=x", "smtp=1", "login=-1", "login=NaN"} {
		if _, err := load.ParseMix(text); err == nil {
			t.Errorf("%q is a mix", text)
		}
	}
}

const planText = `
mix: {login: 80, oauth: 20}
warmup: 5s
max_inflight: 200
thresholds: [p99<250ms]
abort_on: [error_rate<20%]
phases:
  - {name: morning, shape: ramp, from: 1, rate: 50/s, duration: 2m}
  - {shape: constant, rate: 3000/m, duration: 5m}
  - {shape: spike, rate: 50, peak: 200, at: 10s, length: 5s, duration: 1m}
  - {shape: max, duration: 10s}
  - {rate: max, duration: 10s}
`

func TestParsePlan(t *testing.T) {
	p, err := load.ParsePlan([]byte(planText))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Plan.Phases) != 5 || p.Plan.Phases[1].Rate != 50 || p.Plan.Phases[4].Shape != load.Max || p.Plan.Warmup != 5*time.Second ||
		len(p.Plan.Mix) != 2 || p.Thresholds[0] != "p99<250ms" {
		t.Errorf("%+v", p)
	}
	for text, says := range map[string]string{
		"":                                  "empty",
		"phases: []":                        "no phases",
		"phasen: []":                        "phasen",
		"phases: [{rate: 5, duration: x}]":  "no time",
		"phases: [{rate: x, duration: 5s}]": "no rate",
		"phases: [{rate: 5}]":               "duration",
		"phases: [{shape: zigzag, rate: 5, duration: 5s}]":                      "zigzag",
		"mix: {smtp: 1}\nphases: [{rate: 5, duration: 5s}]":                     "smtp",
		"phases: [{rate: 5, duration: 5s, colour: red}]":                        "colour",
		"thresholds: [p99<1]\nphases: [{rate: 5, duration: 5s}]":                "[1:14]",
		"thresholds:\n  - p99<1s\n  - error_rate<5\nphases: []":                 "[3:5]",
		"abort_on: [rate]\nphases: [{rate: 5, duration: 5s}]":                   "[1:12]",
		"max_inflight: 0\nphases: [{rate: 5, duration: 5s}]":                    "[1:15]",
		"phases: [{shape: ramp, rate: max, duration: 5s}]":                      "phase 1: rate max is a closed loop",
		"phases: [{name: one, shape: spike, rate: 5, peak: max, duration: 5s}]": "phase 1 one: peak cannot be max",
		"phases: [{rate: 5, peak: 9, duration: 5s}]":                            "phase 1: the shape constant has no peak",
		"phases: [{rate: 5, from: 1, duration: 5s}]":                            "the shape constant has no from",
		"phases: [{shape: sine, rate: 5, length: 1s, duration: 5s}]":            "the shape sine has no length",
		"phases: [{shape: max, rate: 5, duration: 5s}]":                         "the shape max has no rate",
	} {
		if _, err := load.ParsePlan([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; wanted an error that says %q", text, err, says)
		}
	}
	_, err = load.ParsePlan([]byte("phases:\n  - rate: 5\n    duration: soon\n"))
	if err == nil || !strings.Contains(err.Error(), "[3:15]") || !strings.Contains(err.Error(), "duration: soon") {
		t.Errorf("the error does not show the place: %v", err)
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"p99<250ms", "login.error_rate<=0.1%", "rate>=45/s", "p99.9==1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		th, err := load.ParseThreshold(s)
		if err != nil {
			return
		}
		if again, err := load.ParseThreshold(th.String()); err != nil || again != th {
			t.Errorf("%q reads as %+v, its own text as %+v, %v", s, th, again, err)
		}
	})
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(planText))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = load.ParsePlan(data) // no panic is all that is asked
	})
}
