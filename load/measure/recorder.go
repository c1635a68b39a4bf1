// Package measure keeps the figures of a load test: HDR histograms by service
// and status, and a series of intervals, in memory that does not grow with the
// length of the run.
package measure

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// Unsent is the status of requests that were due and never left.
const Unsent = record.StatusUnsent

// RetryAfter is the reason of those that the target asked not to send.
const RetryAfter = "Retry-After"

// All is the name of the sums over services, and the status of those over statuses.
const All = record.StatusAll

// restRow is the status under which errors beyond maxRows are counted.
const restRow = "other status"

// Sample is the outcome of one request.
type Sample struct {
	// Service is an index into the recorder's services.
	Service int
	// Status is the HTTP status, or 0 with the Kind of the transport error.
	Status int
	Kind   string
	// Scheduled is when the request was due, since the start of the measurement.
	Scheduled time.Duration
	// Latency counts from there, ServiceTime from the actual start.
	Latency     time.Duration
	ServiceTime time.Duration
	// InFlight is how many requests were in flight when it started, itself included.
	InFlight int
	// Exchange holds the times of its parts.
	Exchange Exchange
	// Cut says that the request has no answer that tells about the target: unigate itself
	// ended it, or Kind says why. Closed says that it is of a closed loop, in which
	// requests start as others end.
	Cut, Closed bool
}

// failed reports whether the sample is an error.
func (s *Sample) failed() bool { return s.Status != 200 && !s.Cut }

// row holds the figures of one service and status.
type row struct {
	count   uint64
	ending  ending
	bad     uint64
	failed  bool
	open    bool // the latency is what had been waited for an answer that did not come
	latency *hist.Histogram
	service *hist.Histogram
}

// service holds the figures of one service.
type service struct {
	name  string
	codes [600]*row
	rows  map[string]*row

	calm    calm
	refused uint64       // of the unsent: those that the target asked not to send
	clean   hist.Compact // of a tally: the latencies without what unigate itself added
}

// Recorder takes samples. It is safe for concurrent use.
type Recorder struct {
	mu       sync.Mutex
	services []*service
	totals   record.Totals
	tally    bool // without a series
	series   series

	exchanges exchanges

	end    time.Duration // of the plan
	last   time.Duration // when the last answer came
	recent hist.Compact
}

// NewRecorder returns a recorder for services, whose plan lasts for end.
func NewRecorder(services []string, end time.Duration) *Recorder {
	r := &Recorder{end: end, series: newSeries(len(services))}
	r.totals.UnsentReasons = map[string]uint64{}
	for _, name := range services {
		r.services = append(r.services, &service{name: name, rows: map[string]*row{}, calm: calm{planned: end}})
	}
	return r
}

// NewTally returns a recorder without a series, such as of a phase, which takes clean
// latencies too.
func NewTally(services []string, end time.Duration) *Recorder {
	r := NewRecorder(services, end)
	r.tally = true
	return r
}

// row returns the row for a status or kind.
func (s *service) row(status int, kind string, failed bool) *row {
	if kind == "" && status > 0 && status < len(s.codes) {
		if r := s.codes[status]; r != nil {
			return r
		}
		kind = strconv.Itoa(status)
		r := s.named(kind, failed)
		if _, ok := s.rows[kind]; ok {
			s.codes[status] = r
		}
		return r
	}
	if kind == "" {
		kind = strconv.Itoa(status)
	}
	return s.named(kind, failed)
}

// named returns the row of a name and makes it if it is new.
func (s *service) named(name string, failed bool) *row {
	if r, ok := s.rows[name]; ok {
		return r
	}
	if failed && len(s.rows) >= maxRows && name != restRow {
		return s.named(restRow, failed) // only errors come in many kinds
	}
	return s.add(name, failed)
}

// add makes a row.
func (s *service) add(name string, failed bool) *row {
	r := &row{failed: failed, latency: hist.New(), service: hist.New()}
	s.rows[name] = r
	return r
}

// Record counts a request that was sent.
func (r *Recorder) Record(x *Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := x.failed()
	w := r.services[x.Service].row(x.Status, x.Kind, failed)
	w.count++
	w.open = x.Cut
	w.latency.Record(x.Latency)
	w.service.Record(x.ServiceTime)
	r.recent.Record(x.Latency)
	r.totals.Sent++
	r.exchanges.add(&x.Exchange)
	answered := x.Scheduled + x.Latency
	r.last = max(r.last, answered)
	if !r.tally {
		r.series.record(x, answered, failed)
	}
	if x.Cut {
		return
	}
	r.totals.Completed++
	if failed {
		r.totals.Errors++
	}
	inTime := answered <= r.end
	w.ending.add(inTime, x.Closed, x.Latency)
	if !failed {
		r.services[x.Service].calm.add(x.Scheduled, x.Latency, inTime)
	}
}

// Bad marks a reply of status 200, recorded before or not, as wrong.
func (r *Recorder) Bad(service int, scheduled time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.BadTokens++
	r.services[service].row(200, "", false).bad++
	if !r.tally {
		r.series.at(scheduled).bad++
	}
}

// Owed counts a request that was due and never left, with the time it had waited.
func (r *Recorder) Owed(service int, scheduled, waited time.Duration, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.Unsent++
	r.totals.UnsentReasons[reason]++
	w := r.services[service].named(Unsent, false)
	w.count++
	w.open = true
	if reason == RetryAfter {
		r.services[service].refused++
	}
	w.latency.Record(waited)
	if r.tally {
		return
	}
	p := r.series.at(scheduled)
	p.planned++
	p.unsent++
	p.latency[service].Record(waited)
	p.open[service].Record(waited)
}

// SetEnd sets the length of the plan, when it ends before it was planned to.
func (r *Recorder) SetEnd(end time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end = end
}

// Recent returns the latencies recorded since the last call.
func (r *Recorder) Recent() *hist.Histogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.recent.Histogram()
	r.recent.Reset()
	return h
}

// Totals returns the counts so far; planned requests, attempts and times are the caller's.
func (r *Recorder) Totals() record.Totals {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.totals
	t.UnsentReasons = map[string]uint64{}
	for k, v := range r.totals.UnsentReasons {
		t.UnsentReasons[k] = v
	}
	return t
}

// Row is the outcome of one service and status, with its histograms.
type Row struct {
	Service, Status string
	Count           uint64
	// Achieved counts the answers that a rate is of: before the end of the plan, or
	// of requests of its last moment; in a sum over statuses only those of status 200,
	// as a rate is of replies that are of use. Unclear counts those of
	// which that is not known.
	Achieved, Unclear uint64
	Errors            uint64
	BadTokens         uint64
	// Replies counts those of status 200, Cut the requests that unigate ended or whose
	// answer tells nothing about the target, Aside the latter, Unsent those that never
	// left, and Refused those of them that the target asked not to send.
	Replies, Cut, Aside, Unsent, Refused uint64
	// Latency is of all of them: Known of those that were answered, or failed, and
	// Open of what unsent and cut requests had waited, a lower bound of theirs.
	Latency, Known, Open *hist.Histogram
	ServiceTime          *hist.Histogram
}

// Sum returns the figures of one service over every status, of all services for All.
func (r *Recorder) Sum(name string) Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum(name)
}

func (r *Recorder) sum(name string) Row {
	out := Row{Service: name, Status: All, Latency: hist.New(), Known: hist.New(), Open: hist.New(), ServiceTime: hist.New()}
	for _, s := range r.services {
		if name != All && s.name != name {
			continue
		}
		if w, ok := s.rows["200"]; ok {
			achieved, unclear := w.ending.achieved(&s.calm, r.end)
			out.Achieved, out.Unclear = out.Achieved+achieved, out.Unclear+unclear
			out.Replies += w.count
		}
		out.Refused += s.refused
		for status, w := range s.rows {
			out.add(status, w)
		}
	}
	return out
}

// add adds the figures of one status.
func (w *Row) add(status string, x *row) {
	switch {
	case status == Unsent:
		w.Unsent += x.count
	case x.open:
		w.Cut += x.count
		if status != record.StatusCut {
			w.Aside += x.count
		}
	}
	if status != Unsent {
		w.Count += x.count
	}
	if x.failed {
		w.Errors += x.count
	}
	if x.open {
		w.Open.Merge(x.latency)
	} else {
		w.Known.Merge(x.latency)
	}
	w.BadTokens += x.bad
	w.Latency.Merge(x.latency)
	w.ServiceTime.Merge(x.service)
}

// Merge adds the figures of another row.
func (w *Row) Merge(o *Row) {
	w.Count += o.Count
	w.Achieved += o.Achieved
	w.Unclear += o.Unclear
	w.Errors += o.Errors
	w.BadTokens += o.BadTokens
	w.Replies += o.Replies
	w.Cut += o.Cut
	w.Aside += o.Aside
	w.Unsent += o.Unsent
	w.Refused += o.Refused
	w.Latency.Merge(o.Latency)
	w.Known.Merge(o.Known)
	w.Open.Merge(o.Open)
	w.ServiceTime.Merge(o.ServiceTime)
}

// Censored returns the latency with what is known of it.
func (w *Row) Censored() *hist.Censored { return hist.NewCensored(w.Known, w.Open) }

// Rows returns the figures by service and status: for each service its sum
// first, then its statuses in order.
func (r *Recorder) Rows() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Row
	for _, s := range r.services {
		if len(s.rows) == 0 {
			continue
		}
		out = append(out, r.sum(s.name))
		var rows []Row
		for status, w := range s.rows {
			x := Row{Service: s.name, Status: status, Latency: hist.New(), Known: hist.New(), Open: hist.New(), ServiceTime: hist.New()}
			x.add(status, w)
			x.Achieved, x.Unclear = w.ending.achieved(&s.calm, r.end)
			if x.Count = w.count; status == Unsent {
				x.Refused = s.refused
			}
			rows = append(rows, x)
		}
		slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Status, b.Status) })
		out = append(out, rows...)
	}
	return out
}

// Record returns the row in the form of the run record, of a plan that lasted for
// duration.
func (w *Row) Record(duration time.Duration) (record.Service, error) {
	s := record.Service{
		Name: w.Service, Status: w.Status, Count: w.Count, BadTokens: w.BadTokens,
		Censored: w.Open.Count(), Refused: w.Refused, Achieved: w.Achieved, Unclear: w.Unclear,
		Latency: w.Censored().Distribution(), ServiceTime: w.ServiceTime.Distribution(),
	}
	if w.Status == All {
		s.LatencyIntervals = w.Censored().Intervals()
	}
	if w.Count > 0 {
		s.ErrorShare = float64(w.Errors) / float64(w.Count)
	}
	if duration > 0 {
		s.RatePerS = float64(w.Achieved) / duration.Seconds()
	}
	var err error
	if s.LatencyHistogram, err = w.Latency.Encode(); err != nil {
		return s, err
	}
	s.ServiceTimeHistogram, err = w.ServiceTime.Encode()
	return s, err
}
