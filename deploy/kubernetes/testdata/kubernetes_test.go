// Package kubernetes_test holds what deploy/kubernetes makes to the types of Kubernetes. It
// is a module of its own, so that none of these modules comes near the program.
package kubernetes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// build builds an overlay as kubectl kustomize does, and decodes each document strictly.
func build(t *testing.T, dir string) (*batchv1.Job, []*corev1.ConfigMap) {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var job *batchv1.Job
	var maps []*corev1.ConfigMap
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		switch r.GetKind() {
		case "Job":
			job = &batchv1.Job{}
			err = yaml.UnmarshalStrict(text, job)
		case "ConfigMap":
			m := &corev1.ConfigMap{}
			err = yaml.UnmarshalStrict(text, m)
			maps = append(maps, m)
		default:
			t.Errorf("there is a %s", r.GetKind())
		}
		if err != nil {
			t.Errorf("%s %s: %v", r.GetKind(), r.GetName(), err)
		}
	}
	if job == nil {
		t.Fatal("there is no Job")
	}
	return job, maps
}

// wrong lists what is wrong with a Job of n parts.
func wrong(job *batchv1.Job, n int32) []string {
	var out []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	is := func(p *int32, v int32) bool { return p != nil && *p == v }
	s, pod := job.Spec, job.Spec.Template.Spec
	check(s.CompletionMode != nil && *s.CompletionMode == batchv1.IndexedCompletion, "it is not Indexed")
	check(is(s.Completions, n) && is(s.Parallelism, n), "it has not %d pods at once", n)
	check(is(s.BackoffLimitPerIndex, 0), "a part may be sent again")
	check(s.MaxFailedIndexes == nil, "a failed part ends the others")
	check(s.ActiveDeadlineSeconds != nil, "it may run for ever")
	check(pod.RestartPolicy == corev1.RestartPolicyNever, "a part may be started again")
	check(pod.EnableServiceLinks != nil && !*pod.EnableServiceLinks, "pods get the variables of services")
	check(pod.AutomountServiceAccountToken != nil && !*pod.AutomountServiceAccountToken, "pods get a token of the cluster")
	check(len(pod.Containers) == 1 && len(pod.InitContainers) == 0, "it has not one container")
	return append(out, wrongContainer(&pod, &pod.Containers[0], n)...)
}

// wrongContainer lists what is wrong with the container.
func wrongContainer(pod *corev1.PodSpec, c *corev1.Container, n int32) []string {
	var out []string
	check := func(ok bool, text string) {
		if !ok {
			out = append(out, text)
		}
	}
	shards := slices.IndexFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == "UNIGATE_SHARDS" })
	check(shards >= 0 && c.Env[shards].Value == strconv.Itoa(int(n)), "UNIGATE_SHARDS is not the number of parts")
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		limit, request := c.Resources.Limits[name], c.Resources.Requests[name]
		check(!limit.IsZero() && limit.Cmp(request) == 0, "of "+string(name)+" the request is not the limit")
	}
	cpu := c.Resources.Limits[corev1.ResourceCPU]
	check(cpu.MilliValue()%1000 == 0, "the cores are not whole")
	x, p := c.SecurityContext, pod.SecurityContext
	check(x != nil && x.ReadOnlyRootFilesystem != nil && *x.ReadOnlyRootFilesystem, "the root is not read-only")
	check(x != nil && x.AllowPrivilegeEscalation != nil && !*x.AllowPrivilegeEscalation, "privileges may grow")
	check(x != nil && x.Capabilities != nil && slices.Equal(x.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(x.Capabilities.Add) == 0, "it has capabilities")
	check(p != nil && p.RunAsNonRoot != nil && *p.RunAsNonRoot && p.RunAsUser != nil && *p.RunAsUser > 0, "the user is not a number above 0")
	check(slices.Contains(c.Args, "--format=json") && slices.Contains(c.Args, "--quiet"), "the log is not the record alone")
	check(slices.Contains(c.Args, "--start-at=$(START_AT)"), "there is no common start")
	return out
}

// overlay writes an overlay of the base with a number of parts and more components.
func overlay(t *testing.T, patches string, components ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("..", "overlay-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\ncomponents: [" + strings.Join(components, ", ") + "]\n" + patches
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOverlaysAreRight(t *testing.T) {
	for name, k := range map[string]struct {
		dir string
		n   int32
	}{
		"base": {"../base", 2}, "example": {"../example", 4}, "parts": {overlay(t, "", "../parts"), 4}, "volume": {overlay(t, "", "../parts", "../volume"), 4},
	} {
		job, _ := build(t, k.dir)
		for _, what := range wrong(job, k.n) {
			t.Errorf("%s: %s", name, what)
		}
	}
}

// What the example refers to is there, under the names that it has after the build.
func TestTheExampleIsWhole(t *testing.T) {
	job, maps := build(t, "../example")
	keys := map[string]bool{}
	for _, m := range maps {
		if m.Namespace != job.Namespace {
			t.Errorf("%s is in %q, the Job in %q", m.Name, m.Namespace, job.Namespace)
		}
		for key := range m.Data {
			keys[m.Name+"/"+key] = true
		}
	}
	c := job.Spec.Template.Spec.Containers[0]
	for _, e := range c.Env {
		if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
			if r := e.ValueFrom.ConfigMapKeyRef; !keys[r.Name+"/"+r.Key] {
				t.Errorf("%s is of %s/%s, which is not there: %v", e.Name, r.Name, r.Key, keys)
			}
		}
	}
	volume := job.Spec.Template.Spec.Volumes[0].ConfigMap.Name
	for _, file := range []string{"unigate.yaml", "plan.yaml"} {
		if !keys[volume+"/"+file] {
			t.Errorf("%s is not in the volume %s: %v", file, volume, keys)
		}
	}
}

func TestTheVolumeGetsTheRecords(t *testing.T) {
	job, _ := build(t, overlay(t, "", "../parts", "../volume"))
	pod := job.Spec.Template.Spec
	c := pod.Containers[0]
	mount := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/records" })
	if mount < 0 || c.VolumeMounts[mount].ReadOnly || !slices.Contains(c.Args, "--out=/records/$(JOB_COMPLETION_INDEX)") ||
		!slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
			return v.Name == c.VolumeMounts[mount].Name && v.PersistentVolumeClaim != nil
		}) {
		t.Errorf("mounts %+v, volumes %+v, arguments %q", c.VolumeMounts, pod.Volumes, c.Args)
	}
}

// The checks see what they are for.
func TestWhatIsWrongIsFound(t *testing.T) {
	for patch, want := range map[string]string{
		`{op: replace, path: /spec/completions, value: 5}`:                                                           "it has not 4 pods at once",
		`{op: replace, path: /spec/backoffLimitPerIndex, value: 1}`:                                                  "a part may be sent again",
		`{op: add, path: /spec/maxFailedIndexes, value: 1}`:                                                          "a failed part ends the others",
		`{op: remove, path: /spec/template/spec/enableServiceLinks}`:                                                 "pods get the variables of services",
		`{op: replace, path: /spec/template/spec/containers/0/resources/limits/cpu, value: 1500m}`:                   "the cores are not whole",
		`{op: replace, path: /spec/template/spec/containers/0/resources/requests/memory, value: 1Gi}`:                "of memory the request is not the limit",
		`{op: replace, path: /spec/template/spec/containers/0/env/0/value, value: "3"}`:                              "UNIGATE_SHARDS is not the number of parts",
		`{op: remove, path: /spec/template/spec/securityContext/runAsUser}`:                                          "the user is not a number above 0",
		`{op: replace, path: /spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem, value: false}`: "the root is not read-only",
		`{op: remove, path: /spec/template/spec/containers/0/args/5}`:                                                "the log is not the record alone",
	} {
		patches := "patches:\n  - target: {kind: Job}\n    patch: |-\n      - " + patch + "\n"
		job, _ := build(t, overlay(t, patches, "../parts"))
		if found := wrong(job, 4); !slices.Contains(found, want) {
			t.Errorf("%s: found %q", patch, found)
		}
	}
	if err := yaml.UnmarshalStrict([]byte("spec: {backoffLimitPerIndexes: 0}"), &batchv1.Job{}); err == nil {
		t.Error("a field that does not exist is decoded")
	}
}
