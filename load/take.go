package load

import (
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/measure"
)

// take accounts for a reply: it is measured here and verified elsewhere. Others must not
// take at the same time.
func (a *attack) take(s *slot, batch []*slot) []*slot {
	e := a.e
	e.endedBy(&s.Reply, a.warm)
	began, _ := a.pacer.Began()
	actual := s.sent.Sub(began)
	s.due = actual
	if a.schedule != nil {
		s.due = a.schedule.At(s.seq)
	}
	c := &e.classes[s.class]
	cut := a.setAside(s)
	x := measure.Sample{
		Service: c.service, Status: s.Status, Kind: s.Kind, Cut: cut, Closed: a.schedule == nil,
		Latency: s.received.Sub(began) - s.due, ServiceTime: s.received.Sub(s.sent),
		InFlight: s.inFlight, Exchange: exchangeOf(&s.Timing),
	}
	if s.Unseen {
		x.Latency, x.ServiceTime = x.Latency-x.ServiceTime, 0
	}
	for i := range a.sinks {
		if due, row, ok := a.sinks[i].takes(s.due, c.service, s.class); ok {
			x.Scheduled, x.Service = due, row
			a.sinks[i].recorder.Record(&x)
		}
	}
	x.Service = c.service
	a.note(s, actual, x.Latency)
	if a.look != nil && a.look.sample(s.due, &x, max(x.ServiceTime-s.unread, 0)) {
		a.stop()
	}
	failed := s.Status != http.StatusOK
	if !failed {
		if at := s.due + x.Latency; at >= a.windowFrom && at < a.duration {
			a.inWindow++
		}
		e.admission.served(s.class)
		a.settled(s)
		e.streak.add(false, s.received)
		e.astray.add(false, s.received)
		return e.verifier.push(batch, s)
	}
	if x.Cut {
		a.aside(s, c)
	} else {
		a.failed(s, c)
	}
	a.settled(s)
	e.results.write(e, s, "")
	e.slots.put(s)
	return batch
}

// settled gives back what the request of a user without a token yet took.
func (a *attack) settled(s *slot) {
	a.e.admission.done(s.grant)
	s.grant = unifier.Grant{}
}
