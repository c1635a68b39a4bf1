package steps_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// firewall turns everybody away, with a status and a page, for some time after so many
// calls without right credentials.
type firewall struct {
	after  int
	lasts  time.Duration
	status int
	page   string
	// alone is true where it turns away only who has wrong credentials.
	alone bool

	now    func() time.Time
	mu     sync.Mutex
	bad    int
	until  time.Time
	blocks int
}

func (f *firewall) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		name, password, basic := r.BasicAuth()
		right := !strings.HasSuffix(r.URL.Path, "/login") && !strings.HasSuffix(r.URL.Path, "/token")
		for _, u := range twoUsers() {
			right = right || basic && name == u.Name && password == u.Password.Reveal()
		}
		shut := f.now().Before(f.until) && !(f.alone && right)
		if !shut && !right {
			if f.bad++; f.bad >= f.after {
				f.bad, f.until = 0, f.now().Add(f.lasts)
				f.blocks++
			}
		}
		f.mu.Unlock()
		if shut {
			w.WriteHeader(f.status)
			_, _ = w.Write([]byte(f.page))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// throughFirewall runs verify with two users behind a firewall, by a clock that waits
// put on.
func throughFirewall(t *testing.T, f *firewall, resource bool) *steps.Result {
	t.Helper()
	var waited atomic.Int64
	f.now = func() time.Time { return time.Now().Add(time.Duration(waited.Load())) }
	o, _ := target(t, reference.Options{Now: f.now, Users: twoUsers()}, f.wrap)
	o.Now, o.Parallel = f.now, 4
	o.Sleep = func(_ context.Context, d time.Duration) error {
		waited.Add(int64(d))
		return nil
	}
	if !resource {
		o.Resource = ""
	}
	return run(t, o)
}

const (
	blockedPage  = "<html><body><h1>Request blocked</h1><p>Support ID 4711</p></body></html>"
	rejectedPage = "<html><head><title>Request Rejected</title></head><body>Please consult with your administrator.</body></html>"
)

// A firewall may shut out the address of whoever tried unknown users. What it answers is
// asked again when the block has ended, and is neither the target's failure nor its pass.
func TestFirewallThatShutsOutIsNoFailure(t *testing.T) {
	type blocking struct {
		name     string
		wall     *firewall
		resource bool
	}
	for _, c := range few(2, []blocking{
		{"two seconds, again and again", &firewall{after: 7, lasts: 2 * time.Second, status: 403, page: blockedPage}, true},
		{"half a minute", &firewall{after: 25, lasts: 30 * time.Second, status: 403, page: ""}, true},
		{"JSON of a gateway", &firewall{after: 9, lasts: 3 * time.Second, status: 403, page: `{"message":"Forbidden"}`}, false},
		{"HTTP 200", &firewall{after: 12, lasts: 3 * time.Second, status: 200, page: rejectedPage}, true},
		{"HTTP 406", &firewall{after: 12, lasts: 3 * time.Second, status: 406, page: blockedPage}, false},
	}) {
		t.Run(c.name, func(t *testing.T) {
			r := throughFirewall(t, c.wall, c.resource)
			verdict(t, r, 0, "warning: something in front of the target, such as a firewall, shut this machine out for a while")
			if got := states(r, record.Fail); got != "" || c.wall.blocks == 0 {
				t.Errorf("%d blocks, and %s fail", c.wall.blocks, got)
			}
			if got := requirement(t, r, "LOGIN-14"); got.State != record.Pass {
				t.Errorf("LOGIN-14 is %s: %s", got.State, got.Reason)
			}
		})
	}
}

// A block that does not end leaves the run undecided, and says so.
func TestFirewallThatStaysShut(t *testing.T) {
	for _, resource := range []bool{true, false} {
		r := throughFirewall(t, &firewall{after: 5, lasts: time.Hour, status: 403, page: blockedPage}, resource)
		verdict(t, r, 3, "shuts this machine out after refused calls")
		if got := states(r, record.Fail); got != "" {
			t.Errorf("failed %s", got)
		}
	}
}

// A page to wrong credentials alone is the target's own refusal, whatever it looks like, and so
// is what the service says in its own form to everybody.
func TestRefusalByThePageIsNoFirewall(t *testing.T) {
	for name, wall := range map[string]*firewall{
		"wrong credentials alone": {after: 5, lasts: time.Hour, status: 403, page: blockedPage, alone: true},
		"in the service's form":   {after: 5, lasts: time.Hour, status: 403, page: `{"status":403,"message":"Forbidden"}`},
	} {
		r := throughFirewall(t, wall, true)
		verdict(t, r, 1, "LOGIN-14")
		if got := requirement(t, r, "LOGIN-14"); got.State != record.Fail {
			t.Errorf("%s: LOGIN-14 is %s", name, got.State)
		}
	}
}
