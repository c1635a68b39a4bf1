package measure

import (
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
)

// Exchange is how long the parts of a request took, as far as it had them.
type Exchange struct {
	Connected, Shaken, Resumed    bool
	Connect, Handshake, FirstByte time.Duration
}

// exchanges holds those of all requests.
type exchanges struct {
	resumed                     uint64
	connect, handshake, answers hist.Compact
}

// add counts one.
func (x *exchanges) add(e *Exchange) {
	if e.Connected {
		x.connect.Record(e.Connect)
	}
	if e.Shaken {
		x.handshake.Record(e.Handshake)
	}
	if e.Resumed {
		x.resumed++
	}
	if e.FirstByte > 0 {
		x.answers.Record(e.FirstByte)
	}
}

// Opened returns how many connections were opened, TLS handshakes made, and sessions resumed.
func (r *Recorder) Opened() (opened, shaken, resumed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := &r.exchanges
	return x.connect.Count(), x.handshake.Count(), x.resumed
}

// Connections returns what the run record says of the connections; what was asked for
// is the caller's.
func (r *Recorder) Connections() (*record.Connections, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := &r.exchanges
	out := &record.Connections{Opened: x.connect.Count(), Handshakes: x.handshake.Count(), Resumptions: x.resumed}
	for _, d := range []struct {
		from *hist.Compact
		to   *record.Distribution
		text *string
	}{
		{&x.connect, &out.Connect, &out.ConnectHistogram}, {&x.handshake, &out.Handshake, &out.HandshakeHistogram},
		{&x.answers, &out.FirstByte, &out.FirstByteHistogram},
	} {
		h := d.from.Histogram()
		*d.to = h.Distribution()
		var err error
		if *d.text, err = h.Encode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
