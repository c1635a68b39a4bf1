package reference

import (
	"fmt"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// TestMemoryForgets sees that the oldest tokens fall out and that a token that
// is issued again takes no second place.
func TestMemoryForgets(t *testing.T) {
	m := newMemory(3)
	for i := range 5 {
		for range 2 {
			m.add(fmt.Sprint(i), grant{serial: uint64(i)})
		}
	}
	for i := range 5 {
		if g, ok := m.get(fmt.Sprint(i)); ok != (i >= 2) || ok && g.serial != uint64(i) {
			t.Errorf("token %d: %v %t", i, g, ok)
		}
	}
	if len(m.grants) != 3 {
		t.Errorf("%d tokens kept", len(m.grants))
	}
	if g, ok := m.find(func(token string) bool { return token == "4" }); !ok || g.serial != 4 {
		t.Errorf("find: %v %t", g, ok)
	}
}

// TestNothingIsRememberedOfATokenThatProvesItself issues many tokens and finds
// none of them kept (the service's memory must not grow with a load test).
func TestNothingIsRememberedOfATokenThatProvesItself(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{s: s, account: s.accounts["$$unigate"], now: s.now(), service: unifier.Login, until: s.now().Add(time.Hour)}
	var first string
	for i := range 10000 {
		x.token = s.hooks.dbToken(x)
		s.issue(x)
		if i == 0 {
			first = x.token
		}
	}
	if len(s.issued.grants) != 0 {
		t.Errorf("%d tokens kept", len(s.issued.grants))
	}
	if g, ok := s.accept(x, first); !ok || g.serial != 1 {
		t.Errorf("the first of them: %v %t", g, ok)
	}
}
