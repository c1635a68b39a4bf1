package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// TestDryRunSendsNothing counts connections.
func TestDryRunSendsNothing(t *testing.T) {
	var connections atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.NotFoundHandler(), ConnState: func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			connections.Add(1)
		}
	}}}
	s.Start()
	defer s.Close()
	config := configured(t, "target: {base_url: '"+s.URL+"/acme', resource: "+unifier.ResourcePath+", jwks: '"+s.URL+"/jwks'}\n"+usersYAML(canaryUsers()))
	verify := unigate(t, "verify", "--dry-run", "--config", config)
	for _, want := range []string{"nothing was sent", s.URL + "/acme", "127.0.0.1 (this machine)", "$$one", "/acme/ws/rest/service/v1/login", "at most 3 wrong passwords"} {
		if verify.exit != 0 || !strings.Contains(verify.out, want) {
			t.Errorf("exit %d, does not say %q:\n%s", verify.exit, want, verify.all())
		}
	}
	load := unigate(t, "load", "--dry-run", "--config", config)
	if load.exit != 0 || !strings.Contains(load.out, "nothing was sent") || !strings.Contains(load.out, "500 in the open phases") {
		t.Errorf("exit %d\n%s", load.exit, load.all())
	}
	// Load objectives are not run, and nobody waits for a token's end.
	long := configured(t, "target: {base_url: '"+s.URL+"', resource: "+unifier.ResourcePath+"}\nusers: [{name: $$ten, password: ten-minutes, expiry: 5 hours}]\n")
	for tags, want := range map[string]string{
		"@load": "500 requests to every service that has users in 10s", "@slow or @load": "100 requests to the login service in 10s", "@LOGIN-21 and @slow": "nothing was sent",
	} {
		o := unigate(t, "verify", "--dry-run", "--tags", tags, "--config", long)
		if o.exit != 0 || !strings.Contains(o.out, want) {
			t.Errorf("%s: exit %d, does not say %q:\n%s", tags, o.exit, want, o.all())
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	if testing.Short() {
		return // what follows goes the same way, for each edition
	}
	// Where nobody chose the edition the target may turn out to be of any.
	for args, want := range map[string]string{"": " requests to one of edition 21.7, ", "--edition 26": "would send "} {
		o := unigate(t, append([]string{"verify", "--dry-run", "--config", config}, strings.Fields(args)...)...)
		if asked := strings.Contains(o.out, "/ws/rest/service/v2/auth/token"); o.exit != 0 || !asked || !strings.Contains(o.out, want) || (args == "") != strings.Contains(o.out, "not chosen") {
			t.Errorf("%s: exit %d\n%s", args, o.exit, o.all())
		}
	}
	if n := unigate(t, "verify", "--dry-run", "--target", s.URL); n.exit != 0 {
		t.Errorf("exit %d without users\n%s", n.exit, n.all())
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// TestDryRunTellsTheTruth compares the rehearsal with what a conforming target
// then gets, in whichever order the scenarios run.
func TestDryRunTellsTheTruth(t *testing.T) {
	short := canaryUsers()[1:] // the first user's tokens have little time left as soon as they come
	short[0].Expiry = unifier.Expiry{N: 1, Unit: unifier.Minutes}
	for _, c := range []struct {
		name   string
		users  []unifier.User
		target string
		args   []string
	}{
		{"four users", canaryUsers(), ", resource: " + unifier.ResourcePath, nil},
		{"many at once", canaryUsers(), ", resource: " + unifier.ResourcePath, []string{"--parallel", "16"}},
		{"twice", canaryUsers(), ", resource: " + unifier.ResourcePath, []string{"--repeat", "2"}},
		{"one minute", short, ", resource: " + unifier.ResourcePath, nil},
		{"no resource", canaryUsers(), "", nil},
		{"the resource alone", canaryUsers(), ", resource: " + unifier.ResourcePath, []string{"--requirement", "LOGIN-16,LOGIN-21,OAUTH-11"}},
	} {
		if testing.Short() && c.name != "many at once" && c.name != "one minute" && c.name != "the resource alone" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			service, err := reference.New(reference.Options{Users: c.users})
			if err != nil {
				t.Fatal(err)
			}
			counter := &wrongPasswords{users: map[string]string{}, wrong: map[string]int{}}
			s := httptest.NewServer(counter.count(service))
			defer s.Close()
			args := append([]string{"verify", "--config", configured(t, "target: {base_url: '"+s.URL+"'"+c.target+"}\n"+usersYAML(c.users))}, c.args...)
			dry := unigate(t, append(args, "--dry-run")...)
			if real := unigate(t, args...); real.exit != 0 {
				t.Fatalf("exit %d\n%s", real.exit, real.all())
			}
			if want := fmt.Sprintf("would send %d requests", counter.requests); !strings.Contains(dry.out, want) {
				t.Errorf("the target got %d requests:\n%s", counter.requests, dry.all())
			}
		})
	}
}
