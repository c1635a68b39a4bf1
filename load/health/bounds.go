package health

import "time"

// The bounds beyond which the generator, not the target, was the limit. Each has
// a test for both of its sides. Shares are 0 to 1.
const (
	// maxCPUShare is of the cores that may be used.
	maxCPUShare = 0.9
	// maxGCShare is of the wall time that garbage collection stopped the program.
	maxGCShare = 0.05
	// maxBlockedShare is of the wall time that the verifier's queue was full.
	maxBlockedShare = 0.01
	// MaxLag is how late the 99th percentile of requests may start, or of answers be
	// read. It counts only where it is more than 1/lagPart of the latency.
	MaxLag  = 10 * time.Millisecond
	lagPart = 4
	// MinLate is how many requests must be late: fewer are an accident.
	MinLate = 10
	// minNever is of how many requests that were due one that unigate was too slow to
	// send is too many.
	minNever = 1000
	// minMany is of how many that were due one that was never sent is no accident,
	// however few they are.
	minMany = 5
	// minExhausted is how many requests must fail for want of descriptors or ports:
	// each of them is an error that is not the target's.
	minExhausted = 1
)

// The bounds beyond which something may be the cause of lag. They limit nothing
// by themselves: requests that started and were read in time are what they should be.
const (
	// causeThrottled is the share of the quota's periods in which it was used up.
	causeThrottled = 0.05
	// causeRunDelay is the share of the time in which threads were ready to run or ran
	// that they had no core.
	causeRunDelay = 0.1
	// causeGC is of the wall time.
	causeGC = 0.01
)
