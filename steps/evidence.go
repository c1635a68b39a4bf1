package steps

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/redact"
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
	if public {
		for _, v := range x.Call.Authorization {
			w.run.o.Redactor.AllowCredentials(v)
		}
	}
	if x.Retried != 0 {
		w.note("HTTP %d came first, and the call was made again", x.Retried)
	}
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

// record writes an exchange down, redacted: first redacted, then cleaned, then cut,
// so that nothing that is cleaned away hides a secret and no cut splits one.
func (e *evidence) record(r *redact.Redactor) record.Exchange {
	x := e.x
	hide := func(s string) string { return printable.Text(r.String(s)) }
	out := record.Exchange{
		Request: record.Message{
			Method: x.Method, URL: hide(x.URL), Headers: headers(x.RequestHeader, e.shown(r), hide),
		},
		Curl: hide(e.curl(r)), Started: x.Started.UTC(), DurationS: x.Finished.Sub(x.Started).Seconds(), Attempts: x.Attempts, Lost: x.Lost,
		RetriedStatus: x.Retried,
	}
	if status := max(x.Status, x.Partial); status != 0 {
		body, cut := bodyText(r, x)
		out.Response = &record.Message{
			Status: status, Proto: x.Proto, Body: body, Truncated: cut || x.Truncated,
			Headers: headers(x.Header, r.Header, hide),
		}
	}
	if x.Err != nil {
		out.Error = bounded(hide(x.Err.Error()))
	}
	return out
}

// shown returns a request header's value as evidence may show it.
func (e *evidence) shown(r *redact.Redactor) func(name, value string) string {
	return func(name, value string) string {
		scheme, _, both := strings.Cut(value, " ")
		switch {
		case name != "Authorization":
			return r.Header(name, value)
		case e.public:
			return value // it names nobody, and shows what was tried
		case !both:
			return r.String(value)
		}
		return r.String(scheme) + " " + redact.Mark
	}
}

// headers lists header fields in the order of their names.
func headers(h http.Header, show func(name, value string) string, hide func(string) string) []record.Header {
	list := []record.Header{}
	for name, values := range h {
		for _, v := range values {
			list = append(list, record.Header{Name: hide(name), Value: printable.Text(show(name, v))})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return bounds(list)
}

// Bounds of the header fields and of the error texts that evidence shows: an
// answer may have thousands, and a record must stay readable.
const (
	shownFields     = 100
	shownFieldBytes = 16 << 10
	shownError      = 2000
)

// bounds cuts a list of header fields, which are redacted already, and says so in
// a last one.
func bounds(list []record.Header) []record.Header {
	size := 0
	for i, h := range list {
		if size += len(h.Name) + len(h.Value); i == shownFields || size > shownFieldBytes {
			more := fmt.Sprintf("%d more fields are not shown", len(list)-i)
			return append(list[:i:i], record.Header{Name: "…", Value: more})
		}
	}
	return list
}

// bounded cuts a text that is redacted already.
func bounded(s string) string {
	if len(s) <= shownError {
		return s
	}
	return strings.ToValidUTF8(s[:shownError], "") + "…"
}

// bodyText is the beginning of an answer's body as text, redacted.
func bodyText(r *redact.Redactor, x *unifier.Exchange) (text string, cut bool) {
	hide := r.String
	if x.Truncated {
		hide = r.CutString
	}
	text = printable.Text(hide(string(x.Body)))
	if len(text) <= keptBody {
		return text, false
	}
	end := keptBody
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], true
}

// curl is a command line that makes the same call. It asks for the password
// where the call had one, and names a token by a variable.
func (e *evidence) curl(r *redact.Redactor) string {
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
			args = append(args, e.curlHeader(r, name, value)...)
		}
	}
	if e.x.Call.Form != "" {
		args = append(args, "-X", "GET", "--data", shellQuote(e.x.Call.Form))
	}
	return strings.Join(append(args, shellQuote(e.x.URL)), " ")
}

// curlHeader is the part of a curl line for one header line.
func (e *evidence) curlHeader(r *redact.Redactor, name, value string) []string {
	scheme, _, both := strings.Cut(value, " ")
	switch {
	case value == "":
		return []string{"-H", shellQuote(name + ";")} // curl's way of sending an empty field
	case name != "Authorization":
		return []string{"-H", shellQuote(name + ": " + printable.Text(r.Header(name, value)))}
	case e.public || !both:
		return []string{"-H", shellQuote(name + ": " + printable.Text(value))}
	case strings.EqualFold(scheme, "Basic") && e.user != nil:
		return []string{"-u", shellQuote(e.user.Name)}
	}
	return []string{"-H", `"Authorization: ` + printable.Text(scheme) + ` $TOKEN"`}
}

// shellQuote quotes text for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
