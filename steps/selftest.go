package steps

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// SelfTestCase is a service that verify must judge rightly: one with a fault
// that breaks known requirements, or a conforming one that breaks none.
type SelfTestCase struct {
	Name string
	// What says in one sentence what a caller sees.
	What string
	// Breaks are the requirements that verify must find unmet, no more and no
	// fewer. A conforming variant has none.
	Breaks []string
	// Mild are those of them of which verify may warn only, whatever their level.
	Mild []string
	// Conforming tells variants from a fault.
	Conforming bool
	// Warns are the requirements of which verify may warn, though the service is
	// conforming; Combined says that it need not, since one variant may hide
	// what another shows.
	Warns    []string
	Combined bool
}

// SelfTestOutcome is what verify made of a case.
type SelfTestOutcome struct {
	Case SelfTestCase
	// Found are the requirements that verify found unmet.
	Found []string
	// Missed are those that it should have found, Unrelated those that it should not.
	Missed    []string
	Unrelated []string
	// Trouble says why the case says nothing, such as that an answer did not come.
	Trouble  string
	Requests int
	Duration time.Duration
}

// OK reports whether verify judged rightly.
func (o *SelfTestOutcome) OK() bool {
	return o.Trouble == "" && len(o.Missed) == 0 && len(o.Unrelated) == 0
}

// SelfTestOpener starts the service of a case and returns the options that
// verify it, and what stops it.
type SelfTestOpener func(ctx context.Context, c SelfTestCase) (o Options, stop func(), err error)

// SelfTest runs verify against every case, width of them at once, and compares
// what it finds with what the case says. The outcomes are in the order of the cases.
func SelfTest(ctx context.Context, cases []SelfTestCase, width int, open SelfTestOpener) []SelfTestOutcome {
	outcomes := make([]SelfTestOutcome, len(cases))
	inParallel(width, len(cases), func(i int) { outcomes[i] = selfTestOne(ctx, cases[i], open) })
	return outcomes
}

// selfTestOne runs verify against one case.
func selfTestOne(ctx context.Context, c SelfTestCase, open SelfTestOpener) SelfTestOutcome {
	out := SelfTestOutcome{Case: c}
	if ctx.Err() != nil {
		out.Trouble = "interrupted"
		return out
	}
	started := time.Now()
	o, stop, err := open(ctx, c)
	if err != nil {
		out.Trouble = err.Error()
		return out
	}
	defer stop()
	o.Gate, o.StatesOnly = record.Sampled, true
	result, err := Run(ctx, o)
	out.Duration = time.Since(started)
	if err != nil {
		out.Trouble = err.Error()
		return out
	}
	out.Requests = result.Conformance.RequestsSent
	out.compare(result)
	return out
}

// compare fills in what was found, missed and unrelated. Of a conforming service
// warnings may be known, but nothing may fail. A fault that breaks what is documented, or
// shown by a sample, is missed where verify only warns of it: the gate would let it pass.
func (o *SelfTestOutcome) compare(result *Result) {
	wanted := o.Case.Breaks
	if o.Case.Conforming && !o.Case.Combined {
		wanted = o.Case.Warns
	}
	mild := map[string]bool{} // of the documentation or its samples, and only warned of
	for _, q := range result.Conformance.Requirements {
		switch q.State {
		case record.Fail, record.Warning:
			mild[q.ID] = q.State == record.Warning && q.Level.Gates(record.Sampled)
			o.Found = append(o.Found, q.ID)
			if known := o.Case.Conforming && q.State == record.Warning && slices.Contains(o.Case.Warns, q.ID); !known && !slices.Contains(o.Case.Breaks, q.ID) {
				o.Unrelated = append(o.Unrelated, q.ID)
			}
		case record.Error:
			o.Trouble = fmt.Sprintf("%s could not be decided: %s", q.ID, q.Reason)
		}
	}
	if result.Verdict.State == record.VerdictInconclusive || result.Verdict.State == record.VerdictInterrupted {
		o.Trouble = fmt.Sprint(result.Verdict.Reasons)
	}
	for _, id := range wanted {
		if !slices.Contains(o.Found, id) || mild[id] && !o.Case.Conforming && !slices.Contains(o.Case.Mild, id) {
			o.Missed = append(o.Missed, id)
		}
	}
}
