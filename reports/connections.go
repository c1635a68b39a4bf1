package reports

import (
	"fmt"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// connectionsLine tells what connections a load test had.
func connectionsLine(c *record.Connections) string {
	s := fmt.Sprintf("Connections: %s; %d opened, %s, %d resumed", c.Mode, c.Opened, amount.Of(c.Handshakes, "TLS handshake", "TLS handshakes"), c.Resumptions)
	if !c.Resumption {
		s += " (resumption off)"
	}
	if c.HTTP != "" {
		s += "; HTTP/" + c.HTTP
	}
	return s
}

// connectionsTable shows how long the parts of exchanges took, in ms.
func connectionsTable(c *record.Connections) *sheet.Table {
	t := &sheet.Table{Columns: []sheet.Column{{Title: "part"}}}
	for _, q := range quantiles {
		t.Columns = append(t.Columns, sheet.Column{Title: q.Name, Right: true})
	}
	for _, part := range []struct {
		name string
		d    record.Distribution
	}{{"connect", c.Connect}, {"TLS handshake", c.Handshake}, {"first byte", c.FirstByte}} {
		if part.d != (record.Distribution{}) {
			t.Add(append([]string{part.name}, distribution(1, part.d)...)...)
		}
	}
	return t
}

// textConnections writes both.
func textConnections(p *sheet.Page, c *record.Connections) {
	if c == nil {
		return
	}
	p.Heading("Connections, in ms")
	p.Text("", connectionsLine(c))
	if t := connectionsTable(c); len(t.Rows) > 0 {
		p.Table(t, 0)
	}
}

// addConnections adds up what several generators had.
func addConnections(loads []*record.Load) (*record.Connections, error) {
	var out *record.Connections
	sums := [3]*hist.Histogram{hist.New(), hist.New(), hist.New()}
	for _, l := range loads {
		c := l.Connections
		if c == nil {
			continue
		}
		if out == nil {
			out = &record.Connections{Mode: c.Mode, PerConnection: c.PerConnection, Resumption: c.Resumption, HTTP: c.HTTP}
		}
		out.Opened += c.Opened
		out.Handshakes += c.Handshakes
		out.Resumptions += c.Resumptions
		for i, text := range []string{c.ConnectHistogram, c.HandshakeHistogram, c.FirstByteHistogram} {
			if text == "" {
				continue
			}
			h, err := hist.Decode(text)
			if err != nil {
				return nil, fmt.Errorf("the times of the connections: %w", err)
			}
			sums[i].Merge(h)
		}
	}
	if out == nil {
		return nil, nil
	}
	out.Connect, out.Handshake, out.FirstByte = sums[0].Distribution(), sums[1].Distribution(), sums[2].Distribution()
	var err error
	for i, text := range []*string{&out.ConnectHistogram, &out.HandshakeHistogram, &out.FirstByteHistogram} {
		if *text, err = sums[i].Encode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
