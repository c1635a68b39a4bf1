package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe stays a pipe and gets the results; where its reader goes away, the
// record is printed and saved, and the exit status is not 0.
// On a machine that is busy with something else the verdict may be left open.
func TestResultsIntoAPipe(t *testing.T) {
	for name, k := range map[string]struct {
		read func(path string)
		exit int
		say  string
	}{
		"read to the end": {func(path string) { _, _ = os.ReadFile(path) }, exitOK, ""},
		"closed at once": {func(path string) {
			if f, err := os.Open(path); err == nil {
				_ = f.Close()
			}
		}, exitInconclusive, "the results file: cannot write"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pipe, out := filepath.Join(dir, "pipe"), filepath.Join(dir, "out")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Skip("no pipes with names here: ", err)
			}
			read := make(chan struct{})
			go func() { defer close(read); k.read(pipe) }()
			var stdout, stderr bytes.Buffer
			exit := Run(context.Background(), []string{"load", "--rate", "50/s", "--duration", "200ms", "--threshold", "error_rate<100%",
				"--results", pipe, "--out", out, "--quiet"}, Streams{Out: &stdout, Err: &stderr}, func(string) (string, bool) { return "", false })
			<-read
			if exit != k.exit && exit != exitInconclusive || !strings.Contains(stdout.String(), ": 10 requests") || !strings.Contains(stderr.String(), k.say) {
				t.Errorf("exit %d, %q, %q", exit, stdout.String(), stderr.String())
			}
			if _, err := os.Stat(filepath.Join(out, "run.json")); err != nil {
				t.Error(err)
			}
			if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
				t.Errorf("the pipe became %v, %v", info, err)
			}
		})
	}
}
