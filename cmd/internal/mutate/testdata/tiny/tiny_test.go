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
}
