package steps_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// fewUsers are what a customer has: a Basic user of the default duration and an OAuth user.
func fewUsers() []unifier.User {
	var few []unifier.User
	for _, kind := range []unifier.UserType{unifier.Basic, unifier.OAuthType} {
		for _, u := range reference.DefaultUsers() {
			if u.Type == kind && u.Status != unifier.Inactive && u.Expiry.IsZero() {
				few = append(few, u)
				break
			}
		}
	}
	return few
}

// Whoever has two users finds what forty find, as far as it is not about other users.
func TestFewUsersFindFaultsOfV2(t *testing.T) {
	for fault, want := range map[string]string{
		"": "", "v2-form-oauth-401": "V2AUTH-17", "v2-wrong-password-kills": "V2AUTH-16", "spoil-wrong-password-kills": "LOGIN-21",
		"spoil-wrong-password-kills-oauth": "OAUTH-11", "v2-asked-in-utc": "V2AUTH-05", "v2-asked-time-24-hours": "V2AUTH-05",
		"v2-method-patch": "V2AUTH-20", "v2-method-options": "V2AUTH-20", "v2-token-single-use": "V2AUTH-16", "v2-third-use-refused": "V2AUTH-16",
	} {
		o := reference.Options{Edition: "26"}
		if fault != "" {
			o.Faults = []string{fault}
		}
		options, _ := target(t, o, nil)
		options.Edition, options.Users, options.Gate = edition(t, "26"), fewUsers(), "inferred"
		r := run(t, options)
		if got := states(r, record.Fail); got != want {
			t.Errorf("%s: failed %q, want %q: %v", fault, got, want, r.Verdict.Reasons)
		}
	}
}

// A second run finds the tokens of the first one still stored: how long they were valid
// from their beginning does not show any more, at V2 by the second.
func TestTokensOfARunBefore(t *testing.T) {
	var shift atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	for _, later := range []time.Duration{10 * time.Second, 3 * time.Minute} {
		o, _ := targetAt(t, reference.Options{Edition: "26", Variants: []string{"tokens-stored"}, Now: clock}, nil, clock)
		o.Edition, o.Users, o.Now = edition(t, "26"), fewUsers(), clock
		verdict(t, run(t, o), 0, "is met")
		shift.Add(int64(later))
		r := run(t, o)
		verdict(t, r, 0, "is met")
		if warned := states(r, record.Warning); warned != "" {
			t.Errorf("%s later: warnings %s", later, warned)
		}
	}
}

// A service that refuses the credentials by which another gave a token is broken: they
// cannot be the cause.
func TestRefusedByOneServiceOnly(t *testing.T) {
	for _, c := range []struct {
		status int
		failed []string
	}{{http.StatusUnauthorized, []string{"V2AUTH-01", "V2AUTH-08"}}, {http.StatusForbidden, []string{"V2AUTH-01", "V2AUTH-08"}}} {
		o, _ := target(t, reference.Options{Edition: "26"}, refuse(c.status, func(r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, unifier.V2Auth.Path()) && r.Header.Get("Authorization") != ""
		}))
		o.Edition, o.Users = edition(t, "26"), fewUsers()
		r := run(t, o)
		verdict(t, r, 1, "V1 login gives them one")
		verdict(t, r, 1, "another service lets in with the same credentials")
		failed := states(r, record.Fail)
		for _, id := range c.failed {
			if !strings.Contains(failed, id) {
				t.Errorf("%d: %s is not among what failed: %s", c.status, id, failed)
			}
		}
		if says := strings.Join(r.Verdict.Reasons, " "); strings.Contains(says, "the configured passwords are wrong") {
			t.Errorf("%d: the passwords are blamed: %s", c.status, says)
		}
	}
}

// The few wrong passwords that one user of each type may get are those that tell most; and
// what one user's answers tell needs no second user.
func TestFewUsersFindFaultsOfV1(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"auth-password-any": "LOGIN-14", "auth-password-longer": "LOGIN-14", "auth-password-eight": "LOGIN-14", "password-trimmed": "LOGIN-14",
		"auth-password-empty": "LOGIN-14", "scheme-bearer": "LOGIN-14", "scheme-ignored": "LOGIN-14", "oauth-password-longer": "OAUTH-10",
		"token-hash-of-name": "LOGIN-18", "spoil-oauth-refusal-kills": "LOGIN-21", "later-login-500": "LOGIN-01", "later-oauth-500": "OAUTH-01",
	} {
		options, _ := target(t, reference.Options{Faults: []string{fault}}, nil)
		options.Users, options.Gate = fewUsers(), "inferred"
		r := run(t, options)
		if got := states(r, record.Fail); got != want {
			t.Errorf("%s: failed %q, want %q: %v", fault, got, want, r.Verdict.Reasons)
		}
	}
}

// A user of whom the configuration says neither date format nor time zone has one of either all the same.
func TestUnknownFormatsAndZonesStayTheSame(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"": "", "asked-date-one-format": "LOGIN-10", "asked-zone-other": "LOGIN-12 V2AUTH-05", "v2-asked-in-utc": "V2AUTH-05",
	} {
		o := reference.Options{Edition: "26"}
		if fault != "" {
			o.Faults = []string{fault}
		}
		options, _ := target(t, o, nil)
		options.Edition, options.Users, options.Gate = edition(t, "26"), fewUsers(), "inferred"
		for i := range options.Users {
			options.Users[i].DateFormat, options.Users[i].Zone = nil, ""
		}
		r := run(t, options)
		if got := states(r, record.Fail); got != want {
			t.Errorf("%s: failed %q, want %q: %v", fault, got, want, r.Verdict.Reasons)
		}
	}
}

// Of nodes between which a balancer chooses by connection a run meets each with every kind of call.
func TestCallsAreSpreadOverConnections(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	node := map[string]int{}         // by connection, in turn
	met := map[string]map[int]bool{} // by kind of call
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			if _, known := node[r.RemoteAddr]; !known {
				node[r.RemoteAddr] = len(node) % 2
			}
			kind := r.Method + " " + r.URL.Path
			if r.URL.Query().Has(unifier.ExpiryParameter) {
				kind += " with an expiry"
			}
			if met[kind] == nil {
				met[kind] = map[int]bool{}
			}
			met[kind][node[r.RemoteAddr]] = true
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	})
	o.Users, o.Parallel = fewUsers(), 1
	verdict(t, run(t, o), 0, "is met")
	for _, path := range []string{o.Resource, unifier.LoginPath, unifier.OAuthPath} {
		for _, kind := range []string{"GET " + path, "GET " + path + " with an expiry"} {
			if nodes := met[kind]; len(nodes) == 1 || nodes == nil && kind == "GET "+path {
				t.Errorf("%s met %d nodes", kind, len(nodes))
			}
		}
	}
}

// A call without credentials on a connection on which somebody was given a token is refused as any other.
func TestConnectionsThatRemember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, edition, fails string }{
		{unifier.LoginPath, "21.7", "LOGIN-13"},
		{unifier.OAuthPath, "21.7", "OAUTH-10"},
		{unifier.V2AuthPath, "26", "V2AUTH-15"},
		{unifier.V2LoginPath, "essentials", "V2LOGIN-01"},
	} {
		o, _ := target(t, reference.Options{Edition: c.edition}, remembering(c.path))
		o.Edition, o.Users, o.Parallel, o.Requirements, o.Gate = edition(t, c.edition), fewUsers(), 1, []string{c.fails}, "inferred"
		verdict(t, run(t, o), 1, "not met: "+c.fails)
	}
}

// remembering answers a call of a path without credentials as the latest one that got a
// token on its connection.
func remembering(path string) wrapper {
	var mu sync.Mutex
	last := map[string][]byte{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path || r.Method != http.MethodGet {
				next.ServeHTTP(w, r)
				return
			}
			mu.Lock()
			before := last[r.RemoteAddr]
			mu.Unlock()
			if r.Header.Get("Authorization") == "" && before != nil {
				_, _ = w.Write(before)
				return
			}
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			if rec.Code == http.StatusOK {
				mu.Lock()
				last[r.RemoteAddr] = rec.Body.Bytes()
				mu.Unlock()
			}
			copyAnswer(w, rec)
		})
	}
}

// copyAnswer sends what was recorded.
func copyAnswer(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}
