package unifier_test

import (
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// V2's call is the one that users of both types make.
func TestShared(t *testing.T) {
	for s, want := range map[unifier.Service]bool{unifier.Login: false, unifier.OAuth: false, unifier.V2Auth: true, unifier.V2Login: false} {
		if s.Shared() != want {
			t.Errorf("%s is shared: %t", s, s.Shared())
		}
	}
}
