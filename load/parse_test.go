package load_test

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

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

func TestParseMix(t *testing.T) {
	got, err := load.ParseMix("login=80, oauth=20,login:$$a=b=5")
	if err != nil || len(got) != 3 || got[2] != (load.Share{Service: unifier.Login, User: "$$a=b", Weight: 5}) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = load.ParseMix("v2=50,login=50,v2:api@acme.example=3")
	if err != nil || len(got) != 3 || got[0] != (load.Share{Service: unifier.V2Auth, Weight: 50}) || got[2] != (load.Share{Service: unifier.V2Auth, User: "api@acme.example", Weight: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "login", "login=x", "smtp=1", "login=-1", "login=NaN", "login=80,login=20", "v2=1,v2auth=2"} {
		if _, err := load.ParseMix(text); err == nil {
			t.Errorf("%q is a mix", text)
		}
	}
}

const planText = `
mix: {login: 80, oauth: 20}
warmup: 5s
max_inflight: 200
arrivals: poisson
seed: 42
connections: 10
tls_resumption: off
http: "1.1"
thresholds: [p99<250ms, morning.login.p99<1s]
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
		len(p.Plan.Mix) != 2 || p.Plan.Arrivals != load.Poisson || p.Plan.Seed != 42 || p.Thresholds[0] != "p99<250ms" {
		t.Errorf("%+v", p)
	}
	var c load.Connections
	if p.Connections.Set(&c); c != (load.Connections{PerConnection: 10, NoResumption: true, HTTP: "1.1"}) || p.Thresholds[1] != "morning.login.p99<1s" {
		t.Errorf("%+v, %q", c, p.Thresholds)
	}
	for text, says := range map[string]string{
		"":                                  "empty",
		"phases: []":                        "no phases",
		"phasen: []":                        "phasen",
		"phases: [{rate: 5, duration: x}]":  "no time",
		"phases: [{rate: x, duration: 5s}]": "no rate",
		"phases: [{rate: 5}]":               "duration",
		"phases: [{shape: zigzag, rate: 5, duration: 5s}]":                      "zigzag",
		"mix: {smtp: 1}\nphases: [{rate: 5, duration: 5s}]":                     "[1:13]",
		"mix:\n  login: 80\n  oauth: many\nphases: []":                          "[3:10]",
		"mix: {v2: 1, v2auth: 2}\nphases: [{rate: 5, duration: 5s}]":            "twice",
		"mix: {login: -1}\nphases: [{rate: 5, duration: 5s}]":                   "no weight",
		"mix: {login: .nan}\nphases: [{rate: 5, duration: 5s}]":                 "no weight",
		"mix: login=80\nphases: [{rate: 5, duration: 5s}]":                      "[1:6]",
		"mix: {login: 5, 'a.b': 1}\nphases: [{rate: 5, duration: 5s}]":          "a.b",
		"phases: [{rate: 5, duration: 5s, colour: red}]":                        "colour",
		"thresholds: [p99<1]\nphases: [{rate: 5, duration: 5s}]":                "[1:14]",
		"thresholds:\n  - p99<1s\n  - error_rate<5\nphases: []":                 "[3:5]",
		"abort_on: [rate]\nphases: [{rate: 5, duration: 5s}]":                   "[1:12]",
		"arrivals: even\nphases: [{rate: 5, duration: 5s}]":                     "[1:11]",
		"seed: -1\nphases: [{rate: 5, duration: 5s}]":                           "[1:7]",
		"seed: 9007199254740992\nphases: [{rate: 5, duration: 5s}]":             "no seed",
		"connections: some\nphases: [{rate: 5, duration: 5s}]":                  "[1:14]",
		"tls_resumption: maybe\nphases: [{rate: 5, duration: 5s}]":              "neither on nor off",
		"http: 3\nphases: [{rate: 5, duration: 5s}]":                            "no version of HTTP",
		"abort_on: [dya.p99<1s]\nphases: [{name: day, rate: 5, duration: 5s}]":  "did you mean day?",
		"max_inflight: 0\nphases: [{rate: 5, duration: 5s}]":                    "[1:15]",
		"phases: [{shape: ramp, rate: max, duration: 5s}]":                      "phase 1: rate max is a closed loop",
		"phases: [{name: one, shape: spike, rate: 5, peak: max, duration: 5s}]": "phase 1 one: peak cannot be max",
		"phases: [{rate: 5, peak: 9, duration: 5s}]":                            "phase 1: the shape constant has no peak",
		"phases: [{shape: spike, rate: 5, peak: 5, duration: 5s}]":              "is none",
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

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(planText))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = load.ParsePlan(data) // no panic is all that is asked
	})
}
