package load

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// resultWriter writes results in vegeta's binary format. Bodies and headers are
// left out: they hold tokens. The times are the corrected ones, from the
// scheduled start, so that vegeta's own reports are free of coordinated omission.
// It is safe for concurrent use; a nil one writes nothing.
type resultWriter struct {
	mu     sync.Mutex
	buffer *bufio.Writer
	encode vegeta.Encoder
	seq    uint64
	err    error
}

// newResultWriter returns a writer to w, nil for none.
func newResultWriter(w io.Writer) *resultWriter {
	if w == nil {
		return nil
	}
	b := bufio.NewWriterSize(w, 64<<10)
	return &resultWriter{buffer: b, encode: vegeta.NewEncoder(b)}
}

// write adds the result of a request of the plan.
func (w *resultWriter) write(e *engine, s *slot, wrong string) {
	if w == nil || s.attack.warm {
		return
	}
	began, _ := s.attack.pacer.Began()
	due := began.Add(s.due)
	r := vegeta.Result{
		Code: uint16(s.Status), Timestamp: due, Latency: s.received.Sub(due), BytesIn: uint64(len(s.Body)), // #nosec G115 -- a status has three digits
		Error: wrong, Method: http.MethodGet, URL: e.classes[s.class].call.URL.String(),
	}
	switch {
	case s.Kind != "":
		r.Error = s.Kind
	case s.Status != http.StatusOK:
		r.Error = strconv.Itoa(s.Status) + " " + http.StatusText(s.Status)
	}
	w.add(&r)
}

// unsent adds a request that was due and never left.
func (w *resultWriter) unsent(e *engine, a *attack, k uint64, due time.Duration) {
	if w == nil || a.warm {
		return
	}
	began, _ := a.pacer.Began()
	w.add(&vegeta.Result{
		Timestamp: began.Add(due), Latency: a.ended - due, Error: "unsent: " + a.reason(due),
		Method: http.MethodGet, URL: e.classes[e.mix.class(a.number(k))].call.URL.String(),
	})
}

// add encodes a result.
func (w *resultWriter) add(r *vegeta.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Seq = w.seq
	w.seq++
	if w.err == nil {
		w.err = w.encode(r)
	}
}

// flush writes what is buffered and returns the first error.
func (w *resultWriter) flush() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.buffer.Flush()
	}
	return w.err
}
