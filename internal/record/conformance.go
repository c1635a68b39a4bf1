package record

import "time"

// State is the state of a step, a scenario or a requirement. The states are
// ordered, and the worst one of a set wins.
type State string

// The states, best first.
const (
	Pass    State = "pass"
	Waived  State = "waived"
	Skipped State = "skipped"
	Warning State = "warning"
	Fail    State = "fail"
	Error   State = "error"
)

// States lists every state, best first.
var States = []State{Pass, Waived, Skipped, Warning, Fail, Error}

// rank returns the state's place in the order; an unknown state is the worst,
// so that it can never hide a failure.
func (s State) rank() int {
	for i, t := range States {
		if s == t {
			return i
		}
	}
	return len(States)
}

// Worse reports whether s is strictly worse than t.
func (s State) Worse(t State) bool { return s.rank() > t.rank() }

// Worst returns the worst of the given states, and Pass for none.
func Worst(states ...State) State {
	worst := Pass
	for _, s := range states {
		if s.Worse(worst) {
			worst = s
		}
	}
	return worst
}

// Level says how strongly the documentation stands behind a requirement.
type Level string

// The levels, strongest first.
const (
	Documented Level = "documented"
	Sampled    Level = "sampled"
	Inferred   Level = "inferred"
	// Observed is for what nobody says which is right: it neither fails nor warns.
	Observed Level = "observed"
)

// Levels lists every level, strongest first.
var Levels = []Level{Documented, Sampled, Inferred, Observed}

// Gates reports whether an unmet requirement of level l fails a run whose gate
// is g. One that is only observed never does.
func (l Level) Gates(g Level) bool { return l != Observed && l.strength() >= g.strength() }

// strength is 4 for documented, 1 for observed and 0 for anything else.
func (l Level) strength() int {
	for i, t := range Levels {
		if l == t {
			return len(Levels) - i
		}
	}
	return 0
}

// Conformance is the outcome of verify.
type Conformance struct {
	// Gate is the weakest level whose unmet requirements fail the run.
	Gate Level `json:"gate"`
	// Repeat is how many times all scenarios were run, where that is more than once.
	Repeat       int           `json:"repeat,omitempty"`
	Summary      Summary       `json:"summary"`
	Requirements []Requirement `json:"requirements"`
	Scenarios    []Scenario    `json:"scenarios"`
	Ambiguities  []Ambiguity   `json:"ambiguities"`
	Tolerances   []Tolerance   `json:"tolerances,omitempty"`
	// Unchecked names the documented requirements of which this run could check
	// nothing, Partly those of which it checked a part.
	Unchecked []string `json:"unchecked,omitempty"`
	Partly    []string `json:"partly_checked,omitempty"`
	// Breadth says how broad the run was, and NotAsked names the scenarios that only
	// widen a check and that the configuration has no user for: they are in no
	// other list and in no count.
	Breadth  []Breadth `json:"breadth,omitempty"`
	NotAsked []string  `json:"not_asked,omitempty"`
	// Baseline is the run with which this one was compared at its end, if it was.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Advice says what to add to the configuration first, to check more.
	Advice string `json:"advice,omitempty"`
	// Waivers are those that hid something of this run.
	Waivers []Waiver `json:"waivers,omitempty"`
	// RequestsSent counts every request that left, retries, load tests and key sets included.
	RequestsSent int `json:"requests_sent"`
	// RequestsLost counts those that went down with a connection that the target had
	// kept alive and closed unannounced, RequestsRetried those that were made again
	// because the target had asked to wait (Retry-After) or a gateway had answered in
	// its place (502, 503, 504). GatewayErrors counts the latter by themselves.
	RequestsLost    int `json:"requests_lost,omitempty"`
	RequestsRetried int `json:"requests_retried,omitempty"`
	GatewayErrors   int `json:"gateway_errors,omitempty"`
}

// Waiver is an accepted defect, and how much of the run it hid.
type Waiver struct {
	Requirement string `json:"requirement"`
	Edition     string `json:"edition,omitempty"`
	// Scenarios are those that it is limited to, by name or id.
	Scenarios []string `json:"scenarios,omitempty"`
	Reason    string   `json:"reason"`
	Ticket    string   `json:"ticket,omitempty"`
	// Expires is the last day on which it holds, as YYYY-MM-DD in UTC.
	Expires string `json:"expires"`
	// Waived is how many scenarios it turned from a failure or a warning into
	// waived, of Checked that are about the requirement and ran.
	Waived  int `json:"waived"`
	Checked int `json:"checked"`
}

// Baseline is the run with which a run was compared at its end.
type Baseline struct {
	Started time.Time `json:"started"`
	Edition string    `json:"edition,omitempty"`
}

// Summary counts scenarios by state.
type Summary struct {
	Pass    int `json:"pass"`
	Waived  int `json:"waived"`
	Skipped int `json:"skipped"`
	Warning int `json:"warning"`
	Fail    int `json:"fail"`
	Error   int `json:"error"`
}

// Add counts one scenario of state s. An unknown state counts as an error.
func (s *Summary) Add(state State) {
	switch state {
	case Pass:
		s.Pass++
	case Waived:
		s.Waived++
	case Skipped:
		s.Skipped++
	case Warning:
		s.Warning++
	case Fail:
		s.Fail++
	default:
		s.Error++
	}
}

// Breadth is how many of the values of a kind were checked, such as 1 of 21 date formats.
type Breadth struct {
	Name    string `json:"name"`
	Checked int    `json:"checked"`
	All     int    `json:"all"`
}

// Requirement is one entry of the requirement register and how the target met it.
// Its state is the worst of its scenarios that ran; it is skipped where none did.
type Requirement struct {
	ID        string   `json:"id"`
	Level     Level    `json:"level"`
	Title     string   `json:"title,omitempty"`
	State     State    `json:"state"`
	Reason    string   `json:"reason,omitempty"`
	Scenarios []string `json:"scenarios"`
	// Checked of Checks scenarios ran. Missing says why the others did not.
	Checked int    `json:"checked,omitempty"`
	Checks  int    `json:"checks,omitempty"`
	Missing string `json:"missing,omitempty"`
	// Before is its state in the baseline, where the run was compared with one that had it.
	Before State `json:"before,omitempty"`
}

// Scenario is one scenario that was run, or skipped with a reason.
type Scenario struct {
	// ID is stable across runs and machines: feature file and line, and for a
	// row of an examples table the row's line.
	ID           string     `json:"id"`
	Feature      string     `json:"feature"`
	File         string     `json:"file,omitempty"`
	Name         string     `json:"name"`
	Line         int        `json:"line"`
	Tags         []string   `json:"tags,omitempty"`
	Requirements []string   `json:"requirements"`
	State        State      `json:"state"`
	Reason       string     `json:"reason,omitempty"`
	Started      time.Time  `json:"started"`
	DurationS    float64    `json:"duration_s"`
	Steps        []Step     `json:"steps"`
	Exchanges    []Exchange `json:"exchanges,omitempty"`
	Notes        []string   `json:"notes,omitempty"`
	// Attempts holds the state of every repetition where --repeat asked for some.
	Attempts []State `json:"attempts,omitempty"`
}

// Step is one step of a scenario.
type Step struct {
	Keyword  string `json:"keyword,omitempty"`
	Text     string `json:"text"`
	Line     int    `json:"line,omitempty"`
	State    State  `json:"state"`
	Error    string `json:"error,omitempty"`
	Expected string `json:"expected,omitempty"`
	Observed string `json:"observed,omitempty"`
	// Exchange is the number of the scenario's exchange, from 1 on, that Expected and
	// Observed are about; 0 where it is not known.
	Exchange  int     `json:"exchange,omitempty"`
	DurationS float64 `json:"duration_s"`
}

// Exchange is one request and its answer, kept as evidence and free of secrets.
type Exchange struct {
	Request   Message   `json:"request"`
	Response  *Message  `json:"response,omitempty"`
	Error     string    `json:"error,omitempty"`
	Curl      string    `json:"curl"`
	Started   time.Time `json:"started"`
	DurationS float64   `json:"duration_s"`
	// Attempts counts how often the request left the socket.
	Attempts int `json:"attempts"`
	// Lost is how many of the attempts went down with a kept-alive connection.
	Lost int `json:"lost,omitempty"`
	// Wrong says that a finding of the scenario is about this exchange.
	Wrong bool `json:"wrong,omitempty"`
	// RetriedStatus is the status of an earlier answer, a gateway's or one that asked
	// to wait, after which the same request was made again.
	RetriedStatus int `json:"retried_status,omitempty"`
}

// Message is one half of an exchange.
type Message struct {
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
	Status int    `json:"status,omitempty"`
	Proto  string `json:"proto,omitempty"`
	// Headers are in the order of their names.
	Headers []Header `json:"headers"`
	Body    string   `json:"body,omitempty"`
	// Truncated says that the body was longer than unigate reads or keeps.
	Truncated bool `json:"truncated,omitempty"`
}

// Header is one header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Ambiguity is a place where the documentation allows more than one reading,
// with the reading that the target was seen to follow.
type Ambiguity struct {
	ID      string `json:"id"`
	Title   string `json:"title,omitempty"`
	Reading string `json:"reading"`
}

// Tolerance is a margin that the run's judgements used.
type Tolerance struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
