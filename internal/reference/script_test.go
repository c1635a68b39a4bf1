package reference_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCapacity lets twenty clients ask at once and sees the service answer ten a second.
func TestCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, reference.Options{Now: time.Now, Script: reference.Script{Capacity: 10, Delay: 5 * time.Millisecond}})
		began := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[time.Duration]int{}
		for range 20 {
			wg.Go(func() {
				ask(s, unifier.LoginPath, credentials(t, "$$unigate"))
				mu.Lock()
				defer mu.Unlock()
				seen[time.Since(began)]++
			})
		}
		wg.Wait()
		for i := range 20 {
			if at := time.Duration(i+1)*100*time.Millisecond + 5*time.Millisecond; seen[at] != 1 {
				t.Errorf("%d answers after %s, want 1", seen[at], at)
			}
		}
	})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, reference.Options{Now: time.Now, Script: reference.Script{Stalls: []reference.Stall{{At: 2 * time.Second, For: time.Second}}}})
		began := time.Now()
		answered := func() time.Duration {
			ask(s, unifier.LoginPath, credentials(t, "$$unigate"))
			return time.Since(began)
		}
		for _, c := range []struct{ ask, answer time.Duration }{
			{0, 0}, {1999 * time.Millisecond, 1999 * time.Millisecond}, {2 * time.Second, 3 * time.Second}, {3 * time.Second, 3 * time.Second},
		} {
			time.Sleep(c.ask - time.Since(began))
			if got := answered(); got != c.answer {
				t.Errorf("asked at %s: answered at %s, want %s", c.ask, got, c.answer)
			}
		}
		s.Restart()
		began = time.Now()
		time.Sleep(2500 * time.Millisecond)
		if got := answered(); got != 3*time.Second {
			t.Errorf("after Restart: answered at %s", got)
		}
	})
}

func TestMishapsInReplies(t *testing.T) {
	fetch := func(do reference.Mishap, path, user string) []map[string]any {
		s := newService(t, reference.Options{Script: reference.Script{Every: []reference.Every{{N: 3, Do: do}}, RetryAfter: 7}})
		var out []map[string]any
		for range 6 {
			out = append(out, members(t, ask(s, path, credentials(t, user)).Body.Bytes()))
		}
		return out
	}
	for service, c := range map[unifier.Service]struct{ path, user, token, expiry string }{
		unifier.Login: {unifier.LoginPath, "$$unigate", "token", "expiryTime"},
		unifier.OAuth: {unifier.OAuthPath, "api@unigate.example", "access_token", "expires_in"},
	} {
		for i, m := range fetch(reference.WrongExpiry, c.path, c.user) {
			wrong := m[c.expiry] != "05/18/2027 05:00 AM" && m[c.expiry] != 3000.0
			if wrong != (i%3 == 2) {
				t.Errorf("%s: wrong-expiry, request %d: %v", service, i+1, m)
			}
		}
		answers := fetch(reference.Repeated, c.path, c.user)
		for i := 1; i < len(answers); i++ {
			if same := answers[i][c.token] == answers[i-1][c.token]; same != (i%3 == 2) {
				t.Errorf("%s: repeated, request %d", service, i+1)
			}
		}
		for i, m := range fetch(reference.TooMany, c.path, c.user) {
			if got := m["status"] == 429.0; got != (i%3 == 2) {
				t.Errorf("%s: 429, request %d: %v", service, i+1, m)
			}
		}
		for i, m := range fetch(reference.ServerError, c.path, c.user) {
			if got := m["status"] == 500.0; got != (i%3 == 2) {
				t.Errorf("%s: 500, request %d: %v", service, i+1, m)
			}
		}
	}
	prefix := ""
	for i, m := range fetch(reference.OtherUser, unifier.LoginPath, "$$unigate") {
		token := m["token"].(string)
		if i == 0 {
			prefix = token[:len(token)-68]
		}
		if own := token[:len(token)-68] == prefix; own == (i%3 == 2) {
			t.Errorf("other-user, request %d: own %t", i+1, own)
		}
	}
}

// TestMishapsOnTheWire sees what a client sees of the mishaps of connections,
// and that the service counts each request once.
func TestMishapsOnTheWire(t *testing.T) {
	for do, check := range map[reference.Mishap]func(error) bool{
		reference.CutBody:    func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) },
		reference.CloseAfter: func(err error) bool { return errors.Is(err, io.EOF) },
		reference.Reset:      func(err error) bool { return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) },
		reference.Silence: func(err error) bool {
			var timeout net.Error
			return errors.As(err, &timeout) && timeout.Timeout()
		},
	} {
		t.Run(string(do), func(t *testing.T) {
			s := newService(t, reference.Options{Script: reference.Script{Every: []reference.Every{{N: 2, Do: do}}}})
			v, err := s.Start(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = v.Close() }()
			for i := range 4 {
				timeout := 10 * time.Second
				if do == reference.Silence && i%2 == 1 {
					timeout = 50 * time.Millisecond
				}
				err := fetchOnce(t, v.URL(), timeout)
				if i%2 == 0 && err != nil || i%2 == 1 && !check(err) {
					t.Errorf("request %d: %v", i+1, err)
				}
			}
			if n := s.Requests(); n.All != 4 || n.ByPath[unifier.LoginPath] != 4 {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

// fetchOnce asks for a login token over a connection of its own.
func fetchOnce(t *testing.T, base string, timeout time.Duration) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: timeout}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+unifier.LoginPath, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", credentials(t, "$$unigate"))
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.ReadAll(resp.Body)
	return err
}

func TestAudit(t *testing.T) {
	s := newService(t, reference.Options{Audit: true, Prefix: "/acme"})
	ask(s, "/acme"+unifier.LoginPath+"?expiry=7", credentials(t, "$$unigate"))
	ask(s, "/acme"+unifier.ResourcePath)
	ask(s, "/acme"+unifier.LoginPath, unifier.BasicAuth("$$unigate", "wrong"))
	var got string
	for _, e := range s.Audit() {
		got += fmt.Sprintf("%d %s %s?%s %q %d; ", e.Number, e.Method, e.Path, e.Query, e.User, e.Status)
	}
	want := `1 GET /ws/rest/service/v1/login?expiry=7 "$$unigate" 200; 2 GET /ws/rest/service/v1/admin/bps? "" 401; 3 GET /ws/rest/service/v1/login? "$$unigate" 401; `
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if h := s.Audit()[0].Header["Authorization"]; len(h) != 1 || h[0] != credentials(t, "$$unigate") {
		t.Errorf("header %v", h)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newService(t, reference.Options{Audit: true})
	var wg sync.WaitGroup
	var mu sync.Mutex
	tokens := map[string]bool{}
	for range 8 {
		wg.Go(func() {
			for range 50 {
				w := ask(s, unifier.LoginPath, credentials(t, "$$unigate"))
				token := members(t, w.Body.Bytes())["token"].(string)
				ask(s, unifier.ResourcePath, "Bearer "+token)
				mu.Lock()
				tokens[token] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n := s.Requests().All; n != 800 || len(tokens) != 400 || len(s.Audit()) != 800 {
		t.Errorf("%d requests, %d tokens, %d audited", n, len(tokens), len(s.Audit()))
	}
}

func BenchmarkLogin(b *testing.B) {
	s := newService(b, reference.Options{Now: time.Now})
	authorization := []string{credentials(b, "$$unigate")}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := httptest.NewRequest(http.MethodGet, unifier.LoginPath, nil)
		r.Header["Authorization"] = authorization
		w := &discard{header: http.Header{}}
		for pb.Next() {
			clear(w.header)
			s.ServeHTTP(w, r)
			if w.status != http.StatusOK {
				b.Fatal(w.status)
			}
		}
	})
}

func BenchmarkOAuth(b *testing.B) {
	s := newService(b, reference.Options{Now: time.Now})
	for b.Loop() {
		fetchJWT(b, s, "")
	}
}

// discard is a ResponseWriter that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
