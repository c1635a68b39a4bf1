package record

import "time"

// PartSettle is how long after the end of the warm-up the plan of a part begins: so long
// the last answers of the warm-up may take.
const PartSettle = 2 * time.Second

// Part says that a load test was one of several generators of one plan. Such a part
// judges nothing: its thresholds are judged on all parts together.
type Part struct {
	// Index is which one, from 0, of Of: it sent the requests k of the plan with
	// k mod Of = Index.
	Index int `json:"index"`
	Of    int `json:"of"`
	// Run is the same in all parts of one run and in no other: a hash of the plan, the
	// target, the start and the number of parts.
	Run string `json:"run"`
	// StartAt is the common start, by each part's own clock: of the warm-up, where
	// there is one, and of the plan otherwise. The zero value stands for none.
	StartAt time.Time `json:"start_at,omitzero"`
	// Requests counts those of the whole plan; of a closed loop there is no number.
	Requests uint64 `json:"requests"`
	// LateS is by how much the part's plan began later than it was to, by its own clock.
	LateS float64 `json:"late_s,omitempty"`
	// ClockOffsetS is the target's clock less the part's, as far as it is more than a
	// second, by the answers' Date before the start.
	ClockOffsetS float64 `json:"clock_offset_s,omitempty"`
	// Limits say what of this generator kept requests from leaving, so that the whole
	// shows nothing.
	Limits []string `json:"limits,omitempty"`
	// Hashes are of the tokens that this part got.
	Hashes *Hashes `json:"hashes,omitempty"`
}

// Whole says that a load test was put together from the parts of one plan, which
// several generators sent. It is one load test as any other.
type Whole struct {
	Of       int       `json:"of"`
	Run      string    `json:"run"`
	StartAt  time.Time `json:"start_at,omitzero"`
	Requests uint64    `json:"requests"`
	// Missing and Repeated are the indices of the parts of which there was no record,
	// or more than one.
	Missing  []int `json:"missing,omitempty"`
	Repeated []int `json:"repeated,omitempty"`
	// ComparedShare is the share of the tokens, 0 to 1, that were compared between the parts.
	ComparedShare float64 `json:"compared_share"`
	// Parts are those that were put together, by index.
	Parts []WholePart `json:"parts,omitempty"`
}

// WholePart is what is told of one part beside the figures of the whole.
type WholePart struct {
	Index int `json:"index"`
	// State is the verdict of its own record, which judges this generator alone.
	State   VerdictState `json:"state"`
	Planned uint64       `json:"planned"`
	Sent    uint64       `json:"sent"`
	// BeganAfterS is by how much its plan began later than that of the first one.
	BeganAfterS float64 `json:"began_after_s"`
	// ClockBehindS is by how much its clock is behind the middle one of the parts', by
	// the target's answers, which tell differences of more than a second; of one that is
	// ahead it is negative.
	ClockBehindS float64 `json:"clock_behind_s,omitempty"`
}

// Hashes are the smallest keyed hashes of the tokens of a part, in which tokens that
// another part got too are found.
type Hashes struct {
	// Count is of all tokens; as many hashes are kept as Kept says.
	Count uint64 `json:"count"`
	Kept  int    `json:"kept"`
	// Key tells different keys apart, as far as eight bits do.
	Key string `json:"key"`
	// Data holds 12 bytes a token, base64: 10 of its hash and the number of the kind
	// of request. Kinds holds the service of each kind.
	Data  string   `json:"data"`
	Kinds []string `json:"kinds"`
	// Prolonged are the numbers of the kinds of which the target prolongs one token per user.
	Prolonged []int `json:"prolonged,omitempty"`
}
