package redact

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text after some escapes were decoded. Each of its characters knows
// the bytes of the text that it came from, so that what is found in the view can
// be replaced in the text.
type view struct {
	runes    []rune
	from, to []int32
}

// add appends a character that came from the bytes from..to.
func (v *view) add(r rune, from, to int32) {
	v.runes, v.from, v.to = append(v.runes, r), append(v.from, from), append(v.to, to)
}

// viewOf is the text as it is. A byte that is no UTF-8 stands for the character
// of Latin-1.
func viewOf(s string) *view {
	v := &view{runes: make([]rune, 0, len(s)), from: make([]int32, 0, len(s)), to: make([]int32, 0, len(s))}
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			if r, n = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
				r = rune(s[i])
			}
		}
		v.add(r, int32(i), int32(i+n))
		i += n
	}
	return v
}

// escapeBytes are those without which nothing is escaped.
const escapeBytes = `&\%'`

// views visits the text as it is and after each round of decoding, until
// nothing is left to decode.
func views(s string, visit func(*view)) {
	v := viewOf(s)
	visit(v)
	if !strings.ContainsAny(s, escapeBytes) {
		return
	}
	for range maxDecodings {
		next, changed := v.decode()
		if !changed {
			return
		}
		v = next
		visit(v)
	}
}

// decode undoes one round of escapes: HTML and XML entities, backslash escapes
// of JSON, Go, C and shells, percent escapes, and quotes inside a shell's quotes.
func (v *view) decode() (out *view, changed bool) {
	out = &view{runes: make([]rune, 0, len(v.runes)), from: make([]int32, 0, len(v.runes)), to: make([]int32, 0, len(v.runes))}
	for i := 0; i < len(v.runes); {
		n := 0
		switch v.runes[i] {
		case '&':
			n = v.entity(out, i)
		case '\\':
			n = v.backslash(out, i)
		case '%':
			n = v.octets(out, i)
		case '\'':
			n = v.shellQuote(out, i)
		}
		if n == 0 {
			out.add(v.runes[i], v.from[i], v.to[i])
			n = 1
		} else {
			changed = true
		}
		i += n
	}
	return out, changed
}

// entity decodes an entity at i, with its semicolon or without, and returns how
// many characters it has; 0 for none.
func (v *view) entity(out *view, i int) int {
	end := i + 1
	for end < len(v.runes) && end-i < maxEntity && (v.runes[end] == '#' && end == i+1 || asciiAlnum(v.runes[end])) {
		end++
	}
	if end == i+1 {
		return 0
	}
	if end < len(v.runes) && v.runes[end] == ';' {
		end++
	}
	text := string(v.runes[i:end])
	plain := html.UnescapeString(text)
	if plain == text {
		return 0
	}
	for _, r := range plain {
		out.add(r, v.from[i], v.to[end-1])
	}
	return end - i
}

// backslash decodes an escape that begins with a backslash at i.
func (v *view) backslash(out *view, i int) int {
	if i+1 == len(v.runes) {
		return 0
	}
	pair := func(r rune) int {
		out.add(r, v.from[i], v.to[i+1])
		return 2
	}
	switch c := v.runes[i+1]; {
	case c == 'u' || c == 'U':
		return v.unicodeEscape(out, i)
	case c == 'x' || c >= '0' && c <= '7':
		if n := v.octets(out, i); n > 0 {
			return n
		}
		if c == '0' {
			return pair(0)
		}
	case c == 'n' || c == 'r' || c == 't' || c == 'v' || c == 'f':
		return pair(' ')
	case c == 'a' || c == 'b':
		return pair('\a')
	case c < utf8.RuneSelf && (unicode.IsPunct(c) || unicode.IsSymbol(c)):
		return pair(c)
	}
	return 0
}

// unicodeEscape decodes \uXXXX, also in pairs, \u{X} and \UXXXXXXXX.
func (v *view) unicodeEscape(out *view, i int) int {
	if i+2 < len(v.runes) && v.runes[i+1] == 'u' && v.runes[i+2] == '{' {
		n, r := 3, rune(0)
		for i+n < len(v.runes) && n < 10 && hexDigit(v.runes[i+n]) >= 0 {
			r = r<<4 | hexDigit(v.runes[i+n])
			n++
		}
		if n == 3 || i+n == len(v.runes) || v.runes[i+n] != '}' {
			return 0
		}
		out.add(r, v.from[i], v.to[i+n])
		return n + 1
	}
	digits := 4
	if v.runes[i+1] == 'U' {
		digits = 8
	}
	r, ok := v.hex(i+2, digits)
	if !ok {
		return 0
	}
	n := 2 + digits
	if utf16.IsSurrogate(r) && i+n+1 < len(v.runes) && v.runes[i+n] == '\\' && v.runes[i+n+1] == 'u' {
		if low, ok := v.hex(i+n+2, 4); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r, n = pair, n+6
			}
		}
	}
	out.add(r, v.from[i], v.to[i+n-1])
	return n
}

// octets decodes a run of %XX, \xXX or octal escapes, which together are
// characters in UTF-8 or, where they are none, in Latin-1; and %uXXXX.
func (v *view) octets(out *view, i int) int {
	if i+1 < len(v.runes) && v.runes[i] == '%' && v.runes[i+1] == 'u' {
		if r, ok := v.hex(i+2, 4); ok {
			out.add(r, v.from[i], v.to[i+5])
			return 6
		}
	}
	var octets []byte
	var starts []int
	end := i
	for end < len(v.runes) {
		b, n := v.octet(end)
		if n == 0 {
			break
		}
		octets, starts = append(octets, b), append(starts, end)
		end += n
	}
	starts = append(starts, end)
	for j := 0; j < len(octets); {
		r, n := utf8.DecodeRune(octets[j:])
		if r == utf8.RuneError && n <= 1 {
			r, n = rune(octets[j]), 1
		}
		out.add(r, v.from[starts[j]], v.to[starts[j+n]-1])
		j += n
	}
	return end - i
}

// octet reads one escaped byte at i and returns how many characters it has; 0 for none.
func (v *view) octet(i int) (b byte, n int) {
	switch {
	case v.runes[i] == '%':
		if r, ok := v.hex(i+1, 2); ok {
			return byte(r), 3
		}
	case v.runes[i] != '\\' || i+1 == len(v.runes):
	case v.runes[i+1] == 'x':
		if r, ok := v.hex(i+2, 2); ok {
			return byte(r), 4
		}
	case i+3 < len(v.runes) && octal(v.runes[i+1]) && octal(v.runes[i+2]) && octal(v.runes[i+3]) && v.runes[i+1] < '4':
		return byte((v.runes[i+1]-'0')<<6 | (v.runes[i+2]-'0')<<3 | (v.runes[i+3] - '0')), 4
	}
	return 0, 0
}

// shellQuote decodes a quotation mark inside a shell's single quotes.
func (v *view) shellQuote(out *view, i int) int {
	for _, form := range []string{`'\''`, `'"'"'`} {
		if i+len(form) <= len(v.runes) && string(v.runes[i:i+len(form)]) == form {
			out.add('\'', v.from[i], v.to[i+len(form)-1])
			return len(form)
		}
	}
	return 0
}

// hex reads n hexadecimal digits at i.
func (v *view) hex(i, n int) (r rune, ok bool) {
	if i+n > len(v.runes) {
		return 0, false
	}
	for _, c := range v.runes[i : i+n] {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | d
	}
	return r, true
}

// hexDigit is the value of a hexadecimal digit, or -1.
func hexDigit(c rune) rune {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}

func octal(c rune) bool { return c >= '0' && c <= '7' }

func asciiAlnum(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
