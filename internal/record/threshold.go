package record

// ThresholdState is the outcome of a threshold.
type ThresholdState string

// The outcomes of a threshold. It is inconclusive where what was never sent or cut
// off decides it, where too little was measured, and where the generator was the limit.
const (
	ThresholdPass         ThresholdState = "pass"
	ThresholdFail         ThresholdState = "fail"
	ThresholdInconclusive ThresholdState = "inconclusive"
)

// Threshold is one objective and what was measured for it, in the expression's unit.
type Threshold struct {
	Expression string         `json:"expression"`
	Value      string         `json:"value"`
	State      ThresholdState `json:"state"`
	Reason     string         `json:"reason,omitempty"`
	// Measured is what the value lies between, in seconds, as a share, a count or
	// per second: requests that were never sent, and the buckets of the histogram,
	// leave a range.
	Measured *Interval `json:"measured,omitempty"`
	// Confidence is the 95 % confidence interval of a percentile, in seconds.
	Confidence *Interval `json:"confidence_interval,omitempty"`
}

// Crossed says in words that the threshold does not hold.
func (t Threshold) Crossed() string {
	s := "threshold " + t.Expression + ": " + t.Value
	if t.Reason != "" {
		s += "; " + t.Reason
	}
	return s
}
