package redact

import "strings"

// maxRun bounds how much of a text that looks like a token is held back.
const maxRun = 16 << 10

// scanner replaces secrets in a text that comes in pieces.
type scanner struct {
	// swallow drops what still belongs to a token that was longer than maxRun.
	swallow bool
	// inWord says that the last byte could be part of a token.
	inWord bool
}

// scan appends text with the secrets replaced to dst. It returns what it must
// not yet write because a secret may begin there; with final there is none.
// Where nothing is replaced, nothing held back and dst is nil, it returns nil.
func (sc *scanner) scan(t *tree, dst []byte, text string, final bool) (out []byte, rest string) {
	from := 0 // what is before it was written
	for i := 0; i < len(text); {
		c := text[i]
		if sc.swallow {
			if tokenByte[c] {
				i++
				from = i
				continue
			}
			sc.swallow = false
		}
		end, wait := 0, false
		if t.may(text, i) {
			end, wait = cover(t, text, i)
		}
		if c == 'e' && !sc.inWord {
			e, w := sc.token(text[i:], final)
			end, wait = max(end, i+e), wait || w
			if e == 0 && end == i {
				end = 0
			}
		}
		if wait && !final {
			return append(dst, text[from:i]...), text[i:]
		}
		if end > i {
			dst = append(append(dst, text[from:i]...), Mark...)
			i, from = end, end
			sc.inWord = false
			continue
		}
		sc.inWord = tokenByte[c]
		i++
	}
	if dst == nil && from == 0 && final {
		return nil, ""
	}
	return append(dst, text[from:]...), ""
}

// cover returns the end of the secrets that begin at i and of those that
// overlap them, so that no rest of one is left beside the other.
func cover(t *tree, text string, i int) (end int, wait bool) {
	length, wait := t.match(text[i:])
	if length == 0 {
		return 0, wait
	}
	end = i + length
	for j := i + 1; j < end; j++ {
		if !t.may(text, j) {
			continue
		}
		length, more := t.match(text[j:])
		wait = wait || more
		end = max(end, j+length)
	}
	return end, wait
}

// tokenByte says which bytes a token is made of.
var tokenByte = func() (b [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.") {
		b[c] = true
	}
	return b
}()

// token returns the length of the token with which text begins: at least two
// parts joined by a dot, each the base64 of a JSON object (so it begins eyJ).
// wait says that more text is needed to tell.
func (sc *scanner) token(text string, final bool) (length int, wait bool) {
	const start = "eyJ"
	if len(text) < len(start) {
		return 0, strings.HasPrefix(start, text)
	}
	if !strings.HasPrefix(text, start) {
		return 0, false
	}
	n := 0
	for n < len(text) && tokenByte[text[n]] {
		n++
	}
	open := n == len(text) && !final // the token may go on
	if open && n < maxRun {
		return 0, true
	}
	run := strings.TrimRight(text[:n], ".")
	_, second, found := strings.Cut(run, ".")
	if !found || !strings.HasPrefix(second, start) {
		return 0, false
	}
	if open {
		sc.swallow = true
		return n, false
	}
	return len(run), false
}
