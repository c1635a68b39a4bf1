package unifier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Diagnosis says in words what a transport error means.
type Diagnosis struct {
	// Kind is a short stable name, such as "refused" or "timeout".
	Kind string
	// Cause is what happened, Hint what to do about it.
	Cause, Hint string
}

// KindTransport is the kind of an error of which nothing more is known.
const KindTransport = "transport"

// Diagnose names the cause of a transport error. It returns the zero Diagnosis
// for nil.
func Diagnose(err error) Diagnosis {
	if err == nil {
		return Diagnosis{}
	}
	d := Diagnosis{KindTransport, err.Error(), ""}
	for _, look := range []func(error) (Diagnosis, bool){diagnoseOwn, diagnoseProxy, diagnoseName, diagnoseTLS, diagnoseSocket, diagnoseHTTP} {
		if found, ok := look(err); ok {
			d = found
			break
		}
	}
	if d.Kind == "tls" { // no request was sent yet, so that no secret is cut in two
		d.Cause = bounded(d.Cause)
	}
	return d
}

// maxCause bounds the cause of an error of TLS, in bytes: a certificate may have
// an issuer, and names, of any length.
const maxCause = 600

// bounded cuts a text.
func bounded(s string) string {
	if len(s) <= maxCause {
		return s
	}
	return strings.ToValidUTF8(s[:maxCause], "") + "…"
}

// diagnoseOwn knows the errors of this package and of contexts.
func diagnoseOwn(err error) (Diagnosis, bool) {
	var spent *ErrBudget
	switch {
	case errors.Is(err, ErrNotLoopback):
		return Diagnosis{"not_loopback", "the name resolved to " + err.Error() + ", and this run is confined to this machine",
			"somebody may be rebinding the name; use the address itself"}, true
	case errors.Is(err, ErrSwitched):
		return Diagnosis{"protocol", err.Error(), "is something that speaks WebSocket or another protocol at this address?"}, true
	case errors.Is(err, ErrSpeaksTLS):
		return Diagnosis{"tls", ErrSpeaksTLS.Error(), "write https:// in target.base_url"}, true
	case errors.Is(err, ErrStatus):
		return Diagnosis{"protocol", err.Error(), ""}, true
	case errors.Is(err, ErrNotProcessed):
		return Diagnosis{"refused_stream", err.Error(), "the server or a balancer sheds load or restarts: try again later"}, true
	case errors.As(err, &spent):
		return Diagnosis{"budget", err.Error(), "check the user's password and status; safety.failed_logins is the bound"}, true
	case errors.Is(err, ErrCoding):
		return Diagnosis{"protocol", ErrCoding.Error(), ""}, true
	case errors.Is(err, ErrNotRepeated):
		return Diagnosis{"closed", err.Error(), "the server or a balancer closes connections that it has just kept alive"}, true
	case errors.Is(err, context.Canceled):
		return Diagnosis{"interrupted", "interrupted", ""}, true
	case errors.Is(err, context.DeadlineExceeded) && !isDial(err):
		return Diagnosis{"timeout", "no complete answer came in time", "target.timeout bounds one request; is the system overloaded?"}, true
	}
	return Diagnosis{}, false
}

// isDial reports whether the error arose while connecting.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// diagnoseName knows the errors of name resolution.
func diagnoseName(err error) (Diagnosis, bool) {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return Diagnosis{}, false
	}
	switch {
	case dns.IsNotFound:
		return Diagnosis{"dns", "the name " + dns.Name + " is not known", "is it spelt rightly, and does it need a VPN or another DNS server?"}, true
	case dns.IsTimeout:
		return Diagnosis{"dns", "the DNS server did not answer in time for " + dns.Name, "is the network up?"}, true
	}
	return Diagnosis{"dns", "the name " + dns.Name + " could not be resolved: " + dns.Err, "is the network up, and the DNS server reachable?"}, true
}

// DiagnoseRenegotiation is the diagnosis of an error of which WantsRenegotiation holds.
func DiagnoseRenegotiation() Diagnosis {
	return Diagnosis{"tls", renegotiation, "servers do so to ask for a client certificate at certain paths only: let it ask at once, or at another port"}
}

// diagnoseTLS knows the errors of the TLS handshake.
func diagnoseTLS(err error) (Diagnosis, bool) {
	var (
		missing  *noCertificateError
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		record   tls.RecordHeaderError
	)
	const certificate = "name one in target.tls.cert_file and key_file"
	switch {
	case errors.As(err, &missing):
		return Diagnosis{"tls", "the target asks for a client certificate, and none is configured", certificate}, true
	case WantsRenegotiation(err):
		return DiagnoseRenegotiation(), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return expired(invalid), true
	case errors.As(err, &invalid):
		return Diagnosis{"tls", "the certificate is not valid: " + invalid.Error(), ""}, true
	case errors.As(err, &unknown):
		issuer := "unknown"
		if unknown.Cert != nil {
			issuer = unknown.Cert.Issuer.String()
		}
		return Diagnosis{"tls", "the certificate was issued by an authority that is not trusted here: " + issuer,
			"put the authority's certificate into a PEM file and name it in target.tls.ca_file"}, true
	case errors.As(err, &hostname):
		return Diagnosis{"tls", "the certificate is for other names: " + hostname.Error(), "use the name that the certificate has"}, true
	case errors.As(err, &record):
		return Diagnosis{"tls", "the port does not speak TLS", "is it http:// rather than https://?"}, true
	case strings.Contains(err.Error(), "remote error: tls: "):
		return alerted(err.Error()), true
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		return Diagnosis{"timeout", "the TLS handshake did not end in time", "is something between that inspects TLS?"}, true
	case strings.Contains(err.Error(), "tls: "):
		return Diagnosis{"tls", err.Error(), ""}, true
	}
	return Diagnosis{}, false
}

// expired tells a certificate that is too old from one that is too new.
func expired(err x509.CertificateInvalidError) Diagnosis {
	if c := err.Cert; c != nil && time.Now().Before(c.NotBefore) {
		return Diagnosis{"tls", "the certificate is valid only from " + c.NotBefore.UTC().Format(time.RFC3339), "is this machine's clock right?"}
	}
	when := ""
	if err.Cert != nil {
		when = " on " + err.Cert.NotAfter.UTC().Format(time.RFC3339)
	}
	return Diagnosis{"tls", "the certificate expired" + when, "the target needs a new one; if it has one, is this machine's clock right?"}
}

// alerted explains what the other side said in a TLS alert (RFC 8446, section
// 6); net/http gives it as text only.
func alerted(text string) Diagnosis {
	_, said, _ := strings.Cut(text, "remote error: tls: ")
	d := Diagnosis{"tls", "the target refused the TLS handshake: " + said, ""}
	switch {
	case strings.Contains(said, "certificate"):
		d.Hint = "it wants a client certificate, or another one: see target.tls.cert_file and key_file"
	case strings.Contains(said, "protocol version"), strings.Contains(said, "handshake failure"), strings.Contains(said, "insufficient security"):
		d.Hint = "it supports none of the TLS versions or ciphers that are acceptable here"
	case strings.Contains(said, "unrecognized name"):
		d.Hint = "it knows no system of this name"
	case strings.Contains(said, "no application protocol"):
		d.Hint = "it speaks neither HTTP/1.1 nor HTTP/2 at this port (ALPN): is it the right one?"
	}
	return d
}

// diagnoseSocket knows the errors of the operating system.
func diagnoseSocket(err error) (Diagnosis, bool) {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Diagnosis{"refused", "nothing answers there: the connection was refused", "are host and port right, and is the system running?"}, true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Diagnosis{"unreachable", "there is no route to it", "is the network up, and does it need a VPN or a proxy?"}, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Diagnosis{"reset", "the connection was cut before the answer was complete", "a firewall, a balancer or the system itself cut it"}, true
	case isDial(err) && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()):
		return Diagnosis{"timeout", "nothing answers there: no connection in time", "does a firewall drop the packets, or does it need a proxy?"}, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return Diagnosis{"timeout", "no complete answer came in time", "target.timeout bounds one request; is the system overloaded?"}, true
	}
	return Diagnosis{}, false
}

// brokenPrefix is what net/http puts before what is wrong with an answer.
const brokenPrefix = "HTTP/1.x transport connection broken: "

// diagnoseHTTP knows the errors about answers that are no HTTP.
func diagnoseHTTP(err error) (Diagnosis, bool) {
	text := err.Error()
	if _, after, ok := strings.Cut(text, brokenPrefix); ok {
		text = after
	}
	switch {
	case strings.Contains(text, `malformed HTTP response "\x15\x03`): // a TLS alert (RFC 8446, section 6)
		return Diagnosis{"tls", ErrSpeaksTLS.Error(), "write https:// in target.base_url"}, true
	case strings.Contains(text, "HTTP_1_1_REQUIRED"):
		return Diagnosis{"protocol", "the target offers HTTP/2 and wants HTTP/1.1 for this call (HTTP_1_1_REQUIRED)", "let it offer HTTP/1.1 only (ALPN), if the integrations speak that"}, true
	case strings.Contains(text, "stream error: stream ID "):
		return Diagnosis{"reset", "the target or a gateway ended the request without an answer (HTTP/2): " + text, "look at its log"}, true
	case strings.Contains(text, "http2: client conn could not be established"):
		return Diagnosis{"protocol", "the target agreed to HTTP/2 in the TLS handshake and did not speak it", "what ends TLS there is set up for a protocol (ALPN) that the server behind it has not"}, true
	case strings.HasSuffix(text, "EOF"):
		return Diagnosis{"closed", "the connection was closed before the answer was complete", "a firewall, a balancer or the system itself closed it"}, true
	case strings.Contains(text, "server response headers exceeded"):
		return Diagnosis{"headers", "the answer's header fields are longer than unigate reads", ""}, true
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME"), strings.Contains(text, "transfer encoding"), strings.Contains(text, "Content-Length"):
		return Diagnosis{"protocol", "what came is no HTTP answer: " + text, "is it the right port?"}, true
	case strings.Contains(text, "gave HTTP response to HTTPS client"):
		return Diagnosis{"tls", "the port speaks HTTP without TLS", "is it http:// rather than https://?"}, true
	case strings.Contains(text, "gzip: invalid"), strings.Contains(text, "flate: corrupt"):
		return Diagnosis{"protocol", "the answer's compression is broken", ""}, true
	}
	return Diagnosis{}, false
}
