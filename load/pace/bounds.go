package pace

import "time"

// The constants that decide what is sent, what of it counts as late, and for whose
// reason. A test holds each of them from both of its sides.
const (
	// Grace is how late a request may be when its phase ends and still be sent;
	// what is later is unsent.
	Grace = 10 * time.Millisecond
	// CatchUp is how many times the planned rate is not exceeded after a stall.
	CatchUp = 2
	// burst is how far ahead of the catch-up rate a send may be: timers are late
	// by that much now and then without anything being wrong.
	burst = time.Millisecond
	// caughtUp is how late a request may be, for the target's reason, to count as on
	// schedule again.
	caughtUp = time.Millisecond
	// noRequest is the part of a request up to which a schedule's total is rounded down:
	// so little comes of adding up rates.
	noRequest = 1e-6

	// remembered is for how many requests, counted back from the newest, Ideal answers.
	remembered = 1 << 14
	// shortSilence is the longest time without an answer that is not worth remembering.
	shortSilence = time.Millisecond
	// maxSilences bounds those that are remembered; the oldest are forgotten.
	maxSilences = 4096
)
