package redact

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf16"
)

// encodings are the alphabets of base64, with padding and without.
var encodings = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}

// folds returns the folded forms under which a text may come: as it is, and with
// what looks like an escape in it undone, since views undo it too.
func folds(s string) []string {
	if plain(s) {
		return []string{foldPlain(s)}
	}
	var out []string
	views(s, func(v *view) { out = append(out, string(v.fold().text)) })
	return out
}

// embedded returns, folded, the base64 of s: whole, and as it appears inside the
// base64 of a longer text.
func embedded(s string) []string {
	if len(s) > maxSecret {
		return nil
	}
	return append(folds(base64.StdEncoding.EncodeToString([]byte(s))), cores([]byte(s))...)
}

// embeddedWide is embedded for s in UTF-16, in either byte order.
func embeddedWide(s string) []string {
	if len(s) > maxSecret {
		return nil
	}
	return append(cores(inUTF16(s, binary.LittleEndian)), cores(inUTF16(s, binary.BigEndian))...)
}

// cores returns, folded, what of the base64 of a longer text depends on b alone.
// Three bytes become four characters, so there are three positions; the characters
// at both ends that also depend on the neighbours are left out.
func cores(b []byte) []string {
	var out []string
	for lead := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, lead, lead+len(b)), b...))
		from, to := (8*lead+5)/6, (8*(lead+len(b)))/6
		if to-from >= minCore {
			out = append(out, folds(text[from:to])...)
		}
	}
	return out
}

// inUTF16 returns s in UTF-16, as programs of Windows encode it before base64.
func inUTF16(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// inHex returns the bytes of s in hexadecimal digits.
func inHex(s string) string { return hex.EncodeToString([]byte(s)) }
