// Command calibrate measures how far unigate compare can be trusted: pairs of load
// tests of the same service, and pairs in which the service was made slower. It is
// part of make bench and takes some minutes.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
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
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := calibrate(ctx, o, os.Stdout, os.Stderr)
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
	s, err := startService(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	r := outcome{Pairs: o.pairs}
	for i := range o.pairs {
		for _, factor := range []float64{1, 1 + o.slower} {
			result, err := s.pair(ctx, o, factor)
			if err != nil {
				return err
			}
			r.count(result, factor)
			_, _ = fmt.Fprintf(progress, "pair %d of %d, second run %+.0f %%: %s %v\n", i+1, o.pairs, 100*(factor-1), result.Line(), result.Verdict.Reasons)
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(r)
	}
	_, err = fmt.Fprintf(out, "the same service twice: %d false regressions in %d pairs\n"+
		"%.0f %% slower: found in %d of %d (at p50 %d, at p99 %d)\nnot comparable, the generator was the limit: %d\n",
		r.FalseRegression, o.pairs, 100*o.slower, r.SlowerFound, o.pairs, r.SlowerFoundP50, r.SlowerFoundP99, r.NotComparable)
	return err
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

// service is the reference service with a time that it takes to answer.
type service struct {
	server *http.Server
	base   *url.URL
	factor atomic.Uint64 // the bits of a float64
}

// startService starts the service on a free loopback port.
func startService(ctx context.Context, o options) (*service, error) {
	ref, err := reference.New(reference.Options{})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &service{base: &url.URL{Scheme: "http", Host: listener.Addr().String()}}
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		factor := math.Float64frombits(s.factor.Load())
		wait := time.NewTimer(time.Duration(float64(o.base) * factor * math.Exp(o.spread*rand.NormFloat64())))
		defer wait.Stop()
		select {
		case <-wait.C:
			ref.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})}
	go func() { _ = s.server.Serve(listener) }() // ends with ErrServerClosed
	return s, nil
}

// close stops the service.
func (s *service) close() { _ = s.server.Close() }

// pair runs the load test twice, the second time with a service slower by factor,
// and compares the two.
func (s *service) pair(ctx context.Context, o options, factor float64) (*compare.Result, error) {
	old, err := s.run(ctx, o, 1)
	if err != nil {
		return nil, err
	}
	new, err := s.run(ctx, o, factor)
	if err != nil {
		return nil, err
	}
	return compare.Compare(old, new, compare.Options{})
}

// run is one load test.
func (s *service) run(ctx context.Context, o options, factor float64) (*record.Run, error) {
	s.factor.Store(math.Float64bits(factor))
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
