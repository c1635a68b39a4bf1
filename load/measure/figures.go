package measure

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
)

// Figures returns what objectives for a service, or All, are judged on, of a plan
// that lasted for duration.
func (r *Recorder) Figures(name string, duration time.Duration) *objective.Figures {
	return FiguresOf([]*Recorder{r}, name, duration)
}

// FiguresOf is Figures over several recorders together.
func FiguresOf(recorders []*Recorder, name string, duration time.Duration) *objective.Figures {
	w := Row{Latency: hist.New(), Known: hist.New(), Open: hist.New(), ServiceTime: hist.New()}
	for _, r := range recorders {
		sum := r.Sum(name)
		w.Merge(&sum)
	}
	return &objective.Figures{
		Latency: w.Censored(), Sent: w.Count, Cut: w.Cut, Aside: w.Aside, Unsent: w.Unsent, Refused: w.Refused, Errors: w.Errors,
		Replies: w.Replies, BadTokens: w.BadTokens, Achieved: w.Achieved, Unclear: w.Unclear, Duration: duration,
	}
}

// Clean notes, in a tally, how long a request would have taken without what unigate
// itself added.
func (r *Recorder) Clean(service int, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.services[service].clean.Record(d)
}

// CleanOf returns what Clean noted of a service, or of All.
func (r *Recorder) CleanOf(name string) *hist.Histogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	var sum hist.Compact
	for _, s := range r.services {
		if name == All || s.name == name {
			sum.Merge(&s.clean)
		}
	}
	return sum.Histogram()
}
