package load

import (
	"fmt"

	"github.com/unigate/unigate/load/self"
)

// leave lets a closed loop against a target on this machine run on half of the processors,
// and returns what gives them back. On all of them the threads of the Go runtime that
// look for work and find none take from the target what they do not use. Where half are
// too few, unigate is the limit, which the verdict says. A plan with a schedule has all
// of them: with one, whatever the system lets run in its place makes requests late.
func (e *engine) leave() (back func()) {
	all := self.Cores()
	if !e.o.Beside || !e.o.Plan.closed() || all < 2 {
		return func() {}
	}
	own := all / 2
	var p self.Processors
	p.Use(own)
	e.beside = fmt.Sprintf("the target is on this machine: the closed loop left it %d of %d processors", all-own, all)
	return p.Restore
}

// closed reports whether the plan is one closed loop.
func (p *Plan) closed() bool { return len(p.Phases) == 1 && p.Phases[0].Shape == Max }
