package load

import (
	"testing"
	"time"

	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/load/pace"
)

// A run of errors is fifty in a row that last a second.
func TestRunOfErrors(t *testing.T) {
	start := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		n    int
		over time.Duration
		want bool
	}{
		"fifty in a second":              {50, time.Second, true},
		"forty-nine in a second":         {49, time.Second, false},
		"fifty in less":                  {50, time.Second - 1, false},
		"a hundred in less":              {100, time.Second - 1, false},
		"a hundred in a minute":          {100, time.Minute, true},
		"forty-nine that go on for long": {49, time.Hour, false},
	} {
		s, found := &streak{}, false
		for i := range c.n {
			found = s.add(true, start.Add(c.over*time.Duration(i)/time.Duration(c.n-1)))
		}
		if found != c.want {
			t.Errorf("%s: %t", name, found)
		}
	}
	// One that succeeds begins it anew, its time too.
	s := &streak{}
	for i := range 49 {
		s.add(true, start.Add(time.Duration(i)*time.Minute))
	}
	if s.add(false, start.Add(time.Hour)) {
		t.Error("a success is a run of errors")
	}
	for i := range 50 {
		if s.add(true, start.Add(time.Hour+time.Duration(i)*10*time.Millisecond)) {
			t.Errorf("after a success %d errors within half a second are a run", i+1)
		}
	}
	if !s.add(true, start.Add(time.Hour+time.Second)) {
		t.Error("fifty-one within a second are none")
	}
}

// Of a plan that goes on, as many requests may still come as are due in twice the slowest
// answer of a calm second; and it is judged from when as many were due as the bound asks for.
func TestUnderWay(t *testing.T) {
	rate, err := ParseThreshold("rate>=10/s")
	if err != nil {
		t.Fatal(err)
	}
	latency, err := ParseThreshold("p99<1s")
	if err != nil {
		t.Fatal(err)
	}
	share, err := ParseThreshold("rate>=99%")
	if err != nil {
		t.Fatal(err)
	}
	ten, six := new(pace.Schedule).Constant(10, time.Minute), new(pace.Schedule).Constant(10, 6*time.Second)
	for name, c := range map[string]struct {
		t        Threshold
		schedule *pace.Schedule
		inFlight int64
		calmest  time.Duration
		sent     uint64
		judged   bool
		unclear  uint64
		start    time.Duration
	}{
		"a latency is judged at once":        {latency, ten, 9, 0, 0, true, 0, 0},
		"so many are due":                    {rate, ten, 1, time.Second, 99, true, 1, 0},
		"one fewer is due":                   {rate, ten, 0, time.Second, 99, false, 0, 0},
		"twice a quarter of a second is due": {rate, ten, 20, 250 * time.Millisecond, 100, true, 5, 0},
		"twice a second is due":              {rate, ten, 50, time.Second, 100, true, 20, 0},
		"no more than all that was due":      {rate, ten, 200, 10 * time.Second, 100, true, 100, 0},
		"nothing is known to be calm":        {rate, ten, 50, 0, 100, true, 50, 0},
		"a share is judged at once":          {share, ten, 9, 0, 0, true, 0, 0},
		"of the second part of the plan":     {rate, six, 50, 250 * time.Millisecond, 100, true, 5, 5 * time.Second},
		"a closed loop":                      {rate, nil, 7, time.Second, 0, true, 7, 0},
	} {
		w := &watch{e: &engine{}, calmest: c.calmest, part: stretch{schedule: c.schedule, start: c.start}}
		w.e.inFlight.Store(c.inFlight)
		f := &objective.Figures{Sent: c.sent}
		if got := w.underWay(&c.t, f, 10*time.Second); got != c.judged || f.Unclear != c.unclear {
			t.Errorf("%s: judged %t with %d unclear, not %t with %d", name, got, f.Unclear, c.judged, c.unclear)
		}
		if !w.mu.TryLock() {
			t.Fatalf("%s: the watch stays locked", name)
		}
	}
	// What was due and never sent was asked for too.
	for unsent, judged := range map[uint64]bool{9: true, 8: false} {
		w := &watch{e: &engine{}, part: stretch{schedule: ten}}
		w.e.inFlight.Store(1)
		if got := w.underWay(&rate, &objective.Figures{Sent: 90, Unsent: unsent}, 10*time.Second); got != judged {
			t.Errorf("%d unsent: judged %t", unsent, got)
		}
	}
}
