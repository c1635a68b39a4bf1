package load

import (
	"testing"
	"time"
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
