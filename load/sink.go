package load

import (
	"time"

	"github.com/unigate/unigate/load/measure"
)

// sink takes the samples of a part of an attack.
type sink struct {
	recorder *measure.Recorder
	from     time.Duration // requests due earlier are not taken
	until    time.Duration // nor those due then or later; 0 is no bound
	offset   time.Duration // the part's start within the recorder's plan
	tally    bool          // it takes clean latencies, too
	// users are the recorder's rows of the classes of requests, -1 for none; nil for a
	// recorder of services.
	users []int
}

// takes reports whether the sink takes a request, when it was due there, and in which row.
func (s *sink) takes(due time.Duration, service, class int) (at time.Duration, row int, ok bool) {
	if due < s.from || s.until > 0 && due >= s.until {
		return 0, 0, false
	}
	if row = service; s.users != nil {
		row = s.users[class]
	}
	return due - s.from + s.offset, row, row >= 0
}

// end says that the attack ended after so long.
func (s *sink) end(after time.Duration) {
	if s.until > 0 {
		after = min(after, s.until)
	}
	s.recorder.SetEnd(s.offset + max(after-s.from, 0))
}

// tallyClean notes a latency without what unigate itself added in the tallies.
func (a *attack) tallyClean(due time.Duration, class int, d time.Duration) {
	for i := range a.sinks {
		s := &a.sinks[i]
		if !s.tally {
			continue
		}
		if _, row, ok := s.takes(due, a.e.classes[class].service, class); ok {
			s.recorder.Clean(row, d)
		}
	}
}
