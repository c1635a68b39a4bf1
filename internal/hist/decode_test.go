package hist

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A stored record may be damaged: decoding says so and never panics.
func FuzzDecode(f *testing.F) {
	h := New()
	for i := range 100 {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	whole, err := h.Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", whole, whole[:len(whole)/2], "broken", "HISTFAAAACF42pNpmSzMwMDAzAABMJqRQXABA4MAAwBIbgLe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := Decode(s)
		if err != nil {
			return
		}
		_ = h.Distribution()
		for _, b := range h.Buckets() {
			if b.To < b.From || b.Count == 0 {
				t.Errorf("bucket %+v", b)
			}
		}
		sum := New()
		sum.Merge(h)
	})
}

// A histogram of another range is refused before room is made for it.
func TestDecodeBoundsTheRange(t *testing.T) {
	for _, c := range []struct {
		low, high int64
		digits    int
		fine      bool
	}{
		{1, int64(time.Hour / time.Microsecond), 3, true}, {1, 1e6, 2, true}, {10, 1e6, 1, true},
		{1, math.MaxInt64, 5, false}, {1, math.MaxInt64, 3, false}, {1, 1e6, 4, false}, {1, int64(2 * time.Hour / time.Microsecond), 3, false},
	} {
		h := hdrhistogram.New(c.low, c.high, c.digits)
		if err := h.RecordValue(1000); err != nil {
			t.Fatal(err)
		}
		b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		before := allocated()
		d, err := Decode(string(b))
		if (err == nil) != c.fine || c.fine && d.Count() != 1 {
			t.Errorf("%+v: %v", c, err)
		}
		if spent := allocated() - before; spent > 1<<20 {
			t.Errorf("%+v: %d bytes were allocated", c, spent)
		}
	}
}

// allocated is how many bytes were allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
