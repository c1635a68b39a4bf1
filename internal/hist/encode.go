package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"sync"
)

// The cookies of HDR's V2 encoding, and of its compressed form.
const (
	plainCookie      = 0x1c849303 | 0x10
	compressedCookie = 0x1c849304 | 0x10
)

// encoder is what an encoding needs; the compressor alone takes a megabyte.
type encoder struct {
	plain []byte
	out   bytes.Buffer
	zlib  *zlib.Writer
}

var encoders = sync.Pool{New: func() any {
	e := &encoder{}
	// It fails for an unknown level only.
	e.zlib, _ = zlib.NewWriterLevel(&e.out, zlib.BestCompression)
	return e
}}

// Encode returns the histogram in HDR's V2 compressed encoding as base64; an
// empty histogram gives an empty string. It is what the library writes, byte for byte,
// which makes a compressor for each: that was a tenth of all processor time of a short run.
func (h *Histogram) Encode() (string, error) {
	if h.Count() == 0 {
		return "", nil
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.encode(h)
	e.out.Reset()
	e.out.Write(make([]byte, outerHeader)) // filled in below
	e.zlib.Reset(&e.out)
	if _, err := e.zlib.Write(e.plain); err != nil {
		return "", err
	}
	if err := e.zlib.Close(); err != nil {
		return "", err
	}
	b := e.out.Bytes()
	binary.BigEndian.PutUint32(b, compressedCookie)
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-outerHeader)) // #nosec G115 -- some kilobytes
	return base64.StdEncoding.EncodeToString(b), nil
}

// encode writes the header and the counts, without what follows the last count.
func (e *encoder) encode(h *Histogram) {
	s := h.h.Export()
	counts := s.Counts
	for len(counts) > 0 && counts[len(counts)-1] == 0 {
		counts = counts[:len(counts)-1]
	}
	ratio := s.IntegerToDoubleConversionRatio
	if ratio == 0 {
		ratio = 1
	}
	b := append(e.plain[:0], make([]byte, innerHeader)...)
	binary.BigEndian.PutUint32(b, plainCookie)
	binary.BigEndian.PutUint32(b[digitsAt:], uint32(s.SignificantFigures))     // #nosec G115 -- a digit
	binary.BigEndian.PutUint64(b[lowestAt:], uint64(s.LowestTrackableValue))   // #nosec G115 -- not negative
	binary.BigEndian.PutUint64(b[highestAt:], uint64(s.HighestTrackableValue)) // #nosec G115 -- the same
	binary.BigEndian.PutUint64(b[ratioAt:], math.Float64bits(ratio))
	for i := 0; i < len(counts); {
		n := counts[i]
		i++
		if n == 0 { // more than one of them in a row are written as their number, negative
			zeros := int64(1)
			for counts[i] == 0 { // the last is not
				zeros++
				i++
			}
			if zeros > 1 {
				n = -zeros
			}
		}
		b = appendZigZag(b, n)
	}
	binary.BigEndian.PutUint32(b[lengthAt:], uint32(len(b)-innerHeader)) // #nosec G115 -- some kilobytes
	e.plain = b
}

// appendZigZag appends n as HDR's ZigZag LEB128: seven bits a byte, but eight in a ninth.
func appendZigZag(b []byte, n int64) []byte {
	v := uint64(n<<1) ^ uint64(n>>63) // #nosec G115 -- the bits
	for range 8 {
		if v < 0x80 {
			return append(b, byte(v))
		}
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}
