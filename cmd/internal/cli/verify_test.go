package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// repository is the root of the repository, wherever a test has gone meanwhile.
var repository = func() string {
	dir, err := filepath.Abs("../../..")
	if err != nil {
		panic(err)
	}
	return dir + "/"
}()

var updateDocs = flag.Bool("update-docs", false, "rewrite docs/requirements.md")

// command runs a command line and returns what it printed and its exit status.
func command(t *testing.T, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	var out, errs bytes.Buffer
	exit = Run(context.Background(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, func(string) (string, bool) { return "", false })
	return out.String(), errs.String(), exit
}

// docs/requirements.md and its neighbours are what spec prints of each edition.
func TestRequirementsPage(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, edition := range []string{reference.Edition217, reference.Edition24, reference.Edition26, reference.EditionEssentials} {
		out, errs, exit := command(t, "spec", "--format", "markdown", "--edition", edition)
		if exit != 0 {
			t.Fatalf("edition %s: exit %d: %s", edition, exit, errs)
		}
		page := "docs/requirements-" + edition + ".md"
		if edition == reference.Edition217 {
			page = "docs/requirements.md"
		}
		if *updateDocs {
			if err := os.WriteFile(repository+page, []byte(out), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(repository + page)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%s is not what spec prints; run go test ./cmd/internal/cli -run TestRequirementsPage -update-docs", page)
		}
	}
}

// docs/conformance.md explains every word of the vocabulary.
func TestVocabularyPage(t *testing.T) {
	const name = "docs/conformance.md"
	page, err := os.ReadFile(repository + name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), " -update-docs -->\n")
	if !ok {
		t.Fatal("the page has no mark before the vocabulary")
	}
	old, after, ok := strings.Cut(rest, "<!-- end of the vocabulary -->")
	if !ok {
		t.Fatal("the page has no mark after the vocabulary")
	}
	want := vocabularyTables()
	if *updateDocs {
		text := before + " -update-docs -->\n" + want + "<!-- end of the vocabulary -->" + after
		if err := os.WriteFile(repository+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if old != want {
		t.Errorf("the vocabulary of %s is not that of the code; run go test ./cmd/internal/cli -run TestVocabularyPage -update-docs", name)
	}
}

// vocabularyTables writes the vocabulary by topic.
func vocabularyTables() string {
	var b strings.Builder
	topic := ""
	for _, topicWanted := range []string{"Given", "Users", "When", "Then", "Load"} {
		for _, w := range steps.Vocabulary() {
			if w.Topic != topicWanted {
				continue
			}
			if w.Topic != topic {
				topic = w.Topic
				fmt.Fprintf(&b, "\n#### %s\n\n| words | meaning |\n|---|---|\n", topic)
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(w.Says, "|", `\|`), strings.ReplaceAll(w.What, "|", `\|`))
		}
	}
	return b.String() + "\n"
}

func TestSpecCoversEveryRequirement(t *testing.T) {
	t.Chdir(t.TempDir())
	out, errs, exit := command(t, "spec", "--format", "json")
	if exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	var spec struct {
		Requirements []struct {
			ID        string
			Scenarios []struct{ Missing string }
		}
	}
	if err := json.Unmarshal([]byte(out), &spec); err != nil {
		t.Fatal(err)
	}
	if len(spec.Requirements) != 45 {
		t.Errorf("%d requirements", len(spec.Requirements))
	}
	for _, q := range spec.Requirements {
		if len(q.Scenarios) == 0 {
			t.Errorf("no scenario is about %s", q.ID)
		}
		for _, s := range q.Scenarios {
			if s.Missing != "" {
				t.Errorf("%s can't be checked with the embedded service: %s", q.ID, s.Missing)
			}
		}
	}
}

// opening starts the reference service with other faults than the case says.
func opening(faults ...string) steps.SelfTestOpener {
	return func(ctx context.Context, _ steps.SelfTestCase) (steps.Options, func(), error) {
		return openService(ctx, reference.Options{Faults: faults}, selftestInstant)
	}
}

// The self-test fails if a fault is caught by nothing, by too little, or by
// something else, and if a conforming service is found unmet.
func TestSelftestFails(t *testing.T) {
	for name, c := range map[string]struct {
		open steps.SelfTestOpener
		of   steps.SelfTestCase
		exit int
		says string
	}{
		"nothing catches it": {opening(), steps.SelfTestCase{Name: "invisible", What: "nothing is wrong", Breaks: []string{"LOGIN-03"}}, 1, "faults caught: 0 of 1"},
		"caught too little":  {opening("login-status-text"), steps.SelfTestCase{Name: "half", Breaks: []string{"LOGIN-03", "LOGIN-05"}}, 1, "missed    LOGIN-05"},
		"something else":     {opening("login-status-text"), steps.SelfTestCase{Name: "more", Breaks: nil}, 1, "unrelated LOGIN-03"},
		"false alarm":        {opening("login-status-text"), steps.SelfTestCase{Name: "good", Conforming: true}, 1, "false alarms: 1"},
		"caught":             {opening("login-status-text"), steps.SelfTestCase{Name: "right", Breaks: []string{"LOGIN-03"}}, 0, "faults caught: 1 of 1; false alarms: 0"},
		"conforming":         {opening(), steps.SelfTestCase{Name: "good", Conforming: true}, 0, "false alarms: 0"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			a := &app{streams: Streams{Out: &out}, shared: sharedFlags{format: "text"}}
			exit := statusOf(a.selftest(context.Background(), []steps.SelfTestCase{c.of}, 1, c.open))
			if exit != c.exit || !strings.Contains(out.String(), c.says) {
				t.Errorf("exit %d\n%s", exit, out.String())
			}
		})
	}
}
