package steps_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// Whether login takes an expiry is found out of a user whose own duration is near no
// expiry that is tried: clocks differ by up to two minutes, and times have no seconds.
func TestIgnoredParameterWhateverTheClock(t *testing.T) {
	type setting struct {
		own  unifier.Expiry
		skew time.Duration
	}
	var settings []setting
	for _, skew := range []time.Duration{-110 * time.Second, 110 * time.Second} {
		for _, n := range []int{10, 4, 5, 7, 9, 66, 69} {
			settings = append(settings, setting{unifier.Expiry{N: n, Unit: unifier.Minutes}, skew})
		}
		settings = append(settings, setting{unifier.Expiry{N: 7, Unit: unifier.Hours}, skew}, setting{unifier.Expiry{N: 7, Unit: unifier.Days}, skew})
	}
	for _, c := range few(1, settings) {
		for _, ignored := range []bool{true, false} {
			o := reference.Options{Now: func() time.Time { return time.Now().Add(c.skew) }, Users: []unifier.User{{
				Name: "$$one", Password: "one-password", Type: unifier.Basic, Status: unifier.Active, Zone: "Asia/Kolkata", DateFormat: &unifier.DateFormats[0], Expiry: c.own,
			}}}
			if ignored {
				o.Variants = []string{"expiry-ignored"}
			}
			so, _ := target(t, o, nil)
			so.ExpiryParameter, so.MaxClockSkew, so.Requirements = "auto", 2*time.Minute, []string{"LOGIN-09"}
			r := run(t, so)
			q := requirement(t, r, "LOGIN-09")
			if want := map[bool]record.State{true: record.Skipped, false: record.Pass}[ignored]; q.State != want {
				t.Errorf("%s, clock %s, ignored %t: LOGIN-09 is %s: %s", c.own.String(), c.skew, ignored, q.State, q.Reason)
			}
		}
	}
}

// cutting sends half of some answers of the login to credentials, and closes the connection.
func cutting(which func(n int64) bool) wrapper {
	var n atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			body := rec.Body.Bytes()
			if !strings.HasSuffix(r.URL.Path, unifier.LoginPath) || r.Header.Get("Authorization") == "" || r.Method != http.MethodGet || !which(n.Add(1)) {
				w.WriteHeader(rec.Code)
				_, _ = w.Write(body)
				return
			}
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.WriteHeader(rec.Code)
			_, _ = w.Write(body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
	}
}

// One answer that breaks off may be the network's, and is warned of; two are the target's.
func TestAnswersThatBreakOff(t *testing.T) {
	for _, c := range []struct {
		cut     []int64
		exit    int
		says    string
		skipped bool
	}{
		{nil, 0, "", false},
		{[]int64{1}, 0, "an answer of the target broke off", false},
		{[]int64{2}, 0, "an answer of the target broke off", false}, // to the valid expiry of the preflight
		{[]int64{3}, 0, "an answer of the target broke off", false}, // to the invalid one
		{[]int64{1, 3}, 1, "answers of the target to 2 calls broke off", false},
		{[]int64{1, 2}, 1, "LOGIN-01", true},
	} {
		o, _ := target(t, reference.Options{}, cutting(func(n int64) bool { return slices.Contains(c.cut, n) }))
		o.Users, o.ExpiryParameter = o.Users[:1], "auto"
		o.Requirements = []string{"LOGIN-01", "LOGIN-09"}
		r := run(t, o)
		verdict(t, r, c.exit, c.says)
		if warned := strings.Contains(fmt.Sprint(r.Verdict.Reasons), "broke off"); warned != (len(c.cut) > 0) {
			t.Errorf("cut %v: %q", c.cut, r.Verdict.Reasons)
		}
		if q := requirement(t, r, "LOGIN-09"); (q.State != record.Pass) != c.skipped {
			t.Errorf("cut %v: LOGIN-09 is %s: %s", c.cut, q.State, q.Reason)
		}
	}
}

// A login at which the service fails whenever an expiry is there takes it badly; one of
// which something before it turns every such call away takes none.
func TestExpiryThatIsAlwaysTooMuch(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{http.StatusInternalServerError: "LOGIN-08 LOGIN-09", http.StatusForbidden: ""} {
		o, _ := target(t, reference.Options{}, refuseSaying(status, 0, func(r *http.Request) bool {
			return at(unifier.Login)(r) && r.URL.Query().Has(unifier.ExpiryParameter)
		}))
		o.Users, o.ExpiryParameter, o.Requirements = fewUsers(), "auto", []string{"LOGIN-08", "LOGIN-09"}
		r := run(t, o)
		if got := states(r, record.Fail); got != want {
			t.Errorf("%d: failed %q, want %q: %v", status, got, want, r.Verdict.Reasons)
		}
		if q := requirement(t, r, "LOGIN-09"); want == "" && !strings.Contains(q.Reason, "any expiry gets HTTP 403") {
			t.Errorf("%d: LOGIN-09 is %s: %s", status, q.State, q.Reason)
		}
	}
}

// Who gets in by another spelling of the scheme is answered as everybody else: what is
// wrong about the answer is no matter of the spelling.
func TestAnswerToAnotherSpellingCounts(t *testing.T) {
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			if rec.Code == http.StatusOK && strings.HasPrefix(r.Header.Get("Authorization"), "bAsIc ") {
				rec.Code = http.StatusAccepted
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	})
	o.Users, o.Requirements = o.Users[:1], []string{"LOGIN-01", "LOGIN-20"}
	verdict(t, run(t, o), 1, "not met: LOGIN-01")
}
