package unifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrSpeaksTLS is the error of an answer that says that the port wants TLS, to a
// request without it.
var ErrSpeaksTLS = errors.New("the port speaks TLS, and the address says http")

// wantTLS are words of the pages with which servers turn a request without TLS away:
// those of Go, nginx, Apache's httpd, Tomcat and Jetty.
var wantTLS = []string{
	"http request to an https server", "plain http request was sent to https port", "speaking plain http to an ssl-enabled server port",
	"this combination of host and port requires tls", "ssl required",
}

// StandIn returns the error of an answer that something else gave in the target's
// place, and nil for the target's own: whose fault it is must not be the target's. tls says
// that the request went over TLS, proxy is the proxy that it went through in the
// clear, empty for none.
//
//   - 407 is a proxy's (RFC 9110, section 15.5.8).
//   - 511 is that of a network which wants a login, and no origin server sends it
//     (RFC 6585, section 6).
//   - 502, 503 and 504 through a proxy may as well be its own: it could not reach the
//     target. Not those in the service's own form, see OwnForm, and not those that say
//     when to ask again.
//   - Errors that bear a proxy's mark: Proxy-Status with an error (RFC 9209), and
//     Squid's X-Squid-Error.
//   - 400 in the words with which servers ask for TLS.
func StandIn(tls bool, proxy string, status int, h http.Header, body []byte) error {
	switch {
	case status < http.StatusBadRequest:
		return nil
	case status == http.StatusNetworkAuthenticationRequired, proxy != "" && proxysOwn(status, h, body):
		return &ProxyError{Proxy: proxy, Status: status}
	case status == http.StatusBadRequest && !tls && saysTLS(body):
		return ErrSpeaksTLS
	}
	return nil
}

// proxysOwn reports whether an answer that came through a proxy is, or may be, its own.
func proxysOwn(status int, h http.Header, body []byte) bool {
	switch status {
	case http.StatusProxyAuthRequired:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if h.Get("Retry-After") == "" && !OwnForm(status, body) {
			return true
		}
	}
	return h.Get("X-Squid-Error") != "" || strings.Contains(strings.ToLower(strings.Join(h.Values("Proxy-Status"), ",")), "error=")
}

// saysTLS reports whether a page asks for TLS.
func saysTLS(body []byte) bool {
	text := strings.ToLower(string(body[:min(len(body), 4<<10)]))
	text = strings.Join(strings.Fields(text), " ")
	for _, words := range wantTLS {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// OwnForm reports whether an error is in the service's own form: a JSON object with
// the HTTP status and a message (LOGIN-17). Gateways answer in JSON of other forms.
func OwnForm(status int, body []byte) bool {
	var own struct {
		Status  json.Number     `json:"status"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(bytes.TrimSpace(body), &own) != nil || own.Status.String() != fmt.Sprint(status) {
		return false
	}
	text := strings.Trim(string(own.Message), "[] \t\r\n")
	return text != "" && text != `""` && text != "null"
}

// NotTheTargets reports whether an error is about what stands between this machine
// and the target, about the address, or about what unigate does not do, though a
// request was answered.
func NotTheTargets(err error) bool {
	var proxy *ProxyError
	return errors.As(err, &proxy) || errors.Is(err, ErrSpeaksTLS) || err != nil && WantsRenegotiation(err)
}
