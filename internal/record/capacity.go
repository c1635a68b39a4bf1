package record

// Capacity is the outcome of a search for the highest rate that meets an objective.
type Capacity struct {
	Objective string `json:"objective"`
	// Found is false where no rate held or the bracket was not closed in time.
	Found bool `json:"found"`
	// RatePerS is the highest rate that held, UpperPerS the lowest that did not.
	RatePerS  float64 `json:"rate_per_s"`
	UpperPerS float64 `json:"upper_per_s,omitempty"`
	// LowPerS and HighPerS are the confidence interval of the capacity, at the level
	// Confidence (0 to 1). 0 stands for an end that is not known.
	LowPerS    float64 `json:"low_per_s,omitempty"`
	HighPerS   float64 `json:"high_per_s,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	// Confirmed says that a run of its own held at RatePerS.
	Confirmed bool `json:"confirmed,omitempty"`
	// LowerBound says that higher rates were not tried, as they are not allowed, or
	// could not be, as unigate was the limit; then Limit says what of it was.
	LowerBound bool   `json:"lower_bound,omitempty"`
	Limit      string `json:"limit,omitempty"`
	// NoRate says that not even the lowest rate held.
	NoRate bool           `json:"no_rate,omitempty"`
	Steps  []CapacityStep `json:"steps"`
	// Curve is latency over rate: what all steps at a rate showed, in rising order.
	Curve  []CapacityPoint `json:"curve,omitempty"`
	Reason string          `json:"reason,omitempty"`
}

// CapacityStep is one rate that was tried.
type CapacityStep struct {
	// Kind is what the step was for: ramp, bracket, refine or confirm.
	Kind         string  `json:"kind,omitempty"`
	RatePerS     float64 `json:"rate_per_s"`
	AchievedPerS float64 `json:"achieved_per_s"`
	// DurationS is that of the judged part, SettleS of the part before it.
	DurationS float64 `json:"duration_s"`
	SettleS   float64 `json:"settle_s,omitempty"`
	// Requests counts those that were judged, Missed those of them that missed the
	// objective, where it is one of single requests.
	Requests uint64 `json:"requests,omitempty"`
	Missed   uint64 `json:"missed,omitempty"`
	Held     bool   `json:"held"`
	// Spoilt says that unigate itself was the limit, so that the step tells nothing.
	Spoilt bool `json:"spoilt,omitempty"`
	// Cut says that the step ended early, as far more requests had missed than may.
	Cut     bool         `json:"cut,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Latency Distribution `json:"latency_s"`
	// ServiceTime counts from the actual start.
	ServiceTime Distribution `json:"service_time_s,omitzero"`
	// Health is what the generator saw of itself.
	Health *Health `json:"health,omitempty"`
}

// CapacityPoint is what all steps at one rate showed, those aside that unigate spoilt.
type CapacityPoint struct {
	RatePerS float64 `json:"rate_per_s"`
	Looks    int     `json:"looks"`
	Requests uint64  `json:"requests"`
	// MissedShare is of the requests that missed the objective, FittedShare what the
	// isotonic fit over all rates says of it. Both are 0 to 1.
	MissedShare float64      `json:"missed_share"`
	FittedShare float64      `json:"fitted_share"`
	Latency     Distribution `json:"latency_s"`
	ServiceTime Distribution `json:"service_time_s"`
}
