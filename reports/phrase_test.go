package reports

import (
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/phrase"
)

func TestPlanInWords(t *testing.T) {
	phase := func(shape string, rate, seconds float64, params map[string]float64) record.Phase {
		return record.Phase{Shape: shape, RatePerS: rate, DurationS: seconds, Params: params}
	}
	for want, pl := range map[string]record.Plan{
		"constant 80/s for 20 s":    {Phases: []record.Phase{phase("constant", 80, 20, nil)}},
		"soak 0.5/s for 1 h 30 min": {Phases: []record.Phase{phase("soak", 0.5, 5400, nil)}},
		"spike 30/s for 4 s, up to 120/s after 1.33 s for 0.4 s": {Phases: []record.Phase{
			phase("spike", 30, 4, map[string]float64{"peak_per_s": 120, "at_s": 1.3333333330000001, "length_s": 0.4})}},
		"ramp from 0/s to 200/s in 30 s":              {Phases: []record.Phase{phase("ramp", 200, 30, map[string]float64{"from_per_s": 0})}},
		"5 steps from 10/s to 50/s in 30 s":           {Phases: []record.Phase{phase("steps", 50, 30, map[string]float64{"from_per_s": 10, "steps": 5})}},
		"1 step of 50/s for 30 s":                     {Phases: []record.Phase{phase("steps", 50, 30, map[string]float64{"from_per_s": 50, "steps": 1})}},
		"closed loop, at most 16 in flight, for 30 s": {MaxInflight: 16, Phases: []record.Phase{phase("max", 0, 30, nil)}},
		"closed loop for 30 s":                        {Phases: []record.Phase{phase("max", 0, 30, nil)}},
		"sine around 50/s, ±25/s, a swing every 15 s, for 1 min": {Phases: []record.Phase{
			phase("sine", 50, 60, map[string]float64{"amplitude_per_s": 25, "period_s": 15})}},
		"spike 30/s for 4 s": {Phases: []record.Phase{phase("spike", 30, 4, nil)}}, // a record that lacks the figures
		"wavy 30/s for 4 s":  {Phases: []record.Phase{phase("wavy", 30, 4, map[string]float64{"from_per_s": 3})}},
		"up: ramp from 0/s to 20/s in 10 s, then constant 20/s for 1 min 5 s": {Phases: []record.Phase{
			{Name: "up", Shape: "ramp", RatePerS: 20, DurationS: 10, Params: map[string]float64{"from_per_s": 0}}, phase("constant", 20, 65, nil)}},
	} {
		if got := phrase.Phases(pl, nil); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSearchInWords(t *testing.T) {
	for want, steps := range map[string][]record.CapacityStep{
		"search for the highest rate at which p99<50ms holds, from 20/s on, within 30 s": nil,
		"search for the highest rate at which p99<50ms holds, from 10/s on, within 30 s": {{RatePerS: 10}, {RatePerS: 20}},
	} {
		pl := record.Plan{Phases: []record.Phase{{Shape: "constant", RatePerS: 20, DurationS: 30}}}
		if got := phrase.Phases(pl, &record.Capacity{Objective: "p99<50ms", Steps: steps}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestMixInWords(t *testing.T) {
	for want, mix := range map[string]map[string]float64{
		"": nil, "login 80 %, oauth 20 %": {"oauth": 0.2, "login": 0.8}, "login 33.3 %, oauth 66.7 %": {"login": 1, "oauth": 2}, "login 0 %": {"login": 0},
	} {
		if got := phrase.Mix(mix); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDurationInWords(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0 s", -1: "-1 s", 0.0004: "0.0004 s", 0.123456: "0.123 s", 9.999: "10 s", 59.94: "59.9 s", 59.999: "1 min", 60.4: "1 min",
		90: "1 min 30 s", 3599.9: "1 h", 7200: "2 h", 90061: "25 h 1 min 1 s",
	} {
		if got := phrase.Duration(s); got != want {
			t.Errorf("%v: got %s, want %s", s, got, want)
		}
	}
}

func TestRateInWords(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0/s", 0.0166666: "0.0167/s", 1.0 / 3: "0.333/s", 33.333: "33.3/s", 99.96: "100/s", 120: "120/s", 1234567: "1234567/s",
	} {
		if got := phrase.Rate(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
