package load_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load"
)

const (
	ms     = time.Millisecond
	passes = record.ThresholdPass
	fails  = record.ThresholdFail
	opens  = record.ThresholdInconclusive
)

// judged are thresholds with the state that they must have.
type judged map[string]record.ThresholdState

// whole is a plan that is sent as a whole against a server whose every answer is known:
// every figure of the record must be the truth, and the verdict what follows from it.
type whole struct {
	name   string
	phases []load.Phase
	count  func(t float64) float64 // integral of the planned rate
	answer func(ask) told
	change func(*load.Options)
	judged judged
	exit   int
}

// constant is a plan of one rate.
func constant(rate float64, d time.Duration) []load.Phase {
	return []load.Phase{{Shape: load.Constant, Rate: rate, Duration: d}}
}

// takes always takes as long.
func takes(d time.Duration) func(ask) told { return func(ask) told { return told{takes: d} } }

// every does something else at each n-th request, counted from first.
func everyNth(n, first int, other told, d time.Duration) func(ask) told {
	return func(a ask) told {
		if a.k%n == first {
			return other
		}
		return told{takes: d}
	}
}

// check runs the plan and holds the record against the truth.
func (c *whole) check(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		duration := time.Duration(0)
		for _, p := range c.phases {
			duration += p.Duration
		}
		l, v, x := against(t, c.answer, func(o *load.Options) {
			var texts []string
			for text := range c.judged {
				texts = append(texts, text)
			}
			if c.change != nil {
				c.change(o)
			}
			o.Thresholds = thresholds(t, texts...)
		}, c.phases...)
		x.due = dueOf(c.count, duration)
		compareAll(t, l, x, duration)
		for _, th := range l.Thresholds {
			if want, ok := c.judged[th.Expression]; ok && th.State != want {
				t.Errorf("%s is %s, and must be %s: %s %s", th.Expression, th.State, want, th.Value, th.Reason)
			}
		}
		if v.Exit != c.exit {
			t.Errorf("exit %d %q, and must be %d", v.Exit, v.Reasons, c.exit)
		}
		if l.Generator.Saturated {
			t.Errorf("saturated: %q", l.Generator.Reasons)
		}
	})
}

// diurnal slows down and up again over a period, by a sine from low to high.
func diurnal(low, high, period time.Duration) func(ask) told {
	return func(a ask) told {
		w := (1 - math.Cos(2*math.Pi*float64(a.at)/float64(period))) / 2
		return told{takes: low + time.Duration(w*float64(high-low))}
	}
}

// pauses answers nobody for a while at the start of each period, as a collector of garbage does.
func pauses(base, period, pause time.Duration) func(ask) told {
	return func(a ask) told {
		if into := a.at % period; into < pause {
			return told{takes: pause - into + base}
		}
		return told{takes: base}
	}
}

// wholes are the plans, with targets whose truth is known in closed form.
var wholes = []whole{
	// A sine from 10 to 210 ms over the plan: a share of arccos(1−2x)/π of it is above (10+200x) ms.
	{"diurnal slowdown", constant(100, 20*time.Second), even(100), diurnal(10*ms, 210*ms, 20*time.Second), nil,
		judged{"p50<112ms": passes, "p50<108ms": fails, "p99<211ms": passes, "p90<200ms": fails, "mean<111ms": passes, "mean<109ms": fails}, 1},
	{"diurnal slowdown, borne", constant(100, 20*time.Second), even(100), diurnal(10*ms, 210*ms, 5*time.Second), nil, judged{"p99<212ms": passes, "rate>=99%": passes}, 0},
	// Pauses of 100 ms each second: 10 % wait, evenly up to 100 ms; p95 is half of that.
	{"pauses of a collector", constant(200, 10*time.Second), even(200), pauses(5*ms, time.Second, 100*ms), nil,
		judged{"p95<57ms": passes, "p95<53ms": fails, "p90<6ms": passes, "max<106ms": passes, "p99<90ms": fails}, 1},
	{"short pauses", constant(200, 10*time.Second), even(200), pauses(5*ms, time.Second, 10*ms), nil, judged{"p98<6ms": passes, "p99.9<16ms": passes}, 0},
	{"a pause at the very end", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.at >= 9900*ms {
			return told{takes: 10900*ms - a.at}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"p99<6ms": passes, "p99.5<100ms": fails, "max<1001ms": passes}, 1},
	{"all answers come after the end", constant(10, time.Second), even(10), takes(5 * time.Second), nil, judged{"p50<6s": passes, "p90<4s": fails, "rate>=10/s": passes}, 1},
	{"answers after the end, borne", constant(50, 2*time.Second), even(50), takes(1500 * ms), nil, judged{"p95<1.6s": passes, "rate>=49.9/s": passes, "rate>=100%": passes}, 0},
	// Partial outages: one node of four.
	{"one node of four is down", constant(100, 10*time.Second), even(100), everyNth(4, 1, told{takes: ms, status: 503}, 5*ms), nil,
		judged{"error_rate<=25%": passes, "error_rate<25%": fails, "rate>=75%": passes, "rate>75%": fails}, 1},
	{"one node of four is slow", constant(100, 10*time.Second), even(100), everyNth(4, 2, told{takes: 800 * ms}, 5*ms), nil, judged{"p70<6ms": passes, "p75<6ms": passes, "p76<6ms": fails, "p99<801ms": passes}, 1},
	{"one node is down for a second", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.k%2 == 0 && a.at >= 4*time.Second && a.at < 5*time.Second {
			return told{takes: ms, status: 502}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"error_rate<=5%": passes, "error_rate<5%": fails}, 1},
	{"an outage of all but short", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.at >= 3*time.Second && a.at < 3400*ms {
			return told{takes: ms, status: 500}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"error_rate<4.1%": passes, "error_rate<3.9%": fails, "rate>=96%": passes}, 1},
	// Wrong tokens.
	{"a token twice in 1000", constant(100, 20*time.Second), even(100), everyNth(1000, 777, told{takes: 5 * ms, wrong: "again"}, 5*ms), nil, judged{"bad_tokens==0": fails, "bad_tokens<=2": passes, "error_rate==0": passes}, 1},
	{"a token twice, allowed", constant(100, 20*time.Second), even(100), everyNth(1000, 777, told{takes: 5 * ms, wrong: "again"}, 5*ms), nil, judged{"bad_tokens<=2": passes}, 0},
	{"another's token for one user", constant(100, 5*time.Second), even(100), func(a ask) told {
		if a.user == "$$colons" {
			return told{takes: 5 * ms, wrong: "other"}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"bad_tokens<=100": passes, "bad_tokens<100": fails, "error_rate==0": passes}, 1},
	{"another's token in the last second", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.at >= 9*time.Second {
			return told{takes: 5 * ms, wrong: "other"}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"bad_tokens<=100": passes, "bad_tokens<=99": fails}, 1},
	{"another's token at the last request", constant(100, 3*time.Second), even(100), everyNth(300, 299, told{takes: 5 * ms, wrong: "other"}, 5*ms), nil, judged{"p99<6ms": passes}, 1},
	{"another's token that comes after the end", constant(100, 3*time.Second), even(100), everyNth(300, 299, told{takes: 2 * time.Second, wrong: "other"}, 5*ms), nil, judged{"error_rate==0": passes}, 1},
	// Warm-up effects.
	{"slow at first", constant(100, 10*time.Second), even(100), func(a ask) told {
		return told{takes: 5*ms + time.Duration(max(500*float64(ms)*(1-a.at.Seconds()/2), 0))}
	}, nil, judged{"p80<6ms": passes, "p90<270ms": passes, "p90<240ms": fails, "max<506ms": passes}, 1},
	// Bounds that are met exactly.
	{"p99 exactly at the bound", constant(100, 10*time.Second), even(100), takes(100 * ms), nil, judged{"p99<=100ms": opens, "p99<100ms": opens, "p99<101ms": passes, "p50>=99ms": passes}, 3},
	{"p99 between two values", constant(100, 10*time.Second), even(100), everyNth(100, 50, told{takes: 300 * ms}, 5*ms), nil, judged{"p99<6ms": passes, "p99.1<6ms": fails}, 1},
	{"one more than a hundredth is slow", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.k%100 == 50 || a.k == 7 {
			return told{takes: 300 * ms}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"p99<6ms": fails, "p98<6ms": passes}, 1},
	{"errors exactly at the bound", constant(100, 10*time.Second), even(100), everyNth(100, 3, told{takes: 5 * ms, status: 500}, 5*ms), nil, judged{"error_rate<=1%": passes, "error_rate<1%": fails, "rate>=99%": passes, "rate>99%": fails, "rate>=99/s": passes}, 1},
	{"errors exactly at the bound, allowed", constant(100, 10*time.Second), even(100), everyNth(100, 3, told{takes: 5 * ms, status: 500}, 5*ms), nil, judged{"error_rate<=1%": passes}, 0},
	{"one error more", constant(100, 10*time.Second), even(100), func(a ask) told {
		if a.k%100 == 3 || a.k == 500 {
			return told{takes: 5 * ms, status: 500}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"error_rate<=1%": fails, "rate>=99%": fails, "rate>=98.9%": passes}, 1},
	{"rate exactly at the bound", constant(100, 10*time.Second), even(100), takes(5 * ms), nil, judged{"rate>=100%": passes, "rate==100%": passes, "rate>=100/s": passes, "rate>100/s": fails, "rate<=100/s": passes, "rate<100/s": fails}, 1},
	// Small samples.
	{"one request", constant(1, time.Second), even(1), takes(20 * ms), nil, judged{"max<21ms": passes, "p50<21ms": opens, "error_rate<1%": passes}, 3},
	{"one request, an error", constant(1, time.Second), even(1), func(ask) told { return told{takes: 20 * ms, status: 500} }, nil, judged{"error_rate<1%": fails, "max<21ms": passes}, 1},
	{"99 requests", constant(99, time.Second), even(99), takes(20 * ms), nil, judged{"p99<21ms": opens, "p98<21ms": passes}, 3},
	{"100 requests", constant(100, time.Second), even(100), takes(20 * ms), nil, judged{"p99<21ms": passes, "p99.9<21ms": opens}, 3},
	{"half of them slow", constant(10, time.Second), even(10), everyNth(2, 1, told{takes: 900 * ms}, 20*ms), nil, judged{"p50<21ms": passes, "p60<21ms": fails, "p90<901ms": passes}, 1},
	// Time-outs.
	{"time-outs", constant(50, 10*time.Second), even(50), everyNth(25, 24, told{takes: time.Hour}, 5*ms), func(o *load.Options) { o.Timeout = 2 * time.Second },
		judged{"error_rate<=4%": passes, "error_rate<4%": fails, "p95<6ms": passes, "p99<2.1s": passes, "p99<1.9s": fails}, 1},
	{"a time-out at the last request", constant(50, 4*time.Second), even(50), everyNth(200, 199, told{takes: time.Hour}, 5*ms), func(o *load.Options) { o.Timeout = 3 * time.Second }, judged{"error_rate<=0.5%": passes, "max<3.1s": passes, "rate>=99.5%": passes}, 0},
	// Shapes.
	{"a ramp", []load.Phase{{Shape: load.Ramp, From: 0, Rate: 100, Duration: 10 * time.Second}}, func(t float64) float64 { return 5 * t * t }, takes(5 * ms), nil, judged{"rate>=49.9/s": passes, "rate>=100%": passes}, 0},
	{"a ramp down", []load.Phase{{Shape: load.Ramp, From: 100, Rate: 20, Duration: 10 * time.Second}}, func(t float64) float64 { return 100*t - 4*t*t }, takes(5 * ms), nil, judged{"rate>=59.9/s": passes, "p99<6ms": passes}, 0},
	{"slower the more there is", []load.Phase{{Shape: load.Ramp, From: 0, Rate: 200, Duration: 10 * time.Second}}, func(t float64) float64 { return 10 * t * t },
		func(a ask) told { return told{takes: time.Duration(a.at.Seconds() * 10 * float64(ms))} }, nil, judged{"p50<72ms": passes, "p50<69ms": fails, "p99<101ms": passes}, 1}, // 10·√(1000·0.5/10) = 70.7
	{"steps", []load.Phase{{Shape: load.Steps, From: 20, Rate: 100, Steps: 5, Duration: 10 * time.Second}}, func(t float64) float64 {
		n := 0.0
		for i := range 5 {
			n += float64(20*(i+1)) * min(max(t-float64(2*i), 0), 2)
		}
		return n
	}, takes(5 * ms), nil, judged{"rate>=60/s": passes}, 0},
	{"a spike that is not borne", []load.Phase{{Shape: load.Spike, Rate: 20, Peak: 200, At: 3 * time.Second, Length: time.Second, Duration: 10 * time.Second}}, func(t float64) float64 {
		return 20*min(t, 3) + 200*min(max(t-3, 0), 1) + 20*max(t-4, 0)
	}, func(a ask) told {
		if a.at >= 3*time.Second && a.at < 4*time.Second {
			return told{takes: ms, status: 503}
		}
		return told{takes: 5 * ms}
	}, nil, judged{"error_rate<50%": fails, "error_rate<53%": passes}, 1}, // 200 of 380
	{"a sine", []load.Phase{{Shape: load.Sine, Rate: 50, Amplitude: 40, Period: 5 * time.Second, Duration: 10 * time.Second}}, func(t float64) float64 {
		w := 2 * math.Pi / 5
		return 50*t + 40/w*(1-math.Cos(w*t))
	}, takes(5 * ms), nil, judged{"rate>=49.9/s": passes}, 0},
	{"phases", []load.Phase{{Name: "a", Shape: load.Constant, Rate: 50, Duration: 4 * time.Second}, {Name: "b", Shape: load.Ramp, From: 50, Rate: 150, Duration: 4 * time.Second}, {Name: "c", Shape: load.Constant, Rate: 20, Duration: 2 * time.Second}},
		func(t float64) float64 {
			b := min(max(t-4, 0), 4)
			return 50*min(t, 4) + 50*b + 12.5*b*b + 20*max(t-8, 0)
		}, takes(5 * ms), nil, judged{"rate>=64/s": passes, "p99<6ms": passes}, 0},
	// The order of answers does not matter.
	{"the later the quicker", constant(100, 5*time.Second), even(100), func(a ask) told { return told{takes: 5*time.Second - a.at + 5*ms} }, nil, judged{"p50<2.6s": passes, "p99<5.1s": passes, "p90<4.4s": fails}, 1},
}

func TestRecordsTellTheTruth(t *testing.T) {
	for i := range wholes {
		if testing.Short() && raceEnabled && i >= 5 {
			break
		}
		t.Run(wholes[i].name, wholes[i].check)
	}
}
