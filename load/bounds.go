package load

import "time"

// The constants that decide verdicts of this package: what ends a run or spoils a step
// of a search. The tests hold each of them. Those of objectives, of the generator's
// health and of capacity stand in the tables of those packages.
const (
	// streakLimit errors in a row that last streakTime or longer stop the run.
	streakLimit = 50
	streakTime  = time.Second

	// maxRefusedUsers is how many users are tried before a service counts as refusing all.
	maxRefusedUsers = 3

	// maxStepErrors is the share of the requests of a step that may fail, where the
	// objective does not say it.
	maxStepErrors = 0.01
	// maxStepUnsent is the share of what was due in a step that may stay unsent: what
	// was not asked was not answered.
	maxStepUnsent = 0.01

	// fewDecide is how many misses a step of a search must allow for its own lags to tell how
	// late those that decide it may be, and how much less of them are taken for that.
	fewDecide = 4

	// limitersCount is how long a rate limiter is taken to remember what came too close
	// together: a minute is the longest that they commonly count in.
	limitersCount = time.Minute
	// leastCrowding is how late a request must be to come closer to the next one than
	// planned: limiters count in milliseconds.
	leastCrowding = time.Millisecond

	// A target has recovered from a step when an answer takes no longer than quickAgain
	// times the slowest before the search, or quickSlack more, or not less than the steady
	// part of the one before it. probePause is between two of them at the most.
	quickAgain = 2
	quickSlack = 20 * time.Millisecond
	steady     = 0.9
	probePause = time.Second
	// recoverFor is how long no token may come, beside the time-out: longer than
	// limitersCount.
	recoverFor = limitersCount + 15*time.Second

	// What is no queue: as many requests under way as are due in calmSlack times the
	// slowest answer of the calmest second that had calmFewest answers.
	calmSlack  = 2
	calmFewest = 8
)
