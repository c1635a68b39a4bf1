package unifier

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// ErrCoding is wrapped by the error of a body whose content coding is broken.
var ErrCoding = errors.New("the answer's compression is broken")

// maxCodings bounds how many content codings are undone, one after another.
const maxCodings = 4

// Decode undoes the content codings of a body, which is limited to limit bytes;
// cut says that there were more. They are listed in the order in which they were
// applied, in one field or in several (RFC 9110, section 8.4). A request without
// Accept-Encoding leaves the coding to the server (section 12.5.3), so that one which
// was not asked for is no fault. One that is not known leaves the body as it is.
func Decode(codings []string, body []byte, limit int) (plain []byte, cut bool, err error) {
	list := strings.Split(strings.Join(codings, ","), ",")
	undone := 0
	for _, coding := range slices.Backward(list) {
		undo := decoderOf(strings.ToLower(strings.TrimSpace(coding)))
		switch {
		case undo == nil:
			continue
		case len(body) == 0 || cut:
			return body, cut, nil
		case undone == maxCodings:
			return nil, false, ErrCoding
		}
		undone++
		if body, err = undo(body, limit+1); err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrCoding, err)
		}
		if cut = len(body) > limit; cut {
			body = body[:limit]
		}
	}
	return body, cut, nil
}

// decoderOf returns what undoes a coding, nil where it is not known or changes nothing.
func decoderOf(coding string) func(body []byte, limit int) ([]byte, error) {
	switch coding {
	case "gzip", "x-gzip":
		return gunzip
	case "deflate":
		return inflate
	case "br":
		return unbrotli
	case "zstd":
		return unzstd
	}
	return nil
}

// gunzip undoes gzip: one member or several (RFC 1952, section 2.2). What follows
// them and is none, such as zeros that fill a block up, is passed over, as other
// clients do.
func gunzip(body []byte, limit int) ([]byte, error) {
	in := bytes.NewReader(body)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	var plain bytes.Buffer
	for {
		r.Multistream(false)
		if _, err := io.Copy(&plain, io.LimitReader(r, int64(limit-plain.Len()))); err != nil {
			return nil, err
		}
		if plain.Len() == limit || r.Reset(in) != nil {
			return plain.Bytes(), nil //nolint:nilerr // what follows is no member, and passed over
		}
	}
}

// inflate undoes deflate: zlib's format (RFC 1950), or bare (RFC 1951), as some
// servers send it (RFC 9110, section 8.4.1.2).
func inflate(body []byte, limit int) ([]byte, error) {
	var r io.Reader
	r, err := zlib.NewReader(bytes.NewReader(body))
	if errors.Is(err, zlib.ErrHeader) {
		r, err = flate.NewReader(bytes.NewReader(body)), nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, int64(limit)))
}

// unbrotli undoes brotli (RFC 7932).
func unbrotli(body []byte, limit int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(body)), int64(limit)))
}

// maxWindow is the largest window that a content coding of zstd may have, in bytes
// (RFC 9659).
const maxWindow = 8 << 20

// unzstd undoes Zstandard (RFC 8878).
func unzstd(body []byte, limit int) ([]byte, error) {
	r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, int64(limit)))
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
	plain, more, err := Decode(resp.Header.Values("Content-Encoding"), body, MaxBody)
	if err != nil && cut { // what is cut cannot be decoded
		return nil, true, nil
	}
	return plain, cut || more, err
}
