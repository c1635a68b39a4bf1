package unifier_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// TestStandIn has answers that are, and are not, the target's own.
func TestStandIn(t *testing.T) {
	const (
		own  = `{"message":["Down for maintenance"],"status":503}`
		page = "<html><body>ERR_CONNECT_FAIL</body></html>"
	)
	squid := http.Header{"X-Squid-Error": {"ERR_ACCESS_DENIED 0"}}
	for _, c := range []struct {
		name   string
		tls    bool
		proxy  string
		status int
		header http.Header
		body   string
		kind   string // of the diagnosis, "" for the target's own answer
	}{
		{"200 through a proxy", false, "p:1", 200, squid, page, ""},
		{"302 through a proxy", false, "p:1", 302, nil, "", ""},
		{"407 through a proxy", false, "p:1", 407, nil, "", "proxy"},
		{"407 of the target", false, "", 407, nil, "", ""},
		{"502 through a proxy", false, "p:1", 502, nil, page, "proxy"},
		{"503 through a proxy", false, "p:1", 503, nil, page, "proxy"},
		{"504 through a proxy", false, "p:1", 504, nil, "", "proxy"},
		{"502 of the target", false, "", 502, nil, page, ""},
		{"503 in the service's own form", false, "p:1", 503, nil, own, ""},
		{"503 that says when", false, "p:1", 503, http.Header{"Retry-After": {"3"}}, page, ""},
		{"500 through a proxy", false, "p:1", 500, nil, page, ""},
		{"401 through a proxy", false, "p:1", 401, nil, page, ""},
		{"403 by Squid", false, "p:1", 403, squid, page, "proxy"},
		{"403 by Squid at the target", false, "", 403, squid, page, ""},
		{"400 with Proxy-Status", false, "p:1", 400, http.Header{"Proxy-Status": {"p; error=dns_error"}}, "", "proxy"},
		{"400 with Proxy-Status of the target", false, "p:1", 400, http.Header{"Proxy-Status": {"p; received-status=400"}}, "", ""},
		{"511", false, "", 511, nil, page, "proxy"},
		{"511 over TLS", true, "", 511, nil, page, "proxy"},
		{"Go", false, "", 400, nil, "Client sent an HTTP request to an HTTPS server.\n", "tls"},
		{"nginx", false, "", 400, nil, "<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>", "tls"},
		{"httpd", false, "", 400, nil, "Reason: You're speaking plain HTTP to\n an SSL-enabled server port.<br />", "tls"},
		{"Tomcat", false, "", 400, nil, "Bad Request\r\nThis combination of host and port requires TLS.\r\n", "tls"},
		{"the same over TLS", true, "", 400, nil, "Client sent an HTTP request to an HTTPS server.\n", ""},
		{"another 400", false, "", 400, nil, `{"message":"Invalid expiry","status":400}`, ""},
	} {
		err := unifier.StandIn(c.tls, c.proxy, c.status, c.header, []byte(c.body))
		d := unifier.Diagnose(err)
		if d.Kind != c.kind || c.kind != "" && (d.Hint == "" || !unifier.NotTheTargets(err)) || c.kind == "proxy" && c.status != 511 && !strings.Contains(d.Cause, c.proxy) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

// TestAnswersOfTheProxyAreNone has a proxy that cannot reach the target.
func TestAnswersOfTheProxyAreNone(t *testing.T) {
	base := raw(t, func(c net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err == nil {
			io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno")
		}
	})
	via, _ := url.Parse(base)
	target, _ := url.Parse("http://unifier.test/acme")
	transport := unifier.NewTransport(unifier.TransportOptions{Proxy: unifier.FixedProxy(via)})
	defer transport.CloseIdleConnections()
	c, err := unifier.NewClient(unifier.ClientOptions{BaseURL: target, Proxy: via, Transport: transport, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if x := c.Do(t.Context(), unifier.Call{}); x.Status != 0 || x.Partial != 502 || !unifier.NotTheTargets(x.Err) {
		t.Errorf("status %d, partial %d, %v", x.Status, x.Partial, x.Err)
	}
}

// TestSpeaksTLSInAnAlert has a port that answers a request without TLS with an alert.
func TestSpeaksTLSInAnAlert(t *testing.T) {
	base := raw(t, func(c net.Conn, r *bufio.Reader) {
		http.ReadRequest(r)
		io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x16")
	})
	x := get(t, client(t, base, unifier.TransportOptions{}, 5*time.Second), "/")
	if d := unifier.Diagnose(x.Err); d.Kind != "tls" || !strings.Contains(d.Hint, "https://") {
		t.Errorf("%+v of %v", d, x.Err)
	}
}

// TestLineBreakBehindABody has a server that sends a line break behind each body. It may
// lie on the connection when the next request is under way, which is asked again then.
func TestLineBreakBehindABody(t *testing.T) {
	base := raw(t, func(c net.Conn, r *bufio.Reader) {
		for n := 0; ; n++ {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			if n > 0 {
				io.WriteString(c, "\r\n")
			}
			io.WriteString(c, okAnswer)
		}
	})
	c := client(t, base, unifier.TransportOptions{}, 5*time.Second)
	for n, want := range []int{0, 1, 0, 0} { // the second is lost; from then on connections serve one request each
		if x := get(t, c, "/"); x.Err != nil || x.Status != 200 || x.Lost != want {
			t.Errorf("call %d: status %d, %v, lost %d", n+1, x.Status, x.Err, x.Lost)
		}
	}
}
