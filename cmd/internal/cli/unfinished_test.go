package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports"
)

// closedPort is a URL where nothing listens any more.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// A target that cannot be reached leaves a record that says so, in every format.
func TestUnreachableTargetLeavesARecord(t *testing.T) {
	for _, command := range []string{"verify", "load"} {
		dir, target := filepath.Join(t.TempDir(), "out"), closedPort(t)
		got := unigate(t, command, "--target", target, "--out", dir, "--format", "json")
		if got.exit != 3 || !strings.Contains(got.errors, "cannot be reached") {
			t.Errorf("%s: exit %d, %s", command, got.exit, got.errors)
		}
		printed, err := reports.Decode([]byte(got.out))
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		saved, err := reports.Read(t.Context(), dir)
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		for _, run := range []*record.Run{printed, saved} {
			v := run.Verdict
			if v.State != record.VerdictInconclusive || v.Exit != 3 || len(v.Reasons) != 1 || !strings.Contains(v.Reasons[0], "cannot be reached") ||
				run.Command != command || run.Target.BaseURL != target || run.Target.Edition == "" {
				t.Errorf("%s: got %+v", command, run)
			}
		}
		junit, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
		if err != nil || !strings.Contains(string(junit), "cannot be reached") || !strings.Contains(string(junit), "<error") {
			t.Errorf("%s: %s, %v", command, junit, err)
		}
		for format, want := range map[string]string{"text": "", "csv": "", "junit": "<error", "markdown": "cannot be reached", "html": "cannot be reached"} {
			if command == "verify" && format == "csv" {
				continue // refused before anything is sent: it shows load tests only
			}
			got := unigate(t, command, "--target", target, "--format", format)
			if got.exit != 3 || !strings.Contains(got.out, want) || want == "" && got.out != "" || !strings.Contains(got.errors, "cannot be reached") {
				t.Errorf("%s --format %s: exit %d, %q, %q", command, format, got.exit, got.out, got.errors)
			}
		}
	}
}

// What is wrong with the command line leaves none, nor does what sends nothing.
func TestMistakesLeaveNoRecord(t *testing.T) {
	for _, args := range [][]string{
		{"load", "--threshold", "p99"}, {"verify", "--gate", "none"}, {"load", "--dry-run", "--target", closedPort(t)},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		got := unigate(t, append(args, "--out", dir, "--format", "json")...)
		if _, err := os.Stat(dir); err == nil || strings.Contains(got.out, record.Schema) {
			t.Errorf("%v: exit %d, %q, %v", args, got.exit, got.out, err)
		}
	}
}

// A baseline that a run cannot be compared with is found before anything is sent.
func TestBaselineIsCheckedBeforeTheRun(t *testing.T) {
	dir, target := filepath.Join(t.TempDir(), "out"), closedPort(t)
	if got := unigate(t, "verify", "--target", target, "--out", dir); got.exit != 3 {
		t.Fatalf("exit %d", got.exit)
	}
	for _, command := range []string{"verify", "load"} {
		got := unigate(t, command, "--target", target, "--baseline", dir)
		if got.exit != 2 || !strings.Contains(got.errors, "--baseline: "+dir+" holds no") {
			t.Errorf("%s: exit %d, %s", command, got.exit, got.errors)
		}
	}
}
