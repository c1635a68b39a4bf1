package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// letters is a text of n letters that repeats nothing.
func letters(n int) string {
	random := rand.New(rand.NewPCG(7, 11))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + random.IntN(26))
	}
	return string(b)
}

// shows reports whether a redactor that knows a secret leaves a text as it is.
func shows(secret, text string) bool {
	r := New()
	r.Add(secret)
	return r.String("<"+text+">") == "<"+text+">"
}

// The last length of each kind, and the first of the next one.
func TestLengthsOfSecrets(t *testing.T) {
	inBase64 := func(before, secret string) string {
		return base64.RawStdEncoding.EncodeToString([]byte(before + secret))[20:60]
	}
	short, long := letters(67), letters(68)
	for name, c := range map[string]struct {
		secret, text string
		shown        bool
	}{
		"three letters":                                    {letters(3), letters(3), true},
		"four letters":                                     {letters(4), letters(4), false},
		"a piece of one of 64 letters":                     {letters(64), letters(64)[20:45], true},
		"a piece of one of 65 letters":                     {letters(65), letters(65)[20:45], false},
		"a piece of one of 65 letters, shorter":            {letters(65), letters(65)[21:31], true},
		"the digits of one of seven letters":               {letters(7), hex.EncodeToString([]byte(letters(7))), true},
		"the digits of one of eight letters":               {letters(8), hex.EncodeToString([]byte(letters(8))), false},
		"a piece of 89 characters of base64 that are sure": {short, inBase64("..", short), true},
		"a piece of 90 characters of base64 that are sure": {long, inBase64(".", long), false},
	} {
		if got := shows(c.secret, c.text); got != c.shown {
			t.Errorf("%s: shown %t", name, got)
		}
	}
}

// A piece of a token is found from eleven letters on, wherever it begins.
func TestSizeOfPieces(t *testing.T) {
	token := letters(100)
	r := New()
	r.AddToken(token)
	for at := range len(token) - 10 {
		if piece := token[at : at+10]; r.String(piece) != piece {
			t.Errorf("ten letters from %d on are found", at)
		}
		if piece := token[at : at+11]; r.String(piece) != Mark {
			t.Errorf("eleven letters from %d on are not found", at)
		}
	}
}

// What is kept of a token is in proportion to its length: a place each fourth, sixteenth or
// sixty-fourth byte and the last one, and nineteen beginnings, of six letters to 24.
func TestWhatIsKeptOfAToken(t *testing.T) {
	for step, want := range map[int]int{stride: 1121 + 1, wideStride: 281 + 1, widestStride: 71 + 1} {
		var k tokens
		if k.add(letters(8+4480+1), step); len(k.places) != want || len(k.begins) != 19 {
			t.Errorf("each %d: %d places, %d beginnings", step, len(k.places), len(k.begins))
		}
	}
	r := New()
	r.AddToken(letters(60))
	for n, shown := range map[int]bool{3: true, 5: true, 6: false, 7: false, 24: false} {
		if text := letters(60)[:n]; (r.CutString("is "+text) == "is "+text) != shown {
			t.Errorf("a token that is cut after %d letters: shown %t", n, !shown)
		}
	}
}

// Names are looked at up to their 128th byte; the scheme of an Authorization header has
// twelve letters at most, and an element of markup attributes of 200.
func TestLengthsOfNames(t *testing.T) {
	if !SecretName(strings.Repeat("x", 123)+"token") || SecretName(strings.Repeat("x", 124)+"token") {
		t.Error("names are not looked at up to their 128th byte")
	}
	r := New()
	for n, want := range map[int]string{1: Mark, 2: "Sc " + Mark, 12: "Sc" + strings.Repeat("h", 10) + " " + Mark, 13: Mark} {
		if got := r.Header("Authorization", ("Sc" + strings.Repeat("h", 20))[:n]+" 0123456789"); got != want {
			t.Errorf("a scheme of %d letters: %q", n, got)
		}
	}
	for n, shown := range map[int]bool{0: false, 200: false, 201: true} {
		text := "<password " + strings.Repeat("a", n) + ">Hunter22</password>"
		if got := strings.Contains(r.String(text), "Hunter22"); got != shown {
			t.Errorf("attributes of %d letters: shown %t", n, got)
		}
	}
	for n, shown := range map[int]bool{5: true, 6: false} {
		word := "Bearer " + "a1b2c3d4"[:n]
		if got := r.String(word) == word; got != shown {
			t.Errorf("%d characters after a scheme: shown %t", n, got)
		}
	}
}

// An entity is looked at up to its 34th character.
func TestLengthOfEntities(t *testing.T) {
	for n, shown := range map[int]bool{33: false, 34: false, 35: true} {
		entity := "&#" + strings.Repeat("0", n-len("&#65")) + "65;"
		if got := shows("QRSAXYZ", "QRS"+entity+"XYZ"); got != shown {
			t.Errorf("an entity of %d characters: shown %t", n, got)
		}
	}
}

// A line without an end is held back up to 256 KiB.
func TestLengthOfHeldLines(t *testing.T) {
	var out bytes.Buffer
	w := New().Writer(&out, nil)
	if _, err := w.Write(bytes.Repeat([]byte("."), 256*1024)); err != nil || out.Len() != 0 {
		t.Errorf("%d bytes were written: %v", out.Len(), err)
	}
	if _, err := w.Write([]byte(".")); err != nil || out.Len() != 256*1024+1 {
		t.Errorf("%d bytes were written: %v", out.Len(), err)
	}
}
