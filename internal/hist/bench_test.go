package hist

import (
	"testing"
	"time"
)

// BenchmarkDecode decodes a histogram as wide as any, as every report does.
func BenchmarkDecode(b *testing.B) {
	h := New()
	h.Record(time.Microsecond)
	h.Record(time.Hour)
	s, err := h.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := Decode(s)
		if err != nil {
			b.Fatal(err)
		}
		_ = d.Count()
	}
}
