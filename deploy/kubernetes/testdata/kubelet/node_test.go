package kubelet

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fake is an API server with one pod, as far as a node needs one.
type fake struct {
	mu     sync.Mutex
	pod    *corev1.Pod
	node   corev1.Node
	told   []string // what the node did, in order
	events chan string
	done   chan struct{} // the pod is no more
}

func newFake(t *testing.T, text string) (*fake, *Client) {
	t.Helper()
	f := &fake{pod: decode(t, text), events: make(chan string, 16), done: make(chan struct{})}
	s := httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(s.Close)
	return f, &Client{URL: s.URL, HTTP: s.Client()}
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := "/api/v1/namespaces/load/pods/" + f.pod.Name
	switch call := r.Method + " " + r.URL.Path; call {
	case "GET /api/v1/pods":
		if r.URL.Query().Get("watch") == "" {
			_ = json.NewEncoder(w).Encode(corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}, Items: []corev1.Pod{*f.pod}})
			return
		}
		f.watch(w, r)
	case "POST /api/v1/nodes":
		_ = json.NewDecoder(r.Body).Decode(&f.node)
	case "POST " + path + "/binding":
		f.told = append(f.told, "bound")
	case "PATCH " + path + "/status":
		var patch struct{ Status corev1.PodStatus }
		_ = json.NewDecoder(r.Body).Decode(&patch)
		text := string(patch.Status.Phase)
		if e := patch.Status.ContainerStatuses[0].State.Terminated; e != nil {
			text += fmt.Sprint(" ", e.ExitCode)
		}
		f.told = append(f.told, text)
	case "DELETE " + path:
		f.told = append(f.told, "deleted")
		f.send("DELETED")
		close(f.done)
	default:
		http.NotFound(w, r)
	}
}

// watch sends events until the client goes.
func (f *fake) watch(w http.ResponseWriter, r *http.Request) {
	f.mu.Unlock()
	defer f.mu.Lock()
	w.(http.Flusher).Flush()
	for {
		select {
		case e := <-f.events:
			_, _ = io.WriteString(w, e)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// send sends an event about the pod.
func (f *fake) send(kind string) {
	b, _ := json.Marshal(map[string]any{"type": kind, "object": f.pod})
	f.events <- string(b) + "\n"
}

// delete asks for the pod's end, as kubectl delete does.
func (f *fake) delete() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := metav1.Now()
	f.pod.DeletionTimestamp = &now
	f.send("MODIFIED")
}

// saw waits until the node told a text, and returns all that it told.
func (f *fake) saw(t *testing.T, text string) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		f.mu.Lock()
		all := strings.Join(f.told, ", ")
		f.mu.Unlock()
		if strings.Contains(all, text) {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("the node did not tell %q: %s", text, all)
		}
	}
}

// start starts a node that runs sh, and returns it and what ends it.
func start(t *testing.T, api *Client) (*Node, func()) {
	t.Helper()
	n := &Node{Name: "node", API: api, Runtime: &Process{Program: "/bin/sh"}, Dir: t.TempDir(), Logf: t.Logf}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return n, stop
}

// logs gets what a pod printed as an API server does.
func (f *fake) logs(t *testing.T, path string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	f.mu.Lock()
	url := fmt.Sprintf("https://127.0.0.1:%d/containerLogs/load/%s", f.node.Status.DaemonEndpoints.KubeletEndpoint.Port, path)
	f.mu.Unlock()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// ready waits until the pod has printed that it is.
func (f *fake) ready(t *testing.T) {
	t.Helper()
	for {
		if _, text := f.logs(t, "unigate-load-1-abcde/unigate"); text == "ready\n" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// script is the pod with a script as its arguments, and no volumes.
func script(text string) string {
	args, _ := json.Marshal([]string{"-c", text})
	pod := strings.Replace(aPod, "[load, --config=/etc/unigate/unigate.yaml, --start-at=$(START_AT)]", string(args), 1)
	lines := strings.SplitAfter(pod, "\n")
	var out strings.Builder
	for _, line := range lines {
		if !strings.Contains(line, "KeyRef") && !strings.Contains(line, "volume") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func TestNodeRunsAPod(t *testing.T) {
	f, api := newFake(t, script(`echo "part $JOB_COMPLETION_INDEX"; exit 3`))
	n, _ := start(t, api)
	if all := f.saw(t, "Failed"); all != "bound, Running, Failed 3" {
		t.Errorf("the node told %s", all)
	}
	if code, text := f.logs(t, "unigate-load-1-abcde/unigate?stream=All"); code != 200 || text != "part 1\n" {
		t.Errorf("the log: %d %q", code, text)
	}
	if code, _ := f.logs(t, "unigate-load-2-other/unigate"); code != 404 {
		t.Errorf("the log of a pod that is not there: %d", code)
	}
	if code, text := f.logs(t, "unigate-load-1-abcde/unigate?follow=true"); code != 400 {
		t.Errorf("a log that is followed, which this node does not have: %d %q", code, text)
	}
	for _, code := range n.Exits() {
		if code != 3 {
			t.Errorf("the exit status is %d", code)
		}
	}
	f.delete() // after its end: nothing is left to stop
	<-f.done
	if all := f.saw(t, "deleted"); all != "bound, Running, Failed 3, deleted" {
		t.Errorf("the node told %s", all)
	}
}

// A pod that is deleted gets SIGTERM and the time to end; then its log is gone.
func TestNodeEndsAPod(t *testing.T) {
	f, api := newFake(t, script(`trap "exit 130" TERM; echo ready; while :; do sleep 0.05; done`))
	start(t, api)
	f.saw(t, "Running")
	f.ready(t)
	f.delete()
	<-f.done
	if all := f.saw(t, "deleted"); all != "bound, Running, Failed 130, deleted" {
		t.Errorf("the node told %s", all)
	}
	for {
		if code, _ := f.logs(t, "unigate-load-1-abcde/unigate"); code == 404 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// One that does not obey is ended by force after its time.
func TestNodeForcesAPod(t *testing.T) {
	f, api := newFake(t, strings.Replace(script(`trap "" TERM; echo ready; while :; do sleep 0.05; done`), "restartPolicy:", "terminationGracePeriodSeconds: 1\n  restartPolicy:", 1))
	start(t, api)
	f.saw(t, "Running")
	f.ready(t)
	f.delete()
	<-f.done
	f.saw(t, "Failed 137")
}

// With the node ends what it runs.
func TestNodeEndsWithItsPods(t *testing.T) {
	f, api := newFake(t, script(`echo ready; while :; do sleep 0.05; done`))
	_, stop := start(t, api)
	f.saw(t, "Running")
	stop()
	if all := f.saw(t, "Running"); all != "bound, Running" {
		t.Errorf("the node told %s", all)
	}
}
