package steps

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/unigate/unigate/features"
)

// Waiver accepts, for a time, that a requirement is not met.
type Waiver struct {
	Requirement string `yaml:"requirement"`
	// Edition limits the waiver to one edition; empty stands for all of them.
	Edition string `yaml:"edition"`
	Reason  string `yaml:"reason"`
	Ticket  string `yaml:"ticket"`
	// Expires is the last day on which it holds, as YYYY-MM-DD in UTC.
	Expires string `yaml:"expires"`

	until time.Time
}

// ParseWaivers reads a list of waivers. Unknown keys, missing reasons and dates
// that do not exist are errors; they name the place.
func ParseWaivers(data []byte) ([]Waiver, error) {
	var list []Waiver
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		return nil, err
	}
	for i, w := range list {
		if w.Requirement == "" || w.Reason == "" || w.Expires == "" {
			return nil, fmt.Errorf("waiver %d: requirement, reason and expires are needed", i+1)
		}
		until, err := time.Parse(time.DateOnly, w.Expires)
		if err != nil {
			return nil, fmt.Errorf("waiver %d, of %s: expires is a day such as 2027-03-31, not %q", i+1, w.Requirement, w.Expires)
		}
		list[i].until = until.AddDate(0, 0, 1)
	}
	return list, nil
}

// checkWaivers reports a waiver that can never match: an unknown requirement
// or edition, or a requirement that the edition does not have.
func checkWaivers(list []Waiver, register *features.Register) error {
	editions, err := features.LoadEditions()
	if err != nil {
		return err
	}
	for _, w := range list {
		q, ok := register.Find(w.Requirement)
		if !ok {
			return misuse("unigate spec lists the requirements", "a waiver matches nothing: no requirement is named %q", w.Requirement)
		}
		if w.Edition == "" {
			continue
		}
		if _, ok := features.FindEdition(editions, w.Edition); !ok || !q.In(w.Edition) {
			return misuse("unigate spec lists the requirements of an edition",
				"a waiver matches nothing: edition %q has no requirement %s", w.Edition, w.Requirement)
		}
	}
	return nil
}

// text names the waiver in reports.
func (w Waiver) text() string {
	s := w.Reason
	if w.Ticket != "" {
		s += " (" + w.Ticket + ")"
	}
	return s + ", until " + w.Expires
}

// waiverFor returns the waiver that holds for a requirement in an edition now.
func waiverFor(list []Waiver, id, edition string, now time.Time) (Waiver, bool) {
	for _, w := range list {
		if w.covers(id, edition) && now.Before(w.until) {
			return w, true
		}
	}
	return Waiver{}, false
}

// covers reports whether the waiver is about the requirement in the edition.
func (w Waiver) covers(id, edition string) bool {
	return w.Requirement == id && (w.Edition == "" || w.Edition == edition)
}
