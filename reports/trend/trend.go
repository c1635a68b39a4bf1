// Package trend draws any number of run records over time: verdicts, requirements by
// state, breaking changes between neighbours, latency and capacity with their
// intervals. Records are read one at a time, and only what is drawn of them is kept.
package trend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// Schema names the version of a trend's JSON form.
const Schema = "unigate.trend/v1"

// ErrNoRecords is the error for arguments among which there is no run record.
var ErrNoRecords = errors.New("there is no run record among what was named")

// Result is what became of many runs over time, the oldest first.
type Result struct {
	Schema string `json:"schema"`
	// Verdict is that of the newest verify and the newest load test of the newest
	// run's target, and of what broke on the way to them.
	Verdict record.Verdict `json:"verdict"`
	Notes   []string       `json:"notes,omitempty"`
	Runs    []Run          `json:"runs"`
	// Breaking are the breaking changes of behaviour between neighbours.
	Breaking []Breaking `json:"breaking"`
	// Requirements are those that were not met, or warned, in at least one run.
	Requirements []Requirement `json:"requirements"`
	// Editions sums the runs up by edition of the documentation and release.
	Editions []Edition `json:"editions"`
	// Plan says the load test of which latency is drawn, Objective that of the searches
	// of which capacity is.
	Plan      string `json:"plan,omitempty"`
	Objective string `json:"objective,omitempty"`
	// Apart are the records, or their load tests, that cannot be drawn with the others.
	Apart []Apart `json:"apart"`
}

// Run is what is drawn of one record.
type Run struct {
	// N counts from 1, the oldest run.
	N       int           `json:"n"`
	File    string        `json:"file"`
	Command string        `json:"command"`
	Started time.Time     `json:"started"`
	Tool    string        `json:"tool"`
	Target  record.Target `json:"target"`
	// Verdict is the run's own, Reason the first of its reasons.
	Verdict record.VerdictState `json:"verdict"`
	Exit    int                 `json:"exit"`
	Reason  string              `json:"reason,omitempty"`
	// Requirements counts them by state; NotMet names those that fail or err.
	Requirements *record.Summary `json:"requirements,omitempty"`
	NotMet       []string        `json:"not_met,omitempty"`
	// Neighbour is the number of the run before it of the same target whose behaviour is
	// known too, 0 for none; Breaking counts the breaking changes since.
	Neighbour int `json:"neighbour,omitempty"`
	Breaking  int `json:"breaking"`
	// Load is what a load test measured, Capacity what a search found.
	Load     *Load     `json:"load,omitempty"`
	Capacity *Capacity `json:"capacity,omitempty"`
	// Apart says why the load test or search is not drawn with the others.
	Apart string `json:"apart,omitempty"`
}

// Figure is a figure with its confidence interval.
type Figure struct {
	Value float64 `json:"value"`
	// AtLeast says that the value is a lower bound.
	AtLeast bool `json:"at_least,omitempty"`
	// Interval is absent where there is none.
	Interval *record.Interval `json:"interval,omitempty"`
}

// Load are the figures of a load test over all services. Latency is in seconds from
// the scheduled start.
type Load struct {
	Requests   uint64  `json:"requests"`
	RatePerS   float64 `json:"rate_per_s"`
	ErrorShare float64 `json:"error_share"`
	BadTokens  uint64  `json:"bad_tokens"`
	P50        Figure  `json:"p50_s"`
	P95        Figure  `json:"p95_s"`
	P99        Figure  `json:"p99_s"`
	// Confidence is that of the intervals, 0 to 1; 0 where there are none.
	Confidence float64 `json:"confidence,omitempty"`
}

// Capacity is what a search for the highest rate found, per second.
type Capacity struct {
	Objective  string  `json:"objective"`
	Found      bool    `json:"found"`
	Rate       Figure  `json:"rate_per_s"`
	Confidence float64 `json:"confidence,omitempty"`
}

// Breaking is one breaking change of behaviour between two neighbours.
type Breaking struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	Reason   string `json:"reason"`
	Source   string `json:"source"`
}

// Requirement is what became of a requirement over the runs that had it.
type Requirement struct {
	ID    string       `json:"id"`
	Level record.Level `json:"level"`
	Title string       `json:"title,omitempty"`
	// State is that in the newest run that had it, Since the number of the run in which
	// this state began, and First that of the first run that had the requirement.
	State record.State `json:"state"`
	Since int          `json:"since"`
	First int          `json:"first"`
	// Before is the state before, empty where it was always the same.
	Before record.State `json:"before,omitempty"`
	// Runs had the requirement; NotMet of them failed or erred, Warned warned.
	Runs   int    `json:"runs"`
	NotMet int    `json:"not_met"`
	Warned int    `json:"warned"`
	Reason string `json:"reason,omitempty"`
	// Target is that of the runs: requirements are followed for each by itself.
	Target string `json:"target"`
}

// Edition sums the runs of one edition of the documentation and release up.
type Edition struct {
	Edition      string `json:"edition"`
	Release      string `json:"release,omitempty"`
	Runs         int    `json:"runs"`
	Pass         int    `json:"pass"`
	Fail         int    `json:"fail"`
	Inconclusive int    `json:"inconclusive"`
	// NotMet names the requirements that failed or erred in one of them.
	NotMet []string `json:"not_met,omitempty"`
	// LowP99S and HighP99S are the lowest and the highest p99 of those drawn, in seconds,
	// LowPerS and HighPerS those of the capacities found, per second; 0 where there is none.
	LowP99S  float64 `json:"low_p99_s,omitempty"`
	HighP99S float64 `json:"high_p99_s,omitempty"`
	LowPerS  float64 `json:"low_capacity_per_s,omitempty"`
	HighPerS float64 `json:"high_capacity_per_s,omitempty"`
}

// Apart is a record, or its load test, that is not drawn with the others.
type Apart struct {
	// N is the run's number, 0 for a record that cannot be read.
	N    int    `json:"n,omitempty"`
	File string `json:"file"`
	Why  string `json:"why"`
}

// Options say how records become a trend.
type Options struct {
	// Read reads one record and checks that it is sound.
	Read func(ctx context.Context, path string) (*record.Run, error)
	// Text redacts the texts that are kept; it may be nil.
	Text func(string) string
	// Documented returns the values that an edition documents, by trait.
	Documented func(edition string) (map[string][]string, error)
	// Progress is called after each record with how many were read, of how many; it may be nil.
	Progress func(done, all int)
}

// Build reads the records that paths name, files or folders, and draws them together.
// A path that is no sound record is an error, and so is a folder without any; in a
// folder, what is no record is passed over, and a broken record stands apart.
func Build(ctx context.Context, paths []string, o Options) (*Result, error) {
	found, err := find(ctx, paths)
	if err != nil {
		return nil, err
	}
	b := newBuilder(found, o)
	for i, f := range found.files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := b.add(ctx, f); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(i+1, len(found.files))
		}
	}
	if len(b.r.Runs) == 0 {
		if len(b.r.Apart) > 0 {
			a := b.r.Apart[0]
			return nil, fmt.Errorf("%w: %s: %s", ErrNoRecords, a.File, a.Why)
		}
		return nil, ErrNoRecords
	}
	return b.result(), nil
}
