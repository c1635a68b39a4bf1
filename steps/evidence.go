package steps

import (
	"net/http"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// Bounds of what is kept of an exchange.
const (
	// keptBody is how much of a body is kept, in bytes.
	keptBody = 4 << 10
	// keptShared is how many shared first logins a scenario keeps where nothing is wrong with them.
	keptShared = 2
)

// evidence is an exchange that a scenario rests on. It is written down at the
// end of the run, when every secret of it is known.
type evidence struct {
	x    *unifier.Exchange
	user *unifier.User
	// public is true where the Authorization header names nobody and may be shown.
	public bool
	// fine marks a shared first login that nothing is wrong with.
	fine bool
}

// keep keeps an exchange as evidence.
func (w *World) keep(x *unifier.Exchange, u *unifier.User, public bool) {
	w.evidence = append(w.evidence, &evidence{x: x, user: u, public: public})
}

// look keeps a shared first login as evidence: every one that something is
// wrong with, or a few if all are fine.
func (w *World) look(a *answer, wrong bool) {
	if !a.shared {
		return
	}
	for _, e := range w.evidence {
		if e.x == &a.exchange {
			e.fine = e.fine && !wrong
			return
		}
	}
	if wrong {
		w.evidence = slices.DeleteFunc(w.evidence, func(e *evidence) bool { return e.fine })
	}
	if wrong || len(w.evidence) < keptShared && !slices.ContainsFunc(w.evidence, func(e *evidence) bool { return !e.fine }) {
		w.keep(&a.exchange, a.user, false)
		w.evidence[len(w.evidence)-1].fine = !wrong
	}
}

// record writes an exchange down, redacted.
func (e *evidence) record(hide func(string) string) record.Exchange {
	x := e.x
	out := record.Exchange{
		Request: record.Message{
			Method: x.Method, URL: hide(x.URL), Headers: headers(x.RequestHeader, e.shown, hide),
		},
		Curl: hide(e.curl()), Started: x.Started.UTC(), DurationS: x.Finished.Sub(x.Started).Seconds(), Attempts: x.Attempts,
	}
	if x.Status != 0 {
		body, cut := bodyText(x.Body)
		out.Response = &record.Message{
			Status: x.Status, Proto: x.Proto, Body: hide(body), Truncated: cut || x.Truncated,
			Headers: headers(x.Header, func(_, value string) string { return value }, hide),
		}
	}
	if x.Err != nil {
		out.Error = hide(x.Err.Error())
	}
	return out
}

// shown returns a request header's value as evidence may show it.
func (e *evidence) shown(name, value string) string {
	if e.public || name != "Authorization" {
		return value
	}
	scheme, _, both := strings.Cut(value, " ")
	if !both {
		return value
	}
	return scheme + " [redacted]"
}

// headers lists header fields in the order of their names.
func headers(h http.Header, show func(name, value string) string, hide func(string) string) []record.Header {
	list := []record.Header{}
	for name, values := range h {
		for _, v := range values {
			list = append(list, record.Header{Name: name, Value: hide(clean(show(name, v)))})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// bodyText is the beginning of a body as text.
func bodyText(b []byte) (text string, cut bool) {
	if len(b) > keptBody {
		b, cut = b[:keptBody], true
		for len(b) > 0 && !utf8.RuneStart(b[len(b)-1]) {
			b = b[:len(b)-1]
		}
	}
	return clean(string(b)), cut
}

// clean makes text valid UTF-8 without control characters that a terminal obeys
// and formatting characters that reverse or hide text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// curl is a command line that makes the same call. It asks for the password
// where the call had one, and names a token by a variable.
func (e *evidence) curl() string {
	args := []string{"curl", "-sS", "-i"}
	if e.x.Method != http.MethodGet {
		args = append(args, "-X", e.x.Method)
	}
	names := make([]string, 0, len(e.x.RequestHeader))
	for name := range e.x.RequestHeader {
		if name != "User-Agent" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range e.x.RequestHeader[name] {
			args = append(args, e.curlHeader(name, value)...)
		}
	}
	return strings.Join(append(args, shellQuote(e.x.URL)), " ")
}

// curlHeader is the part of a curl line for one header line.
func (e *evidence) curlHeader(name, value string) []string {
	scheme, _, both := strings.Cut(value, " ")
	switch {
	case value == "":
		return []string{"-H", shellQuote(name + ";")} // curl's way of sending an empty field
	case name != "Authorization" || e.public || !both:
		return []string{"-H", shellQuote(name + ": " + clean(value))}
	case strings.EqualFold(scheme, "Basic") && e.user != nil:
		return []string{"-u", shellQuote(e.user.Name)}
	}
	return []string{"-H", `"Authorization: ` + clean(scheme) + ` $TOKEN"`}
}

// shellQuote quotes text for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
