package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/schollz/progressbar/v3"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load"
)

// runLoad runs a load test with its live output. What happened to its results
// file does not cost the record of the run: see output.
func (a *app) runLoad(ctx context.Context, o load.Options, f loadFlags) (*record.Load, record.Verdict, error) {
	stopMetrics, err := a.serveMetrics(ctx, &o, f.metrics)
	if err != nil {
		return nil, record.Verdict{}, err
	}
	a.afterwards = func() {
		if f.metrics != "" {
			linger(ctx, f.linger)
		}
		stopMetrics()
	}
	results, err := openResults(&o, f.results)
	if err != nil {
		return nil, record.Verdict{}, err
	}
	done := a.showProgress(&o)
	result, verdict, err := load.Run(ctx, o)
	done()
	err = results.close(err)
	if result == nil {
		return nil, verdict, err
	}
	a.unwrittenResults = err
	return result, verdict, nil
}

// linger waits, so that what asks for metrics now and then sees the end of the run.
func linger(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// serveMetrics serves the run's metrics and returns how to stop it.
func (a *app) serveMetrics(ctx context.Context, o *load.Options, address string) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, usage("--metrics takes HOST:PORT; port 0 is a free one", "--metrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	if !a.shared.quiet {
		_, _ = fmt.Fprintf(a.streams.Err, "Metrics: http://%s/metrics\n", listener.Addr())
	}
	o.Metrics = func(m *load.Metrics) { registry.MustRegister(m) }
	return func() {
		_ = server.Close() // nothing is lost: the run is over
		<-gone
	}, nil
}

// plainEvery is how often a line is written where there is no terminal.
const plainEvery = 5 * time.Second

// showProgress makes the run show how it goes: a bar on a terminal, a line every
// few seconds otherwise, nothing with --quiet. The function that it returns ends it.
func (a *app) showProgress(o *load.Options) (done func()) {
	if a.shared.quiet {
		return func() {}
	}
	if dumb, _ := a.env("TERM"); !a.progress || dumb == "dumb" {
		o.ProgressEvery = plainEvery
		o.Progress = func(s load.Snapshot) { _, _ = fmt.Fprintln(a.streams.Err, progressLine(s)) }
		return func() {}
	}
	o.ProgressEvery = 500 * time.Millisecond
	o.Progress, done = showBar(a.bar)
	return done
}

const (
	// barWidth is that of the bar alone; barText is what is left of 79 columns for
	// the text before it, percentage and frame aside.
	barWidth = 10
	barText  = 58
	barSteps = 1000
)

// showBar returns what draws the state of a run on one line of a terminal, and
// what takes that line away.
func showBar(w io.Writer) (show func(load.Snapshot), done func()) {
	draw, done := lineBar(w)
	return func(s load.Snapshot) {
		draw(s.Elapsed.Seconds()/max(s.Total.Seconds(), 1e-9), barLine(s))
	}, done
}

// lineBar returns what draws a share and a text on one line of a terminal, and what
// takes that line away.
func lineBar(w io.Writer) (draw func(share float64, text string), done func()) {
	// The library draws at each change. Each state is drawn once: the last one counts.
	var frame bytes.Buffer
	bar := progressbar.NewOptions64(barSteps, progressbar.OptionSetWriter(&frame), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	draw = func(share float64, text string) {
		_ = bar.Set64(min(max(int64(share*barSteps), 0), barSteps-1)) // the last step would end the bar
		frame.Reset()
		bar.Describe(text)
		_, _ = w.Write(frame.Bytes())
	}
	return draw, func() {
		frame.Reset()
		_ = bar.Finish()
		_, _ = w.Write(frame.Bytes())
	}
}

// barLine tells how a run goes, in no more than barText columns.
func barLine(s load.Snapshot) string {
	left := max(s.Total-s.Elapsed, 0)
	line := fmt.Sprintf("%s, %v left · %.0f/s", s.Phase, left.Round(time.Second), s.Achieved)
	if s.Asked > 0 {
		line += fmt.Sprintf(" of %.0f/s", s.Asked)
	}
	// What is wrong comes first where there is not room for everything.
	if s.BadTokens > 0 {
		line += " · " + counted(int64(s.BadTokens), "wrong token")
	}
	if s.Errors > 0 {
		line += " · " + counted(int64(s.Errors), "error")
	}
	line += fmt.Sprintf(" · p99 %v", round(s.P99))
	if text := []rune(line); len(text) > barText {
		line = string(text[:barText-1]) + "…"
	}
	return line
}

// progressLine tells how a run goes.
func progressLine(s load.Snapshot) string {
	line := fmt.Sprintf("%s %3.0fs of %.0fs", s.Phase, s.Elapsed.Seconds(), s.Total.Seconds())
	if s.Asked > 0 {
		line += fmt.Sprintf(" · %.0f/s asked", s.Asked)
	}
	line += fmt.Sprintf(" · %.0f/s achieved · %d in flight · p50 %s p99 %s · %s", s.Achieved, s.InFlight,
		round(s.P50), round(s.P99), counted(int64(s.Errors), "error"))
	if s.BadTokens > 0 {
		line += " · " + counted(int64(s.BadTokens), "wrong token")
	}
	return line
}

// round shortens a duration for display.
func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
