package unifier_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/unigate/unigate/internal/unifier"
)

// packed compresses a text by what make returns.
func packed(text string, to func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := to(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// TestDecode has content codings as servers send them: in lists, in several fields, in
// several members, bare, with something behind them.
func TestDecode(t *testing.T) {
	gz := func(s string) string { return packed(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }) }
	zl := func(s string) string { return packed(s, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) }
	bare := func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f })
	}
	br := func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
	}
	zs := func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })
	}
	wide := func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser {
			z, _ := zstd.NewWriter(w, zstd.WithWindowSize(16<<20), zstd.WithSingleSegment(false))
			return z
		})
	}
	const text = `{"status":200}`
	for _, c := range []struct {
		name    string
		codings []string
		body    string
		want    string
		broken  bool
	}{
		{"none", nil, text, text, false},
		{"an empty field", []string{""}, text, text, false},
		{"no body", []string{"gzip"}, "", "", false},
		{"gzip", []string{"gzip"}, gz(text), text, false},
		{"other letters and blanks", []string{" X-GZip "}, gz(text), text, false},
		{"two members", []string{"gzip"}, gz(text[:5]) + gz(text[5:]), text, false},
		{"zeros behind it", []string{"gzip"}, gz(text) + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", text, false},
		{"words behind it", []string{"gzip"}, gz(text) + "\r\n", text, false},
		{"twice, in a list", []string{"gzip, gzip"}, gz(gz(text)), text, false},
		{"twice, in two fields", []string{"deflate", "gzip"}, gz(zl(text)), text, false},
		{"with identity", []string{"identity, gzip"}, gz(text), text, false},
		{"identity last", []string{"gzip, identity"}, gz(text), text, false},
		{"deflate", []string{"deflate"}, zl(text), text, false},
		{"bare deflate", []string{"deflate"}, bare(text), text, false},
		{"brotli", []string{"br"}, br(text), text, false},
		{"zstd", []string{"zstd"}, zs(text), text, false},
		{"zstd, two frames", []string{"ZSTD"}, zs(text[:5]) + zs(text[5:]), text, false},
		{"brotli, then gzip", []string{"br, gzip"}, gz(br(text)), text, false},
		{"not known", []string{"compress"}, text, text, false},
		{"a charset", []string{"UTF-8"}, text, text, false},
		{"not compressed at all", []string{"gzip"}, text, "", true},
		{"cut", []string{"gzip"}, gz(text)[:20], "", true},
		{"no brotli at all", []string{"br"}, text, "", true},
		{"cut brotli", []string{"br"}, br(text)[:8], "", true},
		{"no zstd at all", []string{"zstd"}, text, "", true},
		{"cut zstd", []string{"zstd"}, zs(text)[:12], "", true},
		{"zstd with a wider window than RFC 9659 allows", []string{"zstd"}, wide(strings.Repeat("x", 300<<10)), "", true},
		{"cut deflate", []string{"deflate"}, zl(text)[:8], "", true},
		{"more codings than anybody uses", []string{"gzip,gzip,gzip,gzip,gzip"}, gz(gz(gz(gz(gz(text))))), "", true},
	} {
		plain, cut, err := unifier.Decode(c.codings, []byte(c.body), 1000)
		if string(plain) != c.want || cut || c.broken != errors.Is(err, unifier.ErrCoding) {
			t.Errorf("%s: %q, cut %v, %v", c.name, plain, cut, err)
		}
	}
	long := strings.Repeat("x", 5000)
	for name, body := range map[string]string{"gzip": gz(long), "deflate": bare(long), "br": br(long), "zstd": zs(long)} {
		if plain, cut, err := unifier.Decode([]string{name}, []byte(body), 1000); len(plain) != 1000 || !cut || err != nil {
			t.Errorf("%s: %d bytes, cut %v, %v", name, len(plain), cut, err)
		}
	}
	if plain, cut, err := unifier.Decode([]string{"gzip"}, []byte(gz(long[:1000])), 1000); len(plain) != 1000 || cut || err != nil {
		t.Errorf("as long as may be: %d bytes, cut %v, %v", len(plain), cut, err)
	}
}

// FuzzDecode holds that no body takes more than the limit, or ends the run.
func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "zstd, br, gzip"} {
		f.Add(coding, []byte(`{"status":200}`))
	}
	f.Add("gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xabV*.I,)-V\xb220\xa8\x05\x00"))
	f.Add("zstd", []byte("(\xb5/\xfd\x04\x00q\x00\x00{\"status\":200}"))
	f.Add("br", []byte("\x0b\x06\x80{\"status\":200}\x03"))
	const limit = 4096
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		if len(body) > limit {
			body = body[:limit] // as ReadBody does
		}
		plain, cut, err := unifier.Decode([]string{coding}, body, limit)
		if len(plain) > limit || cut && len(plain) != limit || err != nil && (plain != nil || !errors.Is(err, unifier.ErrCoding)) {
			t.Errorf("%d bytes, cut %v, %v", len(plain), cut, err)
		}
	})
}
