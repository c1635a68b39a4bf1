package cli_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
)

// The outcomes of a form of the wire.
const (
	anAnswer = "an answer"
	wrong    = "a wrong answer"
	none     = "no answer"
)

// wireForm is a way in which a server writes an answer.
type wireForm struct {
	name  string
	want  string
	write func(c net.Conn, status int, body string)
}

// head is the first lines of an answer.
func head(status int, lines ...string) string {
	all := append([]string{fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status)), "Content-Type: application/json",
		"Date: " + time.Now().UTC().Format(http.TimeFormat)}, lines...)
	return strings.Join(all, "\r\n") + "\r\n\r\n"
}

// length is the field that says how long a body is.
func length(n int) string { return fmt.Sprintf("Content-Length: %d", n) }

// lines writes an answer with further header lines; the connection stays open.
func lines(more ...string) func(net.Conn, int, string) {
	return func(c net.Conn, status int, body string) {
		io.WriteString(c, head(status, append(more, length(len(body)))...)+body)
	}
}

// closes makes a form close the connection after it.
func closes(write func(net.Conn, int, string)) func(net.Conn, int, string) {
	return func(c net.Conn, status int, body string) {
		write(c, status, body)
		c.Close()
	}
}

// text writes an answer in which {status}, {length} and {body} are filled in.
func text(form string) func(net.Conn, int, string) {
	return func(c net.Conn, status int, body string) {
		io.WriteString(c, strings.NewReplacer("{status}", fmt.Sprint(status), "{length}", fmt.Sprint(len(body)), "{body}", body,
			"{half}", fmt.Sprint(len(body)/2), "{more}", fmt.Sprint(len(body)+10), "{hex}", fmt.Sprintf("%x", len(body)),
			"{first}", body[:len(body)/2], "{rest}", body[len(body)/2:],
			"{hex1}", fmt.Sprintf("%x", len(body)/2), "{hex2}", fmt.Sprintf("%x", len(body)-len(body)/2)).Replace(form))
	}
}

// coded writes an answer in a content coding.
func coded(coding string, encode func(io.Writer) io.WriteCloser) func(net.Conn, int, string) {
	return func(c net.Conn, status int, body string) {
		var b bytes.Buffer
		w := encode(&b)
		io.WriteString(w, body)
		w.Close()
		io.WriteString(c, head(status, "Content-Encoding: "+coding, length(b.Len()))+b.String())
	}
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

// bareDeflated is deflate without zlib's header, as some servers send it.
func bareDeflated(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.BestSpeed)
	return f
}

// padded writes zeros behind what it closes.
type padded struct {
	io.WriteCloser
	to io.Writer
}

// Close closes and writes the zeros.
func (p padded) Close() error {
	err := p.WriteCloser.Close()
	_, _ = p.to.Write(make([]byte, 16))
	return err
}

func deflated(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

// slowly writes an answer byte by byte, with a pause after each.
func slowly(pause time.Duration, form string) func(net.Conn, int, string) {
	return func(c net.Conn, status int, body string) {
		var b strings.Builder
		whole := &recorded{Builder: &b}
		text(form)(whole, status, body)
		for i := range b.Len() {
			if _, err := io.WriteString(c, b.String()[i:i+1]); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
}

// recorded is a connection that keeps what is written to it.
type recorded struct {
	net.Conn
	*strings.Builder
}

// Write keeps p.
func (r *recorded) Write(p []byte) (int, error) { return r.Builder.Write(p) }

const (
	begin   = "HTTP/1.1 {status} X\r\n"
	plain   = begin + "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
	chunks  = "Transfer-Encoding: chunked\r\n\r\n{hex1}\r\n{first}\r\n{hex2}\r\n{rest}\r\n0\r\n\r\n"
	timeout = 400 * time.Millisecond
)

// wireForms are forms of the wire, right and wrong, with what each part of
// unigate must make of them.
var wireForms = []wireForm{
	{"plain", anAnswer, text(plain)},
	{"lower-case names", anAnswer, text(begin + "content-length: {length}\r\n\r\n{body}")},
	{"upper-case names", anAnswer, text(begin + "CONTENT-LENGTH: {length}\r\n\r\n{body}")},
	{"no blank behind the colon", anAnswer, text(begin + "Content-Length:{length}\r\n\r\n{body}")},
	{"blanks around a value", anAnswer, text(begin + "Content-Length: \t {length} \t\r\n\r\n{body}")},
	{"no reason", anAnswer, text("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"lines that end in LF", anAnswer, text("HTTP/1.1 {status} X\nContent-Length: {length}\n\n{body}")},
	{"lines that end in either", anAnswer, text("HTTP/1.1 {status} X\r\nContent-Length: {length}\nX: y\r\n\n{body}")},
	{"a folded field", anAnswer, text(begin + "X-Long: one\r\n two\r\n\tthree\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"UTF-8 in a field", anAnswer, lines("X-Name: Zürich 密")},
	{"chunked", anAnswer, text(begin + chunks)},
	{"one chunk, with an extension", anAnswer, text(begin + "Transfer-Encoding: chunked\r\n\r\n{hex};a=b\r\n{body}\r\n0\r\n\r\n")},
	{"chunked in other letters", anAnswer, text(begin + "transfer-encoding: Chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")},
	{"chunked, with a trailer", anAnswer, text(begin + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\nX-Sum: 1\r\n\r\n")},
	{"chunked and a length", anAnswer, text(begin + "Content-Length: 3\r\n" + chunks)},
	{"up to the end of the connection", anAnswer, closes(text(begin + "Connection: close\r\n\r\n{body}"))},
	{"the same, unsaid", anAnswer, closes(text(begin + "\r\n{body}"))},
	{"HTTP/1.0", anAnswer, closes(text("HTTP/1.0 {status} X\r\n\r\n{body}"))},
	{"HTTP/1.0 with a length", anAnswer, closes(text("HTTP/1.0 {status} X\r\nContent-Length: {length}\r\n\r\n{body}"))},
	{"HTTP/1.0, kept alive", anAnswer, text("HTTP/1.0 {status} X\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"Connection: close", anAnswer, closes(lines("Connection: close"))},
	{"Connection: Close", anAnswer, closes(lines("Connection: Close"))},
	{"close in a list", anAnswer, closes(lines("Connection: keep-alive, CLOSE"))},
	{"close in a second line", anAnswer, closes(lines("Connection: x", "connection: close"))},
	{"Connection: keep-alive", anAnswer, lines("Connection: keep-alive", "Keep-Alive: timeout=5, max=100")},
	{"a field of 10 KiB", anAnswer, lines("X-Long: " + strings.Repeat("x", 10<<10))},
	{"a field of 200 KiB", anAnswer, lines("X-Long: " + strings.Repeat("x", 200<<10))},
	{"fields of 300 KiB", none, lines("X-Long: " + strings.Repeat("x", 300<<10))},
	{"two thousand fields", anAnswer, lines(strings.Split(strings.Repeat("X-Many: y\n", 1999)+"X-Many: y", "\n")...)},
	{"gzip, unasked", anAnswer, coded("gzip", gzipped)},
	{"x-gzip", anAnswer, coded("X-GZIP", gzipped)},
	{"deflate", anAnswer, coded("deflate", deflated)},
	{"bare deflate", anAnswer, coded("deflate", bareDeflated)},
	{"brotli", anAnswer, coded("br", func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })},
	{"zstd", anAnswer, coded("zstd", func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })},
	{"gzip with zeros behind it", anAnswer, coded("gzip", func(w io.Writer) io.WriteCloser { return padded{gzip.NewWriter(w), w} })},
	{"two codings", anAnswer, coded("identity, gzip", gzipped)},
	{"identity", anAnswer, lines("Content-Encoding: identity")},
	{"broken gzip", none, lines("Content-Encoding: gzip")},
	{"a coding that is not known", wrong, coded("compress", gzipped)},
	{"one length twice", anAnswer, text(begin + "Content-Length: {length}\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"two lengths", none, text(begin + "Content-Length: {length}\r\nContent-Length: 1\r\n\r\n{body}")},
	{"one length twice in a list", none, text(begin + "Content-Length: {length}, {length}\r\n\r\n{body}")},
	{"a negative length", none, text(begin + "Content-Length: -1\r\n\r\n{body}")},
	{"a length with a sign", none, text(begin + "Content-Length: +{length}\r\n\r\n{body}")},
	{"a length that is too high", none, closes(text(begin + "Content-Length: {more}\r\n\r\n{body}"))},
	{"a length that is too high, and silence", none, text(begin + "Content-Length: {more}\r\n\r\n{body}")},
	{"a length that is too low", wrong, text(begin + "Content-Length: {half}\r\n\r\n{body}")},
	{"chunked without an end", none, closes(text(begin + "Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{body}\r\n"))},
	{"chunked, cut in a chunk", none, closes(text(begin + "Transfer-Encoding: chunked\r\n\r\n{hex}\r\n{first}"))},
	{"a chunk without a size", none, text(begin + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n")},
	{"a transfer coding that is not known", none, text(begin + "Transfer-Encoding: gzip, chunked\r\n\r\n{hex}\r\n{body}\r\n0\r\n\r\n")},
	{"100 first", anAnswer, text("HTTP/1.1 100 Continue\r\n\r\n" + plain)},
	{"103 first", anAnswer, text("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + plain)},
	{"ten interim answers", anAnswer, text(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 10) + plain)},
	{"interim answers only", none, text(strings.Repeat("HTTP/1.1 102 Processing\r\nX: y\r\n\r\n", 20000))},
	{"101", none, text("HTTP/1.1 101 Switching Protocols\r\n\r\n")},
	{"101 with Upgrade", none, text("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")},
	{"101 with a body", none, text("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"204", wrong, text("HTTP/1.1 204 No Content\r\n\r\n")},
	{"204 with a body", wrong, text("HTTP/1.1 204 No Content\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"304", wrong, text("HTTP/1.1 304 Not Modified\r\n\r\n")},
	{"no body", wrong, text(begin + "Content-Length: 0\r\n\r\n")},
	{"more than the answer", anAnswer, text(plain + "more")},
	{"a line break behind the body", anAnswer, text(plain + "\r\n")},
	{"a page that asks for TLS", none, text("HTTP/1.1 400 Bad Request\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")},
	{"511", none, text("HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 5\r\n\r\nlogin")},
	{"a blank before the colon", anAnswer, text(begin + "X-Name : y\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a line without a colon", none, text(begin + "nonsense\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a NUL in a field", none, text(begin + "X-Name: a\x00b\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a NUL in a name", none, text(begin + "X-\x00: b\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a status of four digits", none, text("HTTP/1.1 2000 X\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a status of 000", none, text("HTTP/1.1 000 X\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"a status of 099", none, text("HTTP/1.1 099 X\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"no status", none, text("HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}")},
	{"no head", none, closes(text("{body}"))},
	{"half a head", none, closes(text("HTTP/1.1 200 O"))},
	{"a head without an end", none, closes(text(begin + "Content-Length: {length}\r\n"))},
	{"nothing", none, closes(text(""))},
	{"silence", none, text("")},
	{"a slow head", none, slowly(timeout/20, plain)},
	{"a slow body", none, slowly(timeout/20, "{body}{body}")},
	{"byte by byte", anAnswer, slowly(0, plain)},
}

// wireServer answers as the reference service does, in a form of the wire.
func wireServer(t *testing.T, f wireForm) (base string, users string) {
	t.Helper()
	service, err := reference.New(reference.Options{Users: reference.DefaultUsers()[:1]})
	if err != nil {
		t.Fatal(err)
	}
	base = hostileServer(t, func(c net.Conn, r *http.Request, stop <-chan struct{}) {
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		f.write(c, w.Code, strings.TrimSpace(w.Body.String()))
	})
	return base, usersYAML(service.Users())
}

// TestOneReadingOfTheWire sends each form to verify, to load and to doctor, and
// wants one outcome.
func TestOneReadingOfTheWire(t *testing.T) {
	for _, f := range wireForms {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			base, users := wireServer(t, f)
			waits := timeout
			if f.want != none {
				waits = time.Minute // a starved machine's answers are answers, too
			}
			config := configured(t, fmt.Sprintf("target: {base_url: '%s', timeout: %v}\nsafety: {allow_load: true}\n%s", base, waits, users))
			for command, o := range map[string]outcome{
				"verify": unigate(t, "verify", "--requirement", "LOGIN-01,LOGIN-02,LOGIN-03", "--config", config),
				"load":   unigate(t, "load", "--rate", "20/s", "--duration", "250ms", "--format", "json", "--config", config),
				"doctor": unigate(t, "doctor", "--config", config),
			} {
				got := map[int]string{0: anAnswer, 1: wrong, 3: none}[o.exit]
				if command == "load" {
					got = ofLoad(t, o)
				}
				// verify says of an answer that breaks off what it is: a defect of LOGIN-01.
				if command == "verify" && f.want == none && strings.Contains(words(o.all()), "breaks off, twice") {
					got = none
				}
				if got != f.want {
					t.Errorf("%s saw %s (exit %d), want %s\n%.1500s", command, got, o.exit, f.want, o.all())
				}
			}
		})
	}
}

// ofLoad is the outcome of a load test, whose exit status may be about the generator.
func ofLoad(t *testing.T, o outcome) string {
	t.Helper()
	var r record.Run
	if err := json.Unmarshal([]byte(o.out), &r); err != nil {
		t.Fatalf("%v: %s", err, o.all())
	}
	switch n := r.Load.Totals; {
	case n.Sent == 0 && strings.Contains(strings.Join(r.Verdict.Reasons, " "), "cannot be reached"):
		return none
	case n.Sent > 0 && n.Errors == 0 && n.BadTokens == 0:
		return anAnswer
	}
	return wrong
}

// TestUnasked101EndsAtOnce has a target, a proxy and a key set that answer 101
// and keep the connection open: nothing waits for them.
func TestUnasked101EndsAtOnce(t *testing.T) {
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
	base := hostileServer(t, func(c net.Conn, _ *http.Request, _ <-chan struct{}) { io.WriteString(c, upgrade) })
	users := "users: [{name: $$a, password: some-password}]\n"
	direct := configured(t, "target: {base_url: '"+base+"', timeout: 30s}\n"+users)
	proxied := configured(t, "target: {base_url: 'http://unifier.test', proxy: '"+base+"', timeout: 30s}\nsafety: {allow_load: true}\n"+users)
	began := time.Now()
	for _, args := range [][]string{
		{"verify", "--config", direct}, {"doctor", "--config", direct}, {"load", "--config", direct},
		{"verify", "--config", proxied}, {"doctor", "--config", proxied}, {"load", "--config", proxied},
	} {
		o := unigate(t, args...)
		if o.exit != 3 || !strings.Contains(strings.Join(strings.Fields(o.all()), " "), "101") {
			t.Errorf("%v: exit %d, and no word of the 101\n%.2000s", args, o.exit, o.all())
		}
	}
	service := startReference(t, reference.Options{})
	keys := configured(t, fmt.Sprintf("target: {base_url: '%s', timeout: 30s, jwks: '%s/keys'}\n%s", service.URL(), base, usersYAML(reference.DefaultUsers())))
	o := unigate(t, "verify", "--requirement", "OAUTH-13", "--config", keys)
	if !strings.Contains(o.all(), "101") {
		t.Errorf("key set: exit %d\n%.2000s", o.exit, o.all())
	}
	if waited := time.Since(began); waited > 25*time.Second {
		t.Errorf("something waited: %v", waited)
	}
}

// refusals counts what a server refuses, by user.
type refusals struct {
	mu    sync.Mutex
	count map[string]int
}

// refusing is a service that refuses every password.
func (r *refusals) refusing(w http.ResponseWriter, req *http.Request) {
	if user, _, ok := req.BasicAuth(); ok && !strings.Contains(user, "nobody") {
		r.mu.Lock()
		r.count[user]++
		r.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(w, `{"message":"Invalid Authorization header","status":401}`)
}

// TestOneBudgetForTheProcess counts, at the server, how often wrong configured
// passwords arrive over ten load objectives in one verify, and over other commands.
func TestOneBudgetForTheProcess(t *testing.T) {
	var objectives strings.Builder
	objectives.WriteString("Feature: ten objectives\n")
	for i := range 10 {
		fmt.Fprintf(&objectives, "\n  @load\n  Scenario: objective %d\n    Given 20 login tokens a second for 1 seconds\n    Then 99 %% arrive within 5 s\n", i)
	}
	dir := ownFeature(t, objectives.String())
	for _, c := range []struct {
		name  string
		limit int
		want  int
		oauth int
		args  []string
	}{
		{"ten objectives", 3, 3, 1, []string{"verify", "--tags", "@load", "--features", dir}},
		{"built-in objectives", 3, 3, 1, []string{"verify", "--tags", "@load"}},
		{"no wrong passwords", 0, 1, 1, []string{"load", "--duration", "1s"}},
		{"load", 3, 3, 1, []string{"load", "--duration", "1s"}},
		{"everything, again and again", 3, 3, 1, []string{"verify", "--repeat", "5"}},
		{"doctor", 3, 1, 1, []string{"doctor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &refusals{count: map[string]int{}}
			s := httptest.NewServer(http.HandlerFunc(r.refusing))
			defer s.Close()
			o := unigate(t, append(c.args, "--config", configured(t, fmt.Sprintf(
				"target: {base_url: '%s'}\nsafety: {failed_logins: %d}\nusers: [{name: $$a, password: wrong-word}, {name: $$off, password: wrong-word, status: inactive}, {name: api@x, password: wrong-word, type: oauth}]\n", s.URL, c.limit)))...)
			for user, n := range r.count {
				want := c.want
				if user == "api@x" {
					want = c.oauth
				}
				if n > want {
					t.Errorf("%s arrived %d times, want at most %d\n%.2000s", user, n, want, o.all())
				}
			}
			if len(r.count) == 0 {
				t.Errorf("nothing arrived\n%.2000s", o.all())
			}
		})
	}
}

// TestConnectionsClosedUnannounced has servers that close kept-alive connections
// after a number of answers without saying so.
func TestConnectionsClosedUnannounced(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			service, err := reference.New(reference.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var served atomic.Int64
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			defer wg.Wait()
			defer l.Close()
			wg.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					wg.Go(func() {
						defer c.Close()
						for i, r := 0, bufio.NewReader(c); i < n; i++ {
							req, err := http.ReadRequest(r)
							if err != nil {
								return
							}
							w := httptest.NewRecorder()
							service.ServeHTTP(w, req)
							served.Add(1)
							lines("Cache-Control: no-store", "WWW-Authenticate: Basic")(c, w.Code, w.Body.String())
							if req.Close {
								return
							}
						}
					})
				}
			})
			config := configured(t, fmt.Sprintf("target: {base_url: 'http://%s'}\n%s", l.Addr(), usersYAML(service.Users())))
			if o := unigate(t, "verify", "--requirement", "LOGIN-01,LOGIN-02,LOGIN-08,LOGIN-09,LOGIN-14,OAUTH-01", "--config", config); o.exit != 0 {
				t.Errorf("verify: exit %d\n%.3000s", o.exit, o.all())
			}
			o := unigate(t, "load", "--rate", "100/s", "--duration", "1s", "--format", "json", "--config", config)
			var r record.Run
			if err := json.Unmarshal([]byte(o.out), &r); err != nil {
				t.Fatalf("%v: %s", err, o.all())
			}
			// A machine that is busy with other tests may keep some from being sent.
			if sent := r.Load.Totals.Sent; sent == 0 || sent < 90 && !r.Load.Generator.Saturated {
				t.Errorf("load: exit %d, %v", o.exit, r.Verdict.Reasons)
			}
		})
	}
}

// ownFeature writes a feature file and returns its folder.
func ownFeature(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own.feature"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
