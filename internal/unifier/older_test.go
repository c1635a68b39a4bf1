package unifier_test

import (
	"context"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/unigate/unigate/internal/unifier"
)

// A server of frames alone refuses HTTP/1.1; of one that is not there, or says
// nothing, that is not known.
func TestRefusesHTTP1(t *testing.T) {
	a := newAuthority(t)
	frames, _, _ := http2Server(t, a, func(*http2.Framer, uint32) bool { return true })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + gone.Addr().String()
	gone.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for target, want := range map[string][2]bool{frames: {true, true}, nobody: {false, false}, "https://" + silent.Addr().String(): {false, false}} {
		c := client(t, target, unifier.TransportOptions{RootCAs: a.pool()}, 300*time.Millisecond)
		x := c.Do(unifier.OverHTTP1(context.Background()), unifier.Call{Path: "/"})
		refuses, known := unifier.RefusesHTTP1(x)
		if refuses != want[0] || known != want[1] {
			t.Errorf("%s: %v %v: %v", target, refuses, known, x.Err)
		}
	}
}
