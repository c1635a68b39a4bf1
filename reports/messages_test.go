package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gherkin26 "github.com/cucumber/gherkin/go/v26"
	messages21 "github.com/cucumber/messages/go/v21"

	"github.com/unigate/unigate/reports/internal/browser"
	"github.com/unigate/unigate/reports/internal/sample"
)

// envelopes reads the messages of the sample.
func envelopes(t *testing.T) []messages21.Envelope {
	t.Helper()
	b, err := Draw("messages", sample.Run(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []messages21.Envelope
	for line := range bytes.Lines(b) {
		var e messages21.Envelope
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

// The documents that are written out from the record are Gherkin, and say what
// the messages beside them say.
func TestMessagesHoldSoundGherkin(t *testing.T) {
	var sources []*messages21.Source
	documents := map[string]*messages21.GherkinDocument{}
	for _, e := range envelopes(t) {
		if e.Source != nil {
			sources = append(sources, e.Source)
		}
		if e.GherkinDocument != nil {
			documents[e.GherkinDocument.Uri] = e.GherkinDocument
		}
	}
	if len(sources) == 0 {
		t.Fatal("no sources")
	}
	for _, s := range sources {
		parsed, err := gherkin26.ParseGherkinDocument(strings.NewReader(s.Data), (&messages21.Incrementing{}).NewId)
		if err != nil {
			t.Errorf("%s: %v\n%s", s.Uri, err, s.Data)
			continue
		}
		want, got := parsed.Feature, documents[s.Uri].Feature
		if got.Name != want.Name || len(got.Children) != len(want.Children) {
			t.Errorf("%s: feature %q with %d scenarios, parsed %q with %d", s.Uri, got.Name, len(got.Children), want.Name, len(want.Children))
			continue
		}
		for i := range want.Children {
			compareScenarios(t, got.Children[i].Scenario, want.Children[i].Scenario)
		}
	}
}

// compareScenarios compares a scenario of the messages with the parsed one.
func compareScenarios(t *testing.T, got, want *messages21.Scenario) {
	t.Helper()
	if got.Name != want.Name || got.Location.Line != want.Location.Line || got.Description != want.Description ||
		len(got.Steps) != len(want.Steps) || len(got.Tags) != len(want.Tags) {
		t.Errorf("got %+v, parsed %+v", got, want)
		return
	}
	for i, s := range want.Steps {
		g := got.Steps[i]
		if g.Text != s.Text || g.Keyword != s.Keyword || *g.Location != *s.Location || g.KeywordType != s.KeywordType {
			t.Errorf("got step %+v at %+v, parsed %+v at %+v", g, g.Location, s, s.Location)
		}
	}
	for i, tag := range want.Tags {
		if got.Tags[i].Name != tag.Name || *got.Tags[i].Location != *tag.Location {
			t.Errorf("got tag %+v, parsed %+v", got.Tags[i], tag)
		}
	}
}

// Every id that a message refers to was given before, and every scenario comes to
// the status that stands for its state.
func TestMessagesReferToWhatExists(t *testing.T) {
	ids := map[string]bool{}
	worst := map[messages21.TestStepResultStatus]int{}
	current := messages21.TestStepResultStatus_PASSED
	need := func(kind, id string) {
		if !ids[kind+id] {
			t.Errorf("%s %q was never told", kind, id)
		}
	}
	for _, e := range envelopes(t) {
		switch {
		case e.Hook != nil:
			ids["hook"+e.Hook.Id] = true
		case e.Pickle != nil:
			ids["pickle"+e.Pickle.Id] = true
			for _, s := range e.Pickle.Steps {
				ids["step"+s.Id] = true
			}
		case e.TestCase != nil:
			need("pickle", e.TestCase.PickleId)
			ids["case"+e.TestCase.Id] = true
			for _, s := range e.TestCase.TestSteps {
				ids["teststep"+s.Id] = true
				if s.HookId != "" {
					need("hook", s.HookId)
				} else {
					need("step", s.PickleStepId)
				}
			}
		case e.TestCaseStarted != nil:
			need("case", e.TestCaseStarted.TestCaseId)
			ids["run"+e.TestCaseStarted.Id] = true
			current = messages21.TestStepResultStatus_PASSED
		case e.TestStepFinished != nil:
			need("run", e.TestStepFinished.TestCaseStartedId)
			need("teststep", e.TestStepFinished.TestStepId)
			if s := e.TestStepFinished.TestStepResult.Status; messageRank(s) > messageRank(current) {
				current = s
			}
		case e.Attachment != nil:
			need("teststep", e.Attachment.TestStepId)
		case e.TestCaseFinished != nil:
			worst[current]++
		}
	}
	s := sample.Run().Conformance.Summary
	if worst[messages21.TestStepResultStatus_PASSED] != s.Pass+s.Warning || worst[messages21.TestStepResultStatus_SKIPPED] != s.Skipped+s.Waived ||
		worst[messages21.TestStepResultStatus_FAILED] != s.Fail+s.Error {
		t.Errorf("statuses %v for %+v", worst, s)
	}
}

// The official HTML formatter of Cucumber reads the messages and shows them.
func TestMessagesInTheOfficialFormatter(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed (Debian: apt-get install nodejs npm), so the official formatter is not run")
	}
	if _, err := os.Stat("testdata/npm/node_modules/@cucumber/html-formatter"); err != nil {
		t.Skip("@cucumber/html-formatter is not installed (npm ci --prefix reports/testdata/npm), so the official formatter is not run")
	}
	page := filepath.Join(t.TempDir(), "cucumber.html")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, node, "testdata/npm/format.mjs", "testdata/sample.ndjson", page).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := browser.Start(t).Open(page, 1000, 1000, "light")
	p.Frames()
	var text string
	p.Eval("document.body.innerText", &text)
	for _, want := range []string{"40% passed", "PASSED4", "SKIPPED2", "FAILED4", "unigate@v0.1.0", "The token names its user", "wrong status"} {
		if !strings.Contains(strings.ReplaceAll(text, "\n", ""), want) {
			t.Errorf("the page does not show %q:\n%.2000s", want, text)
		}
	}
	for _, n := range p.Noise() {
		if !strings.Contains(n, "consoleAPICalled") {
			t.Errorf("not quiet: %s", n)
		}
	}
}
