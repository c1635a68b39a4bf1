package compare

// The constants that decide what a comparison of load tests shows. The tests of this
// package hold each of them.
const (
	// Confidence is that of all intervals of a comparison together (Bonferroni).
	Confidence = 0.95
	// LeastChange is the smallest change that is called one where no limit is
	// given: two runs of the same system, minutes apart, differ by about as much.
	LeastChange = 0.05
	// LeastSeconds is the smallest change in seconds that is called one.
	LeastSeconds = 0.00025
	// fewest is how many requests a run must have beyond a percentile.
	fewest = 5

	// shareConfidence is that of one share's one-sided interval.
	shareConfidence = 0.995
	// leastShare is the smallest change of a share that is called one: 0.1 %.
	leastShare = 0.001

	// wholeRun is the share of its planned duration from which a run counts as whole.
	wholeRun = 0.98

	// resamples is how often each run is drawn again.
	resamples = 1000
	// shortestSeries is the least number of intervals that a run needs.
	shortestSeries = 5
	// shortRun is the number of intervals below which a correlation may well be an
	// accident.
	shortRun = 20
	// fewestEffective is how many independent intervals a run must be worth.
	fewestEffective = 3
)
