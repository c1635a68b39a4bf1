package unifier_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// closing serves n answers on each connection and closes it unannounced: after
// the last answer, or after it has read one more request.
func closing(t *testing.T, n int, reads bool, seen *atomic.Int64) string {
	t.Helper()
	return raw(t, func(conn net.Conn, r *bufio.Reader) {
		for i := 0; i < n; i++ {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			seen.Add(1)
			io.WriteString(conn, okAnswer)
		}
		if reads {
			if _, err := http.ReadRequest(r); err == nil {
				seen.Add(1)
			}
		}
	})
}

// TestConnectionsClosedUnannounced has servers that close kept-alive connections
// without saying so. A call is asked again once, and after the first loss no
// connection serves a second request.
func TestConnectionsClosedUnannounced(t *testing.T) {
	for _, reads := range []bool{true, false} {
		for _, n := range []int{1, 2, 3, 10} {
			var seen atomic.Int64
			c := client(t, closing(t, n, reads, &seen), unifier.TransportOptions{}, 5*time.Second)
			lost, attempts := 0, 0
			for range 100 {
				x := get(t, c, "/")
				if x.Err != nil || x.Status != 200 {
					t.Fatalf("after %d answers: %v", n, x.Err)
				}
				lost += x.Lost
				attempts += x.Attempts
			}
			if lost > 1 || reads && lost != 1 {
				t.Errorf("after %d answers (reads %v): %d calls were lost", n, reads, lost)
			}
			if reads && (seen.Load() != 101 || attempts != 101) {
				t.Errorf("after %d answers: %d attempts counted, %d at the server", n, attempts, seen.Load())
			}
		}
	}
}

// TestWrongPasswordsAreNeverLostTwice sends wrong passwords, and a configured one
// that was not let in yet, to a server that reads them and closes.
func TestWrongPasswordsAreNeverLostTwice(t *testing.T) {
	var seen atomic.Int64
	base := closing(t, 0, true, &seen)
	u, _ := url.Parse(base)
	users := []unifier.User{{Name: "$$a", Password: "right"}, {Name: "api", Password: "right", Type: unifier.OAuthType}}
	for _, c := range []struct {
		name, user, password string
		calls, want          int64
	}{
		{"a wrong password", "$$a", "wrong", 5, 3},
		{"the name in other letters", "$$A", "wrong", 5, 3},
		{"one not let in", "$$a", "right", 5, 3},
		{"a wrong one of an OAuth user", "api", "wrong", 5, 1},
		{"one not let in, of an OAuth user", "api", "right", 5, 1},
		{"nobody", "$$nobody", "wrong", 5, 5},
	} {
		seen.Store(0)
		client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: u, Timeout: 5 * time.Second, Budget: unifier.NewBudget(users, 3)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.CloseIdleConnections)
		for range c.calls {
			client.Do(t.Context(), unifier.Call{Authorization: []string{unifier.BasicAuth(c.user, unifier.Secret(c.password))}})
		}
		if seen.Load() != c.want {
			t.Errorf("%s: %d calls reached the server, want %d", c.name, seen.Load(), c.want)
		}
	}
}

// TestBudget counts what a budget grants.
func TestBudget(t *testing.T) {
	basic := func(user, password string) string { return unifier.BasicAuth(user, unifier.Secret(password)) }
	users := []unifier.User{{Name: "$$a", Password: "pw:ü"}, {Name: "api@x", Password: "pw2", Type: unifier.OAuthType}}
	right := basic("$$a", "pw:ü")
	pair := strings.TrimPrefix(right, "Basic ")
	for _, c := range []struct {
		name   string
		limit  int
		first  int // status of a first call with right credentials; 0 for none
		header []string
		status int
		want   int // granted of ten
	}{
		{"wrong", 3, 200, []string{basic("$$a", "x")}, 401, 3},
		{"wrong, none allowed", 0, 200, []string{basic("$$a", "x")}, 401, 0},
		{"wrong, let in all the same", 3, 200, []string{basic("$$a", "x")}, 200, 3},
		{"right, after it was let in", 3, 200, []string{right}, 401, 10},
		{"right, refused", 3, 0, []string{right}, 401, 3},
		{"right, forbidden", 3, 0, []string{right}, 403, 3},
		{"right, refused, none allowed", 0, 0, []string{right}, 401, 1},
		{"right, busy", 3, 0, []string{right}, 503, 10},
		{"right, let in", 3, 0, []string{right}, 200, 10},
		{"right under another scheme", 3, 200, []string{"Bearer " + pair}, 401, 3},
		{"right in small letters", 3, 200, []string{"basic " + pair}, 401, 10},
		{"right without a scheme", 3, 200, []string{pair}, 401, 3},
		{"right without padding", 3, 200, []string{"Basic " + strings.TrimRight(pair, "=") + " "}, 401, 10},
		{"right in plain text", 3, 200, []string{"Basic $$a:pw:ü"}, 401, 3},
		{"right and wrong", 3, 200, []string{right, basic("$$a", "x")}, 401, 3},
		{"wrong of an OAuth user", 3, 0, []string{basic("api@x", "x")}, 401, 1},
		{"a token", 3, 0, []string{"Bearer eyJ0eXAiOiJEQiJ9.eyJ1c2VybmFtZSI6IiQkYSJ9.00"}, 401, 10},
		{"nobody", 0, 0, []string{basic("$$nobody", "x")}, 401, 10},
		{"no header", 0, 0, nil, 401, 10},
	} {
		b := unifier.NewBudget(users, c.limit)
		if c.first != 0 {
			g, err := b.AskCall([]string{right})
			if err != nil {
				t.Fatal(err)
			}
			g.Done(c.first, true)
		}
		granted := 0
		for range 10 {
			g, err := b.AskCall(c.header)
			if err == nil {
				granted++
				g.Done(c.status, true)
			}
		}
		if granted != c.want {
			t.Errorf("%s: %d of ten were granted, want %d", c.name, granted, c.want)
		}
	}
}

// TestBudgetCountsWhatIsUnderWay asks for many grants at once.
func TestBudgetCountsWhatIsUnderWay(t *testing.T) {
	b := unifier.NewBudget([]unifier.User{{Name: "$$a", Password: "p"}}, 3)
	var grants []unifier.Grant
	for range 10 {
		if g, err := b.Ask("$$a"); err == nil {
			grants = append(grants, g)
		}
	}
	if len(grants) != 3 {
		t.Errorf("%d requests may be under way at once, want 3", len(grants))
	}
	for _, g := range grants {
		g.Done(503, true)
	}
	g, err := b.Ask("$$a")
	if err != nil {
		t.Fatal(err)
	}
	g.Done(200, true)
	if n, spent := b.Refused("$$a"); n != 1 || spent {
		t.Errorf("%d %v", n, spent)
	}
}

// What leaves once, as under load, is to measure reused connections: they are given up
// as long as too many requests are lost with them, and not for a single accident.
func TestLossesOfWhatLeavesOnce(t *testing.T) {
	for name, c := range map[string]struct {
		closes     func(n, of int) bool
		lost, most int64 // requests, connections
	}{
		"once":                  {func(_, of int) bool { return of == 2 }, 1, 5},
		"twice":                 {func(_, of int) bool { return of == 2 || of == 4 }, 2, 430},
		"after one answer each": {func(n, _ int) bool { return n == 2 }, 6, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			var seen, connections atomic.Int64
			base := raw(t, func(conn net.Conn, r *bufio.Reader) {
				connections.Add(1)
				for n := 1; ; n++ {
					if _, err := http.ReadRequest(r); err != nil || c.closes(n, int(seen.Add(1))) {
						return
					}
					_, _ = io.WriteString(conn, okAnswer)
				}
			})
			tr := unifier.NewTransport(unifier.TransportOptions{})
			lost := int64(0)
			for range 1000 {
				req, err := http.NewRequestWithContext(unifier.Once(t.Context()), http.MethodGet, base, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := tr.RoundTrip(req)
				if err != nil {
					lost++
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			tr.CloseIdleConnections()
			if lost != tr.Lost() || lost > c.lost || c.lost < 3 && lost != c.lost || connections.Load() > c.most {
				t.Errorf("%d and %d requests of 1000 were lost, not %d; %d connections", lost, tr.Lost(), c.lost, connections.Load())
			}
		})
	}
}
