// Package load puts load on token services and measures how they bear it: plan →
// pace → attack → verify every reply → measure → judge. vegeta drives the
// attack; when requests start, how long they took, and whether a reply is right,
// is decided here.
package load

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/self"
)

// Options configures a load test.
type Options struct {
	// BaseURL is the target, Header holds fields that every request gets.
	BaseURL *url.URL
	Header  http.Header
	// Network says how connections are made.
	Network unifier.TransportOptions
	// Connections says how they are used.
	Connections Connections
	// RoundTripper sends the requests instead of the network; for tests.
	RoundTripper http.RoundTripper
	// Timeout bounds each request as a whole; 30 s where it is 0.
	Timeout time.Duration

	// Users are those who ask for tokens; inactive ones never do.
	Users []unifier.User
	// Edition is the edition of the documentation, whose services may be asked;
	// empty where nobody chose one, and any may be.
	Edition string
	// DefaultSeconds are the validities that an access token of a service may have: the
	// edition's, and those that pass as well, where nobody chose one (A6). A service
	// without any is left unjudged.
	DefaultSeconds map[unifier.Service][]int
	// LobbyAnswer is whether the edition describes another OAuth answer for Lobby accounts, which passes then.
	LobbyAnswer bool
	// OAuthClaims are those that the edition requires of an access token.
	OAuthClaims []string
	// MaxClockSkew bounds the difference of the clocks; 0 stands for the oracle's default.
	MaxClockSkew time.Duration
	// Keys is the identity domain's key set; nil leaves signatures unverified.
	Keys *oracle.KeySet
	// NoKeys says why a key set that is configured is not known.
	NoKeys string
	// SignatureEvery is of how many JWTs one has its signature verified; 0 stands for 100.
	SignatureEvery int
	// ExactTokens is how many tokens are all told apart; 0 stands for unique.Exact.
	ExactTokens uint64

	Plan Plan
	// Part makes the run one of several generators of the plan; nil for the whole.
	Part *Part
	// StartAt is when the warm-up or, where there is none, the plan begins; the zero
	// value stands for at once. What comes too late for it does not begin.
	StartAt time.Time
	// Thresholds judge the run; AbortOn end it when one of them does not hold any
	// more, looked at every second.
	Thresholds []Threshold
	AbortOn    []Threshold
	// Capacity makes the run a search for the highest rate at which this
	// objective holds; the plan's duration bounds the whole search.
	Capacity *Threshold
	// MaxRate bounds the rate in requests per second; 0 is no bound. A closed loop
	// is held to it too.
	MaxRate float64
	// Budget is asked before each request whose password may be wrong; the run
	// stops where a user's is spent, so that no account is locked. It is the whole
	// process's; nil stands for one of unifier.DefaultFailedLogins.
	Budget *unifier.Budget

	// Redact removes secrets from samples, RedactBody from the bodies of answers
	// first; nil removes none.
	Redact     func(string) string
	RedactBody func(string) string
	// Results gets every result in vegeta's binary format, without bodies and
	// headers; nil for none. Times are the corrected ones.
	Results io.Writer
	// Progress is called every ProgressEvery (a second where it is 0) while the run goes on; nil for never.
	Progress      func(Snapshot)
	ProgressEvery time.Duration
	// Metrics gets the collector of the run's Prometheus metrics before it starts; nil for none.
	Metrics func(*Metrics)

	// PortablePacing uses the Go runtime's timers even where better ones exist.
	PortablePacing bool
	// Usage reads what the process uses; self.Read where it is nil.
	Usage func() self.Usage
	// Room reads what the machine has left for requests in flight; self.ReadRoom where it is nil.
	Room func() self.Room
}

// fill sets the defaults and says what is wrong.
func (o *Options) fill() error {
	if o.BaseURL == nil {
		return usagef("", "load needs a target")
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.SignatureEvery <= 0 {
		o.SignatureEvery = 100
	}
	if o.Budget == nil {
		o.Budget = unifier.NewBudget(o.Users, unifier.DefaultFailedLogins)
	}
	if o.Redact == nil {
		o.Redact = func(s string) string { return s }
	}
	if o.RedactBody == nil {
		o.RedactBody = o.Redact
	}
	if o.ProgressEvery <= 0 {
		o.ProgressEvery = time.Second
	}
	if o.Usage == nil {
		o.Usage = self.Read
	}
	if o.Room == nil {
		o.Room = self.ReadRoom
	}
	if len(o.Plan.Mix) == 0 {
		o.Plan.Mix = defaultMix(o.Users, o.Edition)
	}
	if len(o.Plan.Mix) == 0 {
		return usagef("add a user with status: active to the configuration", "no user may get tokens")
	}
	if err := o.Connections.check(); err != nil {
		return err
	}
	if err := o.fillPart(); err != nil {
		return err
	}
	if err := o.Plan.fill(); err != nil {
		return err
	}
	if err := o.checkPartInFlight(); err != nil {
		return err
	}
	return o.checkRate()
}

// asks reports whether a service may be asked.
func (o *Options) asks(s unifier.Service) bool { return o.Edition == "" || s.In(o.Edition) }

// checkRate holds the plan to the bound of the rate.
func (o *Options) checkRate() error {
	if o.MaxRate <= 0 {
		return nil
	}
	const hint = "safety.max_rate in the configuration bounds the load on a target that is not on this machine"
	if h := o.Plan.Highest(); h > o.MaxRate {
		return usagef(hint, "the plan goes up to %g requests a second, %g are allowed", h, o.MaxRate)
	}
	for i := range o.Plan.Phases {
		if o.Plan.Phases[i].Shape == Max {
			return usagef(hint, "max has no bound, %g requests a second are allowed", o.MaxRate)
		}
	}
	return nil
}
