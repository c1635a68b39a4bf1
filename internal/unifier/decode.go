package unifier

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrCoding is wrapped by the error of a body whose content coding is broken.
var ErrCoding = errors.New("the answer's compression is broken")

// Decode undoes the content coding of a body, which is limited to limit bytes;
// cut says that there were more. A request without Accept-Encoding leaves the
// coding to the server (RFC 9110, section 12.5.3), so that a coding which was
// not asked for is no fault. One that is not known leaves the body as it is.
func Decode(encoding string, body []byte, limit int) (plain []byte, cut bool, err error) {
	if len(body) == 0 {
		return body, false, nil
	}
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body, false, nil
	}
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
	}
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrCoding, err)
	}
	if len(plain) > limit {
		return plain[:limit], true, nil
	}
	return plain, false, nil
}

// ReadBody reads the body of an answer as every part of unigate reads it: at
// most MaxBody bytes, and what was compressed unasked is decompressed. cut says
// that there were more. Its error means that the answer is not whole.
func ReadBody(resp *http.Response) (body []byte, cut bool, err error) {
	body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if len(body) > MaxBody {
		body, cut = body[:MaxBody], true
	}
	if err != nil {
		return body, cut, err
	}
	encoding := resp.Header.Get("Content-Encoding")
	plain, more, err := Decode(encoding, body, MaxBody)
	if err != nil && cut { // what is cut cannot be decoded
		return nil, true, nil
	}
	return plain, cut || more, err
}
