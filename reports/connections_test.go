package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// connections returns those of a generator, each part of an exchange of one length.
func connections(t *testing.T, opened, resumed uint64, each time.Duration) *record.Connections {
	t.Helper()
	h := hist.New()
	for range opened {
		h.Record(each)
	}
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := h.Distribution()
	return &record.Connections{
		Mode: "fresh", PerConnection: 1, Resumption: true, HTTP: "1.1", Opened: opened, Handshakes: opened, Resumptions: resumed,
		Connect: d, Handshake: d, FirstByte: d, ConnectHistogram: text, HandshakeHistogram: text, FirstByteHistogram: text,
	}
}

func TestReportsTellOfConnections(t *testing.T) {
	run := censoredRun(0, waits{20: 900}, nil, nil, false)
	run.Load.Connections = connections(t, 12, 9, 3*time.Millisecond)
	for _, format := range []string{"text", "markdown", "html"} {
		b, err := Draw(format, run, Options{Width: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"fresh; 12 opened, 12 TLS handshakes, 9 resumed; HTTP/1.1", "connect", "TLS handshake", "first byte", "3.00"} {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s has no %q", format, want)
			}
		}
	}
}

func TestConnectionsOfGeneratorsAddUp(t *testing.T) {
	loads := []*record.Load{{Connections: connections(t, 10, 4, time.Millisecond)}, {}, {Connections: connections(t, 30, 20, 5*time.Millisecond)}}
	sum, err := addConnections(loads)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Opened != 40 || sum.Handshakes != 40 || sum.Resumptions != 24 || sum.Mode != "fresh" || sum.Connect.Min > 0.0011 || sum.Connect.P50 < 0.0049 || sum.FirstByte.Max < 0.0049 {
		t.Errorf("%+v", sum)
	}
	if none, err := addConnections([]*record.Load{{}, {}}); none != nil || err != nil {
		t.Errorf("%+v, %v", none, err)
	}
	loads[0].Connections.ConnectHistogram = "no histogram"
	if _, err := addConnections(loads); err == nil {
		t.Error("a broken histogram was added")
	}
}
