package steps_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// altered lets a service answer, and change what comes of it before it is sent.
func altered(change func(w http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder)) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := httptest.NewRecorder()
			next.ServeHTTP(a, r)
			change(w, r, a)
			for name, values := range a.Header() {
				w.Header()[name] = values
			}
			w.Header().Del("Content-Length")
			w.WriteHeader(a.Code)
			_, _ = w.Write(a.Body.Bytes())
		})
	}
}

// cutOff sends an answer whose message breaks off.
func cutOff(w http.ResponseWriter, a *httptest.ResponseRecorder) {
	w.Header().Set("Content-Length", fmt.Sprint(a.Body.Len()+7))
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body.Bytes())
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// What only warns, is only observed or is waived ends no run with --fail-fast: what
// would have failed comes later.
func TestFailFastGoesOnAfterWarnings(t *testing.T) {
	waived, err := steps.ParseWaivers([]byte("- {requirement: LOGIN-02, reason: known, expires: 2099-01-01}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		faults  []string
		waivers []steps.Waiver
		fails   string
	}{
		"a warning": {[]string{"sec-cacheable", "login-status-text"}, nil, "LOGIN-03"},
		"a waiver":  {[]string{"login-key-timezone", "oauth-expires-in-text"}, waived, "OAUTH-04"},
	} {
		o, _ := target(t, reference.Options{Faults: c.faults}, nil)
		o.FailFast, o.Waivers = true, c.waivers
		r := run(t, o)
		verdict(t, r, 1, "not met: "+c.fails)
		if s := r.Conformance.Summary; s.Fail != 1 || s.Skipped < 50 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// A refusal whose message breaks off says nothing of right credentials that are due a
// token: it is not decided, and not blamed on the logins of others.
func TestBrokenRefusalIsNoBrokenLogin(t *testing.T) {
	for _, c := range []struct {
		status int
		which  func(name string) bool
		open   string
	}{
		{401, func(name string) bool { return name == "$$unigateoff" }, "LOGIN-15"},
		{400, func(string) bool { return true }, "LOGIN-09"},
	} {
		o, _ := target(t, reference.Options{}, altered(func(w http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
			if name, _, _ := r.BasicAuth(); a.Code == c.status && c.which(name) {
				cutOff(w, a)
			}
		}))
		o.Requirements = []string{"LOGIN-01", "LOGIN-09", "LOGIN-15", "OAUTH-01", "OAUTH-09"}
		r := run(t, o)
		verdict(t, r, 3, c.open)
		if failed := states(r, record.Fail); failed != "" {
			t.Errorf("%d: %s fail", c.status, failed)
		}
	}
}

// hanging lets a user wait for its answer.
func hanging(name string) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asksFor(r, name) {
				<-r.Context().Done()
				// An empty answer might arrive while the connection is being closed.
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// impatient bounds each call.
type impatient struct {
	steps.Doer
	limit time.Duration
}

func (d impatient) Do(ctx context.Context, c unifier.Call) unifier.Exchange {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	return d.Doer.Do(ctx, c)
}

// A user that is let wait in vain, twice, while others get in, is refused a token
// (LOGIN-01), wherever it stands in the configuration.
func TestUserThatHangsWhileOthersGetIn(t *testing.T) {
	for _, who := range []int{0, 1} {
		users := reference.DefaultUsers()[:2]
		o, _ := target(t, reference.Options{}, hanging(users[who].Name))
		o.Users, o.Client, o.Requirements = users, impatient{o.Client, time.Second}, []string{"LOGIN-01", "LOGIN-02"}
		r := run(t, o)
		verdict(t, r, 1, "not met: LOGIN-01")
		if got := requirement(t, r, "LOGIN-02").State; got != record.Pass {
			t.Errorf("user %d: LOGIN-02 is %s", who, got)
		}
	}
}

// A resource that let a user's token in has no permission to miss: its 403 in a later
// repetition is a refusal.
func TestForbiddenAfterItWasAllowed(t *testing.T) {
	o, service := target(t, reference.Options{}, nil)
	o.Users, o.Requirements = fewUsers(), []string{"LOGIN-21"}
	verdict(t, run(t, o), 0, "is met")
	once := int64(service.Requests().All)
	var n atomic.Int64
	o, _ = target(t, reference.Options{}, refuse(http.StatusForbidden, func(r *http.Request) bool {
		return n.Add(1) > once && r.URL.Path == unifier.ResourcePath
	}))
	o.Users, o.Requirements, o.Repeat = fewUsers(), []string{"LOGIN-21"}, 2
	verdict(t, run(t, o), 1, "LOGIN-21")
}

// Where a resource refuses a fresh token with 401 as Bearer, and with 403 whatever comes as
// Basic, the 401 is its answer to the token, and the 403 says nothing of a permission. One
// that answers 403 to the good token alone does (A1).
func TestForbiddenSchemeIsNoPermission(t *testing.T) {
	for never, exit := range map[int]int{403: 1, 401: 0} {
		o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				if r.URL.Path != unifier.ResourcePath || strings.Count(token, ".") == 2 && !strings.HasPrefix(token, "eyJ0eXAiOiJEQiJ9") {
					next.ServeHTTP(w, r)
					return
				}
				nobody := w.Header().Get("x") == "" && !strings.Contains(token, "ZSI6IiQkdW5pZ2F0ZSJ9") // $$unigate
				switch {
				case scheme != "Basic":
					w.WriteHeader(http.StatusUnauthorized)
				case nobody:
					w.WriteHeader(never)
				default:
					w.WriteHeader(http.StatusForbidden)
				}
			})
		})
		o.Users, o.Requirements = fewUsers(), []string{"LOGIN-01", "LOGIN-21"}
		r := run(t, o)
		verdict(t, r, exit, "")
		if got, want := requirement(t, r, "LOGIN-21").State, map[int]record.State{1: record.Fail, 0: record.Skipped}[exit]; got != want {
			t.Errorf("never issued gets %d: LOGIN-21 is %s, not %s", never, got, want)
		}
	}
}

// Every user that is configured as not Active, or as ordinary, is asked, not only the
// first.
func TestEveryUserThatGetsNoTokenIsAsked(t *testing.T) {
	for _, c := range []struct {
		change func(*unifier.User)
		id     string
	}{
		{func(u *unifier.User) { u.Status = unifier.Inactive }, "LOGIN-15"},
		{func(u *unifier.User) { u.Type = unifier.Ordinary }, "LOGIN-23"},
	} {
		o, _ := target(t, reference.Options{}, nil)
		users := reference.DefaultUsers()
		in := users[1] // the service knows it as an active Basic user
		c.change(&in)
		o.Users = []unifier.User{users[0], users[5], users[6], in}
		o.Requirements = []string{"LOGIN-15", "LOGIN-23"}
		r := run(t, o)
		verdict(t, r, 1, "not met: "+c.id)
	}
}

// Calls that could spoil later ones are followed by plain ones, whether or not there is
// a resource.
func TestPlainCallsFollowWithoutAResource(t *testing.T) {
	for fault, want := range map[string]string{"": "", "spoil-wrong-password-duration": "LOGIN-06", "spoil-oauth-refusal-duration": "LOGIN-06"} {
		options := reference.Options{}
		if fault != "" {
			options.Faults = []string{fault}
		}
		o, _ := target(t, options, nil)
		o.Users, o.Resource = fewUsers(), ""
		r := run(t, o)
		if got := states(r, record.Fail); got != want {
			t.Errorf("%q: %q fail, not %q", fault, got, want)
		}
	}
}

// A requirement of which only what is left open was looked at is not met, and a run that
// saw nothing else is no pass.
func TestWhatIsOnlyNotedMeetsNothing(t *testing.T) {
	o, _ := target(t, reference.Options{}, altered(func(_ http.ResponseWriter, _ *http.Request, a *httptest.ResponseRecorder) {
		body := strings.ReplaceAll(a.Body.String(), `"expires_in"`, `"expires"`)
		a.Body.Reset()
		a.Body.WriteString(body)
	}))
	o.Users, o.Requirements = fewUsers(), []string{"OAUTH-03"}
	r := run(t, o)
	verdict(t, r, 3, "nothing of what was selected could be checked")
	if q := requirement(t, r, "OAUTH-03"); q.State != record.Skipped || q.Checked != 0 {
		t.Errorf("OAUTH-03 is %s, %d of %d", q.State, q.Checked, q.Checks)
	}
}

// A token that ends while the call is under way is refused rightly, and not judged; where
// no use was judged, nothing is met.
func TestTokenThatEndsDuringTheCall(t *testing.T) {
	var shift atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	var users []unifier.User
	for _, u := range reference.DefaultUsers() {
		if u.Name == "$$minutes3" {
			users = append(users, u)
		}
	}
	o, _ := targetAt(t, reference.Options{Now: clock}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == unifier.ResourcePath {
				shift.Add(int64(4 * time.Minute)) // the service takes its time, and looks at the token then
			}
			next.ServeHTTP(w, r)
		})
	}, clock)
	o.Users, o.Now, o.Requirements = users, clock, []string{"LOGIN-21"}
	o.MaxClockSkew, o.ExpiryParameter = 24*time.Hour, "false" // the call lasts for minutes
	r := run(t, o)
	if q := requirement(t, r, "LOGIN-21"); q.State != record.Skipped {
		t.Errorf("LOGIN-21 is %s: %v", q.State, r.Verdict.Reasons)
	}
	verdict(t, r, 3, "may have been over when it was used")
}
