package hist

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What was encoded is read as it was, however its counts were made.
func TestEncodeAndDecode(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 200 {
		h := New()
		if round%2 == 1 {
			h = (&Compact{}).Histogram()
		}
		for range 1 + random.IntN(300) {
			d := time.Duration(random.Int64N(int64(time.Microsecond) << random.IntN(32)))
			n := int64(1)
			if random.IntN(8) == 0 {
				n = 1 + random.Int64N(1<<random.IntN(55))
			}
			if err := h.room().RecordValues(int64(d/time.Microsecond)%highest, n); err != nil {
				t.Fatal(err)
			}
		}
		written, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		library, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil || written != string(library) {
			t.Fatalf("round %d: written as %s, by the library as %s, %v", round, written, library, err)
		}
		d, err := Decode(written)
		if err != nil || !d.h.Equals(h.h) {
			t.Fatalf("round %d: it is not read as it was, %v", round, err)
		}
	}
	if s, err := New().Encode(); s != "" || err != nil {
		t.Errorf("nothing is written as %q, %v", s, err)
	}
}

// BenchmarkEncode encodes the latencies of a run.
func BenchmarkEncode(b *testing.B) {
	h := New()
	for i := range 10_000 {
		h.Record(time.Duration(i) * 37 * time.Microsecond)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
