package reference

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"
)

// wireVariants send the right things in other ways.
var wireVariants = []Variant{
	variant("content-type-charset", "Content-Type has a charset.", "content type", contentType("application/json;charset=UTF-8")),
	variant("content-type-other-case", "Content-Type is in another case, with quoted parameters.", "content type", contentType(`Application/JSON; Charset="utf-8"; profile="v1"`)),
	variant("headers-lower-case", "The names of headers are in lower case.", "header names", headers(func(_ *exchange, h http.Header) {
		for name, values := range h {
			if lower := strings.ToLower(name); lower != name && name != "Date" && name != "Content-Length" {
				delete(h, name)
				h[lower] = values
			}
		}
	})),
	variant("headers-more", "Answers have many more headers.", "headers", headers(func(_ *exchange, h http.Header) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Server", "Unifier")
		h.Add("Set-Cookie", "JSESSIONID=none; Path=/; HttpOnly")
		h.Add("Set-Cookie", "route=1; Path=/")
	})),
	variant("cache-control-more", "Cache-Control has more directives, in another case.", "cache", headers(func(_ *exchange, h http.Header) {
		h["Cache-Control"] = []string{"no-cache, No-Store, must-revalidate", "private"}
	})),
	variant("no-date", "Answers have no Date header.", "clock", headers(func(_ *exchange, h http.Header) { h["Date"] = nil })),
	variant("https", "The service is on https, with HTTP/2 for clients that speak it.", "tls", func(_ *Service, h *hooks) { h.tls = https(tls.VersionTLS12, 0) }),
	variant("connection-close", "The connection is closed after every answer.", "connection", headers(func(_ *exchange, h http.Header) { h.Set("Connection", "close") })),
	variant("chunked", "Bodies come in chunks.", "write", func(_ *Service, h *hooks) { h.write = inChunks }),
	variant("gzip", "Bodies are compressed for clients that accept it.", "write", func(_ *Service, h *hooks) { h.write = compressed(h.write) }),
	variant("slow", "Every answer takes 5 ms.", "time", func(_ *Service, h *hooks) {
		before := h.write
		h.write = func(x *exchange, w http.ResponseWriter, status int, body []byte) {
			if pause(x.r.Context(), 5*time.Millisecond) {
				before(x, w, status, body)
			}
		}
	}),
}

// headers changes the headers of every answer.
func headers(f func(x *exchange, h http.Header)) change {
	return func(_ *Service, h *hooks) {
		before := h.header
		h.header = func(x *exchange, status int, header http.Header) { before(x, status, header); f(x, header) }
	}
}

// contentType sets the Content-Type of every answer.
func contentType(value string) change {
	return headers(func(_ *exchange, h http.Header) { h["Content-Type"] = []string{value} })
}

// indented encodes a body over several lines.
func indented(o object) []byte {
	var b bytes.Buffer
	b.WriteString("\r\n")
	if err := json.Indent(&b, encode(o), "", "\t"); err != nil {
		return encode(o)
	}
	b.WriteString("\r\n\r\n")
	return b.Bytes()
}

// escaped encodes a body with every character of its strings that is no letter
// or digit as \u and four digits.
func escaped(o object) []byte {
	var b bytes.Buffer
	in, text := false, []rune(string(encode(o)))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '"':
			in = !in
			b.WriteRune(r)
		case in && r == '\\': // an escape already: as it is
			b.WriteRune(r)
			i++
			b.WriteRune(text[i])
		case in && !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'):
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// inChunks writes a body in small pieces, without saying how long it is.
func inChunks(_ *exchange, w http.ResponseWriter, status int, body []byte) {
	w.WriteHeader(status)
	flush := http.NewResponseController(w)
	for len(body) > 0 {
		n := min(len(body), 100)
		if _, err := w.Write(body[:n]); err != nil {
			return
		}
		_ = flush.Flush()
		body = body[n:]
	}
}

// compressed writes a body with gzip where the client accepts it.
func compressed(before func(*exchange, http.ResponseWriter, int, []byte)) func(*exchange, http.ResponseWriter, int, []byte) {
	return func(x *exchange, w http.ResponseWriter, status int, body []byte) {
		if len(body) > 0 && strings.Contains(x.r.Header.Get("Accept-Encoding"), "gzip") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, err := z.Write(body)
			if z.Close() == nil && err == nil {
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Vary", "Accept-Encoding")
				body = b.Bytes()
			}
		}
		before(x, w, status, body)
	}
}
