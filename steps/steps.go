// Package steps runs the scenarios of package features, and the user's own in
// the same words, against a target: users are picked by their traits, answers
// are judged by the oracle, and every outcome, exchange and reason is kept for
// the run record. It drives godog, whose exit status and summaries it does not
// trust: the verdict is its own.
package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/unifier"
)

// Doer sends one call to the target and returns what came of it.
type Doer interface {
	Do(ctx context.Context, call unifier.Call) unifier.Exchange
}

// LoadObjective is what a scenario tagged @load asks of the target.
type LoadObjective struct {
	// Service is whose tokens are fetched; empty stands for all that the users allow.
	Service  unifier.Service
	RatePerS float64
	Duration time.Duration
	// Thresholds are expressions such as "p99<250ms".
	Thresholds []string
}

// LoadRunner runs one load test. The error says why it could not be run.
type LoadRunner func(ctx context.Context, o LoadObjective) (*record.Load, error)

// Options says what to check, and how.
type Options struct {
	// Client sends the calls. BaseURL is the target's, for evidence and messages.
	Client  Doer
	BaseURL string
	Users   []unifier.User
	Edition features.Edition
	// EditionOpen is true where nobody chose the edition: then Edition holds until
	// the first OAuth answers show another one, and what any edition documents passes.
	EditionOpen bool
	// Resource is the path of a GET that needs a token; empty where there is none.
	Resource string
	// ExpiryParameter says whether login takes the parameter expiry: "true",
	// "false", or "auto", which finds out with two requests.
	ExpiryParameter string
	// MaxClockSkew bounds the tolerated difference of the clocks; 0 is the oracle's default.
	MaxClockSkew time.Duration
	// Keys is the identity domain's key set; nil where it is not known, and then
	// NoKeys may say why.
	Keys   *oracle.KeySet
	NoKeys string
	// FailedLogins bounds the wrong passwords per user in the whole run.
	FailedLogins int

	// Gate is the weakest level whose unmet requirements fail the run.
	Gate    record.Level
	Waivers []Waiver

	// Tags is a tag expression, Requirements a list of ids; both narrow the selection.
	Tags         string
	Requirements []string
	// Own are the user's own feature files.
	Own []features.File
	// OwnOnly leaves the embedded feature files out.
	OwnOnly bool

	// Parallel is how many scenarios run at once, Repeat how often all of them run. Both are at least 1.
	Parallel int
	Repeat   int
	FailFast bool

	Redactor *redact.Redactor
	Load     LoadRunner
	// StatesOnly leaves exchanges and traits out of the result: to redact and to
	// write them takes as long as all judging.
	StatesOnly bool
	// Now is the clock and Sleep waits by it; the real ones where they are nil.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Started is called when a scenario begins; may be nil.
	Started func(name string)
}

// fill sets the defaults.
func (o *Options) fill() {
	if o.Gate == "" {
		o.Gate = record.Sampled
	}
	o.Parallel, o.Repeat = max(o.Parallel, 1), max(o.Repeat, 1)
	if o.Redactor == nil {
		o.Redactor = redact.New()
	}
	if o.ExpiryParameter == "" {
		o.ExpiryParameter = "auto"
	}
	if o.MaxClockSkew == 0 {
		o.MaxClockSkew = oracle.DefaultMaxSkew
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Result is what came of a run.
type Result struct {
	Conformance record.Conformance
	Behaviour   record.Behaviour
	Verdict     record.Verdict
	Load        []*record.Load
	// Edition is the one whose rules were used.
	Edition features.Edition
}

// ErrUsage is wrapped by the errors of Run that are mistakes in the options.
var ErrUsage = errors.New("usage")

// usageError is a mistake in the options, with a hint.
type usageError struct{ message, hint string }

// Error returns the message.
func (e *usageError) Error() string { return e.message }

// Is makes it an ErrUsage.
func (e *usageError) Is(target error) bool { return target == ErrUsage }

// Hint returns what may help.
func (e *usageError) Hint() string { return e.hint }

// misuse makes a usageError.
func misuse(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// Run runs the selected scenarios. Its error wraps ErrUsage for a mistake in
// the options, before anything was sent; else it means that unigate failed.
// Everything about the target, even that nothing answers, is in the result.
func Run(ctx context.Context, o Options) (*Result, error) {
	o.fill()
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	if err := r.preflight(ctx); err != nil {
		return nil, err
	}
	if err := r.runAll(ctx); err != nil {
		return nil, err
	}
	return r.result(ctx), nil
}

// runAll runs every repetition.
func (r *run) runAll(ctx context.Context) error {
	for n := range r.o.Repeat {
		if n > 0 {
			r.renew(ctx)
		}
		if err := r.runSuite(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
