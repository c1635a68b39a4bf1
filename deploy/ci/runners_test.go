package ci_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// npmFolder holds what npm installs for these tests.
const npmFolder = "testdata/npm/node_modules"

// fromNpm returns the absolute path of something that npm installed, or skips the test.
func fromNpm(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(npmFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed (npm ci --ignore-scripts --prefix deploy/ci/testdata/npm), so this is not tried", name)
	}
	return path
}

// gitlab copies the example pipeline, altered by pairs of old and new text, into a repository.
func gitlab(t *testing.T, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	alter := strings.NewReplacer(replace...)
	for _, name := range []string{".gitlab-ci.yml", "templates/unigate.yml"} {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(alter.Replace(read(t, "gitlab/"+name))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := []string{"-c", "user.name=test", "-c", "user.email=test@unigate.example", "-c", "init.defaultBranch=main"}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "example"}} {
		if out, status := run(t, dir, nil, "git", append(git, args...)...); status != 0 {
			t.Fatalf("git %s: %s", args[0], out)
		}
	}
	return dir
}

// The GitLab component by gitlab-ci-local, which checks it against GitLab's schema and runs it on this machine.
func TestGitLabComponent(t *testing.T) {
	if testing.Short() {
		t.Skip("pipelines are run without -short only")
	}
	program := fromNpm(t, ".bin/gitlab-ci-local")
	tool(t, "node", "Debian: apt-get install nodejs")
	tool(t, "git", "Debian: apt-get install git")
	tool(t, "rsync", "Debian: apt-get install rsync")
	folder, home := stub(t), t.TempDir()
	pipeline := func(dir, job string, status int) string {
		log, _ := run(t, dir, append(with(folder, status), "HOME="+home, "NO_COLOR=1"), program, "--force-shell-executor", "--home", home, "--color=false", job)
		return log
	}
	outcome := func(log, job string) string {
		for line := range strings.Lines(log) {
			for _, state := range []string{"PASS", "WARN", "FAIL"} {
				if strings.HasPrefix(strings.TrimSpace(line), state+"  "+job) {
					return state
				}
			}
		}
		return "none"
	}
	dir := gitlab(t)
	for job, warned := range map[string]string{"gate": "WARN", "load": "FAIL"} {
		for _, status := range statuses {
			want := "FAIL"
			switch status {
			case 0:
				want = "PASS"
			case 3:
				want = warned
			}
			log := pipeline(dir, job, status)
			if got := outcome(log, job); got != want {
				t.Errorf("%s with status %d is %s, not %s:\n%s", job, status, got, want, log)
			}
			if _, err := os.Stat(filepath.Join(dir, "unigate-out/junit.xml")); err != nil {
				t.Errorf("%s with status %d: the artefacts are not kept: %v", job, status, err)
			}
			_ = os.RemoveAll(filepath.Join(dir, "unigate-out"))
		}
	}
	// The arguments of a command keep their quotes.
	if log := pipeline(dir, "load", 0); !strings.Contains(log, "argument: p99<250ms") {
		t.Errorf("the threshold is not one argument:\n%s", log)
	}
	// The negative controls: a keyword that GitLab doesn't know, and a job that hides its status.
	if log := pipeline(gitlab(t, "expire_in:", "expires:"), "gate", 0); outcome(log, "gate") == "PASS" {
		t.Errorf("an unknown keyword was not found:\n%s", log)
	}
	if log := pipeline(gitlab(t, "--out unigate-out\n", "--out unigate-out || true\n"), "gate", 1); outcome(log, "gate") != "PASS" {
		t.Errorf("a hidden status is told as %s: what is asserted above would not notice one", outcome(log, "gate"))
	}
}

// The Jenkins pipeline, compiled by Groovy and run with stand-ins for the steps that it uses.
func TestJenkinsPipeline(t *testing.T) {
	if testing.Short() {
		t.Skip("pipelines are run without -short only")
	}
	groovy := fromNpm(t, "npm-groovy-lint/lib/java/groovy/lib")
	java := tool(t, "java", "Debian: apt-get install default-jre-headless")
	if out, err := exec.CommandContext(t.Context(), java, "-version").CombinedOutput(); err != nil { // #nosec G204 -- found above
		t.Skipf("java does not run: %v: %s", err, out)
	}
	runner, err := filepath.Abs("testdata/jenkins/run.groovy")
	if err != nil {
		t.Fatal(err)
	}
	folder := stub(t)
	text := read(t, "jenkins/Jenkinsfile")
	build := func(text string, status int) string {
		dir := t.TempDir()
		file := filepath.Join(dir, "Jenkinsfile")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		log, _ := run(t, dir, with(folder, status), java, "-cp", groovy+"/*", "groovy.ui.GroovyMain", runner, file)
		return log
	}
	const blocks, warns = "error('unigate: inconclusive", "unstable('unigate: inconclusive"
	if !strings.Contains(text, blocks) {
		t.Fatalf("the pipeline has no %q", blocks)
	}
	for _, c := range []struct {
		text   string
		status int
		want   string
	}{
		{text, 0, "SUCCESS"}, {text, 1, "FAILURE"}, {text, 2, "FAILURE"}, {text, 3, "FAILURE"}, {text, 130, "FAILURE"},
		{strings.Replace(text, blocks, warns, 1), 3, "UNSTABLE"},
		// The negative control of what is asserted: a pipeline that forgets the status.
		{strings.Replace(text, "status != 0", "status > 200", 1), 1, "SUCCESS"},
	} {
		log := build(c.text, c.status)
		if !strings.Contains(log, fmt.Sprintf("Finished: %s\n", c.want)) || !strings.Contains(log, "junit archiveArtifacts\n") {
			t.Errorf("status %d does not end as %s, or nothing is kept:\n%s", c.status, c.want, log)
		}
	}
	for name, broken := range map[string]string{
		"a bracket too few":      strings.TrimSuffix(strings.TrimSpace(text), "}"),
		"a directive that isn't": strings.Replace(text, "triggers {", "trigger {", 1),
		"a secret in the script": strings.Replace(text, "'rm -rf unigate-out", "\"echo ${environment.UNIGATE_PASSWORD}; \" + 'rm -rf unigate-out", 1),
		"no results":             strings.Replace(text, "unigate-out/junit.xml", "elsewhere.xml", 1),
	} {
		if log := build(broken, 0); strings.Contains(log, "Finished: SUCCESS") {
			t.Errorf("%s was not found:\n%s", name, log)
		}
	}
}
