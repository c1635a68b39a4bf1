package kubernetes_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kubectlStub stands for kubectl: a Job of three parts that ended at once. STUB_FAILS names what fails, STUB_LOGS
// the parts that have a record.
const kubectlStub = `#!/bin/sh
case "$*" in
  kustomize*) printf 'kind: Job\nmetadata:\n  namespace: load\nspec:\n  completions: 3\n  parallelism: %s\n          env:\n            - name: UNIGATE_SHARDS\n              value: "3"\n' "${STUB_PARALLEL:-3}" ;;
  *delete\ job*) [ "$STUB_FAILS" != delete ] || exit 1; case "$*" in *--cascade=foreground*) ;; *) exit 1 ;; esac ;;
  apply*) cat >/dev/null; [ "$STUB_FAILS" != apply ] ;;
  *get\ job*) echo Complete ;;
  *logs*) for i in $STUB_LOGS; do case "$*" in *index="$i "*) echo "{$i}" ;; esac; done; case "$*" in *index=2*) echo "error: too late" ;; esac ;;
  *) exit 1 ;;
esac
`

// unigateStub stands for unigate report: it tells its arguments and ends as a failed gate.
const unigateStub = "#!/bin/sh\necho \"$*\"\nexit 1\n"

// The script ends with 1 where unigate report says so, and nowhere else: what keeps it from running is no finding.
func TestRunsExitStatus(t *testing.T) {
	bin := t.TempDir()
	for name, text := range map[string]string{"kubectl": kubectlStub, "unigate": unigateStub} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		env  string
		out  string
		exit int
		want string
	}{
		"two parts with a record":  {"STUB_LOGS=0 1", "", 1, "report OUT/0.json OUT/1.json --out OUT/whole"},
		"one that says why":        {"STUB_LOGS=0 1", "", 1, "run: part 2 printed no record:\nerror: too late"},
		"no part with a record":    {"STUB_LOGS=", "", 3, "run: no part left a record"},
		"a cluster that refuses":   {"STUB_FAILS=apply", "", 2, "run: the cluster does not take"},
		"a job that stays":         {"STUB_FAILS=delete", "", 3, "run: the job of a run before does not go away"},
		"numbers that differ":      {"STUB_PARALLEL=2", "", 2, "do not agree"},
		"a folder that is there":   {"", bin, 2, "exists"},
		"a folder that cannot be":  {"", filepath.Join(occupied, "out"), 2, "cannot be made"},
		"an overlay that is none":  {"OVERLAY=..", "", 2, "has no kustomization.yaml"},
		"a kubectl that is not on": {"PATH=/usr/bin:/bin", "", 2, "is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			out := k.out
			if out == "" {
				out = filepath.Join(t.TempDir(), "out")
			}
			overlay := "../example"
			if o, ok := strings.CutPrefix(k.env, "OVERLAY="); ok {
				overlay = o
			}
			c := exec.Command("../run", overlay, out)
			c.Env = append(os.Environ(), "PATH="+bin+":/usr/bin:/bin", "RUN_POLL=0.1", k.env)
			text, err := c.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(string(text), out, "OUT"); c.ProcessState.ExitCode() != k.exit || !strings.Contains(got, k.want) {
				t.Errorf("exit %d, not %d, or no %q:\n%s", c.ProcessState.ExitCode(), k.exit, k.want, got)
			}
		})
	}
}
