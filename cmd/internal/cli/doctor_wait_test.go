package cli

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/reference"
)

// The pauses of a wait, in virtual time: it ends where the target answers, where
// waiting is hopeless, at its limit, and with its context.
func TestWaitUntil(t *testing.T) {
	down, up := waiting{says: "refused"}, waiting{ready: true}
	for name, c := range map[string]struct {
		seen   []waiting // the last one stays
		limit  time.Duration
		waited time.Duration
		asked  int
		last   waiting
		told   string
	}{
		"up at once":      {[]waiting{up}, 5 * time.Minute, 0, 1, up, ""},
		"up later":        {[]waiting{down, down, {says: "503"}, up}, 5 * time.Minute, 7 * time.Second, 4, up, "refused 503"},
		"hopeless":        {[]waiting{down, {hopeless: true, says: "tls"}}, 5 * time.Minute, time.Second, 2, waiting{hopeless: true, says: "tls"}, "refused"},
		"never":           {[]waiting{down}, time.Minute, time.Minute, 14, down, "refused"},
		"shorter than it": {[]waiting{down, up}, 500 * time.Millisecond, 500 * time.Millisecond, 1, down, "refused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			var told []string
			last, waited := waitUntil(t.Context(), c.limit, func(context.Context) waiting {
				asked++
				return c.seen[min(asked, len(c.seen))-1]
			}, func(says string) { told = append(told, says) })
			if last != c.last || waited != c.waited || asked != c.asked || strings.Join(told, " ") != c.told {
				t.Errorf("%s: %+v after %s, asked %d times, told %v", name, last, waited, asked, told)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if last, waited := waitUntil(ctx, time.Hour, func(context.Context) waiting { return down }, func(string) {}); last != down || waited != 90*time.Second {
			t.Errorf("interrupted: %+v after %s", last, waited)
		}
	})
}

// restarts is a service of which the first answers are scripted.
type restarts struct {
	mu      sync.Mutex
	script  []func(http.ResponseWriter)
	next    http.Handler
	early   int // requests with credentials before the script's end
	answers int
}

func (s *restarts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var say func(http.ResponseWriter)
	if s.answers < len(s.script) {
		say = s.script[s.answers]
		if r.Header.Get("Authorization") != "" {
			s.early++
		}
	}
	s.answers++
	s.mu.Unlock()
	if say != nil {
		say(w)
		return
	}
	s.next.ServeHTTP(w, r)
}

// status answers with a status and a body.
func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

func TestDoctorWaits(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	drop := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	for name, script := range map[string][]func(http.ResponseWriter){
		"none":       nil,
		"503":        {status(503, "")},
		"404":        {status(404, "<h1>Error 404--Not Found</h1>")},
		"page":       {status(200, "<html>maintenance</html>")},
		"redirect":   {status(302, "")},
		"no answer":  {drop},
		"one by one": {drop, status(502, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait
			s := &restarts{script: script, next: service}
			server := httptest.NewUnstartedServer(s)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Start()
			out, errs, exit := runCLI(t, "doctor", "--wait", "1m", "--config", keptConfig(t, server.URL))
			server.Close()
			if exit != 0 || s.early > 0 || !strings.Contains(out, "ok   wait            the token service answers, after ") {
				t.Errorf("exit %d, %d early with credentials\n%s%s", exit, s.early, out, errs)
			}
			if (len(script) > 0) != strings.Contains(errs, "waiting for "+server.URL+", up to 1m0s: ") {
				t.Error(errs)
			}
		})
	}
}

func TestDoctorWaitsInVain(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	for target, says := range map[string]string{busy.URL: "it answers 503", nobody: "the connection was refused"} {
		out, _, exit := runCLI(t, "doctor", "--wait", "300ms", "--config", keptConfig(t, target))
		if exit != 3 || !strings.Contains(out, "fail wait            no answer of the token service within 300ms") || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d\n%s", target, exit, out)
		}
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	out, _, exit := runCLI(t, "doctor", "--wait", "1h", "--config", keptConfig(t, secure.URL))
	if exit != 3 || !strings.Contains(out, "waiting will not help") || !strings.Contains(out, "fail TLS") {
		t.Errorf("untrusted: exit %d\n%s", exit, out)
	}
	for _, wrong := range []string{"-1s", "25h", "5", ""} {
		if _, _, exit := runCLI(t, "doctor", "--wait", wrong); exit != 2 {
			t.Errorf("--wait %q: exit %d", wrong, exit)
		}
	}
}

// Each way in which a resource does not take a token has its line.
func TestDoctorOfAResourceThatTakesNoToken(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		body string
		says []string
	}{
		"405":         {405, "", []string{"takes no GET (405)", "name another GET in target.resource"}},
		"500":         {500, `{"status":500,"message":"ORA-00942"}`, []string{"fails (500)", "ORA-00942", "try again"}},
		"503 page":    {503, "<html>", []string{"fails (503)"}},
		"403":         {403, "", []string{"does not let the user in (403)", "Admin > Get"}},
		"401":         {401, "Unauthorized", []string{"refuses a token that was just issued (401)", "LOGIN-16"}},
		"A15, 401":    {200, `{"status":401,"message":"Invalid token"}`, []string{"refuses a token that was just issued (HTTP 200 with the status 401 in its body)", "Invalid token"}},
		"A15, 403":    {200, `{"status":"403"}`, []string{"does not let the user in (HTTP 200 with the status 403 in its body)"}},
		"302":         {302, "", []string{"answers 302"}},
		"404":         {404, "", []string{"does not exist (404)"}},
		"602, let in": {200, `{"status":602}`, []string{"ok   resource"}},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/admin/bps") {
				w.WriteHeader(c.code)
				_, _ = w.Write([]byte(c.body))
				return
			}
			service.ServeHTTP(w, r)
		}))
		out, _, exit := runCLI(t, "doctor", "--config", keptConfig(t, s.URL))
		s.Close()
		if want := map[bool]int{true: 0, false: 1}[c.says[0] == "ok   resource"]; exit != want {
			t.Errorf("%s: exit %d\n%s", name, exit, out)
		}
		for _, says := range c.says {
			if !strings.Contains(out, says) {
				t.Errorf("%s: does not say %q\n%s", name, says, out)
			}
		}
	}
}
