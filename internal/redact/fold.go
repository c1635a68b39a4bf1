package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// folded is a view in which only what tells secrets apart is left, in UTF-8:
// letters without their case, nothing that is invisible, blanks in a row as one,
// and the two alphabets of base64 as one. The other two fields say, for each byte,
// from which bytes of the text it came.
type folded struct {
	text     []byte
	from, to []int32
}

// fold folds the whole view.
func (v *view) fold() *folded {
	f := &folded{text: make([]byte, 0, len(v.runes)), from: make([]int32, 0, len(v.runes)), to: make([]int32, 0, len(v.runes))}
	blank := false
	for i, r := range v.runes {
		c := foldRune(r)
		switch {
		case c < 0:
			continue
		case c == ' ' && blank:
			f.to[len(f.to)-1] = v.to[i]
			continue
		}
		blank = c == ' '
		before := len(f.text)
		if c < utf8.RuneSelf {
			f.text = append(f.text, byte(c))
		} else {
			f.text = utf8.AppendRune(f.text, c)
		}
		for range len(f.text) - before {
			f.from, f.to = append(f.from, v.from[i]), append(f.to, v.to[i])
		}
	}
	return f
}

// plain reports whether a text is ASCII without escapes, as tokens and base64 are:
// then it has one view, itself.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return !strings.ContainsAny(s, escapeBytes)
}

// foldPlain folds a plain text, without saying from where its bytes came.
func foldPlain(s string) string {
	out := make([]byte, 0, len(s))
	blank := false
	for i := range len(s) {
		c := asciiFold[s[i]]
		if c < 0 || c == ' ' && blank {
			continue
		}
		blank = c == ' '
		out = append(out, byte(c))
	}
	return string(out)
}

// Full-width forms of ASCII, and how far they are from it.
const (
	fullWidthFirst, fullWidthLast = '\uff01', '\uff5e'
	fullWidth                     = fullWidthFirst - '!'
)

// foldRune returns what stands for a character when secrets are compared, or -1
// for nothing. Forms write a blank as +, and base64 for URLs writes + and / as
// - and _.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return asciiFold[r]
	}
	switch {
	case r >= fullWidthFirst && r <= fullWidthLast:
		return asciiFold[r-fullWidth]
	case r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) || invisible(r):
		return -1
	case unicode.IsSpace(r):
		return ' '
	}
	return unicode.ToLower(r)
}

// asciiFold is foldRune for ASCII.
var asciiFold = func() (t [utf8.RuneSelf]rune) {
	for i := range t {
		switch r := rune(i); {
		case r == ' ' || r >= '\t' && r <= '\r' || r == '+' || r == '-':
			t[i] = ' '
		case r < ' ' || r == 0x7f:
			t[i] = -1
		case r == '_':
			t[i] = '/'
		case r >= 'A' && r <= 'Z':
			t[i] = r + 'a' - 'A'
		default:
			t[i] = r
		}
	}
	return t
}()

// invisible reports whether a character shows nothing by itself: formatting and
// joining characters, variation selectors, fillers.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
