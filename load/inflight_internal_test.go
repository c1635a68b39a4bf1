package load

import (
	"testing"
	"time"

	"github.com/unigate/unigate/load/self"
)

// The limit is what the plan can need, as far as the machine bears it; each bound on its own.
func TestSafeInFlight(t *testing.T) {
	const plenty = 1 << 40
	for name, c := range map[string]struct {
		room    self.Room
		rate    float64
		timeout time.Duration
		want    int
	}{
		"nothing known":            {self.Room{}, 1000, 30 * time.Second, mostInFlight},
		"no rate known":            {self.Room{}, 0, 30 * time.Second, mostInFlight},
		"twice rate times timeout": {self.Room{}, 100, 2 * time.Second, 400},
		"descriptors":              {self.Room{Descriptors: 256, Open: 8}, 1000, 30 * time.Second, 200},
		"ports":                    {self.Room{Ports: 28232}, 1000, 30 * time.Second, 14116},
		"memory":                   {self.Room{Memory: 256 << 20}, 1000, 30 * time.Second, 1024},
		"the least of all":         {self.Room{Descriptors: 1024, Open: 8, Ports: 28232, Memory: plenty}, 1000, 30 * time.Second, 968},
		"never fewer than a few":   {self.Room{Descriptors: 20, Open: 20, Memory: 1}, 1000, 30 * time.Second, leastInFlight},
		"a very low rate":          {self.Room{}, 0.01, time.Second, leastInFlight},
	} {
		if got := safeInFlight(c.room, c.rate, c.timeout); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}

func TestRoundUp(t *testing.T) {
	for n, want := range map[float64]int{0: 1, 0.2: 1, 1: 1, 7.2: 8, 42: 42, 1999: 2000, 2000.4: 2000, 2010: 2100, 12345: 13000} {
		if got := roundUp(n); got != want {
			t.Errorf("%v is about %d, not %d", n, got, want)
		}
	}
}
