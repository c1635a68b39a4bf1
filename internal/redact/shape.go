package redact

import (
	"regexp"
	"sync"
)

// random is the shape of the last part of a DB token: a GUID with a longer end.
var random = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{44}`)
})

// shapes visits what has the shape of a token, wherever it comes from: at least
// two parts joined by a dot, each the base64 of a JSON object (so it begins eyJ),
// and the last part of a DB token. It visits bytes of the text.
func (v *view) shapes(found func(from, to int32)) {
	hyphens := 0
	for i := 0; i < len(v.runes); {
		if !tokenRune(v.runes[i]) {
			if v.runes[i] == '-' {
				hyphens++
			}
			i++
			continue
		}
		end := i
		for ; end < len(v.runes) && tokenRune(v.runes[end]); end++ {
			if v.runes[end] == '-' {
				hyphens++
			}
		}
		if from, to, ok := tokenIn(v.runes[i:end]); ok {
			found(v.from[i+from], v.to[i+to-1])
		}
		i = end
	}
	if hyphens < 4 {
		return
	}
	// One byte for each character, so that their offsets are the same.
	text := make([]byte, len(v.runes))
	for i, r := range v.runes {
		text[i] = ' '
		if r < 0x80 {
			text[i] = byte(r)
		}
	}
	for _, m := range random().FindAllIndex(text, -1) {
		found(v.from[m[0]], v.to[m[1]-1])
	}
}

// tokenRune says which characters a token is made of.
func tokenRune(r rune) bool {
	return asciiAlnum(r) || r == '-' || r == '_' || r == '+' || r == '/' || r == '=' || r == '.'
}

// tokenIn returns where in a run of token characters a token is, if there is one.
func tokenIn(run []rune) (from, to int, ok bool) {
	to = len(run)
	for to > 0 && run[to-1] == '.' {
		to--
	}
	start := -1 // of what may be the first part
	for i := range to {
		switch {
		case run[i] == '.':
			if start >= 0 && beginsObject(run[i+1:to]) {
				return start, to, true
			}
			start = -1
		case start < 0 && beginsObject(run[i:to]) && (i == 0 || run[i-1] == '.' || run[i-1] == '=' || run[i-1] == '/'):
			start = i
		}
	}
	return 0, 0, false
}

// beginsObject reports whether text begins as the base64 of a JSON object does.
func beginsObject(text []rune) bool {
	return len(text) >= 3 && text[0] == 'e' && text[1] == 'y' && text[2] == 'J'
}
