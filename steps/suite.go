package steps

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/cucumber/godog"
	"github.com/cucumber/godog/formatters"
	messages "github.com/cucumber/messages/go/v21"
)

// formatName is how the formatter is known to godog.
const formatName = "unigate"

func init() {
	godog.Format(formatName, "hands everything to the run record", func(suite string, _ io.Writer) godog.Formatter {
		if c, ok := collectors.Load(suite); ok {
			return c.(*collector)
		}
		return &collector{}
	})
}

// collectors finds the collector of a suite by the suite's name: godog makes
// formatters by itself, and several runs may be under way in one process.
var (
	collectors sync.Map
	suites     atomic.Uint64
)

// collector is the formatter of one run of the suite. godog's own printing,
// totals and exit status are of no use (skipped counts as passed); the
// collector prints nothing. It learns which scenario a pickle is, and which
// pickles godog began; what became of the steps is noted by the step hooks.
type collector struct {
	mu    sync.Mutex
	lines map[string]int // by the ids of scenarios and rows
}

// Feature notes the lines of a document's scenarios before any of them runs.
func (c *collector) Feature(doc *messages.GherkinDocument, _ string, _ []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lines == nil {
		c.lines = map[string]int{}
	}
	for id, line := range indexDocument(doc).line {
		c.lines[id] = line
	}
}

// id returns the scenario's id for a pickle.
func (c *collector) id(p *messages.Pickle) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.Uri + ":" + strconv.Itoa(c.lines[p.AstNodeIds[len(p.AstNodeIds)-1]])
}

// The rest of the formatter's interface has nothing to do.

// TestRunStarted does nothing.
func (c *collector) TestRunStarted() {}

// Pickle does nothing.
func (c *collector) Pickle(*messages.Pickle) {}

// Defined does nothing.
func (c *collector) Defined(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}

// Failed does nothing.
func (c *collector) Failed(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition, error) {
}

// Passed does nothing.
func (c *collector) Passed(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}

// Skipped does nothing.
func (c *collector) Skipped(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}

// Undefined does nothing.
func (c *collector) Undefined(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}

// Pending does nothing.
func (c *collector) Pending(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}

// Ambiguous does nothing.
func (c *collector) Ambiguous(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition, error) {
}

// Summary does nothing.
func (c *collector) Summary() {}

// phases are in the order in which they run: those that take the newest token
// before anything asks for a short one, so that the number of requests does not
// depend on which scenarios run at once; those that use each token that they fetch, so
// that a user's second one is among them; most; those that try wrong passwords when no
// other is under way any more, since a target may lock the account, or the address, at
// once; those tagged @end after all that could spoil something; and those tagged @last,
// which look at the whole run, after them.
var phases = []string{earlyPhase, roundsPhase, "", wrongPhase, endTag, lastTag}

// runSuite runs the selected scenarios once, phase by phase; n counts the
// repetitions from 0.
func (r *run) runSuite(ctx context.Context, n int) error {
	for _, phase := range phases {
		contents := r.contents(phase)
		if phase == lastTag {
			r.close(ctx)
			r.excuseAll(ctx, false)
		}
		if phase == wrongPhase {
			r.excuseAll(ctx, true)
		}
		if phase == endTag {
			// The last service's tokens are the newest, and a fetch by another may end them (A12).
			slices.Reverse(contents)
		}
		if len(contents) > 0 {
			if err := r.runFeatures(ctx, contents, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// runFeatures runs all scenarios of some features.
func (r *run) runFeatures(ctx context.Context, contents []godog.Feature, n int) error {
	name := "unigate-" + strconv.FormatUint(suites.Add(1), 10)
	c := &collector{}
	collectors.Store(name, c)
	defer collectors.Delete(name)
	suite := godog.TestSuite{
		Name:                 name,
		TestSuiteInitializer: func(t *godog.TestSuiteContext) { r.register(t.ScenarioContext(), c, n) },
		Options: &godog.Options{
			Format: formatName, Output: io.Discard, NoColors: true,
			Strict: true, Concurrency: r.width(),
			FeatureContents: contents, DefaultContext: ctx,
		},
	}
	// 0 and 1 are its opinion of the scenarios; 2 is that it could not begin.
	if status := suite.Run(); status > 1 {
		return fmt.Errorf("the scenarios could not be run: godog ended with status %d", status)
	}
	return nil
}

// width is how many scenarios run at once: one, where load tests are among them.
func (r *run) width() int {
	if slices.ContainsFunc(r.selection.Scenarios, func(s *Scenario) bool { return s.has(loadTag) }) {
		return 1
	}
	return r.o.Parallel
}

// contents returns the feature files with nothing in them but the selected
// scenarios of a phase.
func (r *run) contents(phase string) []godog.Feature {
	selected := map[*Scenario]bool{}
	for _, s := range r.selection.Scenarios {
		if len(s.Steps) > 0 && s.phase() == phase { // one without steps is judged without godog
			selected[s] = true
		}
	}
	var contents []godog.Feature
	for _, f := range r.selection.corpus.files {
		if text := f.only(selected); text != nil {
			contents = append(contents, godog.Feature{Name: f.name, Contents: text})
		}
	}
	return contents
}

// register registers the hooks and the way to the vocabulary, once for all scenarios of a suite.
func (r *run) register(sc *godog.ScenarioContext, c *collector, n int) {
	sc.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
		return context.WithValue(ctx, worldKey{}, r.begin(ctx, c.id(p), n)), nil
	})
	sc.StepContext().Before(func(ctx context.Context, st *godog.Step) (context.Context, error) {
		worldOf(ctx).stepBegins(st.Text)
		return ctx, nil
	})
	sc.StepContext().After(func(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		worldOf(ctx).stepEnds(st.Text, status, err)
		return ctx, nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		worldOf(ctx).end()
		return ctx, nil
	})
	sc.Step(anyStep(), func(ctx context.Context) error { return worldOf(ctx).runStep(ctx) })
}

// anyStep is the one expression that godog knows. godog would try each of a hundred
// expressions twice on every step of every run; the vocabulary looks up each text once
// per process, and stepEnds notes what matches none or several.
var anyStep = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^`) })
