// Package hist keeps durations in HDR histograms: exact to three significant
// digits, mergeable, of constant size. Values are microseconds.
package hist

import (
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/unigate/unigate/internal/record"
)

// The range of a histogram in microseconds: one microsecond to one hour.
const (
	lowest  = 1
	highest = int64(time.Hour / time.Microsecond)
	digits  = 3
)

// Histogram counts durations. It is not safe for concurrent use.
type Histogram struct {
	h *hdrhistogram.Histogram // nil as long as nothing is counted: it takes 200 kB
}

// New returns an empty histogram.
func New() *Histogram { return &Histogram{} }

// nothing is the empty histogram, which is only read.
var nothing = sync.OnceValue(func() *hdrhistogram.Histogram { return hdrhistogram.New(lowest, highest, digits) })

// counts returns what is read of the histogram.
func (h *Histogram) counts() *hdrhistogram.Histogram {
	if h.h == nil {
		return nothing()
	}
	return h.h
}

// room returns what is counted in.
func (h *Histogram) room() *hdrhistogram.Histogram {
	if h.h == nil {
		h.h = hdrhistogram.New(lowest, highest, digits)
	}
	return h.h
}

// Record counts one duration; what lies outside the range counts at its end.
func (h *Histogram) Record(d time.Duration) {
	us := max(min(int64((d+time.Microsecond/2)/time.Microsecond), highest), 0)
	_ = h.room().RecordValue(us) // in range by the line above
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() uint64 {
	if h.h == nil {
		return 0
	}
	return uint64(h.h.TotalCount())
}

// Merge adds the counts of other.
func (h *Histogram) Merge(other *Histogram) {
	if other.Count() > 0 {
		h.room().Merge(other.h)
	}
}

// Reset empties the histogram.
func (h *Histogram) Reset() {
	if h.h != nil {
		h.h.Reset()
	}
}

// Quantile returns the duration below or at which the share q (0 to 1) lies, by
// nearest rank: of n durations in rising order the ⌈q·n⌉th.
func (h *Histogram) Quantile(q float64) time.Duration {
	return time.Duration(h.quantile(q)) * time.Microsecond
}

// quantile is Quantile in microseconds.
func (h *Histogram) quantile(q float64) int64 {
	n := h.Count()
	if n == 0 {
		return 0
	}
	return h.valueAt(nearestRank(q, n))
}

// Distribution returns the summary that the run record holds.
func (h *Histogram) Distribution() record.Distribution {
	if h.Count() == 0 {
		return record.Distribution{}
	}
	q := func(share float64) float64 { return seconds(h.quantile(share)) }
	return record.Distribution{
		Min: seconds(h.h.Min()), Mean: h.h.Mean() / 1e6,
		P50: q(0.5), P90: q(0.9), P95: q(0.95), P99: q(0.99), P999: q(0.999), Max: seconds(h.h.Max()),
	}
}

// seconds turns microseconds into seconds.
func seconds(us int64) float64 { return float64(us) / 1e6 }

// Decode reads what Encode wrote. A histogram of another range is refused: the
// library would make room for as many buckets as a header of forty bytes asks for.
func Decode(s string) (*Histogram, error) {
	if s == "" {
		return New(), nil
	}
	if err := checkRange(s); err != nil {
		return nil, err
	}
	h, err := hdrhistogram.Decode([]byte(s))
	if err != nil {
		return nil, err
	}
	return &Histogram{h}, nil
}

// checkRange reads the range of an encoded histogram and reports one that is wider
// or finer than unigate's.
func checkRange(s string) error {
	raw := base64.NewDecoder(base64.StdEncoding, strings.NewReader(s))
	if _, err := io.ReadFull(raw, make([]byte, outerHeader)); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	z, err := zlib.NewReader(raw)
	if err != nil {
		return err
	}
	defer z.Close() //nolint:errcheck // nothing is written
	header := make([]byte, innerHeader)
	if _, err := io.ReadFull(z, header); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	number := func(at int) int64 { return int64(binary.BigEndian.Uint64(header[at:])) } // #nosec G115 -- negative ones are refused
	exact, from, to := binary.BigEndian.Uint32(header[digitsAt:]), number(lowestAt), number(highestAt)
	if exact < 1 || exact > digits || from < lowest || to > highest || to < from {
		return fmt.Errorf("it covers %d to %d µs with %d digits, and unigate's are within %d to %d with %d", from, to, exact, lowest, highest, digits)
	}
	return nil
}
