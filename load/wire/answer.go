package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/unigate/unigate/internal/unifier"
)

// An answer is read in one of two ways with one meaning. Most answers of a token
// service have a head that cannot be misread: CRLF at the end of each line, one
// Content-Length, nothing about encodings or the connection. These are read here,
// without memory of their own. Whatever is not of that kind is left to net/http's
// parser, which verify and doctor use; a fuzz target holds the two against each
// other.

// errTooLarge is the error of a body that is longer than unigate reads.
var errTooLarge = errors.New("the body is larger than unigate reads")

// errHead is the error of a head that is longer than unigate reads.
var errHead = fmt.Errorf("the answer's header fields are longer than the %d bytes that unigate reads", unifier.MaxHeader)

// head is what a plain head says.
type head struct {
	size   int // of the head itself, in bytes
	status int
	length int

	date, contentType, retryAfter []byte // as they stand in the reader's buffer
}

// readAnswer reads an answer from a connection. keep says that the connection
// may serve another request.
func (f *fast) readAnswer(c *connection, reply *Reply) (keep bool, err error) {
	h, plain := c.peekHead()
	if !plain {
		return f.readAny(c, reply)
	}
	reply.Header = f.headerOf(&h)
	_, _ = c.reader.Discard(h.size) // it is buffered
	if h.length > MaxBody {
		return false, errTooLarge
	}
	if cap(reply.memory) < h.length {
		reply.memory = make([]byte, h.length)
	}
	reply.Body = reply.memory[:h.length]
	if n, err := io.ReadFull(c.reader, reply.Body); err != nil {
		return false, cutAnswer(h.status, n, int64(h.length), err)
	}
	reply.Status = h.status
	return true, nil
}

// cutAnswer is the error of an answer that broke off.
func cutAnswer(status, n int, length int64, err error) error {
	if err == io.EOF { //nolint:errorlint // ReadFull's is never wrapped
		err = io.ErrUnexpectedEOF
	}
	return unifier.NewCutError(status, n, length, err)
}

// peekHead reads a head without taking it from the connection. plain is false
// where it is left to net/http.
func (c *connection) peekHead() (h head, plain bool) {
	for {
		buffered, _ := c.reader.Peek(c.reader.Buffered())
		h = head{length: -1}
		done, plain := h.parse(buffered)
		switch {
		case done:
			return h, plain && h.length >= 0
		case !plain || len(buffered) == c.reader.Size():
			return h, false
		}
		if _, err := c.reader.Peek(len(buffered) + 1); err != nil {
			return h, false // net/http finds out again, in its own words
		}
	}
}

// parse parses the beginning of an answer. done is false where the head goes on
// beyond it, plain where it must be left to net/http.
func (h *head) parse(b []byte) (done, plain bool) {
	for at := 0; ; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return false, true
		}
		line := b[at : at+end]
		first := at == 0
		at += end + 1
		if end == 0 || line[end-1] != '\r' {
			return true, false
		}
		line = line[:end-1]
		switch {
		case first:
			plain = h.statusLine(line)
		case len(line) == 0:
			h.size = at
			return true, true
		default:
			plain = h.field(line)
		}
		if !plain {
			return true, false
		}
	}
}

// statusLine parses the first line.
func (h *head) statusLine(line []byte) bool {
	const before = "HTTP/1.1 "
	if len(line) < len(before)+3 || string(line[:len(before)]) != before {
		return false
	}
	rest := line[len(before):]
	if len(rest) > 3 && rest[3] != ' ' {
		return false
	}
	for _, d := range rest[:3] {
		if d < '0' || d > '9' {
			return false
		}
		h.status = h.status*10 + int(d-'0')
	}
	// Answers without a body, and those before the answer proper, are net/http's.
	return h.status >= 200 && h.status != http.StatusNoContent && h.status != http.StatusNotModified
}

// field parses a header field.
func (h *head) field(line []byte) bool {
	colon := 0
	for colon < len(line) && token[line[colon]] {
		colon++
	}
	if colon == 0 || colon == len(line) || line[colon] != ':' {
		return false
	}
	for _, b := range line[colon+1:] {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	value := bytes.Trim(line[colon+1:], " \t")
	switch name := line[:colon]; len(name) {
	case 4:
		return keep(&h.date, name, "date", value)
	case 7:
		return !fold(name, "trailer")
	case 10:
		return !fold(name, "connection")
	case 11:
		return keep(&h.retryAfter, name, "retry-after", value)
	case 12:
		return keep(&h.contentType, name, "content-type", value)
	case 14:
		return !fold(name, "content-length") || h.contentLength(value)
	case 16:
		return !fold(name, "content-encoding")
	case 17:
		return !fold(name, "transfer-encoding")
	}
	return true
}

// keep notes the value of a field that is looked at. Where one comes twice, the
// first counts, as in http.Header.Get.
func keep(to *[]byte, name []byte, want string, value []byte) bool {
	if !fold(name, want) {
		return true
	}
	if *to != nil {
		return false
	}
	*to = value
	return true
}

// contentLength parses a Content-Length that has no other beside it.
func (h *head) contentLength(value []byte) bool {
	if h.length >= 0 || len(value) == 0 || len(value) > 9 {
		return false
	}
	h.length = 0
	for _, d := range value {
		if d < '0' || d > '9' {
			return false
		}
		h.length = h.length*10 + int(d-'0')
	}
	return true
}

// fold reports whether a name is want, which is in lower case.
func fold(name []byte, want string) bool {
	for i := range len(want) {
		if name[i]|0x20 != want[i] {
			return false
		}
	}
	return true
}

// token holds the characters of field names (RFC 9110, section 5.6.2).
var token = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = true
	}
	return t
}()

// getRequest tells net/http's parser which method was used.
var getRequest = &http.Request{Method: http.MethodGet}

// readAny reads an answer with net/http's parser.
func (f *fast) readAny(c *connection, reply *Reply) (keep bool, err error) {
	c.limit = unifier.MaxHeader
	resp, err := readFinal(c.reader)
	exhausted := c.limit <= 0
	c.limit = unlimited
	switch {
	case err != nil && exhausted:
		return false, errHead
	case err != nil:
		return false, err
	case unifier.CheckStatus(resp.StatusCode) != nil:
		return false, unifier.CheckStatus(resp.StatusCode)
	}
	body, cut, err := unifier.ReadBody(resp)
	switch {
	case err != nil:
		return false, unifier.NewCutError(resp.StatusCode, len(body), resp.ContentLength, err)
	case cut:
		return false, errTooLarge
	}
	_ = resp.Body.Close() // it was read to its end
	reply.Status, reply.Body, reply.Header = resp.StatusCode, body, resp.Header
	return !resp.Close, nil
}

// readFinal reads the first answer that is not an interim one (RFC 9110, section 15.2).
func readFinal(r *bufio.Reader) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(r, getRequest)
		if err != nil {
			return nil, err
		}
		if s := resp.StatusCode; s < 100 || s > 199 || s == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
}
