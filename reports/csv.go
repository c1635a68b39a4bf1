package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// ErrNothing is the error for a format that shows what a record does not hold.
var ErrNothing = errors.New("the record holds nothing of the kind")

// errNoLoad is ErrNothing for the CSV format.
var errNoLoad = &nothing{"the record holds no load test, and CSV shows the series of one"}

// nothing is an ErrNothing with its own text.
type nothing struct{ text string }

// Error returns the text.
func (n *nothing) Error() string { return n.text }

// Is makes it an ErrNothing.
func (n *nothing) Is(target error) bool { return target == ErrNothing }

// csvSeries draws the series of a load test as CSV (RFC 4180): one line per
// interval, times in seconds, percentiles over what was scheduled in it. at_least names the figures that are lower
// bounds, as censored requests were never sent or were cut off.
func csvSeries(run *record.Run, _ Options) ([]byte, error) {
	if run.Load == nil {
		return nil, errNoLoad
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = true
	header := []string{"t_s", "width_s", "planned", "sent", "completed", "errors", "bad_tokens", "unsent", "in_flight",
		"latency_min_s", "latency_mean_s", "latency_p50_s", "latency_p90_s", "latency_p95_s", "latency_p99_s", "latency_p99_9_s", "latency_max_s",
		"censored", "at_least", "connections", "handshakes", "resumptions"}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	for _, p := range run.Load.Series {
		line := []string{number(p.TS), number(p.WidthS), count(p.Planned), count(p.Sent), count(p.Completed),
			count(p.Errors), count(p.BadTokens), count(p.Unsent), strconv.Itoa(p.InFlight)}
		var bounds []string // the figures that are lower bounds
		for _, q := range quantiles {
			line = append(line, number(q.Get(p.Latency)))
			if q.Open(p.Latency.AtLeast) {
				bounds = append(bounds, q.Name)
			}
		}
		line = append(line, count(p.Censored), strings.Join(bounds, " "), count(p.Connections), count(p.Handshakes), count(p.Resumptions))
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

// number shows a figure to the billionth, without an exponent.
func number(f float64) string { return strconv.FormatFloat(math.Round(f*1e9)/1e9, 'f', -1, 64) }
