package load

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/nearest"
	"github.com/unigate/unigate/internal/objective"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/load/measure"
)

// maxTalliedUsers bounds the users that have figures of their own.
const maxTalliedUsers = 32

// tallies are the figures of the phases of a plan, and of the users that the mix or a
// threshold names.
type tallies struct {
	phases []phaseTally // none for a plan of one phase, or of too many
	users  *measure.Recorder
	names  []string // of the rows of users
	rows   []int    // of the classes of requests, -1 for none
	mixed  bool     // the plan has open phases and closed loops
}

// phaseTally is that of one phase.
type phaseTally struct {
	name     string
	shape    Shape
	recorder *measure.Recorder
	start    time.Duration // within the plan
	duration time.Duration
}

// phaseNames are the names of the phases, which thresholds use.
func (p *Plan) phaseNames() []string {
	var out []string
	for i := range p.Phases {
		out = append(out, p.Phases[i].Name)
	}
	return out
}

// makeTallies prepares the figures of phases and users.
func (e *engine) makeTallies() error {
	p := &e.o.Plan
	if e.o.Capacity == nil && len(p.Phases) > 1 && len(p.Phases) <= record.MaxPhases {
		at := time.Duration(0)
		for i := range p.Phases {
			ph := &p.Phases[i]
			e.tallies.phases = append(e.tallies.phases, phaseTally{
				name: ph.Name, shape: ph.Shape, start: at, duration: ph.Duration, recorder: measure.NewTally(e.services, ph.Duration),
			})
			at += ph.Duration
		}
		e.tallies.mixed = p.Highest() == 0 && slices.ContainsFunc(p.Phases, func(ph Phase) bool { return ph.Shape != Max })
	}
	if e.o.Capacity != nil {
		return nil
	}
	return e.makeUserTallies()
}

// makeUserTallies prepares the figures of the users that the mix or a threshold names.
func (e *engine) makeUserTallies() error {
	t := &e.tallies
	t.rows = make([]int, len(e.classes))
	for i := range e.classes {
		t.rows[i] = -1
		name, user := e.services[e.classes[i].service]+":"+e.classes[i].user.Name, e.classes[i].user.Name
		named := func(th Threshold) bool { return th.Service+":"+th.User == name }
		mixed := func(s Share) bool { return s.User == user && string(s.Service) == e.services[e.classes[i].service] }
		if !slices.ContainsFunc(e.o.Plan.Mix, mixed) && !slices.ContainsFunc(e.o.Thresholds, named) && !slices.ContainsFunc(e.o.AbortOn, named) {
			continue
		}
		row := slices.Index(t.names, name)
		if row < 0 {
			row = len(t.names)
			t.names = append(t.names, name)
		}
		t.rows[i] = row
	}
	if len(t.names) > maxTalliedUsers {
		if slices.ContainsFunc(append(slices.Clone(e.o.Thresholds), e.o.AbortOn...), func(th Threshold) bool { return th.User != "" }) {
			return usagef("name fewer users in the mix", "%d users are named, and no more than %d have figures and thresholds of their own", len(t.names), maxTalliedUsers)
		}
		t.names = nil
	}
	if t.names != nil {
		t.users = measure.NewTally(t.names, e.o.Plan.Duration())
	}
	return nil
}

// checkScope finds thresholds about a user or a phase that there is not.
func (e *engine) checkScope(t Threshold) error {
	switch {
	case t.User != "":
		var users []string
		for i := range e.classes {
			if c := &e.classes[i]; e.services[c.service] == t.Service {
				users = append(users, c.user.Name)
			}
		}
		if slices.Contains(users, t.User) {
			return nil
		}
		hint := "the mix and the configuration decide which users ask for tokens"
		if near := nearest.Close(t.User, users); near != "" {
			hint = "did you mean " + near + "?"
		}
		return usagef(hint, "the threshold %s is about user %q, who does not ask %s", t, t.User, t.Service)
	case t.Phase == "":
		return nil
	case !slices.ContainsFunc(e.tallies.phases, func(p phaseTally) bool { return p.name == t.Phase }):
		if len(e.o.Plan.Phases) > record.MaxPhases {
			return usagef("", "the threshold %s is about a phase, and a plan of more than %d phases has no figures of each", t, record.MaxPhases)
		}
		return usagef("leave the phase away", "the threshold %s is about a phase, and the plan has no other", t)
	}
	return nil
}

// checkAbort finds conditions that cannot be looked at while the plan goes on.
func checkAbort(t Threshold) error {
	if t.Metric == "rate" && (t.Phase != "" || t.User != "") {
		return usagef("as a threshold it is judged at the end", "abort on %s: the rate of a phase or a user is known at its end only", t)
	}
	return nil
}

// sinks are the tallies that take the requests of a stretch of the plan.
func (t *tallies) sinks(s stretch) []sink {
	var out []sink
	for i := range t.phases {
		p := &t.phases[i]
		if p.start < s.start || p.start >= s.start+s.duration {
			continue
		}
		k := sink{recorder: p.recorder, from: p.start - s.start, tally: true}
		if end := k.from + p.duration; end < s.duration {
			k.until = end
		}
		out = append(out, k)
	}
	if t.users != nil {
		out = append(out, sink{recorder: t.users, offset: s.start, tally: true, users: t.rows})
	}
	return out
}

// setEnd says when the plan ended.
func (t *tallies) setEnd(total time.Duration) {
	for i := range t.phases {
		p := &t.phases[i]
		p.duration = min(max(total-p.start, 0), p.duration)
		p.recorder.SetEnd(p.duration)
	}
	if t.users != nil {
		t.users.SetEnd(total)
	}
}

// figures returns what a threshold is judged on, of a plan that lasted for duration.
func (e *engine) figures(t *Threshold, duration time.Duration) *objective.Figures {
	recorders, name, d := e.measuredFor(t, duration)
	return measure.FiguresOf(recorders, name, d)
}

// cleanFor returns the latencies without what unigate itself added to them.
func (e *engine) cleanFor(t *Threshold) *hist.Histogram {
	recorders, name, _ := e.measuredFor(t, 0)
	if recorders[0] == e.recorder {
		return e.cleanOf(t.Service)
	}
	sum := hist.New()
	for _, r := range recorders {
		sum.Merge(r.CleanOf(name))
	}
	return sum
}

// measuredFor returns the recorders and their row that a threshold is about, and how
// long that lasted. A latency over a plan of open phases and closed loops is that of the
// open phases: in a closed loop it is no more than what the number in flight makes it.
func (e *engine) measuredFor(t *Threshold, duration time.Duration) (recorders []*measure.Recorder, row string, d time.Duration) {
	switch {
	case t.User != "":
		return []*measure.Recorder{e.tallies.users}, t.Service + ":" + t.User, duration
	case t.Phase != "":
		i := slices.IndexFunc(e.tallies.phases, func(p phaseTally) bool { return p.name == t.Phase })
		p := &e.tallies.phases[i]
		return []*measure.Recorder{p.recorder}, t.Service, min(max(duration-p.start, 0), p.duration)
	case e.tallies.mixed && t.Unit == objective.Time:
		for i := range e.tallies.phases {
			if p := &e.tallies.phases[i]; p.shape != Max {
				recorders = append(recorders, p.recorder)
			}
		}
		return recorders, t.Service, duration
	}
	return []*measure.Recorder{e.recorder}, t.Service, duration
}

// reportTallies writes the figures of phases and users.
func (e *engine) reportTallies(out *record.Load, duration time.Duration) error {
	var errs []error
	for i := range e.tallies.phases {
		p := &e.tallies.phases[i]
		f := record.PhaseFigures{Number: i + 1, Name: p.name, Shape: string(p.shape), StartS: p.start.Seconds(), DurationS: p.duration.Seconds()}
		var err error
		f.Services, err = e.tallied(p.recorder, p.duration)
		errs = append(errs, err)
		all := p.recorder.Sum(measure.All)
		f.All, err = all.Record(p.duration)
		errs = append(errs, err)
		f.All.CleanHistogram, err = e.talliedClean(p.recorder, measure.All)
		errs = append(errs, err)
		out.Phases = append(out.Phases, f)
	}
	if e.tallies.users != nil {
		var err error
		out.Users, err = e.tallied(e.tallies.users, duration)
		errs = append(errs, err, e.unasked(out, duration))
	}
	if e.tallies.mixed {
		out.Notes = append(out.Notes, mixedNote)
	}
	return errors.Join(errs...)
}

// unasked gives a part rows of the users of whom none of its requests was: that is known
// of them, and the whole has their figures all the same.
func (e *engine) unasked(out *record.Load, duration time.Duration) error {
	if e.o.Part == nil {
		return nil
	}
	for _, name := range e.tallies.names {
		if slices.ContainsFunc(out.Users, func(s record.Service) bool { return s.Name == name }) {
			continue
		}
		row := e.tallies.users.Sum(name)
		s, err := row.Record(duration)
		if err == nil {
			s.CleanHistogram, err = e.talliedClean(e.tallies.users, name)
		}
		if err != nil {
			return fmt.Errorf("figures of %s: %w", name, err)
		}
		out.Users = append(out.Users, s)
	}
	return nil
}

// mixedNote says what thresholds of a plan of both kinds are about.
const mixedNote = "the plan has open phases and closed loops, whose latencies do not compare: thresholds on a latency that name no phase are judged on the open phases, and each phase has its figures"

// tallied are the rows of a tally.
func (e *engine) tallied(r *measure.Recorder, duration time.Duration) ([]record.Service, error) {
	out := []record.Service{}
	for _, row := range r.Rows() {
		s, err := row.Record(duration)
		if err == nil && s.Status == measure.All {
			s.CleanHistogram, err = e.talliedClean(r, s.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("figures of %s: %w", s.Name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// talliedClean is encodeClean of a tally.
func (e *engine) talliedClean(r *measure.Recorder, name string) (string, error) {
	if e.o.Part == nil {
		return "", nil
	}
	return r.CleanOf(name).Encode()
}
