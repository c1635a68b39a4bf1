package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// bothUsers configures one user of each type.
func bothUsers(t *testing.T, url, more string) string {
	t.Helper()
	return configured(t, "target: {base_url: '"+url+"', resource: "+unifier.ResourcePath+more+"}\n"+
		"users: [{name: $$unigate, password: '${env:BASIC}'}, {name: api@unigate.example, password: '${env:OAUTH}', type: oauth}]\n")
}

// doctor asks V2 where the edition has it, finds out by one call where nobody chose
// an edition, and leaves it alone in 21.7.
func TestDoctorAsksV2(t *testing.T) {
	for name, c := range map[string]struct {
		serves, chosen string
		says, not      []string
		calls          uint64
	}{
		"V2 of the edition": {"26", "26", []string{"ok   service         $$unigate gets a token from the v2auth service too", "api@unigate.example gets a token from the v2auth service too"}, []string{"fail", "chooses an edition"}, 2},
		"V2 by a release":   {"24", "25", []string{"$$unigate gets a token from the v2auth service too"}, []string{"fail"}, 2},
		"found out":         {"26", "auto", []string{"$$unigate gets a token from the v2auth service too", "target.edition chooses an edition that has it: 24, 26, essentials"}, []string{"fail"}, 2},
		"not there":         {"21.7", "auto", []string{"skip service         the target has no V2 auth token (404)"}, []string{"fail"}, 1},
		"not of 21.7":       {"26", "21.7", nil, []string{"v2auth"}, 0},
		"missing":           {"21.7", "26", []string{"fail service         $$unigate gets no token from the v2auth service, although others gave it one (status 404)"}, nil, 2},
	} {
		service, err := reference.New(reference.Options{Edition: c.serves})
		if err != nil {
			t.Fatal(err)
		}
		v, err := service.Start(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		o := unigateEnv(t, fewPasswords, "doctor", "--config", bothUsers(t, v.URL(), ", edition: '"+c.chosen+"'"))
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		for _, want := range c.says {
			if !strings.Contains(o.out, want) {
				t.Errorf("%s: does not say %q\n%s", name, want, o.all())
			}
		}
		for _, other := range c.not {
			if strings.Contains(o.out, other) {
				t.Errorf("%s: says %q\n%s", name, other, o.all())
			}
		}
		if n := service.Requests(); n.ByPath[unifier.V2AuthPath]+n.ByPath[reference.OtherPaths] != c.calls {
			t.Errorf("%s: %d calls of V2, want %d\n%s", name, n.ByPath[unifier.V2AuthPath]+n.ByPath[reference.OtherPaths], c.calls, o.all())
		}
	}
}

// A system with tenants takes a token below the endpoint of its answer, with its
// headers: doctor uses it there, and so does a kept one.
func TestTokensOfTenants(t *testing.T) {
	s := startReference(t, reference.Options{Variants: []string{"oauth-lobby"}})
	config := configured(t, "target: {base_url: '"+s.URL()+"', edition: '26', resource: "+unifier.ResourcePath+"}\n"+
		"users: [{name: api@unigate.example, password: '${env:OAUTH}', type: oauth}]\n")
	if o := unigateEnv(t, fewPasswords, "doctor", "--config", config); o.exit != 0 || !strings.Contains(o.out, "accepts the token as Bearer") {
		t.Errorf("exit %d\n%s", o.exit, o.all())
	}
	dir := t.TempDir()
	for _, flags := range [][]string{nil, {"--service", "v2"}, {"--service", "oauth"}} {
		file := filepath.Join(dir, strings.Join(append(flags, "kept.json"), "-"))
		if o := unigateEnv(t, fewPasswords, append([]string{"keep", "--config", config, "--user", "api@unigate.example", file}, flags...)...); o.exit != 0 {
			t.Fatalf("%v: exit %d\n%s", flags, o.exit, o.all())
		}
		kept, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(kept), `"endpoint": "/`) || !strings.Contains(strings.ToLower(string(kept)), `"x-unifier-tenant"`) {
			t.Errorf("%v: %s, %v", flags, kept, err)
		}
		o := unigateEnv(t, fewPasswords, "verify", "--config", config, "--kept", file, "--requirement", "OAUTH-01")
		if !strings.Contains(o.out, "accepted") {
			t.Errorf("%v: exit %d\n%s", flags, o.exit, o.all())
		}
	}
}

// keep takes any service that the user may call, and says why not where it is none.
func TestKeepService(t *testing.T) {
	s := startReference(t, reference.Options{Edition: "26"})
	old := startReference(t, reference.Options{})
	file := filepath.Join(t.TempDir(), "kept.json")
	for _, c := range []struct {
		url, edition string
		args         []string
		exit         int
		says         string
	}{
		{s.URL(), "26", []string{"--user", "$$unigate", "--service", "v2"}, 0, "kept a token of $$unigate (v2auth)"},
		{s.URL(), "auto", []string{"--user", "api@unigate.example", "--service", "v2auth"}, 0, "kept a token of api@unigate.example (v2auth)"},
		{s.URL(), "26", []string{"--user", "api@unigate.example", "--service", "login"}, 2, "api@unigate.example is a user of type oauth, which gets no token from the login service"},
		{s.URL(), "21.7", []string{"--user", "$$unigate", "--service", "v2"}, 2, "edition 21.7 of the documentation has no V2 auth token"},
		{s.URL(), "26", []string{"--user", "$$unigate", "--service", "v3"}, 2, "no service is named \"v3\""},
		{old.URL(), "auto", []string{"--user", "$$unigate", "--service", "v2"}, 3, "the target has no V2 auth token: /ws/rest/service/v2/auth/token answers HTTP 404"},
	} {
		config := bothUsers(t, c.url, ", edition: '"+c.edition+"'")
		o := unigateEnv(t, fewPasswords, append([]string{"keep", "--config", config, file}, c.args...)...)
		if o.exit != c.exit || !strings.Contains(o.all(), c.says) {
			t.Errorf("%v of %s: exit %d, want %d and %q\n%s", c.args, c.edition, o.exit, c.exit, c.says, o.all())
		}
		if c.exit != 0 {
			continue
		}
		if o := unigateEnv(t, fewPasswords, "verify", "--config", config, "--kept", file, "--requirement", "LOGIN-01,OAUTH-01"); o.exit != 0 || !strings.Contains(o.out, "accepted") {
			t.Errorf("%v: exit %d\n%s", c.args, o.exit, o.all())
		}
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
}

// What a file of kept tokens says of an endpoint and headers goes nowhere but below
// the base URL, and into the headers of tenants.
func TestKeptWayIsBounded(t *testing.T) {
	called := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "KEPT-token") {
			called++
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	for way, exit := range map[string]int{
		`"endpoint":"/rest1","headers":{"x-unifier-tenant":["a"]}`:            3, // it is used, and everybody is refused
		`"endpoint":"//other.example"`:                                        2,
		`"endpoint":"@other.example"`:                                         2,
		`"endpoint":"/../../admin"`:                                           2,
		`"endpoint":"/rest1?x=1"`:                                             2,
		`"endpoint":"rest1"`:                                                  2,
		`"headers":{"Cookie":["a=b"]}`:                                        2,
		`"headers":{"Host":["other.example"]}`:                                2,
		`"headers":{"x-unifier-tenant":["a\r\nHost: other.example"]}`:         2,
		`"headers":{"x-unifier-tenant":["a","b"]}`:                            2,
		`"headers":{"x-unifier-tenant\r\nHost":["other.example"]}`:            2,
		`"endpoint":"/a/b/c/d/e"`:                                             2,
		`"headers":{"x-unifier-tenant":["` + strings.Repeat("a", 513) + `"]}`: 2,
	} {
		called = 0
		file := filepath.Join(t.TempDir(), "kept.json")
		text := `{"schema":"unigate.kept/v1","target":"` + s.URL + `","tokens":[{"service":"v2auth","type":"oauth","user":"$$a","expires":"2999-01-01T00:00:00Z","token":"KEPT-token",` + way + `}]}`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o := unigateEnv(t, fewPasswords, "verify", "--config", bothUsers(t, s.URL, ""), "--kept", file, "--requirement", "LOGIN-01")
		if o.exit != exit || (called > 0) != (exit == 3) {
			t.Errorf("%s: exit %d, want %d; %d uses\n%s", way, o.exit, exit, called, o.all())
		}
	}
}
