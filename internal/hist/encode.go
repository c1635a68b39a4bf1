package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The encoding is HDR's V2, compressed: the outer cookie and the length of what is
// compressed, and in it the inner header and the counts.
const (
	outerCookie = uint32(hdrhistogram.V2CompressedEncodingCookieBase | 0x10)
	innerCookie = uint32(hdrhistogram.V2EncodingCookieBase | 0x10)

	outerHeader = 8
	innerHeader = 40
	digitsAt    = 12
	lowestAt    = 16
	highestAt   = 24
)

// compressors are kept, as one takes more than a megabyte, and a record has several
// histograms for each second.
var compressors = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.BestCompression)
	if err != nil {
		panic(err) // the level is one of the package's own
	}
	return w
}}

// Encode returns the histogram in HDR's V2 compressed encoding as base64; an
// empty histogram gives an empty string. It writes what the library writes, byte by byte,
// in a third of the time: the library makes a compressor for each histogram.
func (h *Histogram) Encode() (string, error) {
	if h.Count() == 0 {
		return "", nil
	}
	var out bytes.Buffer
	out.Write(make([]byte, outerHeader))
	w := compressors.Get().(*zlib.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer compressors.Put(w)
	w.Reset(&out)
	if _, err := w.Write(h.plain()); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	b := out.Bytes()
	binary.BigEndian.PutUint32(b, outerCookie)
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-outerHeader)) // #nosec G115 -- no more than 9 bytes for each of some ten thousand counts
	return base64.StdEncoding.EncodeToString(b), nil
}

// plain returns what is compressed.
func (h *Histogram) plain() []byte {
	s := h.h.Export()
	ratio := s.IntegerToDoubleConversionRatio
	if ratio == 0 {
		ratio = 1
	}
	b := make([]byte, innerHeader, innerHeader+256)
	binary.BigEndian.PutUint32(b, innerCookie)
	binary.BigEndian.PutUint32(b[digitsAt:], uint32(s.SignificantFigures))     // #nosec G115 -- 1 to 5
	binary.BigEndian.PutUint64(b[lowestAt:], uint64(s.LowestTrackableValue))   // #nosec G115 -- positive
	binary.BigEndian.PutUint64(b[highestAt:], uint64(s.HighestTrackableValue)) // #nosec G115 -- positive
	binary.BigEndian.PutUint64(b[highestAt+8:], math.Float64bits(ratio))
	zeros := int64(0) // those at the end are not written
	for _, n := range s.Counts {
		if n == 0 {
			zeros++
			continue
		}
		switch {
		case zeros == 1:
			b = append(b, 0)
		case zeros > 1:
			b = appendCount(b, -zeros)
		}
		zeros = 0
		b = appendCount(b, n)
	}
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-innerHeader)) // #nosec G115 -- as above
	return b
}

// appendCount writes a count, or how many zeros follow as a negative one: ZigZag LEB128 of
// at most nine bytes, the ninth of which has eight bits.
func appendCount(b []byte, n int64) []byte {
	u := uint64(n<<1) ^ uint64(n>>63) // #nosec G115 -- the bits are wanted
	for range 8 {
		if u < 0x80 {
			return append(b, byte(u))
		}
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}
