package steps_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// node keeps the first answer to each user's plain call, and says what is left of access tokens.
type node map[string]kept

type kept struct {
	body  map[string]any
	until time.Time
}

// nodes are several servers behind one address, each of which keeps users' tokens for
// itself (A11). pick says which one answers.
func nodes(clock func() time.Time, pick func(count int) int, keeps func(which int) bool) wrapper {
	var mu sync.Mutex
	all, count := map[int]node{}, 0
	return altered(func(_ http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
		name, _, _ := r.BasicAuth()
		var body map[string]any
		if r.URL.RawQuery != "" || name == "" || a.Code != http.StatusOK || json.Unmarshal(a.Body.Bytes(), &body) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		which, key := pick(count), r.URL.Path+" "+name
		count++
		if all[which] == nil {
			all[which] = node{}
		}
		if !keeps(which) {
			return
		}
		k, ok := all[which][key]
		if !ok || !clock().Before(k.until) {
			left, _ := body["expires_in"].(float64)
			if left == 0 {
				left = 10 * 24 * 3600
			}
			all[which][key] = kept{body, clock().Add(time.Duration(left) * time.Second)}
			return
		}
		if _, access := k.body["expires_in"]; access {
			k.body["expires_in"] = int64(k.until.Sub(clock()) / time.Second)
		}
		b, _ := json.Marshal(k.body)
		a.Body.Reset()
		a.Body.Write(b)
	})
}

// everyNode says that each of them keeps tokens.
func everyNode(int) bool { return true }

// A user's tokens may be kept by each of several nodes, since before the run: one of them
// comes at any time, and is too short by what is gone of it. Of each only what is left shows.
func TestTokensThatEachNodeKeeps(t *testing.T) {
	turns, random := func(n int) int { return n % 2 }, rand.New(rand.NewPCG(7, 7))
	for name, c := range map[string]struct {
		edition string
		pick    func(int) int
	}{
		"by turns": {"21.7", turns}, "of three": {"21.7", func(n int) int { return n % 3 }}, "the edition is open": {"", turns},
		"at random": {"21.7", func(int) int { return random.IntN(2) }},
	} {
		var shift atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
		o, _ := targetAt(t, reference.Options{Now: clock}, nodes(clock, c.pick, everyNode), clock)
		o.Users, o.Now, o.EditionOpen = fewUsers(), clock, c.edition == ""
		verdict(t, run(t, o), 0, "")
		shift.Add(int64(12 * time.Minute))
		r := run(t, o)
		verdict(t, r, 0, "")
		if got := states(r, record.Fail); got != "" {
			t.Errorf("%s: failed %s", name, got)
		}
		if got := requirement(t, r, "LOGIN-06"); got.State != record.Skipped || !strings.Contains(got.Reason, "stored before this run") {
			t.Errorf("%s: LOGIN-06 is %s: %s", name, got.State, got.Reason)
		}
	}
}

// A new token that is too short is wrong, also where another node keeps a right one, or
// where it takes the place of the one that was kept.
func TestNewTokensThatAreTooShort(t *testing.T) {
	turns := func(n int) int { return n % 2 }
	short := func(r *http.Request) { r.URL.RawQuery = "expiry=90" }
	for name, c := range map[string]struct {
		pick  func(int) int
		keeps func(which int) bool
		when  func(login int) bool
	}{
		"one node gives new ones":          {turns, func(which int) bool { return which == 0 }, func(n int) bool { return n%2 == 1 }},
		"no node keeps any":                {turns, func(int) bool { return false }, func(int) bool { return true }},
		"a short one takes the kept one's": {func(n int) int { return min(n/9, 1) }, everyNode, func(n int) bool { return n > 8 }},
	} {
		var logins atomic.Int64
		keeping := nodes(time.Now, c.pick, c.keeps)
		o, s := target(t, reference.Options{}, func(next http.Handler) http.Handler {
			shortened := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				name, _, _ := r.BasicAuth()
				plain := r.Clone(r.Context())
				if plain.URL.Path == unifier.LoginPath && r.URL.RawQuery == "" && strings.HasPrefix(name, "$$unigate") && c.when(int(logins.Add(1)-1)) {
					short(plain)
				}
				next.ServeHTTP(w, plain)
			})
			return keeping(shortened)
		})
		o.Users, o.ExpiryParameter = fewUsers()[:1], "false"
		r := run(t, o)
		verdict(t, r, 1, "LOGIN-06")
		if n := s.Requests().All; n > 220 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// An edition that was not chosen must not make a stored token of the longer default one
// that is too long for the shorter.
func TestStoredAccessTokenOfAnOpenEdition(t *testing.T) {
	var shift atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	o, _ := targetAt(t, reference.Options{Edition: "24", Variants: []string{"oauth-flat-edition-24"}, Now: clock}, nodes(clock, func(int) int { return 0 }, everyNode), clock)
	o.Users, o.Now, o.EditionOpen = fewUsers()[1:], clock, true
	verdict(t, run(t, o), 0, "")
	shift.Add(int64(4 * time.Minute))
	r := run(t, o)
	verdict(t, r, 0, "answers fit 24")
}

// A stored token's date may be one of two formats, by one of which it is too late: where the
// user's format is not known, it may be the other.
func TestStoredTokenWhoseDateFitsTwoFormats(t *testing.T) {
	begin := time.Date(2026, time.October, 8, 12, 0, 0, 0, time.UTC) // 180 days later it is the 6th of April
	var shift atomic.Int64
	shift.Store(int64(time.Until(begin)))
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	o, _ := targetAt(t, reference.Options{Variants: []string{"tokens-stored"}, Now: clock}, nil, clock)
	o.Users, o.Now = fewUsers()[:1], clock
	o.Users[0].DateFormat = nil
	verdict(t, run(t, o), 0, "is met")
	shift.Add(int64(50 * 24 * time.Hour))
	verdict(t, run(t, o), 0, "is met")
}

// Where access tokens are stored by what was asked for, two expiries at once, which is left
// open, may be answered with the token that one of them gets alone afterwards.
func TestStoredTokenOfAnOpenExpiry(t *testing.T) {
	var mu sync.Mutex
	kept := map[string][]byte{}
	last := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked := r.URL.Query()["expiry"]; len(asked) == 2 {
				r.URL.RawQuery = "expiry=" + asked[1]
			}
			next.ServeHTTP(w, r)
		})
	}
	storing := altered(func(_ http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
		name, _, _ := r.BasicAuth()
		if r.URL.Path != unifier.OAuth.Path() || a.Code != http.StatusOK {
			return
		}
		asked := r.URL.Query()["expiry"]
		key := name
		if len(asked) > 0 {
			key += asked[len(asked)-1]
		}
		mu.Lock()
		defer mu.Unlock()
		if kept[key] == nil {
			kept[key] = bytes.Clone(a.Body.Bytes())
		}
		a.Body.Reset()
		a.Body.Write(kept[key])
	})
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler { return last(storing(next)) })
	o.Users = fewUsers()[1:]
	verdict(t, run(t, o), 0, "")
}

// An access token that was given out a moment before the run is short of a second or two when
// the run sees it first, and its claims say that it is older.
func TestAccessTokensOfTheSecondBefore(t *testing.T) {
	for _, age := range few(2, []time.Duration{time.Second, 2 * time.Second, 500 * time.Millisecond, 3 * time.Second}) {
		for _, primed := range []int{1, 2} {
			var shift atomic.Int64
			clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
			o, _ := targetAt(t, reference.Options{Now: clock}, nodes(clock, func(n int) int { return n % 2 }, everyNode), clock)
			o.Users, o.Now = fewUsers()[1:], clock
			u := &o.Users[0]
			for range primed {
				o.Client.Do(t.Context(), unifier.Call{Path: unifier.OAuth.Path(), Authorization: []string{unifier.BasicAuth(u.Name, u.Password)}})
			}
			shift.Add(int64(age))
			r := run(t, o)
			if got := states(r, record.Fail); r.Verdict.Exit != 0 || got != "" {
				t.Errorf("%d tokens of %s before: exit %d, %s fail: %v", primed, age, r.Verdict.Exit, got, r.Verdict.Reasons)
			}
		}
	}
}

// A new token that says a second too little is wrong, whatever its claims say.
func TestSecondTooFewIsNoStoredToken(t *testing.T) {
	o, _ := target(t, reference.Options{}, altered(func(_ http.ResponseWriter, _ *http.Request, a *httptest.ResponseRecorder) {
		body := bytes.Replace(a.Body.Bytes(), []byte(`"expires_in":3000`), []byte(`"expires_in":2999`), 1)
		a.Body.Reset()
		a.Body.Write(body)
	}))
	o.Users = fewUsers()[1:]
	verdict(t, run(t, o), 1, "OAUTH-02")
}

// Access tokens may be stored by how long they are valid, so that an expiry that is the default
// gets the one of a plain call, and a claim may say another end than expires_in (A4): what
// is left since the token came first is no less than what was asked for.
func TestStoredTokenWhoseClaimsSayAnotherEnd(t *testing.T) {
	var shift atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	var mu sync.Mutex
	all := map[string]kept{}
	storing := altered(func(_ http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) {
		shift.Add(int64(time.Second))
		var body map[string]any
		if r.URL.Path != unifier.OAuth.Path() || a.Code != http.StatusOK || json.Unmarshal(a.Body.Bytes(), &body) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		seconds, _ := body["expires_in"].(float64)
		key := strconv.FormatFloat(seconds, 'f', -1, 64)
		if _, ok := all[key]; !ok {
			all[key] = kept{body, clock().Add(time.Duration(seconds) * time.Second)}
		}
		all[key].body["expires_in"] = int64(all[key].until.Sub(clock()).Round(time.Second) / time.Second)
		b, _ := json.Marshal(all[key].body)
		a.Body.Reset()
		a.Body.Write(b)
	})
	o, _ := targetAt(t, reference.Options{Now: clock, Faults: []string{"jwt-exp-200"}}, storing, clock)
	o.Users, o.Now, o.Parallel = fewUsers()[1:], clock, 1
	r := run(t, o)
	if got := states(r, record.Fail); r.Verdict.Exit != 0 || got != "" {
		t.Errorf("exit %d, %s fail: %v", r.Verdict.Exit, got, r.Verdict.Reasons)
	}
}
