package measure_test

import (
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/load/measure"
)

// Connections, handshakes, resumed sessions and first bytes are counted where there
// were any, over the run and in the interval in which the request started.
func TestConnectionsAreCounted(t *testing.T) {
	r := measure.NewRecorder([]string{"login"}, 2*time.Second)
	for i, e := range []measure.Exchange{
		{Connected: true, Connect: 3 * time.Millisecond, Shaken: true, Handshake: 7 * time.Millisecond, FirstByte: 11 * time.Millisecond},
		{Connected: true, Connect: 5 * time.Millisecond, Shaken: true, Handshake: 9 * time.Millisecond, Resumed: true, FirstByte: 1},
		{Connected: true, Connect: 4 * time.Millisecond},
		{FirstByte: 13 * time.Millisecond},
		{Connect: time.Second, Handshake: time.Second},
	} {
		at := time.Duration(i/2) * time.Second
		r.Record(&measure.Sample{Status: 200, Scheduled: at, Latency: time.Millisecond, ServiceTime: time.Millisecond, Exchange: e})
	}
	if opened, shaken, resumed := r.Opened(); opened != 3 || shaken != 2 || resumed != 1 {
		t.Errorf("%d opened, %d shaken, %d resumed", opened, shaken, resumed)
	}
	c, err := r.Connections()
	if err != nil {
		t.Fatal(err)
	}
	if c.Opened != 3 || c.Handshakes != 2 || c.Resumptions != 1 || c.Connect.Max < 0.0049 || c.Connect.Max > 0.0051 || c.Handshake.Max < 0.0088 ||
		c.Handshake.Max > 0.0092 || c.FirstByte.Max < 0.0128 || c.FirstByte.Max > 0.0132 {
		t.Errorf("%+v", c)
	}
	for text, want := range map[string]uint64{c.ConnectHistogram: 3, c.HandshakeHistogram: 2, c.FirstByteHistogram: 3} {
		if h, err := hist.Decode(text); err != nil || h.Count() != want {
			t.Errorf("%d, not %d: %v", h.Count(), want, err)
		}
	}
	points, err := r.Series()
	if err != nil || len(points) != 3 {
		t.Fatal(len(points), err)
	}
	for i, want := range [][3]uint64{{2, 2, 1}, {1, 0, 0}, {0, 0, 0}} {
		if p := points[i]; p.Connections != want[0] || p.Handshakes != want[1] || p.Resumptions != want[2] {
			t.Errorf("interval %d: %+v", i, p)
		}
	}
}
