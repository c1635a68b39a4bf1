package capacity

import "time"

// The constants that decide how a search goes and what it says. A test holds each.
const (
	// Confidence is that of the interval.
	Confidence = 0.95
	// critical is the root of the bound of the likelihood ratio: the quantile of the
	// normal distribution. The ratio of isotonic fits has a smaller one, 2.26 in place of
	// 3.84 (Banerjee and Wellner 2001); the rest is for rates that are chosen by what was seen.
	critical = 1.96
	// narrow is how wide, relative to its lower end, an interval is that needs no further look.
	narrow = 0.03
	// margin is how far below the estimate, relative to it, the confirming run is, unless
	// the rate that held is beyond doubt: at the limit itself one run in two would miss.
	margin = 0.02
	// unclear is by which factor a share of misses differs from the allowed one where it tells much.
	unclear = 4
	// bracketed is how far apart, relative to the lower one, the highest rate that
	// holds and the lowest that does not are when the halving ends.
	bracketed = 0.05
	// clip is how many times the allowed share of misses a look counts with at most
	// where another one at its rate, or a higher one, held: no hiccup is to outweigh that.
	clip = 4
	// Hopeless is how many times the allowed misses of a whole look end it early.
	Hopeless = 10
	// near is up to how many times the allowed share of misses a look tells how they
	// cluster, decisive the share beyond which it does not in any case.
	near     = 3
	decisive = 0.5
	// nearFactor is by how much misses cluster more than the requests that took half
	// of the bound: about 1.5 in simulated queues.
	nearFactor = 1.5
	// clustered is the dispersion from which on misses count as coming in clusters.
	clustered = 2
	// significant is the chance below which a look's misses are no accident.
	significant = 0.05
	// manyMisses is from how many expected misses on their number is normal.
	manyMisses = 500
	// lowest is the last rate that the search tries, in requests per second.
	lowest = 1
	// highest bounds the rates that unigate itself tries, in requests per second.
	highest = 1e6
	// stepDown divides the rate where not even the first one held.
	stepDown = 4
	// nearCeiling is how far below a rate that unigate cannot give, relative to it,
	// the search for a lower bound ends.
	nearCeiling = 0.1
	// maxSpoilt is how often a look at one rate is spoilt before that rate counts as
	// more than unigate can give.
	maxSpoilt = 3

	// minGrowth is by which part of what started a backlog must grow, and growthLeast by
	// how many requests, for the target not to keep up; growthDeviations by how many of
	// the standard deviations of its growth, which growthParts parts of a look tell.
	minGrowth        = 0.005
	growthLeast      = 4
	growthDeviations = 5
	growthParts      = 8

	// looksPlanned is into how many looks the time is cut, rampsPlanned into how many of
	// those that only find out where the limit is about, confirmPart of which part of
	// it the confirming run takes, and confirmReserve for how many of those there is to be time.
	looksPlanned   = 20
	rampsPlanned   = 90
	confirmPart    = 10
	confirmReserve = 2
	// minLook and maxLook bound the judged part of a look; maxRamp that of one that
	// only finds out where the limit is about.
	minLook = time.Second
	maxLook = 30 * time.Second
	maxRamp = 5 * time.Second
	// settleShare is how long the load settles before a look is judged, of the judged
	// part, and settleAnswers how many service times (p99) it takes at least.
	settleShare   = 0.25
	settleAnswers = 2
	// boundLooks is how many times the objective's bound a look lasts, where the time
	// allows it: a queue that grows slowly takes that long to reach the bound.
	boundLooks = 20
	// lookRequests is how many requests a look judges, where the time allows it.
	lookRequests = 20
	// shareOfTime bounds what a look may take of the whole time, for its bound or its requests.
	shareOfTime = 8
)

// offsets are how far from the estimate, relative to it, the search looks in order to
// move the farther end of the interval: the largest that is well within it. Farther off a look
// tells more, nearer it narrows more.
var offsets = []float64{0.1, 0.05, 0.025}
