// Package cluster_test runs deploy/kubernetes in a cluster: a real API server, etcd and controllers, and a node that
// is a test helper. deploy/kubernetes/test builds what it needs.
package cluster_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unigate/unigate/deploy/kubernetes/testdata/kubelet"
)

// plane is a control plane of this test's own, on loopback.
type plane struct {
	tools, dir string
	api        *kubelet.Client
	kubeconfig string
}

// startPlane starts etcd, the API server and the controllers that Jobs need. They end with the test.
func startPlane(t *testing.T, tools string) *plane {
	t.Helper()
	p := &plane{tools: tools, dir: t.TempDir()}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "unigate"} {
		if _, err := os.Stat(filepath.Join(tools, name)); err != nil {
			t.Skipf("%s is not in %s: deploy/kubernetes/test builds it, so no cluster is tried", name, tools)
		}
	}
	port := freePorts(t, 3)
	token := rand.Text()
	p.kubeconfig = p.write(t, "kubeconfig", fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:%d", certificate-authority: certs/apiserver.crt}}]
users: [{name: test, user: {token: %s}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`, port[2], token))
	tokens := p.write(t, "tokens.csv", token+",test,test,system:masters\n")
	key := p.write(t, "accounts.pem", accountsKey(t))
	etcd := fmt.Sprintf("http://127.0.0.1:%d", port[0])
	peers := fmt.Sprintf("http://127.0.0.1:%d", port[1])
	p.start(t, "etcd", "--name=test", "--data-dir="+filepath.Join(p.dir, "etcd"), "--listen-client-urls="+etcd, "--advertise-client-urls="+etcd,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=test="+peers, "--unsafe-no-fsync")
	p.start(t, "kube-apiserver", "--etcd-servers="+etcd, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port[2]),
		"--cert-dir="+filepath.Join(p.dir, "certs"), "--token-auth-file="+tokens, "--authorization-mode=RBAC", "--endpoint-reconciler-type=none",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--service-cluster-ip-range=10.0.0.0/24", "--kubelet-preferred-address-types=InternalIP")
	p.connect(t, fmt.Sprintf("https://127.0.0.1:%d", port[2]), token)
	p.start(t, "kube-controller-manager", "--kubeconfig="+p.kubeconfig, "--leader-elect=false", "--secure-port=0", "--service-account-private-key-file="+key,
		"--controllers=job-controller,serviceaccount-controller,namespace-controller,garbage-collector-controller,ttl-after-finished-controller")
	return p
}

// write writes a file of the plane.
func (p *plane) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts a program of the plane, which ends with the test: by SIGTERM, and if need be by force.
func (p *plane) start(t *testing.T, name string, args ...string) {
	t.Helper()
	path := filepath.Join(p.dir, name+".log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(filepath.Join(p.tools, name), args...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		defer func() { _ = log.Close() }()
		select {
		case err := <-ended:
			text, _ := os.ReadFile(path)
			t.Errorf("%s ended by itself, %v:\n%s", name, err, tail(string(text), 15))
			return
		default:
		}
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = c.Process.Kill()
			<-ended
		}
	})
}

// connect waits until the API server is ready, and trusts the certificate that it made for itself.
func (p *plane) connect(t *testing.T, url, token string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		roots := x509.NewCertPool()
		if b, err := os.ReadFile(filepath.Join(p.dir, "certs", "apiserver.crt")); err == nil && roots.AppendCertsFromPEM(b) {
			p.api = &kubelet.Client{URL: url, Token: token, HTTP: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}}
			if err := p.api.Call(t.Context(), http.MethodGet, "/readyz", nil, nil); err == nil {
				return
			}
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(p.dir, "kube-apiserver.log"))
			t.Fatalf("the API server is not ready:\n%s", tail(string(text), 15))
		}
	}
}

// startNode starts a node, which ends with the test.
func (p *plane) startNode(t *testing.T, n *kubelet.Node) {
	t.Helper()
	n.API, n.Dir, n.Logf = p.api, t.TempDir(), t.Logf
	if err := os.Chmod(n.Dir, 0o755); err != nil { // containers run by another user
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the node ended with %v", err)
		}
	})
}

// command returns a command that finds kubectl and unigate, and the cluster.
func (p *plane) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "PATH="+p.tools+":"+os.Getenv("PATH"), "KUBECONFIG="+p.kubeconfig)
	return c
}

// kubectl runs kubectl.
func (p *plane) kubectl(ctx context.Context, args ...string) error {
	out, err := p.command(ctx, filepath.Join(p.tools, "kubectl"), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// freePorts returns ports of loopback that nobody uses now.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var out []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		out = append(out, l.Addr().(*net.TCPAddr).Port)
	}
	return out
}

// accountsKey returns a key for the tokens of service accounts.
func accountsKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// tail returns the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
