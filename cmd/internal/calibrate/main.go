// Command calibrate measures how far unigate compare can be trusted: pairs of load
// tests of the same service, and pairs in which the service was made slower. It is
// part of make bench and takes some minutes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
	"github.com/unigate/unigate/reports"
	"github.com/unigate/unigate/reports/compare"
)

// options of the calibration.
type options struct {
	pairs    int
	duration time.Duration
	rate     float64
	base     time.Duration
	spread   float64
	slower   float64
	json     bool
	keep     string
	kept     string
}

func main() {
	var o options
	flag.IntVar(&o.pairs, "pairs", 20, "pairs of each kind")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "length of a run")
	flag.Float64Var(&o.rate, "rate", 200, "requests per second")
	flag.DurationVar(&o.base, "base", 20*time.Millisecond, "median time that the service takes")
	flag.Float64Var(&o.spread, "spread", 0.07, "standard deviation of the logarithm of that time")
	flag.Float64Var(&o.slower, "slower", 0.1, "how much slower the service is made, as a share")
	flag.BoolVar(&o.json, "json", false, "print the outcome as JSON")
	flag.StringVar(&o.keep, "keep", "", "write the record of every run into this folder, for a closer look")
	flag.StringVar(&o.kept, "kept", "", "compare the records that were kept in this folder again, with the -pairs and -slower of then, and run nothing")
	serving := flag.Bool("serve", false, "be the service that is measured, until standard input ends")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *serving {
		err = serve(ctx, o, os.Stdin, os.Stdout)
	} else {
		err = calibrate(ctx, o, os.Stdout, os.Stderr)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

// outcome counts what compare said.
type outcome struct {
	Pairs           int `json:"pairs"`
	FalseRegression int `json:"false_regressions"`
	SlowerFound     int `json:"slower_found"`
	SlowerFoundP50  int `json:"slower_found_at_p50"`
	SlowerFoundP99  int `json:"slower_found_at_p99"`
	NotComparable   int `json:"not_comparable"`
}

// calibrate runs the pairs and prints what came of them. A pair that cannot be
// compared, because this machine was too busy, is counted apart.
func calibrate(ctx context.Context, o options, out, progress io.Writer) error {
	if o.keep != "" && o.kept != "" {
		return errors.New("-keep and -kept exclude each other")
	}
	s := &service{}
	if o.kept == "" {
		var err error
		if s, err = startService(ctx, o); err != nil {
			return err
		}
	}
	defer func() { _ = s.close() }() // ended by us: its status says nothing
	r := outcome{Pairs: o.pairs}
	for i := range o.pairs {
		for _, k := range []struct {
			name   string
			factor float64
		}{{"same", 1}, {"slower", 1 + o.slower}} {
			result, err := s.pair(ctx, o, k.factor, fmt.Sprintf("pair%02d-%s", i+1, k.name))
			if err != nil {
				return err
			}
			r.count(result, k.factor)
			_, _ = fmt.Fprintf(progress, "pair %d of %d, second run %+.0f %%:%s\n", i+1, o.pairs, 100*(k.factor-1), describe(result))
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(r)
	}
	_, err := fmt.Fprintf(out, "the same service twice: %d false regressions in %d pairs\n"+
		"%.0f %% slower: found in %d of %d (at p50 %d, at p99 %d)\nnot comparable, the generator was the limit: %d\n",
		r.FalseRegression, o.pairs, 100*o.slower, r.SlowerFound, o.pairs, r.SlowerFoundP50, r.SlowerFoundP99, r.NotComparable)
	return err
}

// describe says what compare found, figure by figure.
func describe(result *compare.Result) string {
	text := ""
	for _, f := range result.Performance.Figures {
		text += fmt.Sprintf(" %s %+.1f %% (%+.1f to %+.1f) %s;", f.Name, 100*f.Change, 100*f.Low, 100*f.High, f.Outcome)
	}
	return text
}

// count adds the outcome of a pair.
func (r *outcome) count(result *compare.Result, factor float64) {
	worse := map[string]bool{}
	for _, f := range result.Performance.Figures {
		if f.Outcome == compare.Worse {
			worse[f.Name] = true
		}
	}
	switch {
	case !result.Performance.Comparable:
		r.NotComparable++
	case factor == 1 && len(worse) > 0:
		r.FalseRegression++
	case factor > 1:
		for _, k := range []struct {
			found bool
			n     *int
		}{{len(worse) > 0, &r.SlowerFound}, {worse["p50"], &r.SlowerFoundP50}, {worse["p99"], &r.SlowerFoundP99}} {
			if k.found {
				*k.n++
			}
		}
	}
}

// pair runs the load test twice, the second time with a service slower by factor,
// and compares the two. name is that of the records that are kept.
func (s *service) pair(ctx context.Context, o options, factor float64, name string) (*compare.Result, error) {
	if o.kept != "" {
		return again(o.kept, name)
	}
	old, err := s.run(ctx, o, 1)
	if err != nil {
		return nil, err
	}
	new, err := s.run(ctx, o, factor)
	if err != nil {
		return nil, err
	}
	if o.keep != "" {
		if err := errors.Join(keep(o.keep, name+"-old.json", old), keep(o.keep, name+"-new.json", new)); err != nil {
			return nil, err
		}
	}
	return compare.Compare(old, new, compare.Options{})
}

// again compares the kept records of a pair.
func again(dir, name string) (*compare.Result, error) {
	old, err := reports.Read(context.Background(), filepath.Join(dir, name+"-old.json"))
	if err != nil {
		return nil, err
	}
	new, err := reports.Read(context.Background(), filepath.Join(dir, name+"-new.json"))
	if err != nil {
		return nil, err
	}
	return compare.Compare(old, new, compare.Options{})
}

// keep writes a record into a folder.
func keep(dir, name string, run *record.Run) error {
	b, err := reports.Encode(run)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), b, 0o600)
}

// run is one load test.
func (s *service) run(ctx context.Context, o options, factor float64) (*record.Run, error) {
	if err := s.slow(ctx, factor); err != nil {
		return nil, err
	}
	mix, err := load.ParseMix("login=100")
	if err != nil {
		return nil, err
	}
	l, verdict, err := load.Run(ctx, load.Options{BaseURL: s.base, Users: reference.DefaultUsers(), Plan: load.Plan{
		Phases: []load.Phase{{Duration: o.duration, Rate: o.rate}}, Mix: mix, Warmup: time.Second}})
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &record.Run{Schema: record.Schema, Command: "load", Verdict: verdict, Load: l}, nil
}
