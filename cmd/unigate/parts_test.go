package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// partJob runs load in n processes as an Indexed Job of Kubernetes does, and reads what
// each prints as its record.
type partJob struct {
	t      *testing.T
	dir    string
	config string
	n      int
	args   []string
}

// newJob returns a job against a service that the processes reach as if it were not on
// this machine, through a proxy, so that max_rate holds.
func newJob(t *testing.T, s *reference.Service, n int, password, safety string, args ...string) *partJob {
	t.Helper()
	proxy := httptest.NewServer(s) // a proxy gets the whole URL, and answers itself
	t.Cleanup(proxy.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "unigate.yaml")
	text := fmt.Sprintf("target: {base_url: http://unifier.example, proxy: %q}\nusers:\n  - {name: \"$$unigate\", password: %q}\nsafety: {allow_load: true, dedicated_users: true, %s}\n",
		proxy.URL, password, safety)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &partJob{t: t, dir: dir, config: config, n: n, args: args}
}

// start starts part i. What it prints is its record.
func (j *partJob) start(i int, start time.Time) *exec.Cmd {
	out := filepath.Join(j.dir, fmt.Sprint(i))
	if err := os.MkdirAll(out, 0o750); err != nil {
		j.t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(out, "run.json"))
	if err != nil {
		j.t.Fatal(err)
	}
	c := exec.Command("unigate", append([]string{"load", "--config", j.config, "--start-at", start.Format(time.RFC3339Nano), "--format", "json", "--quiet"}, j.args...)...)
	c.Env = append(os.Environ(), fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i), fmt.Sprintf("UNIGATE_SHARDS=%d", j.n))
	c.Stdout, c.Stderr = f, os.Stderr
	if err := c.Start(); err != nil {
		j.t.Fatal(err)
	}
	_ = f.Close() // the process has its own
	return c
}

// run runs all parts and returns their exit statuses.
func (j *partJob) run(start time.Time, meanwhile func([]*exec.Cmd)) []int {
	j.t.Helper()
	var commands []*exec.Cmd
	for i := range j.n {
		commands = append(commands, j.start(i, start))
	}
	if meanwhile != nil {
		meanwhile(commands)
	}
	var exits []int
	for _, c := range commands {
		exits = append(exits, exitOf(j.t, c.Wait()))
	}
	return exits
}

func exitOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// report puts the parts together that left a record.
func (j *partJob) report() (run *record.Run, exit int) {
	j.t.Helper()
	args := []string{"report", "--format", "json"}
	for i := range j.n {
		path := filepath.Join(j.dir, fmt.Sprint(i), "run.json")
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			args = append(args, path)
		}
	}
	var out, errs strings.Builder
	c := exec.Command("unigate", args...)
	c.Stdout, c.Stderr = &out, &errs
	exit = exitOf(j.t, c.Run())
	run = &record.Run{}
	if err := json.Unmarshal([]byte(out.String()), run); err != nil {
		j.t.Fatalf("exit %d, %v: %s", exit, err, errs.String())
	}
	return run, exit
}

func newService(t *testing.T) *reference.Service {
	t.Helper()
	s, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// soon is a start for which there is time to get ready.
func soon() time.Time { return time.Now().Add(8 * time.Second) }

// N processes are one load: the service gets the plan, once. A machine that is busy with
// something else may leave the run open; it is never a failure.
func TestProcessesAreOneLoad(t *testing.T) {
	s := newService(t)
	j := newJob(t, s, 3, "Pr1mavera!", "max_rate: 50, failed_logins: 3", "--shape", "ramp", "--from", "10/s", "--rate", "50/s", "--duration", "2s", "--threshold", "p99<30s")
	for i, exit := range j.run(soon(), nil) {
		if exit != 0 {
			t.Errorf("part %d ended with %d", i, exit)
		}
	}
	run, exit := j.report()
	l := run.Load
	if exit != 0 && exit != 3 || l == nil || l.Whole == nil || len(l.Whole.Missing) > 0 || l.Whole.ComparedShare != 1 {
		t.Fatalf("exit %d: %+v", exit, run.Verdict)
	}
	if l.Totals.Planned != 60 || l.Whole.Requests != 60 || l.Totals.BadTokens != 0 {
		t.Errorf("the plan has 60 requests: %+v", l.Totals)
	}
	if seen := s.Requests().ByPath[unifier.LoginPath]; seen != l.Totals.Attempts+l.Totals.PreflightAttempts || l.Totals.Sent != 60 && exit == 0 {
		t.Errorf("the service saw %d requests, the records say %d and %d before", seen, l.Totals.Attempts, l.Totals.PreflightAttempts)
	}
}

// Each part checks the whole plan against max_rate: none sends anything of one that is
// beyond it, although its own share is not.
func TestPartsKeepToMaxRate(t *testing.T) {
	s := newService(t)
	j := newJob(t, s, 3, "Pr1mavera!", "max_rate: 50, failed_logins: 3", "--rate", "51/s", "--duration", "1s")
	for i, exit := range j.run(soon(), nil) {
		if exit != 2 {
			t.Errorf("part %d ended with %d", i, exit)
		}
	}
	if n := s.Requests().All; n != 0 {
		t.Errorf("the service saw %d requests", n)
	}
}

// A wrong password is tried no oftener by all parts together than failed_logins allows,
// and not at all where it would be less than once a part.
func TestPartsKeepToFailedLogins(t *testing.T) {
	for allowed, want := range map[int]struct{ exit, tried int }{3: {3, 3}, 5: {3, 5}, 2: {2, 0}, 0: {2, 0}} {
		s := newService(t)
		j := newJob(t, s, 3, "wrong", fmt.Sprintf("failed_logins: %d", allowed), "--rate", "20/s", "--duration", "1s")
		for i, exit := range j.run(soon(), nil) {
			if exit != want.exit {
				t.Errorf("failed_logins %d: part %d ended with %d", allowed, i, exit)
			}
		}
		if n := s.Requests().ByPath[unifier.LoginPath]; n > uint64(want.tried) || n == 0 && want.tried > 0 {
			t.Errorf("failed_logins %d: the service saw %d logins", allowed, n)
		}
	}
}

// A part that is killed leaves no record: the rest is shown, and open.
func TestAPartThatIsKilled(t *testing.T) {
	s := newService(t)
	j := newJob(t, s, 3, "Pr1mavera!", "failed_logins: 3", "--rate", "30/s", "--duration", "2s")
	j.run(soon(), func(commands []*exec.Cmd) { _ = commands[1].Process.Kill() })
	run, exit := j.report()
	if exit != 3 || run.Load == nil || run.Load.Whole == nil || len(run.Load.Whole.Missing) != 1 || run.Load.Whole.Missing[0] != 1 {
		t.Fatalf("exit %d, %+v", exit, run.Verdict)
	}
	if !strings.Contains(run.Verdict.Reasons[0], "part 1/3 is missing") || run.Load.Totals.Planned != 40 {
		t.Errorf("%+v, %d planned", run.Verdict, run.Load.Totals.Planned)
	}
}
