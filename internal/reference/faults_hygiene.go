package reference

import (
	"crypto/tls"
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
)

// hygieneFaults break SEC-01…SEC-07.
var hygieneFaults = []fault{
	{"sec-cacheable", "Answers with a token have no Cache-Control.", ids("SEC-01"),
		sending(func(_ *exchange, _ int, h http.Header) { h.Del("Cache-Control") })},
	{"sec-cacheable-login", "A login's answer may be kept for a minute.", ids("SEC-01"),
		sending(func(x *exchange, _ int, h http.Header) {
			if x.service == unifier.Login {
				h.Set("Cache-Control", "max-age=60")
			}
		})},
	{"sec-cacheable-private", "An answer with an OAuth token has Cache-Control: private.", ids("SEC-01"),
		sending(func(x *exchange, _ int, h http.Header) {
			if x.service == unifier.OAuth {
				h.Set("Cache-Control", "private, no-cache")
			}
		})},
	{"sec-no-challenge", "A 401 has no WWW-Authenticate.", ids("SEC-02"),
		sending(func(_ *exchange, _ int, h http.Header) { h.Del("WWW-Authenticate") })},
	{"sec-user-revealed", "The message of a refused login tells whether the user exists.", ids("SEC-03"),
		rejecting(unifier.Login, unknownUser, refusal{http.StatusUnauthorized, unifier.MessageInvalidAuth + ": unknown user", basicChallenge})},
	{"sec-user-revealed-oauth", "The message of a refused OAuth call tells whether the user exists.", ids("SEC-03"),
		rejecting(unifier.OAuth, unknownUser, refusal{http.StatusUnauthorized, unifier.MessageInvalidAuth + ": unknown user", basicChallenge})},
	{"sec-user-revealed-shape", "A refused login has a member more where the user exists.", ids("SEC-03"),
		inError(unifier.Login, func(x *exchange, p *reply) {
			if x.account != nil && p.status == http.StatusUnauthorized {
				p.body.set("attempts", 1)
			}
		})},
	{"sec-password-echoed", "The message of a refused login repeats the password.", ids("SEC-04"),
		inError(unifier.Login, func(x *exchange, p *reply) {
			if x.password != "" {
				p.body.set("detail", "rejected: "+x.password)
			}
		})},
	{"sec-authorization-echoed", "Every answer repeats the Authorization header in a header.", ids("SEC-04"),
		sending(func(x *exchange, _ int, h http.Header) {
			if value := x.r.Header.Get("Authorization"); value != "" {
				h.Set("X-Request-Authorization", value)
			}
		})},
	{"sec-password-in-success", "A login's success repeats the password.", ids("SEC-04"),
		inLogin(func(x *exchange, b *object) { b.set("password", x.password) })},
	{"sec-old-tls", "The service is on https and speaks nothing newer than TLS 1.1.", ids("SEC-06"),
		func(_ *Service, h *hooks) { h.tls = https(tls.VersionTLS10, tls.VersionTLS11) }},
	{"sec-content-type-html", "Every answer is declared as HTML.", ids("SEC-05"),
		sending(func(_ *exchange, _ int, h http.Header) { h.Set("Content-Type", "text/html") })},
	{"sec-content-type-error", "Errors are declared as plain text.", ids("SEC-05"),
		sending(func(_ *exchange, status int, h http.Header) {
			if status >= http.StatusBadRequest {
				h.Set("Content-Type", "text/plain; charset=utf-8")
			}
		})},
	{"sec-content-type-missing", "A login's answer has no Content-Type that says JSON.", ids("SEC-05"),
		sending(func(x *exchange, status int, h http.Header) {
			if x.service == unifier.Login && status == http.StatusOK {
				h.Set("Content-Type", "application/octet-stream")
			}
		})},
	{"sec-stack-trace", "A refused call shows a stack trace.", ids("SEC-07"),
		inErrors(func(_ *exchange, p *reply) {
			p.body.set("trace", "java.lang.IllegalArgumentException: header\n\tat com.unifier.rest.Login.parse(Login.java:118)")
		})},
	{"sec-database-error", "A refused login shows a database error.", ids("SEC-07"),
		inError(unifier.Login, func(_ *exchange, p *reply) { p.body.set("cause", "ORA-01403: no data found") })},
	{"sec-path-shown", "The refusal of malformed credentials shows a path of the server.", ids("SEC-07"),
		inErrors(func(x *exchange, p *reply) {
			if x.account == nil && x.password == "" {
				p.body.set("source", "/u01/app/unifier/WEB-INF/lib/rest.jar")
			}
		})},
}

// inErrors changes the refusals of both token services.
func inErrors(f func(x *exchange, p *reply)) change {
	return both(inError(unifier.Login, f), inError(unifier.OAuth, f))
}
