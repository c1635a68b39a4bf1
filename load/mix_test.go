package load

import "testing"

func TestMixTakesUsersInTurnAndKeepsTheShares(t *testing.T) {
	m := newMixer([]Share{{Weight: 80}, {Weight: 20}}, [][]int{{0, 1, 2}, {3, 4}})
	count := map[int]int{}
	for n := range uint64(30_000) {
		count[m.class(n)]++
	}
	for class, want := range map[int]int{0: 8000, 1: 8000, 2: 8000, 3: 3000, 4: 3000} {
		if count[class] != want {
			t.Errorf("class %d was chosen %d times, not %d", class, count[class], want)
		}
	}
	if a, b := m.class(0), m.class(1); a == b {
		t.Errorf("the first two requests are of the same user")
	}
}
