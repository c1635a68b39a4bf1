package sketch

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// fill adds tokens from a number on to a sketch.
func fill(s *Sketch, from, n int) *Sketch {
	for i := range n {
		s.Add(fmt.Sprintf("token %d", from+i), i%7)
	}
	return s
}

// Up to Size tokens, each that came twice is found, and nothing else.
func TestEveryCommonTokenIsFound(t *testing.T) {
	key := []byte("key")
	a, b, c := fill(New(key), 0, Size), fill(New(key), 100_000, 5000), fill(New(key), 200_000, 3000)
	for i := range 30 {
		b.Add(fmt.Sprintf("token %d", i*500), 3)
	}
	c.Add("token 0", 4)
	common, share, err := Common([]string{a.Encode(), b.Encode(), c.Encode()})
	if err != nil {
		t.Fatal(err)
	}
	if len(common) != 30 || share < 0.99 {
		t.Errorf("%d of 30 found, share %v", len(common), share)
	}
	three := slices.IndexFunc(common, func(seen []Seen) bool { return len(seen) == 3 })
	if three < 0 || common[three][0] != (Seen{0, 0}) || common[three][1] != (Seen{1, 3}) || common[three][2] != (Seen{2, 4}) {
		t.Errorf("the one of all three is not found as such: %v", common)
	}
}

// Beyond Size tokens the share that was compared is said, and kept to.
func TestTheShareIsTrue(t *testing.T) {
	key := []byte("another key")
	const n, repeated = 200_000, 20_000
	a, b := fill(New(key), 0, n), fill(New(key), n-repeated, n)
	common, share, err := Common([]string{a.Encode(), b.Encode()})
	if err != nil {
		t.Fatal(err)
	}
	if want := float64(Size) / n; math.Abs(share-want) > 0.05*want {
		t.Errorf("the share is %.4f, %d of %d are %.4f", share, Size, n, want)
	}
	if got, want := float64(len(common)), share*repeated; math.Abs(got-want) > 5*math.Sqrt(want) {
		t.Errorf("%v of %d found, the share says %.0f", got, repeated, want)
	}
}

// Without the key nothing can be told from a sketch: not even a token that is known is found.
func TestAHashTellsNothingWithoutItsKey(t *testing.T) {
	a := fill(New([]byte("right")), 0, 100).Encode()
	if common, _, _ := Common([]string{a, fill(New([]byte("right")), 0, 100).Encode()}); len(common) != 100 {
		t.Errorf("with the key %d of 100 are found", len(common))
	}
	for _, key := range [][]byte{[]byte("wrong"), nil} {
		if common, _, _ := Common([]string{a, fill(New(key), 0, 100).Encode()}); len(common) != 0 {
			t.Errorf("with the key %q %d of 100 are found", key, len(common))
		}
	}
	data, err := base64.StdEncoding.DecodeString(a)
	if err != nil {
		t.Fatal(err)
	}
	plain := sha256.Sum256([]byte("token 5"))
	mac := hmac.New(sha256.New, []byte("right"))
	mac.Write([]byte("token 5"))
	if strings.Contains(string(data), string(plain[:hashSize])) || !strings.Contains(string(data), string(mac.Sum(nil)[:hashSize])) {
		t.Error("a hash is not HMAC-SHA-256 of the token")
	}
}

// The same token again is one, whatever order they come in.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	key := []byte("k")
	a, b := New(key), New(key)
	for i := range 3 * Size {
		a.Add(fmt.Sprint("t", i), 1)
		b.Add(fmt.Sprint("t", 3*Size-1-i), 1)
		b.Add(fmt.Sprint("t", 3*Size-1-i), 1)
	}
	if a.Encode() != b.Encode() {
		t.Error("two orders of the same tokens give two sketches")
	}
	if a.Count() != 3*Size {
		t.Errorf("%d tokens counted", a.Count())
	}
}

func FuzzCommon(f *testing.F) {
	f.Add("")
	f.Add("AAAA")
	f.Add(fill(New([]byte("k")), 0, 3).Encode())
	valid := fill(New([]byte("k")), 0, 5).Encode()
	f.Fuzz(func(t *testing.T, text string) {
		common, share, err := Common([]string{valid, text})
		if err == nil && (share <= 0 && text != "" || share > 1 || len(common) > 5+len(text)) {
			t.Errorf("%q: %d common, share %v", text, len(common), share)
		}
	})
}
