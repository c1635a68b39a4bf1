package load

import "time"

// QuickKeys makes the keys of the tokens' hashes quick to derive, until undone.
func QuickKeys() (undo func()) {
	before := keyRounds
	keyRounds = 1
	return func() { keyRounds = before }
}

// Starve keeps the run from doing anything for d: nothing is sent and no answer is taken,
// once as many answers as may be in flight wait. It reports whether there was something to hold.
func (m *Metrics) Starve(d time.Duration) bool {
	a := m.e.current.Load()
	if a == nil || a.turn == nil {
		return false
	}
	a.turn <- struct{}{}
	time.Sleep(d)
	<-a.turn
	return true
}

// PutForward makes the run take this machine's clock for put forward by d since its start.
func (m *Metrics) PutForward(d time.Duration) {
	b := m.e.clock.began.Load()
	m.e.clock.began.Store(&reading{b.wall.Add(-d), b.steady})
}
