// Package record is the run record: what a run of unigate did and found, as a
// pure model. Every report is drawn from it alone. It is written as JSON; users'
// scripts read it, so names only get added, never changed. Units are part of
// the names: _s is seconds, _per_s is a rate per second.
package record

import "time"

// Schema names the version of the run record's JSON form.
const Schema = "unigate.run/v1"

// Run is one run of unigate: of verify, of load, or of both merged.
type Run struct {
	Schema      string       `json:"schema"`
	Tool        Tool         `json:"tool"`
	Command     string       `json:"command"`
	Started     time.Time    `json:"started"`
	Finished    time.Time    `json:"finished"`
	Target      Target       `json:"target"`
	Verdict     Verdict      `json:"verdict"`
	Conformance *Conformance `json:"conformance,omitempty"`
	Behaviour   *Behaviour   `json:"behaviour,omitempty"`
	Load        *Load        `json:"load,omitempty"`
	// Kept says what became of tokens that were stored before (unigate keep).
	Kept []Kept `json:"kept,omitempty"`
}

// KeptState is what became of a stored token.
type KeptState string

// What becomes of a stored token.
const (
	KeptAccepted KeptState = "accepted"
	KeptRefused  KeptState = "refused"
	KeptOver     KeptState = "over"
	KeptUnknown  KeptState = "unknown"
)

// Kept is a token that was stored before this run, used once; never the token itself.
type Kept struct {
	Service string    `json:"service"`
	User    string    `json:"user"`
	Fetched time.Time `json:"fetched"`
	// Expires is until when the answer said that the token is valid.
	Expires time.Time `json:"expires"`
	State   KeptState `json:"state"`
	Reason  string    `json:"reason,omitempty"`
}

// Tool says which build of unigate wrote the record.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	// ZoneData is the release of the time zone database that the run used.
	ZoneData string `json:"zone_data,omitempty"`
}

// Target is the system that was examined.
type Target struct {
	BaseURL string `json:"base_url"`
	Edition string `json:"edition"`
	// Release is the release of Unifier that the user named, such as 23.10; its
	// documentation is the edition. Empty where an edition, or none, was named.
	Release  string `json:"release,omitempty"`
	Embedded bool   `json:"embedded"`
	// Warning says which users no live integration may use, until the configuration
	// says that none does.
	Warning string `json:"warning,omitempty"`
}

// VerdictState is the outcome of a whole run.
type VerdictState string

// The verdicts. Each has one exit status: 0, 1, 3 and 130.
const (
	VerdictPass         VerdictState = "pass"
	VerdictFail         VerdictState = "fail"
	VerdictInconclusive VerdictState = "inconclusive"
	VerdictInterrupted  VerdictState = "interrupted"
)

// Verdict is the outcome of a run with the reasons for it, most important first.
type Verdict struct {
	State   VerdictState `json:"state"`
	Exit    int          `json:"exit"`
	Reasons []string     `json:"reasons"`
}

// Behaviour is what the target was seen to do, normalised and free of secrets,
// whether or not the documentation says anything about it. compare reads it.
type Behaviour struct {
	// Traits maps a trait's dotted name, such as "login.success.fields", to the
	// distinct values that were seen, sorted. More than one value means that
	// the target answered differently at different times.
	Traits map[string][]string `json:"traits"`
}
