package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	htmltemplate "html/template"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// encodings are the alphabets of base64, with padding and without.
var encodings = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}

// minToken is the length in bytes from which a text of token bytes counts as a token.
const minToken = 48

// forms returns the different ways in which outputs write s: as it is, escaped
// for JSON (once, and inside another JSON text), HTML, XML, URLs, Go and shells,
// and as base64 at each position that it may have inside a longer base64 text.
func forms(s string) []string {
	if len(s) >= minToken && strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 || !tokenByte[r] }) < 0 {
		return append(tokenForms(s), embedded(s)...)
	}
	seen := map[string]bool{}
	var out []string
	add := func(list ...string) {
		for _, f := range list {
			if len(f) >= minSecret && !seen[f] {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	add(s)
	for _, f := range written(s) {
		add(f)
		add(jsonForms(f)...) // a body that is quoted in a JSON report
		add(html.EscapeString(f), htmltemplate.HTMLEscapeString(f))
	}
	for _, f := range embedded(s) {
		add(f)
		if strings.ContainsAny(f, "+/=") {
			add(url.QueryEscape(f), strings.ReplaceAll(f, "+", `\u002b`), html.EscapeString(strings.ReplaceAll(f, "+", "&#43;")))
		}
	}
	return out
}

// tokenForms is the escaped forms of what is made of tokenByte alone; there may
// be thousands of tokens.
func tokenForms(s string) []string {
	if !strings.ContainsAny(s, "+/=") {
		return []string{s}
	}
	query, path := url.QueryEscape(s), url.PathEscape(s)
	return []string{s, query, path, lowerPercent(query), lowerPercent(path), strings.ReplaceAll(s, "/", `\/`),
		strings.ReplaceAll(s, "+", "&#43;"), strings.NewReplacer("+", `\u002b`, "=", `\u003d`).Replace(s),
		strings.NewReplacer("+", `\u002b`, "/", `\/`).Replace(s)}
}

// written returns the escaped forms of s.
func written(s string) []string {
	out := append([]string{s}, jsonForms(s)...)
	query, path := url.QueryEscape(s), url.PathEscape(s)
	userinfo := strings.TrimPrefix(url.UserPassword("", s).String(), ":")
	out = append(out, query, path, userinfo, lowerPercent(query), lowerPercent(path), lowerPercent(userinfo), strings.ReplaceAll(query, "+", "%20"))
	out = append(out, inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s)))
	out = append(out, html.EscapeString(s), htmltemplate.HTMLEscapeString(s), strings.ReplaceAll(html.EscapeString(s), "+", "&#43;"), htmltemplate.JSEscapeString(s))
	var x bytes.Buffer
	if xml.EscapeText(&x, []byte(s)) == nil {
		out = append(out, x.String())
	}
	return append(out,
		strings.ReplaceAll(s, "'", `'\''`), strings.ReplaceAll(s, "'", `'"'"'`), // single quotes in a shell
		strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)) // double quotes in a shell
}

// jsonForms returns s as the inside of a JSON string: with and without HTML
// escaping, and in ASCII.
func jsonForms(s string) []string {
	var out []string
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, escape := range []bool{true, false} {
		b.Reset()
		e.SetEscapeHTML(escape)
		if e.Encode(s) == nil {
			out = append(out, inner(strings.TrimSuffix(b.String(), "\n")))
		}
	}
	ascii := asciiJSON(out[len(out)-1])
	return append(out, ascii, strings.ReplaceAll(out[len(out)-1], "/", `\/`))
}

// asciiJSON writes what is not ASCII as \uXXXX.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// inner removes the quotes around a quoted string.
func inner(q string) string { return q[1 : len(q)-1] }

// lowerPercent writes percent escapes with lower-case digits.
func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// minCore is how many characters of base64 must depend on the secret alone for
// them to stand for it: 36 bits do not occur by chance.
const minCore = 6

// embedded returns the base64 of s in both alphabets, whole and as it appears
// inside the base64 of a longer text. Three bytes become four characters, so
// there are three positions; the characters at both ends that also depend on
// the neighbours are left out.
func embedded(s string) []string {
	var out []string
	for _, e := range encodings {
		out = append(out, e.EncodeToString([]byte(s)))
	}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for lead := range 3 {
			text := e.EncodeToString(append(make([]byte, lead, lead+len(s)), s...))
			from, to := (8*lead+5)/6, (8*(lead+len(s)))/6
			if to-from >= minCore {
				out = append(out, text[from:to])
			}
		}
	}
	return out
}
