package steps_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// A POST that yields a token breaks LOGIN-19, which warns. That token is the newest then,
// and may end the one before it (A12): LOGIN-21 is not about that one.
func TestTokenOfAnotherMethodIsTheNewest(t *testing.T) {
	o, _ := target(t, reference.Options{Variants: []string{"fetch-ends-earlier"}}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				r.Method = http.MethodGet
			}
			next.ServeHTTP(w, r)
		})
	})
	o.Users, o.Requirements = fewUsers(), []string{"LOGIN-19", "LOGIN-21"}
	r := run(t, o)
	verdict(t, r, 0, "is met")
	if got := states(r, record.Warning); got != "LOGIN-19" {
		t.Errorf("warnings %q", got)
	}
}

// locking refuses a user from the first call on that a server may count as a wrong
// password, right credentials under another scheme among them.
func locking(users []unifier.User, schemesOnly bool) wrapper {
	var mu sync.Mutex
	locked := map[string]bool{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			plain := r.Clone(r.Context())
			plain.Header.Set("Authorization", "Basic "+rest)
			name, password, _ := plain.BasicAuth()
			i := slices.IndexFunc(users, func(u unifier.User) bool { return u.Name == name })
			mu.Lock()
			shut := locked[name]
			other := !strings.EqualFold(scheme, "Basic")
			locked[name] = shut || i >= 0 && (other || !schemesOnly && password != users[i].Password.Reveal())
			mu.Unlock()
			if shut {
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = fmt.Fprintf(w, `{"data":{},"status":401,"message":[%q]}`, unifier.MessageInvalidAuth)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// No documentation forbids that an account is locked after a wrong password, or after
// what may count as one, by whatever service: the next refusals of the right one warn.
func TestLockedAccountIsNoFailure(t *testing.T) {
	for _, schemesOnly := range []bool{true, false} {
		o, _ := target(t, reference.Options{Edition: "26"}, locking(fewUsers(), schemesOnly))
		o.Edition, o.Users = edition(t, "26"), fewUsers()
		r := run(t, o)
		verdict(t, r, 0, "is met")
		if got := states(r, record.Warning); !strings.Contains(got, "LOGIN-21") {
			t.Errorf("schemes only %t: the lock is not warned of: %q", schemesOnly, got)
		}
	}
}

// A service that nobody is configured for, and that is not there, gets from a front end
// what every path gets that is not there. With another answer elsewhere it is judged.
func TestFrontEndInPlaceOfAServiceThatIsGone(t *testing.T) {
	for _, c := range []struct {
		gone          string
		kind          unifier.UserType
		status, other int
		body, failed  string
	}{
		{unifier.LoginPath, unifier.OAuthType, 302, 302, "<html></html>", ""},
		{unifier.LoginPath, unifier.OAuthType, 403, 403, "Forbidden", ""},
		{unifier.LoginPath, unifier.OAuthType, 403, 404, "Forbidden", "LOGIN-13 LOGIN-14"},
		{unifier.OAuthPath, unifier.Basic, 500, 500, "", ""},
		{unifier.OAuthPath, unifier.Basic, 401, 401, "<html>sign in</html>", ""},
		{unifier.OAuthPath, unifier.Basic, 401, 404, "<html>sign in</html>", "OAUTH-06"},
	} {
		o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch status := c.status; r.URL.Path {
				case c.gone:
					w.WriteHeader(status)
					_, _ = w.Write([]byte(c.body))
				case unifier.LoginPath, unifier.OAuthPath, unifier.ResourcePath:
					next.ServeHTTP(w, r)
				default:
					w.WriteHeader(c.other)
					_, _ = w.Write([]byte(c.body))
				}
			})
		})
		o.Requirements = []string{"LOGIN-01", "LOGIN-13", "LOGIN-14", "OAUTH-01", "OAUTH-06", "OAUTH-10"}
		o.Users = slices.DeleteFunc(fewUsers(), func(u unifier.User) bool { return u.Type != c.kind })
		if got := states(run(t, o), record.Fail); got != c.failed {
			t.Errorf("%s %d, elsewhere %d, %q: %q fail, not %q", c.gone, c.status, c.other, c.body, got, c.failed)
		}
	}
}

// In a multi-tenant system the resource lies below the endpoint that answers name: so
// does the call without a token, and there is nothing at the path alone.
func TestCallsWithoutTokenGoBelowTheEndpoint(t *testing.T) {
	o, _ := target(t, reference.Options{Edition: "26", Variants: []string{"oauth-lobby"}}, refuse(http.StatusNotFound, func(r *http.Request) bool {
		return r.URL.Path == unifier.ResourcePath
	}))
	o.Edition, o.Requirements = edition(t, "26"), []string{"LOGIN-16", "OAUTH-11"}
	o.Users = slices.DeleteFunc(slices.Clone(o.Users), func(u unifier.User) bool { return u.Type != unifier.OAuthType })
	verdict(t, run(t, o), 0, "is met")
}

// A resource that says in the body of HTTP 200 that there is no such service, or that it
// fails, says so to whoever asks: then it is the matter (A15). One that says so to a good
// token only was reached with it, and what it refuses is judged.
func TestStatusInTheBodyOfAResource(t *testing.T) {
	for _, status := range []int{404, 405, 500, 602} {
		for _, everybody := range []bool{true, false} {
			o, _ := target(t, reference.Options{}, altered(func(_ http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
				if r.URL.Path == unifier.ResourcePath && (everybody || a.Code == http.StatusOK) {
					a.Code = http.StatusOK
					a.Body.Reset()
					_, _ = fmt.Fprintf(a.Body, `{"data":[],"message":["no"],"status":%d}`, status)
				}
			}))
			o.Users, o.Requirements = fewUsers(), []string{"LOGIN-01", "LOGIN-16", "LOGIN-21"}
			want, exit := record.Pass, 0
			switch {
			case everybody && status == 602: // open to everybody
				want, exit = record.Fail, 1
			case everybody:
				want = record.Skipped
			}
			r := run(t, o)
			verdict(t, r, exit, "")
			if got := requirement(t, r, "LOGIN-16").State; got != want {
				t.Errorf("status %d, to everybody %t: LOGIN-16 is %s, not %s", status, everybody, got, want)
			}
		}
	}
}

// A form body beside GET whose connection a front end ends is a difference, of a
// requirement that only warns, and leaves nothing undecided.
func TestFormBodyThatGetsNoAnswer(t *testing.T) {
	o, _ := target(t, reference.Options{Edition: "26"}, hangUp(func(r *http.Request) bool { return r.ContentLength > 0 }))
	o.Edition, o.Users, o.Requirements = edition(t, "26"), fewUsers(), []string{"V2AUTH-17"}
	r := run(t, o)
	verdict(t, r, 0, "warn")
	if got := requirement(t, r, "V2AUTH-17").State; got != record.Warning {
		t.Errorf("V2AUTH-17 is %s", got)
	}
}

// stocking gives OAuth users the same token again until it ends, with what is left of it (A11).
func stocking(clock func() time.Time, lasting time.Duration) wrapper {
	type stock struct {
		body  map[string]any
		until time.Time
	}
	var mu sync.Mutex
	stocks := map[string]stock{}
	return altered(func(_ http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
		name, _, _ := r.BasicAuth()
		var body map[string]any
		if !strings.Contains(name, "@") || a.Code != http.StatusOK || json.Unmarshal(a.Body.Bytes(), &body) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		key := r.URL.Path + " " + name
		k, ok := stocks[key]
		if !ok || !clock().Before(k.until) {
			if r.URL.RawQuery != "" {
				return
			}
			stocks[key] = stock{body, clock().Add(lasting)}
			return
		}
		k.body["data"].(map[string]any)["expires_in"] = int64(k.until.Sub(clock()) / time.Second)
		b, _ := json.Marshal(k.body)
		a.Body.Reset()
		a.Body.Write(b)
	})
}

// An OAuth service may give the same token again (A11), which OAUTH-12 warns of: an
// expiry that is asked for then shows nothing, and nor does the validity of a token that a
// run before was given. One whose tokens are too short by themselves fails.
func TestAccessTokensThatAreStored(t *testing.T) {
	var shift atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	o, _ := targetAt(t, reference.Options{Edition: "26", Now: clock}, stocking(clock, time.Hour), clock)
	o.Edition, o.Users, o.Now = edition(t, "26"), fewUsers(), clock
	for range 2 {
		r := run(t, o)
		verdict(t, r, 0, "warn")
		if got := states(r, record.Warning); !strings.Contains(got, "OAUTH-12") || !strings.Contains(got, "V2AUTH-21") {
			t.Errorf("warnings %q", got)
		}
		shift.Add(int64(3 * time.Minute))
	}
	o, _ = targetAt(t, reference.Options{Edition: "26", Now: clock}, altered(func(_ http.ResponseWriter, _ *http.Request, a *httptest.ResponseRecorder) {
		body := strings.Replace(a.Body.String(), `"expires_in":3600`, `"expires_in":3000`, 1)
		a.Body.Reset()
		a.Body.WriteString(body)
	}), clock)
	o.Edition, o.Users, o.Now = edition(t, "26"), fewUsers(), clock
	verdict(t, run(t, o), 1, "OAUTH-02")
}

// A waiver of which a part of the scenarios was selected may be needed by the rest.
func TestWaiverOfAPart(t *testing.T) {
	waivers, err := steps.ParseWaivers([]byte("- {requirement: LOGIN-02, reason: known, expires: 2099-01-01}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for tags, exit := range map[string]int{"@LOGIN-02 and not @last": 0, "@LOGIN-02": 1, "": 1} {
		o, _ := target(t, reference.Options{}, nil)
		o.Users, o.Waivers, o.Tags = fewUsers(), waivers, tags
		reason := "is no longer needed"
		if exit == 0 {
			reason = "is met"
		}
		verdict(t, run(t, o), exit, reason)
	}
}

// A blank is percent-encoded as %20: whoever reads a plus sign as one reads it as that,
// which is left open (LOGIN-09).
func TestBlanksOfAnExpiryAreUnmistakable(t *testing.T) {
	var plus atomic.Int64
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, "+") {
				plus.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	o.Users, o.Requirements = fewUsers(), []string{"LOGIN-09", "OAUTH-09"}
	verdict(t, run(t, o), 0, "is met")
	if n := plus.Load(); n > 0 {
		t.Errorf("%d queries have a plus sign", n)
	}
}

// Login takes the parameter expiry where an invalid one is refused in whatever way, gets
// no answer, or a valid one makes a difference, be it a wrong one: then what it does with
// it is judged.
func TestParameterThatIsTakenBadly(t *testing.T) {
	for _, c := range []struct {
		valid   string // what a valid expiry is taken for; "" for none
		invalid int    // the status of an invalid one; 0 for no answer
		fails   string
		exit    int
	}{
		{"", 422, "LOGIN-08 LOGIN-09", 1}, {"", 401, "LOGIN-08 LOGIN-09", 1}, {"", 500, "LOGIN-08 LOGIN-09", 1},
		{"9", 200, "LOGIN-08 LOGIN-09", 1}, {"7", 500, "LOGIN-08 LOGIN-09", 1}, {"", 0, "LOGIN-08", 1}, {"", 200, "", 0},
	} {
		o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked := r.URL.Query().Get("expiry"); r.URL.Path == unifier.LoginPath && r.URL.RawQuery != "" {
					switch {
					case asked == "0" && c.invalid == 0:
						panic(http.ErrAbortHandler)
					case asked == "0" && c.invalid != 200:
						w.WriteHeader(c.invalid)
						_, _ = fmt.Fprintf(w, `{"status":%d,"message":"Invalid expiry"}`, c.invalid)
						return
					}
					r.URL.RawQuery = ""
					if asked != "0" && c.valid != "" {
						r.URL.RawQuery = "expiry=" + c.valid
					}
				}
				next.ServeHTTP(w, r)
			})
		})
		o.Users, o.Requirements = fewUsers(), []string{"LOGIN-01", "LOGIN-08", "LOGIN-09"}
		r := run(t, o)
		verdict(t, r, c.exit, "")
		if got := states(r, record.Fail); got != c.fails {
			t.Errorf("valid %q, invalid %d: %q fail, not %q", c.valid, c.invalid, got, c.fails)
		}
	}
}

// A gateway that answers in the place of the resource, twice, says nothing of a token: the
// use is not decided, and neither accepted nor refused.
func TestGatewayInPlaceOfTheResource(t *testing.T) {
	var uses atomic.Int64
	g := &gateway{status: http.StatusBadGateway, body: nginxPage}
	g.when = func(_ int64, r *http.Request) bool {
		return r.URL.Path == unifier.ResourcePath && uses.Add(1) > 8
	}
	r, _, _ := throughGateway(t, g, func(o *steps.Options) { o.Requirements = []string{"LOGIN-21"} })
	verdict(t, r, 3, "LOGIN-21")
	if failed := states(r, record.Fail); failed != "" {
		t.Errorf("%s fail", failed)
	}
}
