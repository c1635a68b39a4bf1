package record

import "time"

// Load is the outcome of a load test.
type Load struct {
	// Began is when the first request that counts was due; the times of Series
	// count from it. The zero value stands for a record that does not say.
	Began    time.Time `json:"began,omitzero"`
	Plan     Plan      `json:"plan"`
	Totals   Totals    `json:"totals"`
	Services []Service `json:"services"`
	All      Service   `json:"all"`
	// Phases are the figures of each phase of a plan that has several, in order; a plan
	// of more than MaxPhases has none.
	Phases []PhaseFigures `json:"phases,omitempty"`
	// Users are those of the users that the mix or a threshold names, as in Services,
	// with names such as "login:NAME".
	Users      []Service   `json:"users,omitempty"`
	Series     []Point     `json:"series"`
	Generator  Generator   `json:"generator"`
	Bad        []Bad       `json:"bad"`
	Errors     []Bad       `json:"errors,omitempty"`
	Thresholds []Threshold `json:"thresholds"`
	Capacity   *Capacity   `json:"capacity,omitempty"`
	// Connections tells of the connections of the requests that count; absent where
	// nothing is known of them.
	Connections *Connections `json:"connections,omitempty"`
	// Stopped says why the run ended before its plan did; empty if it did not.
	Stopped string `json:"stopped,omitempty"`
	// Generators is how many load tests were added up; 0 for a single one.
	Generators int `json:"generators,omitempty"`
	// Part says which part of a plan this is, Whole that it is all parts of one
	// together; nil for a load test of one generator, and for sums of such.
	Part  *Part  `json:"part,omitempty"`
	Whole *Whole `json:"whole,omitempty"`
	// Notes are what a reader of the figures must know, such as catch-up or a prolonged token.
	Notes []string `json:"notes,omitempty"`
}

// Plan is what a load test set out to do.
type Plan struct {
	Phases []Phase `json:"phases"`
	// Mix holds the share of each service, 0 to 1.
	Mix       map[string]float64 `json:"mix"`
	Model     string             `json:"model"` // "open" or "closed"
	WarmupS   float64            `json:"warmup_s"`
	DurationS float64            `json:"duration_s"`
	// MaxInflight is the limit that was in force. InflightByNeed says that nobody gave
	// it: it is then what the plan can need within what the machine bears.
	MaxInflight    int     `json:"max_inflight"`
	InflightByNeed bool    `json:"inflight_by_need,omitempty"`
	TimeoutS       float64 `json:"timeout_s"`
	Transport      string  `json:"transport"`
	// Arrivals is how requests are spread at the plan's rate: "uniform" or "poisson";
	// empty in records from before there was a choice, which are uniform. Seed makes
	// Poisson arrivals again; merged generators have several and so none.
	Arrivals string `json:"arrivals,omitempty"`
	Seed     uint64 `json:"seed,omitempty"`
	// Verification says how far replies are checked, such as the rate of sampled signatures.
	Verification string `json:"verification,omitempty"`
}

// Phase is one part of a plan with one shape.
type Phase struct {
	Name      string             `json:"name,omitempty"`
	Shape     string             `json:"shape"` // constant, ramp, steps, spike, sine, max
	DurationS float64            `json:"duration_s"`
	RatePerS  float64            `json:"rate_per_s"`
	Params    map[string]float64 `json:"params,omitempty"`
}

// MaxPhases is how many phases a plan may have for each to have figures of its own.
const MaxPhases = 32

// PhaseFigures are what was measured in one phase: of the requests that were due in it,
// whenever they were answered.
type PhaseFigures struct {
	// Number is that of the phase in the plan, from 1; Name and Shape are the plan's.
	Number int    `json:"number"`
	Name   string `json:"name,omitempty"`
	Shape  string `json:"shape"`
	// StartS is when the phase began, in seconds since the plan's start, and DurationS
	// how long it lasted: 0 where the run ended before.
	StartS    float64 `json:"start_s"`
	DurationS float64 `json:"duration_s"`
	// Services and All are as in Load, of this phase.
	Services []Service `json:"services"`
	All      Service   `json:"all"`
}

// ShapeMax is the shape of a closed loop.
const ShapeMax = "max"

// Totals counts the requests of the whole run. Attempts, WarmupAttempts and
// PreflightAttempts together are what the server saw.
type Totals struct {
	Planned           uint64 `json:"planned"`
	Sent              uint64 `json:"sent"`
	Attempts          uint64 `json:"attempts"`
	WarmupAttempts    uint64 `json:"warmup_attempts"`
	PreflightAttempts uint64 `json:"preflight_attempts"`
	Completed         uint64 `json:"completed"`
	Unsent            uint64 `json:"unsent"`
	// LostConnections counts the requests that went down with a connection that the
	// target had kept alive and closed unannounced.
	LostConnections uint64 `json:"lost_connections,omitempty"`
	// UnsentReasons splits Unsent by reason, such as "in-flight limit".
	UnsentReasons map[string]uint64 `json:"unsent_reasons,omitempty"`
	Errors        uint64            `json:"errors"`
	BadTokens     uint64            `json:"bad_tokens"`
	DurationS     float64           `json:"duration_s"`
	// RatePerS is of the replies of status 200 in time, per second of the plan: see
	// Service.Achieved.
	RatePerS float64 `json:"rate_per_s"`
}

// The statuses of an entry that are neither an HTTP status nor a transport error of
// the target's: the sum over all of them, requests that were due and never sent, those
// that unigate itself cut off, and those whose answer tells nothing about the target. Of
// all but the first the latency is what they had waited.
const (
	StatusAll    = "all"
	StatusUnsent = "unsent"
	StatusCut    = "interrupted"
	// StatusProvoked is of requests that the target refused for their number (429, 503)
	// while the generator sent more than the plan asks for, to catch up, after it had
	// been late by its own doing.
	StatusProvoked = "refused in catching up"
	// StatusStandIn is of requests that something between the generator and the target
	// answered in the target's place.
	StatusStandIn = "not the target's answer"
	// StatusUnseen is of requests that timed out while the generator stood still: the
	// answer may have been there in time. It may have come at once, so that they waited
	// for no more than their own lateness.
	StatusUnseen = "timed out unseen"
)

// StatusOpen reports whether a status is of requests whose answer is not known, and is
// neither an error of the target's nor a success: what they had waited is a lower bound.
func StatusOpen(status string) bool {
	switch status {
	case StatusUnsent, StatusCut, StatusProvoked, StatusStandIn, StatusUnseen:
		return true
	}
	return false
}

// Service is the outcome for one service and status. A service has one entry
// for every status seen and one with the status "all".
type Service struct {
	Name string `json:"name"`
	// Status is the HTTP status, or the kind of transport error, or "unsent", or "all".
	Status string `json:"status"`
	Count  uint64 `json:"count"`
	// RatePerS is Achieved per second of the plan; over all statuses it is of those of
	// status 200, as in Totals.
	RatePerS float64 `json:"rate_per_s"`
	// ErrorShare is between 0 and 1.
	ErrorShare float64 `json:"error_share"`
	// BadTokens counts the replies of status 200 whose body or token was wrong.
	BadTokens uint64 `json:"bad_tokens"`
	// Censored counts the requests in Latency whose waiting time is known to be at
	// least so long and no more: those that were never sent, or cut off by unigate.
	Censored uint64 `json:"censored,omitempty"`
	// Refused counts, of the requests that were never sent, those that the target
	// asked not to send (Retry-After).
	Refused uint64 `json:"refused,omitempty"`
	// Achieved counts the replies that a rate is of: those that came before the end
	// of the plan, and those of requests of its last moment, but for what had waited in
	// a queue. Unclear counts those of which that is not known.
	Achieved uint64 `json:"achieved,omitempty"`
	Unclear  uint64 `json:"unclear,omitempty"`
	// Latency counts from the scheduled start, service time from the actual one.
	Latency Distribution `json:"latency_s"`
	// LatencyIntervals are the confidence intervals of Latency's percentiles; only
	// the entries with the status "all" have them.
	LatencyIntervals *Intervals   `json:"latency_confidence_s,omitempty"`
	ServiceTime      Distribution `json:"service_time_s"`
	// LatencyHistogram and ServiceTimeHistogram are the HDR histograms behind the
	// two distributions: values in microseconds, V2 compressed encoding, base64.
	LatencyHistogram     string `json:"latency_histogram,omitempty"`
	ServiceTimeHistogram string `json:"service_time_histogram,omitempty"`
	// CleanHistogram is, in the entries "all" of a part, of the latency without what
	// the generator itself added to it.
	CleanHistogram string `json:"clean_histogram,omitempty"`
}

// Distribution summarises durations in seconds. Min is of those that are known in
// full. The other figures take what is known in part only, the waiting time of
// requests that were never sent or were cut off, at its least.
type Distribution struct {
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
	// AtLeast marks the figures that are lower bounds.
	AtLeast AtLeast `json:"at_least,omitzero"`
}

// AtLeast marks the figures of a distribution that are lower bounds only, as some
// of its durations are: those of requests that were never sent or were cut off.
type AtLeast struct {
	Min  bool `json:"min,omitempty"`
	Mean bool `json:"mean,omitempty"`
	P50  bool `json:"p50,omitempty"`
	P90  bool `json:"p90,omitempty"`
	P95  bool `json:"p95,omitempty"`
	P99  bool `json:"p99,omitempty"`
	P999 bool `json:"p99_9,omitempty"`
	Max  bool `json:"max,omitempty"`
}

// Interval bounds a figure, in the figure's unit. High is absent where nothing
// bounds it from above.
type Interval struct {
	Low  float64  `json:"low"`
	High *float64 `json:"high,omitempty"`
}

// Intervals are distribution-free confidence intervals of percentiles, in seconds,
// from order statistics. They take the requests for independent. A percentile of
// fewer than 1/(1 − q) requests has none.
type Intervals struct {
	// Confidence is that of each interval, 0 to 1.
	Confidence float64   `json:"confidence"`
	P50        *Interval `json:"p50,omitempty"`
	P90        *Interval `json:"p90,omitempty"`
	P95        *Interval `json:"p95,omitempty"`
	P99        *Interval `json:"p99,omitempty"`
	P999       *Interval `json:"p99_9,omitempty"`
}

// Point is one interval of the run. Planned, Errors, BadTokens, Unsent and Latency
// are of the requests that were due in it, however late they were sent or answered;
// Sent, Completed and InFlight are of what happened in it, also after the plan's end.
type Point struct {
	// TS is the interval's start in seconds since the first scheduled request,
	// WidthS its width.
	TS      float64 `json:"t_s"`
	WidthS  float64 `json:"width_s"`
	Planned uint64  `json:"planned"`
	// Sent counts the requests that started in the interval, Completed the answers
	// that came in it.
	Sent      uint64 `json:"sent"`
	Completed uint64 `json:"completed"`
	Errors    uint64 `json:"errors"`
	BadTokens uint64 `json:"bad_tokens"`
	Unsent    uint64 `json:"unsent"`
	// Connections, Handshakes and Resumptions are as in Connections, of the requests
	// that started in the interval.
	Connections uint64 `json:"connections,omitempty"`
	Handshakes  uint64 `json:"handshakes,omitempty"`
	Resumptions uint64 `json:"resumptions,omitempty"`
	// InFlight is the most requests that waited for their answers at once.
	InFlight int `json:"in_flight"`
	// Latency is over everything that was scheduled in the interval.
	Latency Distribution `json:"latency_s"`
	// Censored counts the requests in Latency whose waiting time is known in part
	// only: never sent, or cut off by unigate.
	Censored uint64 `json:"censored,omitempty"`
	// LatencyHistograms holds one HDR histogram per service, encoded as in Service.
	LatencyHistograms map[string]string `json:"latency_histograms,omitempty"`
	// CensoredHistograms holds the part of each that is lower bounds; a service
	// without any has none.
	CensoredHistograms map[string]string `json:"censored_histograms,omitempty"`
	// Generator is what the load generator saw of itself in the interval; of the
	// worst second of it, figure by figure, where it is longer.
	Generator *Health `json:"generator,omitempty"`
}

// Bad counts replies that were wrong in one way, with redacted samples.
type Bad struct {
	Kind    string   `json:"kind"`
	Service string   `json:"service,omitempty"`
	Count   uint64   `json:"count"`
	Samples []string `json:"samples"`
}
