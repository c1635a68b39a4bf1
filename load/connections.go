package load

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
	"github.com/unigate/unigate/load/wire"
)

// Connections is how a load test uses connections. The zero value keeps them as long
// as the target does, resumes TLS sessions and speaks HTTP/1.1.
type Connections struct {
	// PerConnection is how many requests each serves at the most: 1 for a fresh one
	// each; 0 is no bound.
	PerConnection int
	// NoResumption makes every TLS handshake a full one.
	NoResumption bool
	// HTTP is the version: "1.1", also where it is empty, "2", or "auto" for 2 where the
	// target takes it in the TLS handshake.
	HTTP string
}

// ParseConnections reads reuse, fresh, or a number of requests for each connection,
// alone or as N-per-connection.
func ParseConnections(text string) (perConnection int, err error) {
	switch text {
	case "reuse":
		return 0, nil
	case "fresh":
		return 1, nil
	}
	number := text
	for _, suffix := range []string{"-per-connection", "-per-request"} { // the latter as it is asked for elsewhere
		number = strings.TrimSuffix(number, suffix)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, usagef("reuse keeps connections, fresh makes one for each request, 10 makes one for each 10", "unknown use of connections %q", text)
	}
	return n, nil
}

// check says what cannot be.
func (c *Connections) check() error {
	switch c.HTTP {
	case "":
		c.HTTP = wire.HTTP1
	case wire.HTTP1, wire.HTTP2, wire.Auto:
	default:
		return usagef("the versions are auto, 1.1 and 2", "unknown version of HTTP %q", c.HTTP)
	}
	if c.PerConnection > 1 && c.HTTP != wire.HTTP1 {
		return usagef("requests are counted by connection with --http 1.1", "%d requests per connection cannot be kept where HTTP/2 may be spoken", c.PerConnection)
	}
	return nil
}

// mode returns the words of the record.
func (c *Connections) mode() string {
	switch c.PerConnection {
	case 0:
		return "reuse"
	case 1:
		return "fresh"
	}
	return fmt.Sprintf("%d per connection", c.PerConnection)
}

// exchangeOf returns the times of an exchange as they are recorded.
func exchangeOf(t *wire.Timing) measure.Exchange {
	return measure.Exchange{
		Connected: t.Connected, Shaken: t.Shaken, Resumed: t.Resumed,
		Connect: t.Connect, Handshake: t.Handshake, FirstByte: t.FirstByte,
	}
}

// connections returns what the record says of the connections, nil where the transport
// of a test has none.
func (e *engine) connections() (*record.Connections, error) {
	if e.o.RoundTripper != nil {
		return nil, nil
	}
	out, err := e.recorder.Connections()
	if err != nil {
		return nil, err
	}
	c := &e.o.Connections
	out.Mode, out.PerConnection, out.Resumption, out.HTTP = c.mode(), c.PerConnection, !c.NoResumption, e.transport.Version()
	return out, nil
}
