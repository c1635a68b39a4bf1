package redact

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// Writer redacts text that is written to another writer, line by line, so that a
// secret may come in pieces: a line is held back until it ends, in a line feed or
// a carriage return. It is for messages; reports are redacted before they are
// drawn. It is safe for concurrent use.
type Writer struct {
	r *Redactor
	w io.Writer
	// then is applied to each redacted part; begins says that it begins a line.
	then func(text string, begins bool) string
	mu   sync.Mutex
	held []byte
	mid  bool // the last part did not end its line
	err  error
}

// Writer returns a writer that redacts what is written to w, and passes it
// through then where it is not nil. Close it, or call Flush, when everything was
// written.
func (r *Redactor) Writer(w io.Writer, then func(text string, begins bool) string) *Writer {
	return &Writer{r: r, w: w, then: then}
}

// Write redacts p and writes what is ready.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	end := bytes.LastIndexAny(w.held, "\r\n") + 1
	if end == 0 && len(w.held) > maxLine {
		end = len(w.held)
	}
	if err := w.put(end); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString is Write.
func (w *Writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Flush writes what was held back. A secret that goes on after it is not recognised.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.put(len(w.held))
}

// Close is Flush; it does not close the other writer.
func (w *Writer) Close() error { return w.Flush() }

// put redacts and writes the first n bytes that are held.
func (w *Writer) put(n int) error {
	if w.err != nil || n == 0 {
		return w.err
	}
	text := w.r.String(string(w.held[:n]))
	w.held = append(w.held[:0], w.held[n:]...)
	begins := !w.mid
	w.mid = !strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\r")
	if w.then != nil {
		text = w.then(text, begins)
	}
	_, w.err = io.WriteString(w.w, text)
	return w.err
}
