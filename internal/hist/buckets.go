package hist

import "time"

// Bucket is the durations that a histogram does not tell apart.
type Bucket struct {
	// From and To are the shortest and the longest of them.
	From, To time.Duration
	Count    uint64
}

// Buckets returns the buckets that hold something, shortest durations first.
func (h *Histogram) Buckets() []Bucket {
	var out []Bucket
	for _, b := range h.counts().Distribution() {
		if b.Count > 0 {
			out = append(out, Bucket{From: time.Duration(b.From) * time.Microsecond, To: time.Duration(b.To) * time.Microsecond, Count: uint64(b.Count)})
		}
	}
	return out
}
