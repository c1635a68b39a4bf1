package load_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// issuer answers logins of users of 180 days. next says which token a user gets at that
// user's n-th login, from 0 on, by its number: the same number stands for the same token.
type issuer struct {
	next   func(user string, n int) int
	refuse func(n int) int // a status for the n-th request of all, 0 for none
	begun  time.Duration   // how long ago tokens were issued

	mu    sync.Mutex
	all   int
	given map[string]int
}

// ServeHTTP answers one login after 20 ms.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, _, _ := r.BasicAuth()
	i.mu.Lock()
	if i.given == nil {
		i.given = map[string]int{}
	}
	n, all := i.given[user], i.all
	i.all++
	status := 0
	if i.refuse != nil {
		status = i.refuse(all)
	}
	if status == 0 {
		i.given[user]++
	}
	i.mu.Unlock()
	<-time.After(20 * time.Millisecond)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	number := i.next(user, n)
	text := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	digits := fmt.Sprintf("%064X", number*7919+int(user[len(user)-1])<<40)
	guid := digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
	end := time.Now().UTC().Add(180*24*time.Hour - i.begun)
	_, _ = fmt.Fprintf(w, `{"expiryDate":"%s","Timezone":"(UTC) Coordinated Universal Time","expiryTime":"%[1]s %s","status":200,"token":"%s.%s.%s"}`,
		end.Format("01/02/2006"), end.Format("03:04 PM"), text(`{"typ":"DB"}`), text(`{"username":"`+user+`"}`), guid)
}

// usersOfIssuer are the users of an issuer.
func usersOfIssuer() []unifier.User {
	return []unifier.User{{Name: "$$a", Password: "pw", Type: unifier.Basic}, {Name: "$$b", Password: "pw", Type: unifier.Basic}}
}

// anew issues a new token each time.
func anew(_ string, n int) int { return n + 1 }

// inTurns prolongs one token on each of some nodes, which answer in turns.
func inTurns(nodes int) func(string, int) int {
	return func(_ string, n int) int { return n%nodes + 1 }
}

// repeatsAt gives the token before once more at the given logins of a user.
func repeatsAt(logins ...int) func(string, int) int {
	return func(_ string, n int) int {
		if slices.Contains(logins, n) {
			return n - 1
		}
		return n
	}
}

// refusedAt answers 503 to the requests of the given numbers.
func refusedAt(numbers ...int) func(int) int {
	return func(n int) int {
		if slices.Contains(numbers, n) {
			return http.StatusServiceUnavailable
		}
		return 0
	}
}

// Whether a user gets the same token again (A11) is not always shown by the two requests
// before the plan: one may be refused for the moment, and of several nodes each may
// prolong a token of its own. No token is wrong for that. Where new ones are issued, each
// repetition is, from the first answer on.
func TestTokensThatComeAgain(t *testing.T) {
	const twenty = 20 * time.Second
	learnt, found := "gives users tokens again that they were given before", "login prolongs one token per user (A11)"
	for name, c := range map[string]struct {
		i    *issuer
		bad  uint64
		note string
	}{
		"new ones":                       {&issuer{next: anew}, 0, ""},
		"one":                            {&issuer{next: inTurns(1)}, 0, found},
		"one, the first request refused": {&issuer{next: inTurns(1), refuse: refusedAt(0)}, 0, learnt},
		"one, the second refused":        {&issuer{next: inTurns(1), refuse: refusedAt(1)}, 0, learnt},
		"one, both refused":              {&issuer{next: inTurns(1), refuse: refusedAt(0, 1)}, 0, learnt},
		"new ones, both refused":         {&issuer{next: anew, refuse: refusedAt(0, 1)}, 0, ""},
		"two nodes":                      {&issuer{next: inTurns(2)}, 0, learnt},
		"five nodes":                     {&issuer{next: inTurns(5)}, 0, learnt},
		"two nodes, tokens of yesterday": {&issuer{next: inTurns(2), begun: 24 * time.Hour}, 0, learnt},
		"a cache of four":                {&issuer{next: func(_ string, n int) int { return (n + 3) / 4 }}, 0, learnt},
		"the fourth is the third":        {&issuer{next: repeatsAt(3)}, 2, ""},
		"each fifth is the one before":   {&issuer{next: func(_ string, n int) int { return n - (n%5)/4 }}, 80, ""},
		"new ones that are too short":    {&issuer{next: anew, begun: 24 * time.Hour}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(c.i, load.Phase{Shape: load.Constant, Rate: 20, Duration: twenty})
				o.Users, o.Thresholds = usersOfIssuer(), thresholds(t)
				l, v := run(context.Background(), t, o)
				if exit := int(min(c.bad, 1)); l.Totals.BadTokens != c.bad || v.Exit != exit {
					t.Errorf("%d wrong tokens, exit %d, %v; %d were wrong", l.Totals.BadTokens, v.Exit, l.Bad, c.bad)
				}
				if notes := strings.Join(l.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "A11") {
					t.Errorf("notes %q", notes)
				}
			})
		})
	}
}

// What is in doubt at the end of a run, of a warm-up and of a step of a search is decided
// then, and stands in the results as what it is.
func TestDoubtsEnd(t *testing.T) {
	short := load.Phase{Shape: load.Constant, Rate: 2, Duration: 2 * time.Second}
	for name, c := range map[string]struct {
		i    *issuer
		warm time.Duration
		bad  uint64
		exit int
	}{
		"two nodes, a few requests":         {&issuer{next: inTurns(2)}, 0, 0, 0},
		"a repetition among a few requests": {&issuer{next: repeatsAt(2)}, 0, 1, 1},
		"two nodes in the warm-up":          {&issuer{next: inTurns(2)}, 3 * time.Second, 0, 0},
		"a repetition in the warm-up":       {&issuer{next: repeatsAt(3)}, 2 * time.Second, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var results bytes.Buffer
				o := options(c.i, short)
				o.Users, o.Thresholds, o.Plan.Warmup, o.Results = usersOfIssuer(), thresholds(t), c.warm, &results
				l, v := run(context.Background(), t, o)
				if l.Totals.BadTokens != c.bad || v.Exit != c.exit {
					t.Errorf("%d wrong tokens, exit %d %v: %v", l.Totals.BadTokens, v.Exit, v.Reasons, l.Bad)
				}
				if n := uint64(strings.Count(results.String(), "bad token: repeated_token")); n != c.bad {
					t.Errorf("%d of the results are wrong, not %d", n, c.bad)
				}
			})
		})
	}
}

func TestSearchBeforeSeveralNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(&issuer{next: inTurns(2)}, load.Phase{Shape: load.Constant, Rate: 10, Duration: 30 * time.Second})
		o.Users, o.MaxRate = usersOfIssuer(), 40
		o.Capacity = &thresholds(t, "p90<100ms")[0]
		if l, v := run(context.Background(), t, o); v.Exit != 0 || l.Totals.BadTokens != 0 || l.Capacity.RatePerS != 40 {
			t.Errorf("exit %d %v, %d wrong tokens", v.Exit, v.Reasons, l.Totals.BadTokens)
		}
	})
}

// A part tells those who put the parts together that its users get tokens again.
func TestPartOfSeveralNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(&issuer{next: inTurns(2)}, load.Phase{Shape: load.Constant, Rate: 40, Duration: 2 * time.Second})
		o.Users, o.Thresholds, o.Part = usersOfIssuer(), thresholds(t), &load.Part{Index: 0, Of: 2, Secret: []byte("x")}
		l, _ := run(context.Background(), t, o)
		if h := l.Part.Hashes; l.Totals.BadTokens != 0 || len(h.Prolonged) != 2 || h.Count != 2 {
			t.Errorf("%d wrong tokens, %+v", l.Totals.BadTokens, h)
		}
	})
}
