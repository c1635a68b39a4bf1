package oracle

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxQuote is how many bytes of a server's text a finding quotes.
const maxQuote = 80

// quote quotes text of a server: bounded, in one line, without control
// characters or terminal escapes, in ASCII so that nothing can hide in it.
func quote(s string) string { return quoteUpTo(s, maxQuote) }

// quoteUpTo is quote for texts of at most cut bytes.
func quoteUpTo(s string, cut int) string {
	if len(s) <= maxQuote {
		return strconv.QuoteToASCII(s)
	}
	for floor := max(cut-utf8.UTFMax, 0); cut > floor && !utf8.RuneStart(s[cut]); {
		cut--
	}
	return strconv.QuoteToASCII(s[:cut]) + "… (" + strconv.Itoa(len(s)) + " bytes)"
}

// isHex reports whether c is a hexadecimal digit of either case.
func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isUpperHex reports whether c is a digit or one of A to F.
func isUpperHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

// isDigit reports whether c is a decimal digit.
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// invalidUTF8 returns the offset of the first byte that is not UTF-8.
func invalidUTF8(b []byte) int {
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return i
}

// unescape resolves the escapes of a JSON string that the scanner accepted.
func unescape(b []byte) []byte {
	at := bytes.IndexByte(b, '\\')
	if at < 0 {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:at]...)
	for i := at; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(b[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+6 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					pair = utf16.DecodeRune(r, hex4(b[i+3:]))
				}
				if r = pair; r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default: // a quotation mark, a backslash or a slash
			out = append(out, b[i])
		}
	}
	return out
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) rune {
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// normalMessage prepares a message for comparison: case, runs of blanks and a
// final full stop do not count (A7).
func normalMessage(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.ToLower(strings.TrimRight(s, ". "))
}
