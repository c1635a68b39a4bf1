package load_test

import (
	"context"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// The record counts the connections of the plan: one for each request, or for each N
// and one more for each that was open at once.
func TestConnectionsAreRecorded(t *testing.T) {
	for _, c := range []struct {
		name string
		use  load.Connections
		mode string
	}{
		{"reuse", load.Connections{}, "reuse"}, {"fresh", load.Connections{PerConnection: 1}, "fresh"},
		{"five each", load.Connections{PerConnection: 5, NoResumption: true}, "5 per connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, _ := onSocket(context.Background(), t, reference.Script{}, func(o *load.Options) { o.Connections = c.use })
			x := l.Connections
			if x == nil || x.Mode != c.mode || x.HTTP != "1.1" || x.Resumption == c.use.NoResumption || x.Handshakes+x.Resumptions != 0 {
				t.Fatalf("%+v", x)
			}
			sent, most := l.Totals.Sent, uint64(max(l.Generator.MaxInFlight, 1))
			low, high := uint64(1), most
			if n := uint64(c.use.PerConnection); n > 0 {
				low, high = (sent+n-1)/n, sent/n+most
				if n == 1 {
					high = sent
				}
			}
			if x.Opened < low || x.Opened > high {
				t.Errorf("%d connections for %d requests, at most %d at once: not from %d to %d", x.Opened, sent, most, low, high)
			}
			sum := uint64(0)
			for _, p := range l.Series {
				sum += p.Connections
			}
			if sum != x.Opened || (x.ConnectHistogram == "") != (x.Opened == 0) || x.FirstByte.Min <= 0 || x.FirstByte.Max > l.All.ServiceTime.Max+0.001 {
				t.Errorf("%d in the series of %d; first byte %+v of service times %+v", sum, x.Opened, x.FirstByte, l.All.ServiceTime)
			}
		})
	}
}

func TestParseConnections(t *testing.T) {
	for text, want := range map[string]int{"reuse": 0, "fresh": 1, "1": 1, "10": 10, "10-per-connection": 10, "10-per-request": 10} {
		if got, err := load.ParseConnections(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "some", "1.5", "10-per-hour", "1000001"} {
		if n, err := load.ParseConnections(text); err == nil {
			t.Errorf("%q is %d", text, n)
		}
	}
}

func TestConnectionsThatCannotBe(t *testing.T) {
	for _, c := range []load.Connections{{HTTP: "3"}, {HTTP: "2", PerConnection: 5}, {HTTP: "auto", PerConnection: 2}} {
		o := options(service(t, reference.Options{}), load.Phase{Shape: load.Constant, Rate: 1, Duration: time.Second})
		o.Connections = c
		if _, err := o.Describe(); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
