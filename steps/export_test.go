package steps

import "context"

// Kept is what a run keeps until its result is written.
type Kept struct {
	// Answers and Uses are kept whole, with their bodies; Attempts are the scenarios'.
	Answers, Uses, Attempts int
	// Tokens are kept alone.
	Tokens int
}

// RunAndCount is Run, and counts what is kept before the result is written.
func RunAndCount(ctx context.Context, o Options) (*Result, Kept, error) {
	o.fill()
	r, err := newRun(o)
	if err != nil {
		return nil, Kept{}, err
	}
	if err := r.preflight(ctx); err != nil {
		return nil, Kept{}, err
	}
	if err := r.runAll(ctx); err != nil {
		return nil, Kept{}, err
	}
	k := Kept{Answers: len(r.every), Uses: len(r.uses), Tokens: len(r.seen)}
	for _, worlds := range r.worlds {
		for _, w := range worlds {
			if w.became == "" {
				k.Attempts++
			}
		}
	}
	return r.result(ctx), k, nil
}
