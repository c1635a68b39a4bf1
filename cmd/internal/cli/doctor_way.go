package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// hop returns the URL of the host to which connections are made: the proxy's,
// or the target's.
func (d *doctor) hop() *url.URL {
	if d.t.proxied {
		if p, err := d.t.transport.Proxy(d.t.baseURL); err == nil && p != nil {
			return p
		}
	}
	return d.t.baseURL
}

// name resolves the host's name.
func (d *doctor) name(ctx context.Context) bool {
	const name = "name"
	host := d.hop().Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		d.add(name, checkOK, "", "%s is an address", host)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		g := unifier.Diagnose(err)
		d.fail(exitInconclusive, name, g.Hint, "%s", g.Cause)
		return false
	}
	d.add(name, checkOK, "", "%s is %s", host, strings.Join(addrs, ", "))
	return true
}

// connection opens a connection and closes it.
func (d *doctor) connection(ctx context.Context) bool {
	const name = "connection"
	hop := d.hop()
	port := hop.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[hop.Scheme]
	}
	if port == "" {
		port = "80"
	}
	address := net.JoinHostPort(hop.Hostname(), port)
	began := time.Now()
	conn, err := d.t.transport.Dialer().DialContext(ctx, "tcp", address)
	if err != nil {
		g := unifier.Diagnose(err)
		d.fail(exitInconclusive, name, g.Hint, "%s: %s", address, g.Cause)
		return false
	}
	_ = conn.Close()
	kind := "the target"
	if d.t.proxied {
		kind = "the proxy"
	}
	d.add(name, checkOK, "", "%s at %s accepts connections, in %s", kind, conn.RemoteAddr(), time.Since(began).Round(100*time.Microsecond))
	return true
}

// answer sends one request without credentials and looks at proxy, TLS, status and clock.
func (d *doctor) answer(ctx context.Context) bool {
	x := d.t.client.Do(ctx, unifier.Call{Path: d.loginPath()})
	g := unifier.Diagnose(x.Err)
	if x.Err != nil && g.Kind != "tls" && d.t.baseURL.Scheme == "https" && !d.t.proxied {
		if said := unifier.Diagnose(d.listenForAlert(ctx)); said.Kind == "tls" {
			g = said
		}
	}
	if !d.proxy(g) || !d.tls(ctx, x, g) {
		return false
	}
	if x.Err != nil {
		d.fail(exitInconclusive, "answer", g.Hint, "%s", g.Cause)
		return false
	}
	if !d.status(x) {
		return false
	}
	d.clock(x)
	return true
}

// alertWait is how long listenForAlert waits.
const alertWait = 2 * time.Second

// listenForAlert makes a TLS handshake and sends nothing. With TLS 1.3 a server
// says only after the handshake that it wants a client certificate, and a
// request that is already under way can make it cut the connection before that
// is read.
func (d *doctor) listenForAlert(ctx context.Context) error {
	address := d.t.baseURL.Host
	if d.t.baseURL.Port() == "" {
		address = net.JoinHostPort(d.t.baseURL.Hostname(), "443")
	}
	dialer := tls.Dialer{NetDialer: d.t.transport.Dialer(), Config: d.t.transport.TLSConfig(nil)}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetReadDeadline(time.Now().Add(alertWait)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}

// loginPath is the path of the first service that the configured users have.
func (d *doctor) loginPath() string {
	for _, kind := range []unifier.UserType{unifier.Basic, unifier.OAuthType} {
		if !slices.ContainsFunc(d.t.users, func(u unifier.User) bool { return u.Type == kind }) {
			continue
		}
		if s, err := d.t.firstService(kind); err == nil {
			return s.Path()
		}
	}
	s, _ := d.t.firstService(unifier.OAuthType) // the edition was read before
	return s.Path()
}

// proxy judges the way through the proxy.
func (d *doctor) proxy(g unifier.Diagnosis) bool {
	const name = "proxy"
	switch {
	case !d.t.proxied:
		d.add(name, checkSkip, "", "none is used")
	case g.Kind == "proxy":
		d.fail(exitInconclusive, name, g.Hint, "%s", g.Cause)
		return false
	default:
		d.add(name, checkOK, "", "%s lets requests through", d.hop().Host)
	}
	return true
}

// patience bounds the question whether a port speaks TLS.
const patience = 3 * time.Second

// speaksTLS reports whether the target's port, which is configured as plain http,
// answers a TLS handshake. Behind a proxy that is not asked. Nothing is sent but the
// handshake, so that whose certificate it is does not matter.
func (d *doctor) speaksTLS(ctx context.Context) bool {
	if d.t.proxied {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	port := d.t.baseURL.Port()
	if port == "" {
		port = "80"
	}
	conn, err := d.t.transport.Dialer().DialContext(ctx, "tcp", net.JoinHostPort(d.t.baseURL.Hostname(), port))
	if err != nil {
		return false
	}
	defer conn.Close()                                                                  //nolint:errcheck // nothing was sent
	err = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx) //nolint:gosec // only asked whether it is TLS
	var alert tls.AlertError
	return err == nil || errors.As(err, &alert)
}

// soon is how long before its end a certificate is worth a warning.
const soon = 30 * 24 * time.Hour

// tls judges the TLS handshake.
func (d *doctor) tls(ctx context.Context, x unifier.Exchange, g unifier.Diagnosis) bool {
	const name = "TLS"
	switch {
	case g.Kind == "tls":
		d.fail(exitInconclusive, name, g.Hint, "%s", g.Cause)
		return false
	case d.t.baseURL.Scheme == "http" && d.speaksTLS(ctx):
		d.fail(exitInconclusive, name, "write https:// in target.base_url", "%s speaks TLS, and the address says http: no password is sent there in the clear", d.t.baseURL.Host)
		return false
	case d.t.baseURL.Scheme == "http" && !d.t.local:
		d.add(name, checkWarn, "use https:// if the target has it", "passwords and tokens travel in the clear")
		return true
	case d.t.baseURL.Scheme == "http":
		d.add(name, checkSkip, "", "the target is http on this machine")
		return true
	case x.TLS == nil || len(x.TLS.PeerCertificates) == 0:
		return true // the error says why
	}
	cert := x.TLS.PeerCertificates[0]
	state, do, note := checkOK, "", ""
	left := time.Until(cert.NotAfter)
	switch {
	case d.t.transport.InsecureSkipVerify:
		state, do, note = checkWarn, "name the authority in target.tls.ca_file instead", "; it was NOT verified (insecure_skip_verify)"
	case x.TLS.Version < tls.VersionTLS12:
		state, do = checkWarn, "the target should offer TLS 1.2 or newer (SEC-06)"
	case left < soon:
		state, do = checkWarn, "the target needs a new certificate soon"
	}
	d.add(name, state, do, "%s, %s, certificate by %s until %s (%d days)%s", tls.VersionName(x.TLS.Version), x.Proto,
		said(cert.Issuer.String()), cert.NotAfter.UTC().Format("2006-01-02"), int(left.Hours()/24), note)
	return true
}

// status judges the answer to a request without credentials.
func (d *doctor) status(x unifier.Exchange) bool {
	const name = "answer"
	switch s := x.Status; {
	case s == http.StatusUnauthorized:
		d.add(name, checkOK, "", "the token service answers in %s, and refuses a request without credentials (401)", x.Finished.Sub(x.Started).Round(time.Millisecond))
	case s == http.StatusNotFound:
		d.fail(exitFail, name, "is target.base_url complete? hosted systems have a prefix, such as https://host/company/stage", "there is no token service below %s (404)", d.t.client.BaseURL())
		return false
	case s >= 300 && s < 400 && x.Header.Get("Location") == "":
		d.fail(exitFail, name, "does a cache or a balancer answer in its place?", "the answer is no token and no refusal (%d %s)", s, http.StatusText(s))
		return false
	case s >= 300 && s < 400:
		d.fail(exitFail, name, "use the address that it names; unigate follows no redirect, because it would carry credentials along",
			"the target redirects to %s (%d)", said(x.Header.Get("Location")), s)
		return false
	case s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable:
		d.fail(exitInconclusive, name, "try again later", "the target is busy or down for maintenance (%d)", s)
		return false
	case s >= 500:
		d.fail(exitInconclusive, name, "look at the target's own logs", "the target fails (%d): %s", s, said(d.a.redactor.Body(string(x.Body))))
		return false
	case s < 300 && webPage(x):
		d.fail(exitFail, name, webPageHint, "the target answers with a web page (%d) where the token service should be", s)
		return false
	default:
		d.add(name, checkWarn, "unigate verify will say whether that conforms", "the token service answers %d to a request without credentials, and 401 was expected", s)
	}
	return true
}

// webPageHint says what to look at where a web page came instead of an answer.
const webPageHint = "is target.base_url complete? or does a login page or a portal stand in front of the service?"

// webPage reports whether an answer looks like a page for people.
func webPage(x unifier.Exchange) bool {
	return strings.Contains(strings.ToLower(x.Header.Get("Content-Type")), "html") || bytes.HasPrefix(bytes.TrimSpace(x.Body), []byte("<"))
}

// clock compares the clocks by the Date header, which has whole seconds.
func (d *doctor) clock(x unifier.Exchange) {
	const name = "clock"
	date, err := http.ParseTime(x.Header.Get("Date"))
	if err != nil {
		d.add(name, checkWarn, "the clocks cannot be compared", "the answer has no Date header that could be read")
		return
	}
	middle := x.Started.Add(x.Finished.Sub(x.Started) / 2)
	skew := date.Add(500 * time.Millisecond).Sub(middle).Round(time.Second)
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	if skew.Abs() > d.t.maxClockSkew {
		d.fail(exitFail, name, "set the clock of the wrong one (NTP); target.max_clock_skew is the bound",
			"the target's clock is %s %s this machine's, and at most %s is tolerated", skew.Abs(), way, d.t.maxClockSkew)
		return
	}
	if skew == 0 {
		d.add(name, checkOK, "", "the target's clock agrees with this machine's to the second")
		return
	}
	d.add(name, checkOK, "", "the target's clock is %s %s this machine's", skew.Abs(), way)
}

// keys reads the key set, where one is configured.
func (d *doctor) keys(ctx context.Context) bool {
	const name = "key set"
	if d.t.jwks == "" {
		d.add(name, checkSkip, "", "target.jwks is not configured: signatures are not verified (OAUTH-13)")
		return true
	}
	keys, err := d.a.keySet(ctx, d.t)
	if err != nil {
		var f *failure
		hint := ""
		if errors.As(err, &f) {
			hint = f.hint
		}
		d.fail(exitFail, name, hint, "%v", err)
		return true
	}
	passed := ""
	if list := keys.Passed(); len(list) > 0 {
		passed = "; passed over: " + strings.Join(list, "; ")
	}
	d.add(name, checkOK, "", "%s was read: %d for RS256%s", d.t.jwks, keys.Len(), passed)
	return true
}
