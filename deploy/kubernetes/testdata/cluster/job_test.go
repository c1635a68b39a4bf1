package cluster_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/unigate/unigate/deploy/kubernetes/testdata/kubelet"
)

// The environment of these tests.
const (
	toolsVariable  = "UNIGATE_CLUSTER"       // a folder with etcd, kube-apiserver, kube-controller-manager, kubectl and unigate
	imageVariable  = "UNIGATE_CLUSTER_IMAGE" // an image that podman has; without it pods are processes
	podmanVariable = "UNIGATE_CLUSTER_PODMAN"
)

const (
	parts = 4
	// The plan of all parts, which lasts as long as planSeconds.
	planRate, planSeconds = 40, 12
	// untilStart is how long the parts have to get ready, and late by how much one comes too late.
	untilStart, late = 40 * time.Second, 2 * time.Second
	// together is how far apart parts may begin.
	together = 50 * time.Millisecond
)

// cluster is a control plane with a node.
type cluster struct {
	*plane
	node *kubelet.Node

	mu   sync.Mutex
	hold map[string]time.Time // until when the part of an index is held back
}

// record is what these tests read of a run record.
type record struct {
	Verdict struct {
		State   string
		Reasons []string
	}
	Load struct {
		Began  time.Time
		Totals struct {
			Planned, Sent, Attempts uint64
			PreflightAttempts       uint64 `json:"preflight_attempts"`
		}
		Whole *struct {
			Of      int
			Missing []int
		}
	}
}

func start(t *testing.T) *cluster {
	t.Helper()
	tools := os.Getenv(toolsVariable)
	if tools == "" {
		t.Skipf("%s names no folder with a control plane: run deploy/kubernetes/test, so no cluster is tried", toolsVariable)
	}
	c := &cluster{plane: startPlane(t, tools), hold: map[string]time.Time{}}
	var runtime kubelet.Runtime = &kubelet.Process{Program: filepath.Join(tools, "unigate")}
	if image := os.Getenv(imageVariable); image != "" {
		runtime = &kubelet.Podman{Program: strings.Fields(os.Getenv(podmanVariable)), Image: image}
	}
	t.Logf("pods are run by %T", runtime)
	c.node = &kubelet.Node{Name: "node", Runtime: runtime, Before: c.before}
	c.startNode(t, c.node)
	// As docs/kubernetes.md says.
	for _, args := range [][]string{{"create", "namespace", "load"}, {"-n", "load", "create", "secret", "generic", "unigate-users", "--from-literal=UNIFIER_PASSWORD=Pr1mavera!"}} {
		if err := c.kubectl(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) { // pods need the account of their namespace
		if err := c.api.Call(t.Context(), http.MethodGet, "/api/v1/namespaces/load/serviceaccounts/default", nil, nil); err == nil {
			return c
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// before holds parts back, as slow nodes do.
func (c *cluster) before(ctx context.Context, pod *corev1.Pod) {
	c.mu.Lock()
	until := c.hold[pod.Annotations[batchv1.JobCompletionIndexAnnotation]]
	c.mu.Unlock()
	select {
	case <-time.After(time.Until(until)):
	case <-ctx.Done():
	}
}

// service is the reference service, a process of its own.
type service struct {
	url  string
	stop func() uint64 // returns the number of requests that it saw
}

var (
	serviceURL   = regexp.MustCompile(`answers at (http://127\.0\.0\.1:\d+)`)
	requestsSeen = regexp.MustCompile(`requests seen: (\d+)`)
)

func (c *cluster) serve(t *testing.T) *service {
	t.Helper()
	command := exec.Command(filepath.Join(c.tools, "unigate"), "serve", "--listen", "127.0.0.1:0")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	s := &service{}
	for s.url == "" && lines.Scan() {
		if m := serviceURL.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
		}
	}
	seen := make(chan uint64, 1)
	go func() {
		var n uint64
		for lines.Scan() {
			if m := requestsSeen.FindStringSubmatch(lines.Text()); m != nil {
				n, _ = strconv.ParseUint(m[1], 10, 64)
			}
		}
		_ = command.Wait()
		seen <- n
	}()
	s.stop = sync.OnceValue(func() uint64 {
		_ = command.Process.Signal(os.Interrupt)
		return <-seen
	})
	t.Cleanup(func() { s.stop() })
	if s.url == "" {
		t.Fatal("the reference service did not tell its address")
	}
	return s
}

// overlay makes a copy of deploy/kubernetes with an example as somebody would edit it, and returns the script and the
// overlay.
func overlay(t *testing.T, url string, at time.Time) (script, dir string) {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"base", "parts", "example"} {
		if err := os.CopyFS(filepath.Join(root, name), os.DirFS("../../"+name)); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(root, "example")
	edit(t, filepath.Join(dir, "unigate.yaml"), "https://us2.unifier.example/acme/stage", url)
	edit(t, filepath.Join(dir, "kustomization.yaml"), "start_at=5m", "start_at="+at.Format(time.RFC3339Nano), "newName: registry.example/unigate, newTag: 1.0.0", "newName: unigate.invalid/unigate, newTag: test")
	plan := fmt.Sprintf("mix: {login: 1}\nthresholds: [p99<2s, rate>=95%%]\nphases:\n  - {name: up, shape: ramp, from: 10/s, rate: %d/s, duration: 4s}\n  - {name: peak, rate: %[1]d/s, duration: %ds}\n", planRate, planSeconds-4)
	if err := os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../../run")
	if err != nil {
		t.Fatal(err)
	}
	return script, dir
}

// edit replaces texts of a file, each of which must be there.
func edit(t *testing.T, path string, pairs ...string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(b), pairs[i]) {
			t.Fatalf("%s has no %q", path, pairs[i])
		}
	}
	if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(b))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outcome is what came of a run of deploy/kubernetes/run.
type outcome struct {
	exit   int
	text   string
	out    string
	whole  record
	job    batchv1.Job
	exits  map[string]int // of the containers, by index
	served uint64
}

// part returns the record of a part.
func (o *outcome) part(t *testing.T, i int) (r record) {
	t.Helper()
	read(t, filepath.Join(o.out, fmt.Sprint(i)+".json"), &r)
	return r
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

// run runs deploy/kubernetes/run; meanwhile is called beside it, with the common start.
func (c *cluster) run(t *testing.T, held map[string]time.Duration, meanwhile func(at time.Time)) *outcome {
	t.Helper()
	s := c.serve(t)
	at := time.Now().Add(untilStart).UTC().Truncate(time.Second)
	c.mu.Lock()
	clear(c.hold)
	for index, after := range held {
		c.hold[index] = at.Add(after)
	}
	c.mu.Unlock()
	script, dir := overlay(t, s.url, at)
	o := &outcome{out: filepath.Join(t.TempDir(), "out")}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	command := c.command(ctx, script, dir, o.out)
	command.Env = append(command.Env, "RUN_POLL=0.5")
	var beside sync.WaitGroup
	if meanwhile != nil {
		beside.Go(func() { meanwhile(at) })
	}
	text, err := command.CombinedOutput()
	beside.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v, %v\n%s", script, err, ctx.Err(), text)
	}
	o.exit, o.text, o.served = command.ProcessState.ExitCode(), string(text), s.stop()
	t.Logf("the script ended with %d:\n%s", o.exit, o.text)
	read(t, filepath.Join(o.out, "whole", "run.json"), &o.whole)
	if err := c.api.Call(t.Context(), http.MethodGet, "/apis/batch/v1/namespaces/load/jobs/unigate-load", nil, &o.job); err != nil {
		t.Fatal(err)
	}
	o.exits = map[string]int{}
	for pod, code := range c.node.Exits() {
		if pod.Labels[batchv1.ControllerUidLabel] == string(o.job.UID) {
			index := pod.Annotations[batchv1.JobCompletionIndexAnnotation]
			if _, twice := o.exits[index]; twice {
				t.Errorf("part %s had more than one pod", index)
			}
			o.exits[index] = code
		}
	}
	return o
}

// ended reports whether the Job has a condition.
func (o *outcome) ended(as batchv1.JobConditionType) bool {
	return slices.ContainsFunc(o.job.Status.Conditions, func(c batchv1.JobCondition) bool {
		return c.Type == as && c.Status == corev1.ConditionTrue
	})
}

func TestJob(t *testing.T) {
	c := start(t)
	t.Run("four parts are one load", func(t *testing.T) { fourParts(t, c) })
	t.Run("a part that comes late", func(t *testing.T) { latePart(t, c) })
	t.Run("a part that is deleted", func(t *testing.T) { deletedPart(t, c) })
}

// Four parts begin together, and what they measured passes as one load test.
func fourParts(t *testing.T, c *cluster) {
	o := c.run(t, nil, nil)
	w := o.whole
	if o.exit != 0 || w.Verdict.State != "pass" || w.Load.Whole == nil || w.Load.Whole.Of != parts || len(w.Load.Whole.Missing) > 0 {
		t.Errorf("the whole: exit %d, %+v", o.exit, w)
	}
	if !o.ended(batchv1.JobComplete) || o.job.Status.CompletedIndexes != "0-3" {
		t.Errorf("the Job: %+v", o.job.Status)
	}
	var began []time.Time
	var planned uint64
	for i := range parts {
		r := o.part(t, i)
		began, planned = append(began, r.Load.Began), planned+r.Load.Totals.Planned
		if code, ok := o.exits[strconv.Itoa(i)]; code != 0 || !ok {
			t.Errorf("part %d ended with %d", i, code)
		}
	}
	slices.SortFunc(began, time.Time.Compare)
	apart := began[len(began)-1].Sub(began[0])
	t.Logf("%d parts began within %s of one another; %d requests planned, %d sent; the service saw %d", parts, apart, planned, w.Load.Totals.Sent, o.served)
	if began[0].IsZero() || apart > together {
		t.Errorf("the parts began %s apart: %s", apart, began)
	}
	// A ramp of 10/s to the rate in four seconds, and the rate.
	want := uint64((10+planRate)/2*4 + planRate*(planSeconds-4))
	if planned != want || w.Load.Totals.Planned != want || w.Load.Totals.Sent != want {
		t.Errorf("the plan has %d requests; the parts planned %d, the whole %+v", want, planned, w.Load.Totals)
	}
	if o.served != w.Load.Totals.Attempts+w.Load.Totals.PreflightAttempts {
		t.Errorf("the service saw %d requests, and the records say %+v", o.served, w.Load.Totals)
	}
}

// open checks that a whole to which a part gave nothing is open and says so, and that
// the part was not sent again.
func open(t *testing.T, o *outcome, part int, says string) {
	t.Helper()
	w := o.whole
	if o.exit != 3 || w.Verdict.State != "inconclusive" || w.Load.Whole == nil {
		t.Errorf("the whole: exit %d, %+v", o.exit, w)
	}
	if !strings.Contains(strings.Join(w.Verdict.Reasons, "\n"), says) {
		t.Errorf("no reason says %q: %q", says, w.Verdict.Reasons)
	}
	if f := o.job.Status.FailedIndexes; !o.ended(batchv1.JobFailed) || f == nil || *f != strconv.Itoa(part) {
		t.Errorf("the Job: %+v", o.job.Status)
	}
	for i := range parts {
		if code, ok := o.exits[strconv.Itoa(i)]; i != part && (code != 0 || !ok) {
			t.Errorf("part %d ended with %d", i, code)
		}
	}
	if want := w.Load.Totals.Attempts + w.Load.Totals.PreflightAttempts; w.Load.Totals.Sent == 0 || o.served < want {
		t.Errorf("the service saw %d requests, and the records say %+v", o.served, w.Load.Totals)
	}
}

// missing checks that the record of a part, and no other one, is not there.
func missing(t *testing.T, o *outcome, part int, is bool) {
	t.Helper()
	if got := o.whole.Load.Whole.Missing; is != slices.Equal(got, []int{part}) || !is && len(got) > 0 {
		t.Errorf("missing: %v", got)
	}
	if says := fmt.Sprintf("part %d left no record", part); is != strings.Contains(o.text, says) {
		t.Errorf("that %q is to be said: %t", says, is)
	}
}

func latePart(t *testing.T, c *cluster) {
	o := c.run(t, map[string]time.Duration{"2": late}, nil)
	open(t, o, 2, fmt.Sprintf("part 2/%d: too late for the start", parts))
	missing(t, o, 2, false) // it says in a record of its own why it sent nothing
	if o.exits["2"] != 3 {
		t.Errorf("the part that came late ended with %d", o.exits["2"])
	}
}

func deletedPart(t *testing.T, c *cluster) {
	o := c.run(t, nil, func(at time.Time) {
		time.Sleep(time.Until(at.Add(planSeconds * time.Second / 2)))
		if err := c.kubectl(t.Context(), "-n", "load", "delete", "pod", "-l", "batch.kubernetes.io/job-name=unigate-load,batch.kubernetes.io/job-completion-index=1"); err != nil {
			t.Error(err)
		}
	})
	open(t, o, 1, fmt.Sprintf("part 1/%d is missing", parts))
	missing(t, o, 1, true)
	if o.exits["1"] != 130 {
		t.Errorf("the part that was deleted ended with %d: SIGTERM is 130", o.exits["1"])
	}
}
