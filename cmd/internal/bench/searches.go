package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/record"
)

const (
	queueRate  = 400  // requests a second that the queue serves on average
	queueBound = 0.05 // seconds, of the objective
	queueShare = 0.01 // of the requests may take longer
	holds      = 0.9  // of the intervals must hold the truth
	astray     = 1.25 // a rate that no interval may be too wide to tell from the truth
)

// queue is one kind of traffic before an M/M/1 or D/M/1 queue, whose capacity is known.
type queue struct {
	arrivals string
	truth    float64 // requests a second
}

// queues returns both kinds with the rate at which the share of the requests that are
// in the system for longer than the bound is what the objective allows. Of Poisson
// arrivals P(T > t) is exp(−(μ−λ)t); of evenly spaced ones exp(−θt) with θ = μ(1−σ)
// and σ = exp(−θ/λ) (Kleinrock, Queueing Systems, volume 1, 3.2 and 6.4).
func queues() []queue {
	theta := -math.Log(queueShare) / queueBound
	return []queue{
		{"uniform", theta / -math.Log(1-theta/queueRate)},
		{"poisson", queueRate - theta},
	}
}

// searched is what one search came to.
type searched struct {
	record.Capacity
	exit int
	err  error
}

// searches runs capacity searches, some at once, each before a queue of its own, and
// prints how many intervals hold the truth. An error where they are too few.
func searches(ctx context.Context, s settings, w io.Writer) error {
	var failed []string
	for _, q := range queues() {
		if !strings.Contains(s.arrivals, q.arrivals) {
			continue
		}
		found := make([]searched, s.searches)
		var wait sync.WaitGroup
		free := make(chan struct{}, max(s.atOnce, 1))
		for i := range found {
			free <- struct{}{}
			wait.Go(func() {
				found[i] = search(ctx, s, q, i)
				<-free
			})
		}
		wait.Wait()
		if err := drawSearches(w, s, q, found); err != nil {
			return err
		}
		held, wide := holding(found, q.truth), holding(found, astray*q.truth)
		if held < atLeast(s.searches) {
			failed = append(failed, fmt.Sprintf("%s: %d of %d intervals hold the truth", q.arrivals, held, s.searches))
		}
		if wide >= atLeast(s.searches) {
			failed = append(failed, fmt.Sprintf("%s: %d of %d intervals hold %.0f/s, too, so that they tell nothing", q.arrivals, wide, s.searches, astray*q.truth))
		}
	}
	if len(failed) > 0 {
		return errors.New(strings.Join(failed, "\n"))
	}
	return nil
}

// atLeast is how many of n intervals must hold the truth.
func atLeast(n int) int { return int(math.Ceil(holds * float64(n))) }

// holding counts the intervals that hold a rate; an end of 0 is not known.
func holding(found []searched, rate float64) int {
	n := 0
	for _, f := range found {
		if f.err == nil && f.LowPerS <= rate && (f.HighPerS == 0 || rate <= f.HighPerS) {
			n++
		}
	}
	return n
}

// search runs one search before a queue of its own.
func search(ctx context.Context, s settings, q queue, i int) (out searched) {
	dir, err := os.MkdirTemp(s.dir, "search-")
	if err != nil {
		return searched{err: err}
	}
	url, stop, err := startServer(ctx, filepath.Join(s.dir, "tokenserver"), "-queue", fmt.Sprint(queueRate), "-seed", fmt.Sprint(i+1))
	if err != nil {
		return searched{err: err}
	}
	defer stop()
	config := filepath.Join(dir, "unigate.yaml")
	if err := writeConfig(config, url); err != nil {
		return searched{err: err}
	}
	objective := fmt.Sprintf("p%g<%gms", 100*(1-queueShare), 1000*queueBound)
	cmd := exec.CommandContext(ctx, filepath.Join(s.dir, "unigate"), "load", "--config", config, "--format", "json", // #nosec G204 -- built before
		"--find-capacity", objective, "--duration", s.searchTime.String(), "--arrivals", q.arrivals)
	if q.arrivals == "poisson" {
		cmd.Args = append(cmd.Args, "--seed", fmt.Sprint(i+1))
	}
	var errout strings.Builder
	cmd.Stderr = &errout
	stdout, err := cmd.Output()
	out.exit = cmd.ProcessState.ExitCode()
	var r record.Run
	if decoded := json.Unmarshal(stdout, &r); decoded != nil || r.Load == nil || r.Load.Capacity == nil {
		out.err = fmt.Errorf("search %d left no capacity: %w\n%s", i+1, errors.Join(err, decoded), errout.String())
		return out
	}
	out.Capacity = *r.Load.Capacity
	return out
}

// drawSearches prints what the searches of one kind of traffic came to.
func drawSearches(w io.Writer, s settings, q queue, found []searched) error {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	p("%d searches of %v for p%g<%gms before a queue of %d/s, %s arrivals; the objective holds up to %.1f/s\n\n",
		s.searches, s.searchTime, 100*(1-queueShare), 1000*queueBound, queueRate, q.arrivals, q.truth)
	p("| search | exit status | held/s | 95 %% from | to | holds the truth |\n|--:|--:|--:|--:|--:|---|\n")
	var rates, widths []float64
	var failed []error
	for i, f := range found {
		if f.err != nil {
			failed = append(failed, f.err)
			continue
		}
		p("| %d | %d | %.1f | %.1f | %s | %s |\n", i+1, f.exit, f.RatePerS, f.LowPerS, end(f.HighPerS), yes(holding(found[i:i+1], q.truth) == 1))
		if f.Found {
			rates, widths = append(rates, f.RatePerS), append(widths, 100*(f.HighPerS-f.LowPerS)/q.truth)
		}
	}
	p("\nIn the interval of %d of %d; %d came to an answer, medians %.1f/s and an interval %.0f %% wide. %.0f/s is in the interval of %d.\n\n",
		holding(found, q.truth), len(found), len(rates), median(rates), median(widths), astray*q.truth, holding(found, astray*q.truth))
	return errors.Join(failed...)
}

// end writes the upper end of an interval.
func end(rate float64) string {
	if rate == 0 {
		return "not known"
	}
	return fmt.Sprintf("%.1f", rate)
}

// yes writes a truth.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
