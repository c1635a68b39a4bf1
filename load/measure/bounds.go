package measure

import "time"

// The constants that decide which of a run's answers count, and how finely it is kept.
// A test holds each of them from both of its sides.
const (
	// calmParts is into how many parts the plan is cut, to find the calmest.
	calmParts = 4
	// calmSlots is how finely, in slots of equal length, the plan is cut in advance, as it
	// may end early.
	calmSlots = 16
	// calmFewest is how many replies the plan, and a part, need to be compared.
	calmFewest = 8
	// calmSlack is how many times as long as the slowest of the calmest part an answer may
	// take that came after the plan's end and counts: the slowest of all is slower than that.
	calmSlack = 1.5
	// longerAtAll and longerForSure are the standard errors by which answers at the end
	// take longer in one of twenty, and of a thousand, targets that keep up: the 95 % and
	// the 99.9 % quantile of the normal distribution (Mann and Whitney 1947).
	longerAtAll   = 1.645
	longerForSure = 3.09

	// maxRows bounds the distinct statuses that are kept apart for one service; errors of
	// further ones are counted together.
	maxRows = 40
	// firstWidth is the width of the intervals of a series at first, and maxPoints how many
	// it may have; they double in width when there are more. A plan of ten minutes, whose
	// last answers come after its end, keeps its seconds.
	firstWidth = time.Second
	maxPoints  = 660
)
