package tiny

import "testing"

func TestTiny(t *testing.T) {
	if !Held(9) || Held(10) {
		t.Error("held")
	}
	if !Loose(1) || Loose(500) {
		t.Error("loose")
	}
	if Spin() != 3 {
		t.Error("spin")
	}
	for n, want := range []bool{5: true, 6: false, 7: true, 8: false} {
		if n > 4 && Within(n) != want {
			t.Error("within", n)
		}
	}
	n := 2
	if Sum(func() int { n++; return n }) != 11 || n != 4 {
		t.Error("sum", n)
	}
}
