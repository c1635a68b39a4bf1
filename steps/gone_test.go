package steps_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// at chooses the calls of a service.
func at(s unifier.Service) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, s.Path()) }
}

// refuseSaying refuses calls with a status, and says another one in the body, if any.
func refuseSaying(status, says int, which func(*http.Request) bool) wrapper {
	if says == 0 {
		return refuse(status, which)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if which(r) {
				_, _ = fmt.Fprintf(w, `{"data":{},"message":["no"],"status":%d}`, says)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A company that moved to OAuth may have no login any more: where no user of the
// login is configured, and others get in, 404 and 405 say that it is not there. Any
// other answer is judged, and so is 404 where a user of the login is configured.
func TestServiceWithoutUsersMayBeGone(t *testing.T) {
	type goneService struct {
		gone   unifier.Service
		kind   unifier.UserType
		status int
		failed string
	}
	for _, c := range few(1, []goneService{
		{unifier.Login, unifier.OAuthType, 404, ""},
		{unifier.Login, unifier.OAuthType, 405, ""},
		{unifier.Login, unifier.OAuthType, 403, "LOGIN-13 LOGIN-14"},
		{unifier.OAuth, unifier.Basic, 404, ""},
		{unifier.Login, "", 404, "LOGIN-01 LOGIN-13 LOGIN-14 LOGIN-15 LOGIN-23"},
	}) {
		o, _ := target(t, reference.Options{Edition: "24"}, refuse(c.status, at(c.gone)))
		o.Edition, o.Requirements = edition(t, "24"), []string{"LOGIN-13", "LOGIN-14", "LOGIN-24", "OAUTH-06", "OAUTH-10", "V2AUTH-15", "V2AUTH-16"}
		if c.kind != "" {
			o.Users = slices.DeleteFunc(slices.Clone(o.Users), func(u unifier.User) bool { return u.Type != c.kind })
		}
		r := run(t, o)
		for _, q := range r.Conformance.Requirements {
			if q.State == record.Fail && !strings.Contains(c.failed, q.ID) {
				t.Errorf("%s %d for %s users: %s fails", c.gone, c.status, c.kind, q.ID)
			}
		}
		verdict(t, r, map[bool]int{true: 0, false: 1}[c.failed == ""], "")
		if q := requirement(t, r, "V2AUTH-16"); q.State != record.Pass {
			t.Errorf("%s %d for %s users: V2AUTH-16 is %s", c.gone, c.status, c.kind, q.State)
		}
	}
}

// Who is refused by the first service is not tried at the next, and the run goes on:
// the order of the users does not matter.
func TestFirstUserRefused(t *testing.T) {
	for _, open := range []bool{false, true} {
		o, service := target(t, reference.Options{Edition: "24"}, nil)
		wrong := o.Users[0]
		o, _ = target(t, reference.Options{Edition: "24"}, refuse(401, func(r *http.Request) bool { return asksFor(r, wrong.Name) }))
		o.EditionOpen, o.Requirements = open, []string{"LOGIN-01", "V2AUTH-01"}
		if !open {
			o.Edition = edition(t, "24")
		}
		verdict(t, run(t, o), 1, "refused with the configured password: "+wrong.Name+" (401)")
		o.Users = []unifier.User{wrong}
		verdict(t, run(t, o), 3, "every login got 401")
		if n := service.WrongPasswords()[wrong.Name]; n > 1 {
			t.Errorf("%d wrong passwords", n)
		}
	}
}

// A service that is not there has looked at no password: the next one is asked, of
// an OAuth user too, which may be refused once only.
func TestMissingServiceIsNoRefusal(t *testing.T) {
	for status, pass := range map[int]record.State{404: record.Pass, 405: record.Pass, 400: record.Skipped} {
		o, _ := target(t, reference.Options{Edition: "24"}, refuse(status, at(unifier.OAuth)))
		o.Edition, o.Requirements = edition(t, "24"), []string{"OAUTH-01", "V2AUTH-08", "V2AUTH-09"}
		r := run(t, o)
		verdict(t, r, 1, "OAUTH-01")
		if q := requirement(t, r, "V2AUTH-09"); q.State != pass {
			t.Errorf("%d: V2AUTH-09 is %s", status, q.State)
		}
	}
}

// belowV2 is about every path of V2, whether or not anything is there: so a system
// answers that has no V2.
func belowV2(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/ws/rest/service/v2/") }

// Where nobody chose an edition a gateway may refuse the path of V2, which is not
// there, or the system answer every path of V2 in the same way. A service that refuses users of one type only, or fails in its own form, is there, and wrong.
func TestRefusedPathIsNoService(t *testing.T) {
	type refusedPath struct {
		edition string
		refused func(*http.Request) bool
		status  int
		fails   string
		v2      bool
		says    int // the status in the body, with HTTP 200; 0 for the answer's own
	}
	for _, c := range few(1, []refusedPath{
		{"21.7", at(unifier.V2Auth), 401, "", false, 0},
		{"21.7", at(unifier.V2Auth), 403, "", false, 0},
		{"21.7", at(unifier.V2Auth), 200, "", false, 404},
		{"21.7", at(unifier.V2Auth), 200, "", false, 401},
		{"21.7", belowV2, 400, "", false, 0},
		{"21.7", belowV2, 500, "", false, 0},
		{"21.7", belowV2, 200, "", false, 400},
		{"21.7", belowV2, 200, "", false, 500},
		{"24", at(unifier.V2Auth), 400, "V2AUTH-01 V2AUTH-08", false, 0},
		{"24", at(unifier.V2Auth), 500, "V2AUTH-01 V2AUTH-08", false, 0},
		{"24", at(unifier.V2Auth), 200, "V2AUTH-08", false, 500},
		{"24", func(r *http.Request) bool {
			name, _, _ := r.BasicAuth()
			return at(unifier.V2Auth)(r) && strings.HasPrefix(name, "$$unigate")
		}, 401, "V2AUTH-01", true, 0},
	}) {
		o, _ := target(t, reference.Options{Edition: c.edition}, refuseSaying(c.status, c.says, c.refused))
		o.EditionOpen, o.Requirements = true, []string{"LOGIN-01", "OAUTH-01", "OAUTH-02", "OAUTH-03", "V2AUTH-01", "V2AUTH-08"}
		r := run(t, o)
		verdict(t, r, map[bool]int{true: 0, false: 1}[c.fails == ""], strings.ReplaceAll(c.fails, " ", ", "))
		if got := states(r, record.Fail); got != c.fails {
			t.Errorf("%s by %d: %q fail", c.edition, c.status, got)
		}
		found := slices.ContainsFunc(r.Conformance.Requirements, func(q record.Requirement) bool { return q.ID == "V2AUTH-08" && q.State == record.Pass })
		if found != c.v2 {
			t.Errorf("%s by %d: V2 is checked: %t", c.edition, c.status, found)
		}
	}
}

// Where nobody chose an edition, V1's default may be that of 21.7 and the most that it
// gives, and V2 be there all the same (A6). A chosen edition says which it is.
func TestOlderDefaultBesideV2(t *testing.T) {
	older := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if at(unifier.OAuth)(r) {
				switch q := r.URL.Query(); {
				case !q.Has("expiry"):
					q.Set("expiry", "3000")
					r.URL.RawQuery = q.Encode()
				case len(q.Get("expiry")) == 4 && q.Get("expiry") > "3000":
					q.Set("expiry", "0")
					r.URL.RawQuery = q.Encode()
				}
			}
			next.ServeHTTP(w, r)
		})
	}
	for open, fails := range map[bool]string{true: "", false: "OAUTH-02 OAUTH-03"} {
		o, _ := target(t, reference.Options{Edition: "24"}, older)
		if o.EditionOpen = open; !open {
			o.Edition = edition(t, "24")
		}
		o.Requirements = []string{"OAUTH-02", "OAUTH-03", "OAUTH-05", "OAUTH-11", "V2AUTH-09", "V2AUTH-10", "V2AUTH-16"}
		r := run(t, o)
		if got := states(r, record.Fail); got != fails {
			t.Errorf("chosen: %t: %q fail", !open, got)
		}
		if q := requirement(t, r, "V2AUTH-10"); q.State != record.Pass {
			t.Errorf("V2AUTH-10 is %s", q.State)
		}
	}
}

// Where users are many, and none of them did more than log in once, the end of the
// run has something to ask all the same.
func TestManyIdleUsersAtLast(t *testing.T) {
	o, _ := target(t, reference.Options{Edition: "24"}, nil)
	o.Edition, o.Requirements = edition(t, "24"), []string{"V2AUTH-09", "V2AUTH-16"}
	r := run(t, o)
	verdict(t, r, 0, "is met")
	if q := requirement(t, r, "V2AUTH-16"); len(o.Users) < 25 || q.State != record.Pass {
		t.Errorf("%d users: V2AUTH-16 is %s", len(o.Users), q.State)
	}
}

// Essentials documents OAuth users only: a Basic user is the last thing to add there,
// and no part of the smallest set, unless there are such users already.
func TestAdviceForEssentials(t *testing.T) {
	oauth := unifier.User{Name: "api@acme.example", Type: unifier.OAuthType, Status: unifier.Active}
	basic := unifier.User{Name: "$$one", Type: unifier.Basic, Status: unifier.Active}
	for _, c := range []struct {
		edition string
		users   []unifier.User
		basic   bool
	}{
		{"essentials", []unifier.User{oauth}, false}, {"essentials", []unifier.User{oauth, basic}, true}, {"26", []unifier.User{oauth}, true}, {"essentials", nil, false},
	} {
		o := steps.Options{Users: c.users, Edition: edition(t, c.edition), Resource: unifier.ResourcePath, FailedLogins: 3}
		for _, breadth := range []bool{false, true} {
			set, err := steps.Smallest(o, breadth)
			if err != nil {
				t.Fatal(err)
			}
			if has := slices.ContainsFunc(set, func(u unifier.User) bool { return u.Type == unifier.Basic }); has != c.basic {
				t.Errorf("%s, %d users: Basic users in the smallest set: %t", c.edition, len(c.users), has)
			}
		}
		list, err := steps.Advise(o)
		if err != nil || len(list) == 0 {
			t.Fatal(list, err)
		}
		if first := list[0].User; (first != nil && first.Type == unifier.Basic) != c.basic {
			t.Errorf("%s, %d users: first of all %s", c.edition, len(c.users), list[0])
		}
		if last := list[len(list)-1].String(); strings.Contains(last, "documents others only") == c.basic {
			t.Errorf("%s, %d users: last of all %s", c.edition, len(c.users), last)
		}
	}
}

// Gateways redirect, forbid or refuse every path that they do not know. So a login that no
// configured user has, and that is answered as a path that cannot exist, is not there. One
// that refuses as it should is judged, whatever other paths get; and one that does not is
// wrong where other paths get something else.
func TestUnusedServiceBehindAGateway(t *testing.T) {
	const right = `{"status":401,"message":"Empty or invalid Authorization header"}`
	type gateway struct {
		status        int
		login, others string
		state         record.State
	}
	for _, c := range []gateway{
		{302, "", "", record.Skipped},
		{401, `{"message":"Full authentication is required"}`, `{"message":"Full authentication is required"}`, record.Skipped},
		{403, "<html>Forbidden</html>", "<html>Forbidden</html>", record.Skipped},
		{200, "<html>Sign in</html>", "<html>Sign in</html>", record.Skipped},
		{200, `{"status":404,"message":"No such service"}`, `{"status":404,"message":"No such service"}`, record.Skipped},
		{401, right, right, record.Pass},
		{403, "<html>Forbidden</html>", "", record.Fail},
		{200, "<html>Sign in</html>", "", record.Fail},
	} {
		gate := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := c.others
				switch p := r.URL.Path; {
				case strings.HasSuffix(p, unifier.LoginPath):
					body = c.login
				case strings.HasSuffix(p, unifier.OAuthPath) || strings.HasSuffix(p, unifier.ResourcePath) || c.others == "" && c.status != 302:
					next.ServeHTTP(w, r)
					return
				}
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, body)
			})
		}
		o, _ := target(t, reference.Options{}, gate)
		o.Requirements = []string{"LOGIN-13", "OAUTH-01"}
		o.Users = slices.DeleteFunc(slices.Clone(o.Users), func(u unifier.User) bool { return u.Type != unifier.OAuthType })
		if q := requirement(t, run(t, o), "LOGIN-13"); q.State != c.state {
			t.Errorf("%d %s, elsewhere %s: LOGIN-13 is %s: %s", c.status, c.login, c.others, q.State, q.Reason)
		}
	}
}

// Where every first call is refused, one Basic user asks V2 too, of a chosen edition and
// within the wrong passwords that a user may see: whom it lets in V1 refused wrongly. An
// OAuth user is not asked once more.
func TestRefusedByTheFirstServiceOnly(t *testing.T) {
	for name, c := range map[string]struct {
		edition string
		limit   int
		refused func(*http.Request) bool
		kind    unifier.UserType
		exit    int
		says    string
		calls   uint64 // 0: not counted
	}{
		"V1 refuses":           {"24", 3, at(unifier.Login), unifier.Basic, 1, "LOGIN-01", 0},
		"all refuse":           {"24", 3, func(*http.Request) bool { return true }, unifier.Basic, 3, "every login got 401", 2},
		"one attempt allowed":  {"24", 1, at(unifier.Login), unifier.Basic, 3, "every login got 401", 1},
		"no edition is chosen": {"", 3, at(unifier.Login), unifier.Basic, 3, "every login got 401", 1},
		"an OAuth user":        {"24", 3, at(unifier.OAuth), unifier.OAuthType, 3, "every login got 401", 1},
	} {
		var calls atomic.Uint64
		counting := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				next.ServeHTTP(w, r)
			})
		}
		o, _ := target(t, reference.Options{Edition: "24"}, func(next http.Handler) http.Handler {
			return counting(refuse(http.StatusUnauthorized, c.refused)(next))
		})
		o.Edition, o.EditionOpen, o.FailedLogins = edition(t, c.edition), c.edition == "", c.limit
		of := slices.IndexFunc(o.Users, func(u unifier.User) bool { return u.Type == c.kind })
		o.Users = o.Users[of : of+1]
		calls.Store(0)
		r := run(t, o)
		verdict(t, r, c.exit, c.says)
		if n := calls.Load(); c.calls > 0 && n != c.calls {
			t.Errorf("%s: %d calls, want %d", name, n, c.calls)
		}
	}
}
