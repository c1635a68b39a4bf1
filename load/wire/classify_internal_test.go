package wire

import (
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// failing is a round tripper that fails, but for the first so many requests.
type failing struct {
	err   error
	right int
}

// RoundTrip implements http.RoundTripper.
func (f *failing) RoundTrip(*http.Request) (*http.Response, error) {
	if f.right--; f.right >= 0 {
		return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 2, Body: http.NoBody, Header: http.Header{}}, nil
	}
	return nil, f.err
}

// What net/http says of HTTP/2 connections and streams that end is named as what it is;
// where a server in the clear ends the first one at once, it does not speak HTTP/2.
func TestErrorsOfHTTP2(t *testing.T) {
	const closed = "http2: client conn could not be established"
	for name, c := range map[string]struct {
		text, url, version string
		right              int
		want               string
	}{
		"closed at once, in the clear":   {text: closed, url: "http://t/", version: HTTP2, want: KindProtocol},
		"closed at once, later":          {text: closed, url: "http://t/", version: HTTP2, right: 1, want: KindClosed},
		"closed at once, agreed by ALPN": {text: closed, url: "https://t/", version: HTTP2, want: KindClosed},
		"closed at once, of its choice":  {text: closed, url: "http://t/", version: Auto, want: KindClosed},
		"a reset stream":                 {text: "stream error: stream ID 3; INTERNAL_ERROR; received from peer", url: "https://t/", version: HTTP2, want: KindReset},
		"goaway":                         {text: "http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=\"\"", url: "https://t/", version: HTTP2, want: KindClosed},
		"anything else":                  {text: "http2: what nobody knows", url: "https://t/", version: HTTP2, want: KindOther},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		s := newStandard(Options{HTTP: c.version, Timeout: time.Second}, &failing{errors.New(c.text), c.right}, "test")
		var reply Reply
		var attempts atomic.Int64
		for range c.right + 1 {
			s.Do(&Call{URL: u, Header: http.Header{}}, &reply, &attempts)
		}
		if reply.Status != 0 || reply.Kind != c.want {
			t.Errorf("%s: %d, %s: %s", name, reply.Status, reply.Kind, reply.Detail)
		}
	}
}
