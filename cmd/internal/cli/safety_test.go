package cli_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// usersYAML writes the reference's own users as a configuration.
func usersYAML(users []unifier.User) string {
	var b strings.Builder
	b.WriteString("users:\n")
	for _, u := range users {
		fmt.Fprintf(&b, "  - {name: %q, password: %q, type: %s, status: %s", u.Name, u.Password.Reveal(), u.Type, u.Status)
		if u.Type == unifier.Basic {
			if !u.Expiry.IsZero() {
				fmt.Fprintf(&b, ", expiry: %s", u.Expiry)
			}
			if u.DateFormat != nil {
				fmt.Fprintf(&b, ", date_format: %s", u.DateFormat.Pattern)
			}
			if u.Zone != "" {
				fmt.Fprintf(&b, ", time_zone: %s", u.Zone)
			}
			if u.Language != "" {
				fmt.Fprintf(&b, ", language: %s", u.Language)
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// wrongPasswords counts, at the server, the requests with a user's name and
// another password than the user's.
type wrongPasswords struct {
	mu       sync.Mutex
	users    map[string]string
	wrong    map[string]int
	requests int
}

func (c *wrongPasswords) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests++
		for _, line := range r.Header["Authorization"] {
			_, credentials, _ := strings.Cut(line, " ")
			credentials = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(credentials)), "=")
			b, err := base64.RawStdEncoding.DecodeString(credentials)
			if err != nil {
				continue
			}
			name, password, _ := strings.Cut(string(b), ":")
			if right, known := c.users[name]; known && password != right {
				c.wrong[name]++
			}
		}
		c.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// TestFailedLoginsAtTheServer counts wrong passwords where they arrive.
func TestFailedLoginsAtTheServer(t *testing.T) {
	for _, c := range []struct {
		limit int
		fault string
	}{{0, ""}, {1, ""}, {3, ""}, {3, "login-expiry-501-accepted"}, {5, ""}} {
		if testing.Short() && (c.limit != 3 || c.fault == "") {
			continue
		}
		t.Run(fmt.Sprint(c.limit, c.fault), func(t *testing.T) {
			t.Parallel()
			o := reference.Options{}
			if c.fault != "" {
				o.Faults = []string{c.fault}
			}
			service, err := reference.New(o)
			if err != nil {
				t.Fatal(err)
			}
			counter := &wrongPasswords{users: map[string]string{}, wrong: map[string]int{}}
			for _, u := range service.Users() {
				counter.users[u.Name] = u.Password.Reveal()
			}
			s := httptest.NewServer(counter.count(service))
			defer s.Close()
			got := unigate(t, "verify", "--gate", "inferred", "--repeat", "2", "--config", configured(t,
				fmt.Sprintf("target: {base_url: '%s', resource: %s}\nsafety: {failed_logins: %d}\n%s", s.URL, unifier.ResourcePath, c.limit, usersYAML(service.Users()))))
			if got.exit != 0 && got.exit != 1 {
				t.Fatalf("exit %d\n%.3000s", got.exit, got.all())
			}
			most := 0
			for name, n := range counter.wrong {
				most = max(most, n)
				if n > c.limit {
					t.Errorf("%s saw %d wrong passwords, %d are allowed", name, n, c.limit)
				}
			}
			if c.limit > 0 && most == 0 {
				t.Error("no wrong password was tried at all")
			}
			if counter.requests < 200 {
				t.Errorf("only %d requests came", counter.requests)
			}
		})
	}
}

// TestEveryRequestIsCounted compares the record with what the target got, in
// scenarios, load objectives and for the key set.
func TestEveryRequestIsCounted(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		service.ServeHTTP(w, r)
	}))
	defer s.Close()
	dir := t.TempDir()
	own := "@load @ours\nFeature: ours\n\n  Scenario: a second\n    Given 40 tokens a second for 1 seconds\n    Then every token is right\n\n" +
		"  Scenario: another\n    Given 20 login tokens a second for 1 seconds\n    Then every token is right\n"
	if err := os.WriteFile(filepath.Join(dir, "own.feature"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	// No user is configured: who they are is found out with the key set, at the start.
	o := unigate(t, "verify", "--target", s.URL, "--features", dir, "--tags", "@ours and @load or @OAUTH-13", "--format", "json")
	var run record.Run
	if err := json.Unmarshal([]byte(o.out), &run); err != nil {
		t.Fatalf("%v\n%s", err, o.all())
	}
	if n := int64(run.Conformance.RequestsSent); n != seen.Load() || n < 60 {
		t.Errorf("%d requests are recorded, and %d came", n, seen.Load())
	}
}

// TestLoadOnlyWhereAllowed names targets that are not on this machine; nothing may be sent.
func TestLoadOnlyWhereAllowed(t *testing.T) {
	users := usersYAML(canaryUsers())
	const remote = "target: {base_url: 'http://192.0.2.1:9', timeout: 100ms}\n"
	for _, c := range []struct {
		name, config string
		args         []string
		says         string
	}{
		{"not allowed", remote, nil, "is not allowed: it is not on this machine"},
		{"allowed, too fast", remote + "safety: {allow_load: true, max_rate: 10}\n", []string{"--rate", "11/s"}, "10 are allowed"},
		{"allowed, without a bound", remote + "safety: {allow_load: true}\n", []string{"--rate", "max"}, "are allowed"},
		{"permission is for another target", "target: {base_url: 'http://192.0.2.7'}\nsafety: {allow_load: true}\n", []string{"--target", "http://192.0.2.1:9"}, "--target names another target"},
		{"name that is not this machine", "target: {base_url: 'http://no-such-name.invalid'}\n", nil, "is not allowed"},
		{"through a proxy", "target: {base_url: 'http://127.0.0.1:9', proxy: 'http://127.0.0.1:1'}\n", nil, "is reached through a proxy"},
		{"all interfaces is not loopback", "target: {base_url: 'http://0.0.0.0:9'}\n", nil, "is not allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := unigate(t, append([]string{"load", "--config", configured(t, c.config+users)}, c.args...)...)
			if o.exit != 2 || !strings.Contains(o.errors, c.says) {
				t.Errorf("exit %d, does not say %q:\n%s", o.exit, c.says, o.all())
			}
		})
	}
}

// conforms runs verify against a target and wants it to pass with nothing skipped that a resource allows.
func conforms(t *testing.T, target string, env map[string]string) {
	t.Helper()
	o := unigateEnv(t, env, "verify", "--config", configured(t, target+usersYAML(reference.DefaultUsers())))
	if o.exit != 0 {
		t.Errorf("exit %d\n%.4000s", o.exit, o.all())
	}
	d := unigateEnv(t, env, "doctor", "--config", configured(t, target+usersYAML(reference.DefaultUsers())))
	if d.exit != 0 {
		t.Errorf("doctor: exit %d\n%.4000s", d.exit, d.all())
	}
}

func TestVerifyOverTLSWithClientCertificateAndHTTP2(t *testing.T) {
	p := newPKI(t)
	pair, cert, key := p.issue(t, "server", time.Now().Add(60*24*time.Hour))
	s := startReference(t, reference.Options{Prefix: "/acme/stage", TLS: &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: p.pool(), NextProtos: []string{"h2", "http/1.1"}}})
	conforms(t, fmt.Sprintf("target:\n  base_url: %s\n  resource: %s\n  tls: {ca_file: %s, cert_file: %s, key_file: %s}\n", s.URL(), unifier.ResourcePath, p.ca, cert, key), nil)
}

// TestVerifyThroughProxy goes through a proxy that wants credentials: CONNECT for https, whole URLs for http.
func TestVerifyThroughProxy(t *testing.T) {
	p := newPKI(t)
	pair, _, _ := p.issue(t, "server", time.Now().Add(60*24*time.Hour))
	secure := startReference(t, reference.Options{TLS: &tls.Config{Certificates: []tls.Certificate{pair}}})
	plain := startReference(t, reference.Options{})
	const user, password = "me@company", "pröxy:secret &"
	proxy, used := forwardingProxy(t, "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	via, _ := url.Parse(proxy)
	via.User = url.UserPassword(user, "PLACEHOLDER")
	with := strings.Replace(via.String(), "PLACEHOLDER", "${env:PROXY_PASSWORD}", 1)
	env := map[string]string{"PROXY_PASSWORD": url.QueryEscape(password)}
	env["PROXY_PASSWORD"] = strings.ReplaceAll(env["PROXY_PASSWORD"], "+", "%20")
	for _, base := range []string{secure.URL(), plain.URL()} {
		before := used.Load()
		conforms(t, fmt.Sprintf("target:\n  base_url: %s\n  resource: %s\n  proxy: \"%s\"\n  tls: {ca_file: %s}\n", base, unifier.ResourcePath, with, p.ca), env)
		if used.Load() == before {
			t.Errorf("%s was not reached through the proxy", base)
		}
	}
	o := unigateEnv(t, map[string]string{"PROXY_PASSWORD": "wrong"}, "doctor", "--config", configured(t,
		fmt.Sprintf("target:\n  base_url: %s\n  proxy: \"%s\"\n  tls: {ca_file: %s}\n", secure.URL(), with, p.ca)+usersYAML(reference.DefaultUsers())))
	if o.exit != 3 || !strings.Contains(o.out, "wants credentials, or refused these (407)") {
		t.Errorf("exit %d\n%s", o.exit, o.all())
	}
}

// forwardingProxy is a proxy for http and https that wants this Proxy-Authorization.
func forwardingProxy(t *testing.T, want string) (address string, used *atomic.Int64) {
	t.Helper()
	used = &atomic.Int64{}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL = r.In.URL; r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		used.Add(1)
		r.Header.Del("Proxy-Authorization")
		if r.Method != http.MethodConnect {
			forward.ServeHTTP(w, r)
			return
		}
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = here.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
		join(here, there)
	}))
	t.Cleanup(s.Close)
	return s.URL, used
}

// join copies both ways until one side ends.
func join(a, b net.Conn) {
	var wg sync.WaitGroup
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		wg.Go(func() {
			_, _ = bytes.NewBuffer(nil).ReadFrom(teeConn{pair[0], pair[1]})
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	wg.Wait()
}

// teeConn reads from one connection and writes what it read to another.
type teeConn struct{ from, to net.Conn }

func (c teeConn) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if n > 0 {
		if _, werr := c.to.Write(p[:n]); werr != nil {
			return 0, werr
		}
	}
	return 0, err
}

// TestVerifyThroughNginx puts nginx in front of the reference service: TLS,
// HTTP/2, a path prefix, gzip.
func TestVerifyThroughNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed (Debian package nginx); .ci/run installs it")
	}
	p := newPKI(t)
	_, cert, key := p.issue(t, "server", time.Now().Add(60*24*time.Hour))
	s := startReference(t, reference.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // nginx takes it over
	dir := t.TempDir()
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  gzip on; gzip_min_length 1; gzip_types application/json; gzip_proxied any;
  large_client_header_buffers 8 128k;
  server {
    listen %[2]s ssl http2; ssl_certificate %[3]s; ssl_certificate_key %[4]s;
    location /acme/stage/ { proxy_pass %[5]s/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_headers on; }
  }
}`, dir, address, cert, key, s.URL())
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	command := exec.Command(nginx, "-p", dir, "-c", file)
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	reachable := false
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) && !reachable; {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			_ = c.Close()
			reachable = true
		}
	}
	if !reachable {
		t.Fatalf("nginx did not start: %s", log.String())
	}
	target := fmt.Sprintf("target:\n  base_url: https://%s/acme/stage\n  resource: %s\n  tls: {ca_file: %s}\n", address, unifier.ResourcePath, p.ca)
	conforms(t, target, nil)
	o := unigate(t, "doctor", "--config", configured(t, strings.Replace(target, "/acme/stage", "", 1)+usersYAML(reference.DefaultUsers())))
	if o.exit != 1 || !strings.Contains(o.out, "is target.base_url complete?") {
		t.Errorf("without the prefix: exit %d\n%s", o.exit, o.all())
	}
}
