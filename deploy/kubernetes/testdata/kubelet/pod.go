package kubelet

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Container is what is run of a pod.
type Container struct {
	// Name is unique on the node.
	Name, Image string
	Args, Env   []string
	// Mounts are folders of the node by their path in the container, all read-only.
	Mounts map[string]string
	UID    int64
	GID    int64
	// Cores and Memory (in bytes) are its limits; 0 is none.
	Cores  float64
	Memory int64
}

// expand replaces $(NAME) as Kubernetes does: $$ is a dollar sign, and what is not known stays.
func expand(text string, known map[string]string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		switch end := strings.IndexByte(text[i:], ')'); {
		case text[i+1] == '$':
			out.WriteByte('$')
			i++
		case text[i+1] == '(' && end > 0:
			name := text[i+2 : i+end]
			value, ok := known[name]
			if !ok {
				value = "$(" + name + ")"
			}
			out.WriteString(value)
			i += end
		default:
			out.WriteByte('$')
		}
	}
	return out.String()
}

// refused says what of a pod this node does not have.
func refused(pod *corev1.Pod) error {
	s := &pod.Spec
	c := s.Containers[0]
	for what, is := range map[string]bool{
		"more than one container":     len(s.Containers) != 1 || len(s.InitContainers) > 0,
		"restarts":                    s.RestartPolicy != corev1.RestartPolicyNever,
		"the variables of services":   s.EnableServiceLinks == nil || *s.EnableServiceLinks,
		"a token of the cluster":      s.AutomountServiceAccountToken == nil || *s.AutomountServiceAccountToken,
		"a command":                   len(c.Command) > 0,
		"environments as a whole":     len(c.EnvFrom) > 0,
		"probes":                      c.LivenessProbe != nil || c.ReadinessProbe != nil || c.StartupProbe != nil,
		"a user that is not a number": s.SecurityContext == nil || s.SecurityContext.RunAsUser == nil || s.SecurityContext.RunAsGroup == nil,
		"a root that can be written":  c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem,
	} {
		if is {
			return fmt.Errorf("%s wants %s, which this node does not have", pod.Name, what)
		}
	}
	return nil
}

// container makes what is run of a pod; its volumes are written into dir.
func container(ctx context.Context, api *Client, pod *corev1.Pod, dir string) (*Container, error) {
	if err := refused(pod); err != nil {
		return nil, err
	}
	c := &pod.Spec.Containers[0]
	out := &Container{Name: "unigate-test-" + string(pod.UID), Image: c.Image, UID: *pod.Spec.SecurityContext.RunAsUser, GID: *pod.Spec.SecurityContext.RunAsGroup,
		Cores: c.Resources.Limits.Cpu().AsApproximateFloat64(), Memory: c.Resources.Limits.Memory().Value()}
	// What a kubelet sets without being asked.
	known := map[string]string{"HOSTNAME": pod.Name, "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBERNETES_PORT": "tcp://10.0.0.1:443"}
	for _, e := range c.Env {
		value, err := valueOf(ctx, api, pod, &e, known)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		known[e.Name] = value
	}
	for name, value := range known {
		out.Env = append(out.Env, name+"="+value)
	}
	for _, a := range c.Args {
		out.Args = append(out.Args, expand(a, known))
	}
	var err error
	out.Mounts, err = mounts(ctx, api, pod, dir)
	return out, err
}

// valueOf returns the value of a variable.
func valueOf(ctx context.Context, api *Client, pod *corev1.Pod, e *corev1.EnvVar, known map[string]string) (string, error) {
	from := e.ValueFrom
	switch {
	case from == nil:
		return expand(e.Value, known), nil
	case from.ConfigMapKeyRef != nil:
		var m corev1.ConfigMap
		err := api.Call(ctx, http.MethodGet, "/api/v1/namespaces/"+pod.Namespace+"/configmaps/"+from.ConfigMapKeyRef.Name, nil, &m)
		return keyOf(m.Data, from.ConfigMapKeyRef.Key, err)
	case from.SecretKeyRef != nil:
		var s corev1.Secret
		err := api.Call(ctx, http.MethodGet, "/api/v1/namespaces/"+pod.Namespace+"/secrets/"+from.SecretKeyRef.Name, nil, &s)
		return keyOf(s.Data, from.SecretKeyRef.Key, err)
	case from.FieldRef != nil:
		return field(pod, from.FieldRef.FieldPath)
	}
	return "", fmt.Errorf("a source that this node does not have: %+v", from)
}

// keyOf returns what a map has under a key.
func keyOf[T string | []byte](data map[string]T, key string, err error) (string, error) {
	value, ok := data[key]
	if err == nil && !ok {
		err = fmt.Errorf("there is no key %s", key)
	}
	return string(value), err
}

// field returns a label or an annotation, such as metadata.labels['x'].
func field(pod *corev1.Pod, path string) (string, error) {
	for prefix, values := range map[string]map[string]string{"metadata.labels['": pod.Labels, "metadata.annotations['": pod.Annotations} {
		if name, ok := strings.CutPrefix(path, prefix); ok && strings.HasSuffix(name, "']") {
			return keyOf(values, strings.TrimSuffix(name, "']"), nil)
		}
	}
	return "", fmt.Errorf("the field %s is none that this node has", path)
}

// mounts writes the volumes into dir, and returns their folders by the paths of the container.
func mounts(ctx context.Context, api *Client, pod *corev1.Pod, dir string) (map[string]string, error) {
	out := map[string]string{}
	for i, m := range pod.Spec.Containers[0].VolumeMounts {
		to := filepath.Join(dir, strconv.Itoa(i))
		for _, v := range pod.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			if v.ConfigMap == nil || !m.ReadOnly || m.SubPath != "" {
				return nil, fmt.Errorf("the volume %s is no ConfigMap that is read only", v.Name)
			}
			var data corev1.ConfigMap
			if err := api.Call(ctx, http.MethodGet, "/api/v1/namespaces/"+pod.Namespace+"/configmaps/"+v.ConfigMap.Name, nil, &data); err != nil {
				return nil, err
			}
			if err := writeAll(to, data.Data); err != nil {
				return nil, err
			}
			out[m.MountPath] = to
		}
		if out[m.MountPath] == "" {
			return nil, fmt.Errorf("there is no volume %s", m.Name)
		}
	}
	return out, nil
}

// writeAll writes files that every user may read.
func writeAll(dir string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
