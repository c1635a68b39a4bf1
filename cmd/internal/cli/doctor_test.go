package cli_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
)

const twoUsers = `users:
  - {name: $$unigate, password: Pr1mavera!}
  - {name: $$unigate10, password: '${env:TEN}', expiry: 10 minutes}
`

func TestDoctor(t *testing.T) {
	p := newPKI(t)
	pair, cert, key := p.issue(t, "server", time.Now().Add(60*24*time.Hour))
	old, _, _ := p.issue(t, "old", time.Now().Add(-24*time.Hour))
	ten := ""
	for _, u := range reference.DefaultUsers() {
		if u.Name == "$$unigate10" {
			ten = u.Password.Reveal()
		}
	}
	plain := startReference(t, reference.Options{})
	secure := startReference(t, reference.Options{Prefix: "/acme/stage", TLS: &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: p.pool()}})
	expired := startReference(t, reference.Options{TLS: &tls.Config{Certificates: []tls.Certificate{old}}})
	ahead := startReference(t, reference.Options{Now: func() time.Time { return time.Now().Add(5 * time.Minute) }})
	redirects := httptest.NewServer(http.RedirectHandler("https://login.example/", http.StatusFound))
	defer redirects.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	page := func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok && r.Header.Get("X-Page") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Sign in</title>"))
	}
	portal := httptest.NewServer(http.HandlerFunc(page))
	defer portal.Close()
	failing := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); !ok {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>upstream</html>"))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	target := func(url string, more ...string) string {
		return "target:\n  base_url: " + url + "\n  resource: /ws/rest/service/v1/admin/bps\n" + strings.Join(more, "")
	}
	ca := "  tls: {ca_file: " + p.ca + "}\n"
	mutual := "  tls: {ca_file: " + p.ca + ", cert_file: " + cert + ", key_file: " + key + "}\n"
	for _, c := range []struct {
		name, config string
		exit         int
		says         []string
	}{
		{"right, TLS, prefix, client certificate", target(secure.URL(), mutual) + twoUsers, 0,
			[]string{"ok   TLS", "unigate test authority", "$$unigate gets a token", "$$unigate10 gets a token", "accepts the token as Bearer", "\nready"}},
		{"dead port", target("http://127.0.0.1:1") + twoUsers, 3, []string{"fail connection", "the connection was refused"}},
		{"unknown name", target("http://no-such-name.invalid") + twoUsers, 3, []string{"fail name", "the name no-such-name.invalid is not known"}},
		{"expired certificate", target(expired.URL(), ca) + twoUsers, 3, []string{"fail TLS", "the certificate expired on"}},
		{"unknown authority", target(secure.URL()) + twoUsers, 3, []string{"fail TLS", "is not trusted here", "target.tls.ca_file"}},
		{"no client certificate", target(secure.URL(), ca) + twoUsers, 3, []string{"fail TLS", "cert_file"}},
		{"https to a plain port", target(strings.Replace(plain.URL(), "http", "https", 1)) + twoUsers, 3, []string{"fail TLS", "http://"}},
		{"wrong password", target(plain.URL()) + "users: [{name: $$unigate, password: not-the-password}, {name: $$unigate10, password: '${env:TEN}'}]\n", 1,
			[]string{"fail user", "$$unigate is refused (401): the password is wrong", "$$unigate10 gets a token", "may have locked it"}},
		{"every password wrong", target(plain.URL()) + "users: [{name: $$unigate, password: not-the-password}]\n", 3, []string{"every user that should get a token was refused"}},
		{"inactive user", target(plain.URL()) + "users: [{name: $$unigateoff, password: switched-off}, {name: $$unigate, password: Pr1mavera!}]\n", 1,
			[]string{"$$unigateoff is refused (401)", "the user is not Active"}},
		{"inactive as configured", target(plain.URL()) + "users: [{name: $$unigateoff, password: switched-off, status: inactive}, {name: $$unigate, password: Pr1mavera!}]\n", 0,
			[]string{"as an inactive user should be"}},
		{"active against the configuration", target(plain.URL()) + "users: [{name: $$unigate, password: Pr1mavera!, status: inactive}]\n", 1, []string{"although it is configured as inactive"}},
		{"clock", target(ahead.URL()) + twoUsers, 1, []string{"fail clock", "5m0s ahead of", "at most 2m0s", "NTP"}},
		{"resource", strings.Replace(target(plain.URL()), "/admin/bps", "/nowhere", 1) + twoUsers, 1, []string{"fail resource", "/ws/rest/service/v1/nowhere does not exist (404)"}},
		{"no resource", "target: {base_url: '" + plain.URL() + "'}\n" + twoUsers, 0, []string{"skip resource"}},
		{"prefix forgotten", target(strings.TrimSuffix(secure.URL(), "/acme/stage"), mutual) + twoUsers, 1, []string{"fail answer", "there is no token service below", "is target.base_url complete?"}},
		{"redirect", target(redirects.URL) + twoUsers, 1, []string{"fail answer", "redirects to https://login.example/"}},
		{"web page", target(portal.URL, "  headers: {x-page: always}\n") + twoUsers, 1, []string{"fail answer", "answers with a web page (200)", "is target.base_url complete?"}},
		{"web page for users", target(portal.URL) + twoUsers, 1,
			[]string{"$$unigate gets a web page (200) instead of a token", "no user that should get a token got one"}},
		{"maintenance", target(busy.URL) + twoUsers, 3, []string{"fail answer", "busy or down for maintenance (503)"}},
		{"gateway", target(failing(http.StatusBadGateway)) + twoUsers, 3, []string{"fail user", "$$unigate gets status 502: a gateway in front of the target answered in its place"}},
		{"failure", target(failing(http.StatusInternalServerError)) + twoUsers, 1, []string{"fail user", "$$unigate gets status 500"}},
		{"key set", target(plain.URL(), "  jwks: "+plain.URL()+"/nowhere\n") + twoUsers, 1, []string{"fail key set"}},
		{"configuration", "target: {base_ulr: x}\n", 2, []string{"fail configuration", "did you mean base_url?"}},
		{"dead proxy", target("https://unifier.example", "  proxy: http://127.0.0.1:1\n") + twoUsers, 3, []string{"127.0.0.1:1", "refused"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := unigateEnv(t, map[string]string{"TEN": ten}, "doctor", "--config", configured(t, c.config))
			if o.exit != c.exit {
				t.Errorf("exit %d, not %d", o.exit, c.exit)
			}
			for _, s := range c.says {
				if !strings.Contains(o.out, s) {
					t.Errorf("does not say %q", s)
				}
			}
			if strings.Contains(o.all(), "not-the-password") || strings.Contains(o.all(), "Pr1mavera!") {
				t.Error("shows a password")
			}
			if t.Failed() {
				t.Log(o.all())
			}
		})
	}
}

func TestDoctorJSON(t *testing.T) {
	o := unigate(t, "doctor", "--format", "json")
	var got struct {
		Exit   int
		Checks []struct{ Name, State, Says string }
	}
	if err := json.Unmarshal([]byte(o.out), &got); err != nil || o.exit != 0 || len(got.Checks) < 8 || got.Checks[0].Name != "configuration" {
		t.Errorf("%v %d\n%s", err, o.exit, o.all())
	}
}

func TestDoctorSendsOneRequestPerUser(t *testing.T) {
	s, err := reference.New(reference.Options{Audit: true})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	o := unigate(t, "doctor", "--config", configured(t, "target: {base_url: '"+v.URL()+"'}\nusers: [{name: $$unigate, password: wrong-one}, {name: $$unigate10, password: wrong-two}]\n"))
	if n := len(s.Audit()); n != 3 || o.exit != 3 {
		t.Errorf("%d requests, exit %d\n%s", n, o.exit, o.all())
	}
}
