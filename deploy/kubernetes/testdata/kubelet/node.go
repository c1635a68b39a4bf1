package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Node is a node of a cluster.
type Node struct {
	Name    string
	API     *Client
	Runtime Runtime
	// Dir gets volumes and logs.
	Dir string
	// Before is called before a pod's container is started, if it is set, and may wait, as for an image that is slow
	// to come.
	Before func(ctx context.Context, pod *corev1.Pod)
	// Logf tells what happens.
	Logf func(format string, args ...any)

	mu   sync.Mutex
	pods map[types.UID]*life
	wait sync.WaitGroup
}

// life is what the node knows of a pod.
type life struct {
	pod     *corev1.Pod
	log     string
	exit    int
	stop    func() // asks it to end; may be called again
	stopped <-chan struct{}
	end     func() // it is no more; may be called again
}

// Run is the node until ctx ends; then it ends what it runs, and waits for that.
func (n *Node) Run(ctx context.Context) error {
	n.pods = map[types.UID]*life{}
	logs := httptest.NewTLSServer(http.HandlerFunc(n.serveLogs))
	defer logs.Close()
	if err := n.register(ctx, logs.Listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	defer n.wait.Wait()
	for ctx.Err() == nil {
		if err := n.API.pods(ctx, func(p *corev1.Pod) { n.see(ctx, p) }, n.forget); err != nil && ctx.Err() == nil {
			n.Logf("node %s watches again: %v", n.Name, err)
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}

// register makes the node known, with the address where its logs are.
func (n *Node) register(ctx context.Context, port int) error {
	node := corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: map[string]string{corev1.LabelHostname: n.Name}}}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(port)
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: metav1.Now()}}
	return n.API.Call(ctx, http.MethodPost, "/api/v1/nodes", &node, nil)
}

// Exits returns the exit statuses of the containers that ended, by pod; -1 of one that did not begin or end.
func (n *Node) Exits() map[*corev1.Pod]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[*corev1.Pod]int{}
	for _, l := range n.pods {
		out[l.pod] = l.exit
	}
	return out
}

// see takes a pod that is new, and ends one that is to go.
func (n *Node) see(ctx context.Context, pod *corev1.Pod) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.pods[pod.UID]
	if l == nil && (pod.Spec.NodeName == "" || pod.Spec.NodeName == n.Name) {
		until, end := context.WithCancel(ctx)
		asked, stop := context.WithCancel(until)
		l = &life{pod: pod, log: filepath.Join(n.Dir, string(pod.UID)+".log"), exit: -1, stop: stop, stopped: asked.Done(), end: end}
		n.pods[pod.UID] = l
		n.wait.Go(func() { n.live(until, pod, l) })
	}
	if l != nil && pod.DeletionTimestamp != nil {
		l.stop()
	}
}

// forget takes away what is left of a pod that is no more: its log goes with it.
func (n *Node) forget(pod *corev1.Pod) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l := n.pods[pod.UID]; l != nil {
		l.end()
		_ = os.Remove(l.log)
	}
}

// live runs a pod from its beginning until it is no more.
func (n *Node) live(ctx context.Context, pod *corev1.Pod, l *life) {
	path := "/api/v1/namespaces/" + pod.Namespace + "/pods/" + pod.Name
	if pod.Spec.NodeName == "" {
		binding := corev1.Binding{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Binding"}, ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}, Target: corev1.ObjectReference{Kind: "Node", Name: n.Name}}
		if err := n.API.Call(ctx, http.MethodPost, path+"/binding", &binding, nil); err != nil {
			n.Logf("%s cannot be bound: %v", pod.Name, err)
			return
		}
	}
	if n.Before != nil {
		n.Before(ctx, pod)
	}
	status := corev1.ContainerStatus{Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, ContainerID: "unigate-test://" + string(pod.UID)}
	began := metav1.Now()
	code, err := n.container(ctx, pod, l, func() {
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: began}
		n.tell(ctx, pod, path, corev1.PodRunning, status)
	})
	if err != nil {
		n.Logf("%s cannot be run: %v", pod.Name, err)
	}
	if ctx.Err() != nil {
		return
	}
	n.mu.Lock()
	l.exit = code
	n.mu.Unlock()
	phase := map[bool]corev1.PodPhase{true: corev1.PodSucceeded, false: corev1.PodFailed}[code == 0]
	status.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: int32(code), StartedAt: began, FinishedAt: metav1.Now(), ContainerID: status.ContainerID}}
	n.tell(ctx, pod, path, phase, status)
	<-l.stopped
	if ctx.Err() == nil { // it was deleted: this node is the one who says that nothing of it is left
		zero := int64(0)
		err := n.API.Call(ctx, http.MethodDelete, path, &metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}, GracePeriodSeconds: &zero,
			Preconditions: &metav1.Preconditions{UID: &pod.UID}}, nil)
		if err != nil && !Is(err, http.StatusNotFound) && ctx.Err() == nil {
			n.Logf("%s cannot be deleted: %v", pod.Name, err)
		}
	}
}

// tell tells the API server how a pod is.
func (n *Node) tell(ctx context.Context, pod *corev1.Pod, path string, phase corev1.PodPhase, c corev1.ContainerStatus) {
	now := metav1.Now()
	ready := corev1.ConditionFalse
	if phase == corev1.PodRunning {
		ready, c.Ready = corev1.ConditionTrue, true
	}
	patch := map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": corev1.PodStatus{Phase: phase, StartTime: &now, ContainerStatuses: []corev1.ContainerStatus{c},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready, LastTransitionTime: now}}}}
	if err := n.API.Call(ctx, http.MethodPatch, path+"/status", patch, nil); err != nil && ctx.Err() == nil {
		n.Logf("%s: its status cannot be told: %v", pod.Name, err)
	}
}

// container runs a pod's container to its end; started is called when it runs. The exit status is 128 for one that
// cannot be run, as kubelets tell it.
func (n *Node) container(ctx context.Context, pod *corev1.Pod, l *life, started func()) (int, error) {
	c, err := container(ctx, n.API, pod, filepath.Join(n.Dir, string(pod.UID)))
	if err != nil {
		return 128, err
	}
	log, err := os.Create(l.log)
	if err != nil {
		return 128, err
	}
	defer func() { _ = log.Close() }()
	command := n.Runtime.Command(c)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return 128, err
	}
	n.Logf("%s runs", pod.Name)
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	started()
	select {
	case err = <-ended:
	case <-l.stopped:
		err = n.terminate(pod, c, command, ended)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 128, err
	}
	code := command.ProcessState.ExitCode()
	if s, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		code = 128 + int(s.Signal())
	}
	n.Logf("%s ended with %d", pod.Name, code)
	return code, nil
}

// terminate ends a container: by SIGTERM, and after the pod's time by force.
func (n *Node) terminate(pod *corev1.Pod, c *Container, command *exec.Cmd, ended <-chan error) error {
	grace := 30 * time.Second
	if s := pod.Spec.TerminationGracePeriodSeconds; s != nil {
		grace = time.Duration(*s) * time.Second
	}
	_ = command.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		n.Logf("%s did not end within %s", pod.Name, grace)
		n.Runtime.Kill(c, command)
		return <-ended
	}
}

// serveLogs hands out what a container printed, as kubelets do: /containerLogs/NAMESPACE/POD/CONTAINER.
func (n *Node) serveLogs(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.pods {
		if matched, _ := filepath.Match("/containerLogs/*/"+l.pod.Name+"/*", r.URL.Path); !matched {
			continue
		}
		for name, values := range r.URL.Query() {
			if name != "stream" || values[0] != corev1.LogStreamAll {
				http.Error(w, fmt.Sprintf("this node has no %q for logs", name+"="+values[0]), http.StatusBadRequest)
				return
			}
		}
		b, err := os.ReadFile(l.log)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(b)
		return
	}
	http.NotFound(w, r)
}
