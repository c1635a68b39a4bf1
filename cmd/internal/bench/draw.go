package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// order is the order of the rows.
var order = []string{"unigate", "vegeta", "k6", "bombardier", "wrk"}

// checks tells what a tool checks of each reply.
var checks = map[string]string{
	"unigate": "status, shape, user, validity, uniqueness", "vegeta": "status", "k6": "status, a token is there", "bombardier": "status", "wrk": "status",
}

// median returns the middle of values.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// column returns one figure of every turn.
func column(turns []turn, f func(turn) float64) []float64 {
	var out []float64
	for _, t := range turns {
		out = append(out, f(t))
	}
	return out
}

// drawThroughput prints how much each tool sends as fast as it can. The ratio is
// the median of the ratios of each turn.
func drawThroughput(w io.Writer, s settings, all map[string][]turn) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	p("Throughput: %d connections, %d turns of %v, counted by the server (medians)\n\n", connections, s.turns, s.time)
	p("| tool | checks of each reply | requests/s | unigate ÷ tool | CPU µs/request | memory MB |\n|---|---|--:|--:|--:|--:|\n")
	for _, name := range order {
		turns := all[name]
		if len(turns) == 0 {
			continue
		}
		var ratios []float64
		for i, t := range turns {
			ratios = append(ratios, all["unigate"][i].perSecond(s.time)/t.perSecond(s.time))
		}
		p("| %s | %s | %.0f | %.2f | %.1f | %.0f |\n", name, checks[name],
			median(column(turns, func(t turn) float64 { return t.perSecond(s.time) })), median(ratios),
			median(column(turns, func(t turn) float64 { return float64(t.cpu.Microseconds()) / float64(max(t.requests, 1)) })),
			median(column(turns, func(t turn) float64 { return float64(t.rss) / 1e6 })))
	}
	p("\n")
}

// drawRated prints the latency that each tool tells at a fixed rate.
func drawRated(w io.Writer, s settings, rate int, all map[string][]turn) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	p("Latency at %d/s: %d turns of %v (medians of what each tool says)\n\n", rate, s.turns, s.time)
	p("| tool | achieved/s | p50 µs | p99 µs | CPU µs/request | memory MB |\n|---|--:|--:|--:|--:|--:|\n")
	for _, name := range order {
		turns := all[name]
		if len(turns) == 0 {
			continue
		}
		p("| %s | %.0f | %.0f | %.0f | %.1f | %.0f |\n", name,
			median(column(turns, func(t turn) float64 { return t.perSecond(s.time) })),
			median(column(turns, func(t turn) float64 { return float64(t.p50) / float64(time.Microsecond) })),
			median(column(turns, func(t turn) float64 { return float64(t.p99) / float64(time.Microsecond) })),
			median(column(turns, func(t turn) float64 { return float64(t.cpu.Microseconds()) / float64(max(t.requests, 1)) })),
			median(column(turns, func(t turn) float64 { return float64(t.rss) / 1e6 })))
	}
	p("\n")
}
