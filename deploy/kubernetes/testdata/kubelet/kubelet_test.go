package kubelet

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestExpand(t *testing.T) {
	known := map[string]string{"A": "x", "B": "$(A)"}
	for text, want := range map[string]string{
		"": "", "plain": "plain", "--start-at=$(A)": "--start-at=x", "$(A)$(A)": "xx", "$$(A)": "$(A)", "$$unigate": "$unigate",
		"$(NONE)": "$(NONE)", "$(B)": "$(A)", "$(A": "$(A", "$": "$", "$A": "$A", "a$": "a$",
	} {
		if got := expand(text, known); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

// aPod is a pod as the Job makes it.
const aPod = `
metadata: {name: unigate-load-1-abcde, namespace: load, uid: "1", annotations: {batch.kubernetes.io/job-completion-index: "1"}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {runAsUser: 65532, runAsGroup: 65531}
  containers:
    - name: unigate
      image: unigate
      args: [load, --config=/etc/unigate/unigate.yaml, --start-at=$(START_AT)]
      env:
        - {name: START_AT, valueFrom: {configMapKeyRef: {name: run, key: start_at}}}
        - {name: UNIFIER_PASSWORD, valueFrom: {secretKeyRef: {name: users, key: UNIFIER_PASSWORD}}}
        - {name: JOB_COMPLETION_INDEX, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}}
      resources: {limits: {cpu: "1", memory: 512Mi}}
      securityContext: {readOnlyRootFilesystem: true}
      volumeMounts: [{name: config, mountPath: /etc/unigate, readOnly: true}]
  volumes: [{name: config, configMap: {name: config}}]
`

// answers is an API server that has two ConfigMaps and a Secret.
func answers(t *testing.T) *Client {
	t.Helper()
	objects := map[string]any{
		"/api/v1/namespaces/load/configmaps/run":    corev1.ConfigMap{Data: map[string]string{"start_at": "5m"}},
		"/api/v1/namespaces/load/configmaps/config": corev1.ConfigMap{Data: map[string]string{"unigate.yaml": "x: y\n"}},
		"/api/v1/namespaces/load/secrets/users":     corev1.Secret{Data: map[string][]byte{"UNIFIER_PASSWORD": []byte("pass")}},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o, ok := objects[r.URL.Path]
		if !ok || r.Header.Get("Authorization") != "Bearer token" {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(o)
	}))
	t.Cleanup(s.Close)
	return &Client{URL: s.URL, Token: "token", HTTP: s.Client()}
}

func decode(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestContainer(t *testing.T) {
	dir := t.TempDir()
	c, err := container(context.Background(), answers(t), decode(t, aPod), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"START_AT=5m", "UNIFIER_PASSWORD=pass", "JOB_COMPLETION_INDEX=1", "HOSTNAME=unigate-load-1-abcde", "KUBERNETES_SERVICE_PORT=443"} {
		if !slices.Contains(c.Env, want) {
			t.Errorf("the environment has no %s: %q", want, c.Env)
		}
	}
	if b, err := os.ReadFile(filepath.Join(c.Mounts["/etc/unigate"], "unigate.yaml")); err != nil || string(b) != "x: y\n" {
		t.Errorf("the volume has %q, %v", b, err)
	}
	process := (&Process{Program: "unigate"}).Command(c)
	if got := strings.Join(process.Args, " "); got != "unigate load --config="+c.Mounts["/etc/unigate"]+"/unigate.yaml --start-at=5m" {
		t.Errorf("a process has %s", got)
	}
	podman := strings.Join((&Podman{Program: []string{"podman", "--runtime", "runc"}, Image: "id"}).Command(c).Args, " ")
	for _, want := range []string{"podman --runtime runc run ", " --read-only ", " --cap-drop all ", " --user 65532:65531 ", " --cpus 1 ", " --memory 536870912 ", ":/etc/unigate:ro ",
		" --env UNIFIER_PASSWORD ", " id load --config=/etc/unigate/unigate.yaml --start-at=5m"} {
		if !strings.Contains(podman, want) {
			t.Errorf("podman's arguments have no %q: %s", want, podman)
		}
	}
	if strings.Contains(podman, "pass ") {
		t.Errorf("a password is in the arguments: %s", podman)
	}
}

// What this node does not have is refused, and not left out.
func TestWhatIsNotThereIsRefused(t *testing.T) {
	for old, replace := range map[string]string{
		"restartPolicy: Never":            "restartPolicy: Always",
		"  enableServiceLinks: false\n":   "",
		"image: unigate\n":                "image: unigate\n      command: [sh]\n",
		"runAsUser: 65532, ":              "",
		"readOnlyRootFilesystem: true":    "readOnlyRootFilesystem: false",
		"name: run, key: start_at":        "name: other, key: start_at",
		"name: users, key: UNIFIER":       "name: users, key: OTHER",
		"metadata.annotations['batch":     "metadata.annotations['match",
		"{name: config, configMap: {name": "{name: none, configMap: {name",
		"configMap: {name: config}":       "emptyDir: {}",
	} {
		text := strings.Replace(aPod, old, replace, 1)
		if text == aPod {
			t.Fatalf("the pod has no %q", old)
		}
		if _, err := container(context.Background(), answers(t), decode(t, text), t.TempDir()); err == nil {
			t.Errorf("a pod with %q instead of %q is run", replace, old)
		}
	}
}
