package hist

import (
	"testing"
	"time"
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
