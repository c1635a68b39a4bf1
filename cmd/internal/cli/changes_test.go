package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/steps"
)

var (
	updateChanges = flag.Bool("update-changes", false, "run the whole catalogue and rewrite testdata/changes.golden")
	newChanges    = flag.Bool("new-changes", false, "run the entries that testdata/changes.golden lacks, and add them")
	allChanges    = flag.Bool("all-changes", false, "run the whole catalogue against testdata/changes.golden")
)

// recordOf verifies a reference service and returns the record, of a given edition.
func recordOf(t *testing.T, o reference.Options, edition string) *record.Run {
	t.Helper()
	options, stop, err := openService(t.Context(), o, selftestInstant)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	options.Tags = "not @slow and not @load"
	result, err := steps.Run(context.WithoutCancel(t.Context()), options)
	if err != nil {
		t.Fatal(err)
	}
	return &record.Run{Target: record.Target{Embedded: true, Edition: edition}, Started: selftestInstant, Finished: selftestInstant,
		Conformance: &result.Conformance, Behaviour: &result.Behaviour}
}

// changesOf says which rules a case's changes of behaviour come under.
func changesOf(t *testing.T, old, new *record.Run) string {
	t.Helper()
	new.Started = new.Started.Add(time.Hour)
	documented, err := documentedTraits(new.Target.Edition)
	if err != nil {
		t.Fatal(err)
	}
	r, err := compare.Compare(old, new, compare.Options{Documented: documented, Now: selftestInstant})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, g := range r.Behaviour.Groups {
		if text := string(g.Class) + " " + g.Rule; g.Class != compare.Unclear && !slices.Contains(found, text) {
			found = append(found, text)
		}
		t.Logf("%s %s: %s", g.Class, g.Rule, g.Sentence)
	}
	if len(found) == 0 {
		return "nothing"
	}
	return strings.Join(found, ", ")
}

// breakingReadings are the rules by which a service that conforms may break clients all
// the same, when it was another reading before: each has a reason that names whom.
var breakingReadings = []string{
	"earlier-token-ended", "scheme-refused", "member-removed", "token-elsewhere", "member-moved", "member-renamed", "member-type", "needs-endpoint", "bound-lower", "lifetime-shorter",
	"refusal-status", "refusal-in-success", "refusal-form", "refusal-message", "challenge-gone", "media-type", "name-spelling", "token-longer",
	"certificate-authority", "tls-version",
}

// changeCase is one entry of the catalogue.
type changeCase struct {
	name       string
	options    reference.Options
	conforming bool
	edition    string // of the service itself, with which the entry is compared
}

// changeCases is the catalogue, and the service itself.
func changeCases() []changeCase {
	all := []changeCase{{"itself", reference.Options{}, true, reference.Edition217}}
	for _, v := range reference.Variants() {
		edition := cmp.Or(v.Edition, reference.Edition217)
		if strings.HasPrefix(v.Name, "oauth-") {
			edition = reference.Edition217 // V1 of a later edition: as an upgrade changes it
		}
		all = append(all, changeCase{"variant " + v.Name, reference.Options{Variants: []string{v.Name}}, true, edition})
	}
	for _, f := range reference.Faults() {
		all = append(all, changeCase{"fault " + f.Name, reference.Options{Faults: []string{f.Name}}, false, cmp.Or(f.Edition, reference.Edition217)})
	}
	return all
}

// few is how many entries the test runs where not all are asked for.
const few = 8

// The service, and the same with one entry of the catalogue: the changes come under the
// rules that testdata/changes.golden declares. All of them run with -all-changes;
// -update-changes writes the file anew, and -new-changes adds what it lacks, to be
// read before it is kept.
func TestChangesOfTheCatalogue(t *testing.T) {
	const file = "testdata/changes.golden"
	declared := map[string]string{}
	if data, err := os.ReadFile(file); err == nil {
		for line := range strings.Lines(string(data)) {
			name, rules, _ := strings.Cut(strings.TrimSpace(line), ": ")
			declared[name] = rules
		}
	} else if !*updateChanges {
		t.Fatal(err)
	}
	cases := changeCases()
	every := max(len(cases)/few, 1)
	if testing.Short() {
		every = len(cases)
	}
	if *allChanges || *updateChanges || *newChanges {
		every = 1
	}
	bases := map[string]*record.Run{}
	var mu sync.Mutex
	found := map[string]string{}
	t.Run("entries", func(t *testing.T) {
		for i, c := range cases {
			if *newChanges && declared[c.name] != "" {
				found[c.name] = declared[c.name]
				continue
			}
			if declared[c.name] == "" && !*updateChanges && !*newChanges {
				if !*allChanges {
					continue // its run is what takes time; with -all-changes it is asked for
				}
				t.Errorf("%s declares nothing of %q: run go test ./cmd/internal/cli -run TestChangesOfTheCatalogue -new-changes, and read what it wrote", file, c.name)
			}
			if i%every != 0 {
				continue
			}
			if bases[c.edition] == nil {
				bases[c.edition] = recordOf(t, reference.Options{Edition: c.edition}, c.edition)
			}
			base := bases[c.edition]
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				got := changesOf(t, base, recordOf(t, c.options, c.edition))
				mu.Lock()
				found[c.name] = got
				mu.Unlock()
				if want := declared[c.name]; got != want && !*updateChanges && !*newChanges {
					t.Errorf("%s, declared is %s", got, want)
				}
				for change := range strings.SplitSeq(got, ", ") {
					if rule, breaks := strings.CutPrefix(change, "breaking "); c.conforming && breaks && !slices.Contains(breakingReadings, rule) {
						t.Errorf("a conforming service breaks clients by the rule %s", rule)
					}
				}
			})
		}
	})
	if !*updateChanges && !*newChanges {
		return
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&b, "%s: %s\n", name, found[name])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
