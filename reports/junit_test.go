package reports

import (
	"bytes"
	"context"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// junitRuns are the records whose JUnit reports are checked.
func junitRuns() map[string]*record.Run {
	unreachable := sample.Verify()
	unreachable.Conformance.Scenarios = nil
	unreachable.Verdict = record.Verdict{State: record.VerdictInconclusive, Exit: 3, Reasons: []string{"nothing answers at http://127.0.0.1:1"}}
	passing := sample.Verify()
	passing.Conformance.Scenarios = passing.Conformance.Scenarios[:1]
	passing.Verdict = record.Verdict{State: record.VerdictPass}
	return map[string]*record.Run{"sample": sample.Run(), "unreachable": unreachable, "passing": passing}
}

// xmllint validates a document, or skips the test where there is no xmllint.
func xmllint(t *testing.T, doc []byte) error {
	t.Helper()
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed (Debian: apt-get install libxml2-utils), so the report is not validated against the XSD")
	}
	path := filepath.Join(t.TempDir(), "junit.xml")
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool, "--noout", "--nonet", "--schema", "testdata/junit-xunit.xsd", path).CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

func TestJUnitKeepsToTheSchema(t *testing.T) {
	for name, run := range junitRuns() {
		b, err := Draw("junit", run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := xmllint(t, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The negative control: the schema refuses what the plugin refuses.
func TestJUnitSchemaRefuses(t *testing.T) {
	for _, doc := range []string{
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase name="x" file="y"/></testsuite></testsuites>`,
		`<testsuites><testsuite name="a"/></testsuites>`,
		`<testsuites><testcase name="x"/></testsuites>`,
		`<testsuites time="1.2.3"/>`,
	} {
		if xmllint(t, []byte(doc)) == nil {
			t.Errorf("accepted: %s", doc)
		}
	}
}

// Without xmllint: counts agree with what is there, and every state is the element
// that readers show rightly.
func TestJUnitCounts(t *testing.T) {
	for name, run := range junitRuns() {
		b, err := Draw("junit", run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var doc junitSuites
		if err := xml.NewDecoder(bytes.NewReader(b)).Decode(&doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		failures, errs, tests := 0, 0, 0
		for _, s := range doc.Suites {
			f, e, k := 0, 0, 0
			for _, c := range s.Cases {
				switch {
				case c.Failure != nil:
					f++
				case c.Error != nil:
					e++
				case c.Skipped != nil:
					k++
					if c.Skipped.Message == "" {
						t.Errorf("%s: %q is skipped without a reason", name, c.Name)
					}
				}
			}
			if s.Tests != len(s.Cases) || s.Failures != f || s.Errors != e || s.Skipped != k {
				t.Errorf("%s: suite %q says %d/%d/%d/%d, has %d/%d/%d/%d", name, s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, len(s.Cases), f, e, k)
			}
			failures, errs, tests = failures+f, errs+e, tests+len(s.Cases)
		}
		if doc.Failures != failures || doc.Errors != errs || doc.Tests != tests || tests == 0 {
			t.Errorf("%s: says %d/%d/%d, has %d/%d/%d", name, doc.Tests, doc.Failures, doc.Errors, tests, failures, errs)
		}
		if green := failures+errs == 0; green != (run.Verdict.State == record.VerdictPass) {
			t.Errorf("%s: green is %t for %s", name, green, run.Verdict.State)
		}
		if strings.ContainsAny(string(b), "\x00\x07\x1b") {
			t.Errorf("%s: characters that XML does not allow", name)
		}
	}
}

func TestJUnitProperties(t *testing.T) {
	b, err := Draw("junit", sample.Run(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<property name="requirement" value="LOGIN-09">`, `<property name="level" value="documented">`, `<property name="edition" value="21.7">`,
		`file="features/login/expiry.feature"`, `name="features/login/expiry.feature:31"`, `at features/login/expiry.feature:31`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s", want)
		}
	}
}
