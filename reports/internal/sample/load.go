package sample

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// Options shape a synthetic load test.
type Options struct {
	// Seed makes the random figures; the same seed gives the same record.
	Seed uint64
	// Seconds is the length of the run; 0 means 20.
	Seconds int
	// RatePerS is the rate of each of the two services; 0 means 40.
	RatePerS int
	// Factor multiplies every latency of login; 0 means 1.
	Factor float64
	// Spread is the standard deviation of the logarithm of a latency; 0 means 0.35.
	Spread float64
	// Wave is how far the latency of whole seconds wanders, as a share of it;
	// the requests of one second share that fate, as they do on a real server.
	Wave float64
	// Memory is how much of its deviation a second leaves to the next one, 0 to 1:
	// an autoregressive process of order one, of which Wave is the standard deviation.
	Memory float64
}

// Load returns a load test with log-normal latencies and some errors.
func Load(o Options) *record.Load {
	if o.Seconds == 0 {
		o.Seconds = 20
	}
	if o.RatePerS == 0 {
		o.RatePerS = 40
	}
	if o.Factor == 0 {
		o.Factor = 1
	}
	if o.Spread == 0 {
		o.Spread = 0.35
	}
	g := &generator{Options: o, rnd: rand.New(rand.NewPCG(o.Seed, 7)), all: newPair(), by: map[string]*pair{}}
	l := &record.Load{}
	for s := range o.Seconds {
		l.Series = append(l.Series, g.second(s))
	}
	for _, k := range []struct{ name, status string }{
		{"login", "all"}, {"login", "200"}, {"login", "503"}, {"oauth", "all"}, {"oauth", "200"}} {
		l.Services = append(l.Services, g.service(k.name, k.status))
	}
	l.All = g.service("all", "all")
	n := uint64(2 * o.Seconds * o.RatePerS)
	d := float64(o.Seconds)
	l.Plan = record.Plan{
		Phases: []record.Phase{{Shape: "constant", DurationS: d, RatePerS: 2 * float64(o.RatePerS)}},
		Mix:    map[string]float64{"login": 0.5, "oauth": 0.5}, Model: "open", WarmupS: 2, DurationS: d, MaxInflight: 512,
		TimeoutS: 30, Transport: "fasthttp", Verification: "every reply; 1 signature in 100",
	}
	l.Totals = record.Totals{
		Planned: n, Sent: n, Attempts: n, WarmupAttempts: 160, PreflightAttempts: 2, Completed: n,
		Errors: g.errors, BadTokens: 3, DurationS: d, RatePerS: float64(n) / d,
	}
	l.Generator = record.Generator{
		ScheduleLag: record.Distribution{Min: 0.000001, Mean: 0.00001, P50: 0.000008, P90: 0.00002, P95: 0.00004, P99: 0.00018, P999: 0.0005, Max: 0.0011},
		CPUShare:    0.21, GCPauseS: 0.0021, GCCount: 12, MaxQueueDepth: 9, MaxOpenSockets: 16, MaxInFlight: 21,
		MaxRSSBytes: 48 << 20, LateRequests: 4, UsableCores: 2,
	}
	l.Bad = []record.Bad{
		{Kind: "wrong_user", Service: "login", Count: 2, Samples: []string{"the token names $$other, $$unigate asked"}},
		{Kind: "malformed_body", Service: "oauth", Count: 1, Samples: []string{Hostile}},
	}
	l.Errors = []record.Bad{{Kind: "503", Service: "login", Count: g.errors, Samples: []string{"HTTP 503: upstream is busy"}}}
	l.Thresholds = []record.Threshold{
		{Expression: "p99<250ms", Value: "412ms", State: record.ThresholdFail},
		{Expression: "error_rate<1%", Value: "0.25%", State: record.ThresholdPass},
		{Expression: "bad_tokens==0", Value: "3", State: record.ThresholdFail},
		{Expression: "rate>=99%", Value: "98.2%", State: record.ThresholdInconclusive, Reason: "the generator was saturated"},
	}
	l.Notes = []string{"the target issues a new token on every request (A11)"}
	return l
}

// Capacity returns the outcome of a search for capacity.
func Capacity() *record.Capacity {
	low := record.Distribution{P50: 0.012, P90: 0.03, P99: 0.081}
	mid := record.Distribution{P50: 0.02, P90: 0.1, P99: 0.21}
	high := record.Distribution{P50: 0.4, P90: 1.1, P99: 1.9}
	return &record.Capacity{Objective: "p99<250ms", Found: true, RatePerS: 380, UpperPerS: 400, LowPerS: 360, HighPerS: 400, Confidence: 0.95, Confirmed: true,
		Steps: []record.CapacityStep{
			{Kind: "ramp", RatePerS: 200, AchievedPerS: 199.8, DurationS: 5, Held: true, Latency: low},
			{Kind: "ramp", RatePerS: 400, AchievedPerS: 371.2, DurationS: 5, Reason: "p99 is 1.9s", Latency: high},
			{Kind: "bracket", RatePerS: 380, AchievedPerS: 0, DurationS: 5, Spoilt: true, Reason: "unigate used 97 % of the 2 cores it may use", Latency: high},
			{Kind: "confirm", RatePerS: 380, AchievedPerS: 379.1, DurationS: 5, Held: true, Latency: mid},
		}, Curve: []record.CapacityPoint{
			{RatePerS: 200, Looks: 1, Requests: 1000, Latency: low, ServiceTime: low},
			{RatePerS: 380, Looks: 1, Requests: 1900, MissedShare: 0.004, FittedShare: 0.004, Latency: mid, ServiceTime: mid},
			{RatePerS: 400, Looks: 1, Requests: 2000, MissedShare: 0.6, FittedShare: 0.6, Latency: high, ServiceTime: high},
		}}
}

// pair holds the two histograms of a service and status.
type pair struct {
	latency, service *hist.Histogram
}

// newPair returns two empty histograms.
func newPair() *pair { return &pair{hist.New(), hist.New()} }

// generator makes the figures of a load test.
type generator struct {
	Options
	rnd    *rand.Rand
	all    *pair
	by     map[string]*pair
	errors uint64
	// deviation is the logarithm of what the present second is slower by.
	deviation float64
}

// second makes one second of the run.
func (g *generator) second(s int) record.Point {
	p := record.Point{TS: float64(s), WidthS: 1, InFlight: 3 + g.rnd.IntN(9), LatencyHistograms: map[string]string{}}
	wave := g.fate(s)
	total := hist.New()
	for _, name := range []string{"login", "oauth"} {
		h := hist.New()
		for i := range g.RatePerS {
			status := "200"
			if name == "login" && s == 13 && i < 4 {
				status = "503"
				g.errors++
				p.Errors++
			}
			latency := g.latency(name) * wave
			if s == 14 && g.Seed == 0 {
				latency += 0.3 // the sample shows a stall
			}
			g.count(name, status, latency, h, total)
		}
		p.LatencyHistograms[name], _ = h.Encode() // the histogram is sound: it was made here
	}
	p.Planned, p.Sent, p.Completed = total.Count(), total.Count(), total.Count()
	p.Latency = total.Distribution()
	return p
}

// fate is the factor that the requests of a second share.
func (g *generator) fate(s int) float64 {
	if g.Memory == 0 {
		return 1 + g.Wave*(2*g.rnd.Float64()-1)
	}
	keep := g.Memory
	if s == 0 {
		keep = 0
	}
	g.deviation = keep*g.deviation + math.Sqrt(1-keep*keep)*g.Wave*g.rnd.NormFloat64()
	return math.Exp(g.deviation)
}

// latency draws one latency in seconds.
func (g *generator) latency(name string) float64 {
	l := 0.02 * math.Exp(g.Spread*g.rnd.NormFloat64())
	if name == "login" {
		return l * g.Factor
	}
	return l * 1.5
}

// count records one latency everywhere it belongs.
func (g *generator) count(name, status string, latency float64, into ...*hist.Histogram) {
	d := time.Duration(latency * float64(time.Second))
	for _, key := range []string{name + " all", name + " " + status} {
		if g.by[key] == nil {
			g.by[key] = newPair()
		}
		g.by[key].latency.Record(d)
		g.by[key].service.Record(d * 9 / 10)
	}
	g.all.latency.Record(d)
	g.all.service.Record(d * 9 / 10)
	for _, h := range into {
		h.Record(d)
	}
}

// service sums up one service and status.
func (g *generator) service(name, status string) record.Service {
	p := g.by[name+" "+status]
	if name == "all" {
		p = g.all
	}
	if p == nil {
		p = newPair()
	}
	s := record.Service{
		Name: name, Status: status, Count: p.latency.Count(), RatePerS: float64(p.latency.Count()) / float64(g.Seconds),
		Latency: p.latency.Distribution(), ServiceTime: p.service.Distribution(),
	}
	s.LatencyHistogram, _ = p.latency.Encode()
	s.ServiceTimeHistogram, _ = p.service.Encode()
	switch status {
	case "503":
		s.ErrorShare = 1
	case "all":
		s.ErrorShare = float64(g.errors) / float64(max(s.Count, 1))
		if name == "oauth" {
			s.ErrorShare = 0
		}
		s.LatencyIntervals = hist.NewCensored(p.latency, nil).Intervals()
	}
	if s.Achieved = s.Count - uint64(math.Round(s.ErrorShare*float64(s.Count))); status == "503" {
		s.Achieved = s.Count
	}
	return s
}
