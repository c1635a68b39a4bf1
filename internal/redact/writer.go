package redact

import (
	"io"
	"sync"
)

// Writer redacts what is written to another writer, also secrets that come in
// pieces: it holds back the end of what was written only where that is the
// beginning of a secret. It is safe for concurrent use.
type Writer struct {
	r    *Redactor
	w    io.Writer
	mu   sync.Mutex
	held string
	sc   scanner
	buf  []byte
	err  error
}

// Writer returns a writer that redacts what is written to w. Close it, or call
// Flush, when everything was written.
func (r *Redactor) Writer(w io.Writer) *Writer { return &Writer{r: r, w: w} }

// Write redacts p and writes what is ready.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.write(string(p), false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString is Write without a copy.
func (w *Writer) WriteString(s string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.write(s, false); err != nil {
		return 0, err
	}
	return len(s), nil
}

// Flush writes what was held back. A secret that goes on after it is not recognised.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write("", true)
}

// Close is Flush; it does not close the other writer.
func (w *Writer) Close() error { return w.Flush() }

// write redacts the held text and s.
func (w *Writer) write(s string, final bool) error {
	if w.err != nil {
		return w.err
	}
	if w.held != "" {
		s = w.held + s
		w.held = ""
	}
	w.r.mu.RLock()
	if w.r.off {
		w.buf = append(w.buf[:0], s...)
	} else {
		if w.buf == nil {
			w.buf = make([]byte, 0, 4096)
		}
		w.buf, w.held = w.sc.scan(&w.r.tree, w.buf[:0], s, final)
	}
	w.r.mu.RUnlock()
	if len(w.buf) == 0 {
		return nil
	}
	_, w.err = w.w.Write(w.buf)
	return w.err
}
