// Package ci_test tries the recipes of this folder: each over the exit statuses of unigate, with a
// program that stands for it.
package ci_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// statuses are the exit statuses that a recipe must tell apart.
var statuses = []int{0, 1, 2, 3, 130}

// stub is a folder with a unigate that ends with STUB_STATUS, and leaves what a run leaves.
func stub(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	script := `#!/bin/sh
command=$1
while [ $# -gt 0 ]; do
  echo "argument: $1"
  if [ "$1" = --out ]; then out=$2; fi
  shift
done
mkdir -p "$out"
echo "# $command" > "$out/summary.md"
echo '<testsuites/>' > "$out/junit.xml"
exit "$STUB_STATUS"
`
	if err := os.WriteFile(filepath.Join(folder, "unigate"), []byte(script), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	return folder
}

// tool finds a program, or skips the test.
func tool(t *testing.T, name, hint string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (%s), so this is not tried", name, hint)
	}
	return path
}

// run runs a command in a folder, with variables beside the environment's, and returns its output and status.
func run(t *testing.T, dir string, env []string, name string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// with returns the environment of a stub that ends with a status.
func with(folder string, status int) []string {
	return []string{"PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH"), fmt.Sprintf("STUB_STATUS=%d", status)}
}

// read returns a file's text.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shellScripts are the project's scripts, told by their first lines.
func shellScripts(t *testing.T, root string) []string {
	t.Helper()
	first := regexp.MustCompile(`\A#!\s*/\S*\b(env )?(ba|da)?sh\b`)
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case ".git", "node_modules", "bin", "out":
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := d.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
			return err
		}
		b, err := os.ReadFile(path) // #nosec G304 -- a file of the project
		if err == nil && (first.Match(b) || strings.HasSuffix(path, ".sh")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestShellScriptsAreClean(t *testing.T) {
	check := tool(t, "shellcheck", "Debian: apt-get install shellcheck")
	scripts := shellScripts(t, "../..")
	if len(scripts) < 10 {
		t.Fatalf("found only %q", scripts)
	}
	// SC2317 takes functions that only a trap calls for unreachable.
	if out, status := run(t, ".", nil, check, append([]string{"--exclude=SC2317"}, scripts...)...); status != 0 {
		t.Errorf("shellcheck:\n%s", out)
	}
	// The negative control.
	bad := filepath.Join(t.TempDir(), "bad.sh")
	if err := os.WriteFile(bad, []byte("#!/bin/sh\nrm -rf $1/*\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := run(t, ".", nil, check, bad); status == 0 || !strings.Contains(out, "SC2086") {
		t.Errorf("an unquoted variable was not found: %d\n%s", status, out)
	}
}

// actionlint builds the linter, or skips where it cannot be had.
func actionlint(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	out, status := run(t, ".", []string{"GOBIN=" + folder, "GOFLAGS="}, "go", "install", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12")
	if status != 0 {
		t.Skipf("actionlint cannot be built here, as without a network, so the workflow is not linted:\n%s", out)
	}
	return filepath.Join(folder, "actionlint")
}

// The example uses the action as its metadata describes it. The linter reads the metadata of an
// action in the workflow's own repository, so that both are put into one.
func TestWorkflowAndActionAreSound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a linter")
	}
	lint := actionlint(t)
	workflow := strings.ReplaceAll(read(t, "github/example.yml"), "uses: unigate/unigate@main", "uses: ./")
	action := read(t, "../../action.yml")
	for _, c := range []struct{ name, workflow, action, want string }{
		{"as it is", workflow, action, ""},
		{"an input that is none", strings.Replace(workflow, "inconclusive: warn", "inconclusiv: warn", 1), action, `input "inconclusiv" is not defined`},
		{"a step that is none", workflow, strings.Replace(action, "using: composite", "using: compound", 1), "compound"},
		{"an input in a script", strings.Replace(workflow, "- id: verify", "- run: echo ${{ github.event.issue.title }}\n      - id: verify", 1), action, "potentially untrusted"},
	} {
		dir := t.TempDir()
		files := map[string]string{".github/workflows/unifier.yml": c.workflow, "action.yml": c.action, ".git/HEAD": "ref: refs/heads/main\n"}
		for name, text := range files {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, status := run(t, dir, nil, lint, "-no-color", ".github/workflows/unifier.yml")
		if c.want == "" && status != 0 || c.want != "" && (status != 1 || !strings.Contains(out, c.want)) {
			t.Errorf("%s: status %d\n%s", c.name, status, out)
		}
	}
}

// azure is as much of a steps template as is tried here.
type azure struct {
	Parameters []struct {
		Name    string `yaml:"name"`
		Default any    `yaml:"default"`
	} `yaml:"parameters"`
	Steps []struct {
		Bash string            `yaml:"bash"`
		Env  map[string]string `yaml:"env"`
	} `yaml:"steps"`
}

// The script of the Azure steps, with the environment that the agent gives it.
func TestAzureSteps(t *testing.T) {
	bash := tool(t, "bash", "Debian: apt-get install bash")
	text := read(t, "azure/unigate-steps.yml")
	var template azure
	if err := yaml.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	declared := map[string]string{}
	for _, p := range template.Parameters {
		declared[p.Name] = fmt.Sprint(p.Default)
	}
	for _, m := range regexp.MustCompile(`\$\{\{ *([^}]*?) *\}\}`).FindAllStringSubmatch(text, -1) {
		if _, ok := declared[strings.TrimPrefix(m[1], "parameters.")]; !ok {
			t.Errorf("%s is not declared", m[1])
		}
	}
	step := template.Steps[0]
	if strings.Contains(step.Bash, "${{") || strings.Contains(step.Bash, "$(") {
		t.Errorf("the agent puts something into the text of the script:\n%s", step.Bash)
	}
	folder, owned := stub(t), filepath.Join(t.TempDir(), "owned")
	for _, warn := range []string{"False", "True"} {
		for _, status := range statuses {
			out := filepath.Join(t.TempDir(), "out")
			env := with(folder, status)
			for name, value := range step.Env {
				switch name {
				case "GATE_COMMAND":
					value = declared["command"]
				case "GATE_ARGS":
					value = "--tags\n$(touch " + owned + ")\n"
				case "WARN":
					value = warn
				case "OUT":
					value = out
				}
				env = append(env, name+"="+value)
			}
			log, got := run(t, t.TempDir(), env, bash, "--noprofile", "--norc", "-c", step.Bash)
			want := status
			if status == 3 && warn == "True" {
				want = 0
			}
			if got != want {
				t.Errorf("status %d with warn %s ends with %d, not %d:\n%s", status, warn, got, want, log)
			}
			if warned := strings.Contains(log, "result=SucceededWithIssues"); warned != (status == 3 && warn == "True") {
				t.Errorf("status %d with warn %s: marked as succeeded with issues: %t", status, warn, warned)
			}
			if !strings.Contains(log, "argument: $(touch "+owned+")") || !strings.Contains(log, "##vso[task.uploadsummary]"+out+"/summary.md") {
				t.Errorf("status %d: the arguments or the summary are missing:\n%s", status, log)
			}
		}
	}
	if _, err := os.Stat(owned); err == nil {
		t.Error("an argument was run")
	}
}
