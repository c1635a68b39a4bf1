package amount_test

import (
	"testing"

	"github.com/unigate/unigate/internal/amount"
)

func TestOf(t *testing.T) {
	for n, want := range map[int]string{0: "0 replies", 1: "1 reply", 2: "2 replies", 21: "21 replies", -1: "-1 replies"} {
		if got := amount.Of(n, "reply", "replies"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := amount.Of(uint64(1), "request was", "requests were"); got != "1 request was" {
		t.Errorf("%q", got)
	}
}
