package reference

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"sync"

	"github.com/unigate/unigate/internal/unifier"
)

// frontVariants have something before the service that answers in its place (A18), or cookies.
var frontVariants = []Variant{
	variant("weblogic-page", "WebLogic answers every refusal of credentials and tokens with its own page (A18).", "refusals, resource refusals",
		fronting(func(*exchange) bool { return true }, weblogicPage)).warning(frontWarnings...),
	variant("weblogic-page-credentials", "WebLogic answers unknown users and wrong passwords with its own page, the service the others (A18).", "refusals",
		frontingCauses(weblogicPage, unknownUser, wrongPassword)).warning(frontWarnings...),
	variant("weblogic-page-malformed", "WebLogic answers malformed Authorization headers with its own page, the service the others (A18).", "refusals",
		frontingCauses(weblogicPage, malformed)).warning(frontWarnings...),
	variant("weblogic-page-absent", "WebLogic answers calls without an Authorization header with its own page, the service the others (A18).", "refusals",
		frontingCauses(weblogicPage, absent)).warning(frontWarnings...),
	variant("unauthorized-text", "Every refusal of credentials and tokens is the bare text Unauthorized (A18).", "refusals, resource refusals",
		fronting(func(*exchange) bool { return true }, bareText)).warning(frontWarnings...),
	variant("unauthorized-text-resource", "The resource refuses with the bare text Unauthorized.", "resource refusals",
		fronting(func(x *exchange) bool { return isResource(x.path) }, bareText)),
	variant("unauthorized-empty", "A refused login has no body (A18).", "refusals",
		fronting(func(x *exchange) bool { return x.service == unifier.Login }, func(_ *exchange, p *reply) { p.raw = []byte{} })).
		warning("LOGIN-17", "LOGIN-24"),
	variant("json-as-text", "JSON is declared as text/plain.", "content type", contentType("text/plain;charset=UTF-8")).warning("SEC-05"),
	variant("cookies-authorise", "Answers set a session cookie, which lets its bearer in whatever the Authorization header says.", "cookies", cookies),
}

// frontWarnings are what a page or bare text in place of JSON makes verify warn of,
// of the editions that have the requirement.
var frontWarnings = []string{"LOGIN-17", "LOGIN-24", "OAUTH-06", "SEC-05", "V2AUTH-15"}

// front makes of a refusal what something before the service says instead.
type front func(x *exchange, p *reply)

// weblogicPage is the page of WebLogic for a 401.
func weblogicPage(_ *exchange, p *reply) {
	p.raw = []byte(`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Draft//EN">
<HTML>
<HEAD>
<TITLE>Error 401--Unauthorized</TITLE>
</HEAD>
<BODY bgcolor="white">
<FONT FACE=Helvetica><BR CLEAR=all>
<H2>Error 401--Unauthorized</H2>
<H3>From RFC 2068 <i>Hypertext Transfer Protocol -- HTTP/1.1</i>:</H3>
<H4>10.4.2 401 Unauthorized</H4>
<P>The request requires user authentication.</P>
</FONT>
</BODY>
</HTML>
`)
	p.header = http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Www-Authenticate": {`Basic realm="weblogic"`}}
}

// bareText is the refusal of hosted systems.
func bareText(_ *exchange, p *reply) {
	p.raw = []byte("Unauthorized")
	header := http.Header{"Content-Type": {"text/plain"}}
	if challenge := p.header["Www-Authenticate"]; challenge != nil {
		header["Www-Authenticate"] = challenge
	}
	p.header = header
}

// fronting lets a front end answer some of the refusals with 401.
func fronting(some func(x *exchange) bool, f front) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if p.status == http.StatusUnauthorized && some(x) {
				f(x, p)
			}
		})
	}
}

// frontingCauses lets a front end answer the refusals of some causes.
func frontingCauses(f front, causes ...cause) change {
	return func(s *Service, h *hooks) {
		before := h.rejected
		h.rejected = func(x *exchange, why cause) refusal {
			x.why = why
			return before(x, why)
		}
		fronting(func(x *exchange) bool {
			for _, c := range causes {
				if x.why == c {
					return true
				}
			}
			return false
		}, f)(s, h)
	}
}

// cookies gives every success a cookie that is enough by itself from then on.
func cookies(_ *Service, h *hooks) {
	const name = "JSESSIONID"
	var sessions sync.Map
	h.session = func(x *exchange) *account {
		c, err := x.r.Cookie(name)
		if err != nil {
			return nil
		}
		a, _ := sessions.Load(c.Value)
		known, _ := a.(*account)
		return known
	}
	before := h.header
	h.header = func(x *exchange, status int, header http.Header) {
		before(x, status, header)
		if status != http.StatusOK || x.account == nil {
			return
		}
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails
		value := hex.EncodeToString(id)
		sessions.Store(value, x.account)
		header.Add("Set-Cookie", name+"="+value+"; Path=/; HttpOnly")
	}
}
