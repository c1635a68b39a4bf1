package cli_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/printable"
)

// hostileServer answers each request with what serve writes to the connection.
func hostileServer(t *testing.T, serve func(conn net.Conn, r *http.Request, stop <-chan struct{})) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop); _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				for r := bufio.NewReader(conn); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					serve(conn, req, stop)
					if req.Close {
						return
					}
				}
			})
		}
	})
	return "http://" + l.Addr().String()
}

// answers sends a whole answer with this status, body and further header lines,
// to requests with credentials; to others the refusal that is documented.
func answers(status int, header, body string) func(net.Conn, *http.Request, <-chan struct{}) {
	return func(conn net.Conn, r *http.Request, _ <-chan struct{}) {
		if r.Header.Get("Authorization") == "" {
			const refusal = `{"message":"Empty or invalid Authorization header","status":401}`
			fmt.Fprintf(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(refusal), refusal)
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), header, body)
	}
}

const (
	// escapes is what a terminal would act on: colours, title, clearing the screen, C1 controls, reversed text.
	escapes = "\x1b[31mred\x1b[2J\x1b]0;owned\x07 \u009b31m \u202egnp.exe\x00\x08\r"
	// agents is what build agents obey in a log.
	agents = `##vso[task.setvariable variable=PATH]x ##[add-path]x ##teamcity[x] ::set-env name=PATH::x ` + `\n::add-mask::x`
	markup = `<script>alert(1)</script><img src=x onerror=alert(2)>"'--><svg onload=alert(3)>`
)

// attacks are servers that mean harm.
var attacks = map[string]func(net.Conn, *http.Request, <-chan struct{}){
	"terminal escapes in body":    answers(200, "", `{"token":"`+escapes+`","message":"`+escapes+`"}`),
	"terminal escapes in header":  answers(200, "X-Evil: \x1b[31m\x9b2J\r\nWWW-Authenticate: \x1b]0;owned\x07\r\n", `{}`),
	"terminal escapes in refusal": answers(401, "", `{"message":"`+escapes+`","status":401}`),
	"JSON-escaped escapes":        answers(500, "", `{"message":"\u001b[31m\u0000\u009b2J\u202e","status":500}`),
	"markup":                      answers(200, "X-Evil: "+markup+"\r\n", `{"token":"`+strings.ReplaceAll(markup, `"`, `\"`)+`","status":200,"message":"`+strings.ReplaceAll(markup, `"`, `\"`)+`"}`),
	"markup as HTML page":         answers(503, "Content-Type: text/html\r\n", "<html><body>"+markup+"</body></html>"),
	"CDATA end":                   answers(200, "", `]]>&&<!--`+markup),
	"invalid UTF-8":               answers(200, "", "{\"token\":\"\xff\xfe\xc3\x28\",\"expiryDate\":\"\xed\xa0\x80\"}"),
	"NUL bytes":                   answers(200, "", strings.Repeat("\x00", 4096)),
	"duplicate keys":              answers(200, "", `{"status":200,"status":401,"token":"a","token":"b","Timezone":"x","Timezone":"(UTC) y","expiryDate":"1","expiryDate":"2","expiryTime":"3"}`),
	"deep JSON":                   answers(200, "", strings.Repeat(`{"a":[`, 40000)),
	"deep JSON, closed":           answers(200, "", strings.Repeat(`[`, 100000)+strings.Repeat(`]`, 100000)),
	"huge body":                   answers(200, "", `{"token":"`+strings.Repeat("A", 1<<20)+`"}`),
	"huge number":                 answers(200, "", `{"status":1e999999999,"expires_in":`+strings.Repeat("9", 100000)+`}`),
	"huge token":                  answers(200, "", `{"token":"eyJ0eXAiOiJEQiJ9.`+strings.Repeat("e", 300000)+`.x","status":200}`),
	"empty":                       answers(200, "", ""),
	"status out of range": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 999 \x1b[31mX\r\nContent-Length: 0\r\n\r\n")
	},
	"no HTTP": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "\x1b[2J220 smtp ready\r\n")
		c.Close()
	},
	"closed at once": func(c net.Conn, _ *http.Request, _ <-chan struct{}) { c.Close() },
	"two answers to one request": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 2))
	},
	"length too long": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")
		c.Close()
	},
	"length too short": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}")
		c.Close()
	},
	"two lengths": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")
		c.Close()
	},
	"bad chunks": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nx")
		c.Close()
	},
	"gzip that is none": answers(200, "Content-Encoding: gzip\r\n", "not gzip"),
	"gzip bomb":         answers(200, "Content-Encoding: gzip\r\n", bomb()),
	"endless body": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for block := bytes.Repeat([]byte("x"), 64<<10); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	},
	"endless headers": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
				return
			}
		}
	},
	"endless 1xx": func(c net.Conn, _ *http.Request, _ <-chan struct{}) {
		for {
			if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"); err != nil {
				return
			}
		}
	},
	"slow drip": func(c net.Conn, _ *http.Request, stop <-chan struct{}) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if _, err := io.WriteString(c, "{"); err != nil {
					return
				}
			}
		}
	},
	"silence":                      func(_ net.Conn, _ *http.Request, stop <-chan struct{}) { <-stop },
	"redirect to itself":           answers(307, "Location: /ws/rest/service/v1/login\r\n", ""),
	"redirect elsewhere":           answers(302, "Location: http://192.0.2.1/steal\r\n", ""),
	"commands to agents in body":   answers(500, "", `{"message":"`+agents+`","status":500}`),
	"commands to agents in token":  answers(200, "", `{"token":"`+agents+`","status":200,"message":"`+agents+`"}`),
	"commands to agents in header": answers(401, "X-Evil: "+agents+"\r\nContent-Type: "+agents+"\r\n", "::set-env name=PATH::x"),
	"credentials in reply":         func(c net.Conn, r *http.Request, _ <-chan struct{}) { echo(c, r) },
}

// echo gives back everything that came, credentials included.
func echo(c net.Conn, r *http.Request) {
	var b bytes.Buffer
	_ = r.Write(&b)
	fmt.Fprintf(c, "HTTP/1.1 500 X\r\nX-Echo: %s\r\nContent-Length: %d\r\n\r\n%s", r.Header.Get("Authorization"), b.Len(), b.String())
}

// bomb is 16 MB of zeros, compressed.
func bomb() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 16 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return b.String()
}

// TestHostileAnswers runs the whole verify against servers that mean harm: it
// ends by itself, says that something is wrong, and lets nothing through to the
// terminal or the browser.
func TestHostileAnswers(t *testing.T) {
	if !alone(t) {
		return
	}
	boundHeap(t)
	turns := make(chan struct{}, 2) // at once, however many processors there are: memory is bounded for these
	for name, serve := range attacks {
		if testing.Short() && name != "silence" && name != "credentials in reply" && name != "redirect elsewhere" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait for timeouts
			turns <- struct{}{}
			defer func() { <-turns }()
			base := hostileServer(t, serve)
			out := filepath.Join(t.TempDir(), "out")
			o := unigate(t, "verify", "--out", out, "--config", configured(t, "target: {base_url: '"+base+"', timeout: 200ms, resource: /r}\n"+
				"users: [{name: $$a, password: first-secret-word}, {name: $$b, password: other-secret-word, expiry: 10 minutes}, {name: c@x, password: third-secret-word, type: oauth}]\n"))
			if o.exit != 1 && o.exit != 3 {
				t.Errorf("exit %d", o.exit)
			}
			harmless(t, "the terminal", []byte(o.all()))
			files, _ := filepath.Glob(filepath.Join(out, "*"))
			if len(files) == 0 {
				t.Error("no report was written")
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				harmless(t, filepath.Base(f), b)
				if strings.HasSuffix(f, ".html") && liveMarkup.Match(b) {
					t.Errorf("%s holds live markup of the server: %q", filepath.Base(f), liveMarkup.Find(b))
				}
				if len(b) > 8<<20 {
					t.Errorf("%s has %d bytes", filepath.Base(f), len(b))
				}
			}
			if t.Failed() {
				t.Logf("%.3000s", o.all())
			}
		})
	}
}

// liveMarkup is what a browser would act on.
var liveMarkup = regexp.MustCompile(`(?i)<script>alert|<img src=x|<svg onload`)

// harmless checks that a text has neither control characters nor secrets.
func harmless(t *testing.T, where string, b []byte) {
	t.Helper()
	if !utf8.Valid(b) {
		t.Errorf("%s is not UTF-8", where)
	}
	for _, r := range string(b) {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' {
			t.Errorf("%s holds the control character %U", where, r)
			break
		}
	}
	if printable.Obeyed(string(b)) {
		t.Errorf("%s holds a command that a build agent obeys", where)
	}
	if i := bytes.Index(b, []byte("-secret-word")); i >= 0 {
		t.Errorf("%s holds a password: %q", where, b[max(i-60, 0):min(i+40, len(b))])
	}
}
