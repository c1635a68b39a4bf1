package compare

import (
	"fmt"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// Acceptance accepts breaking changes of one rule, for a time or for good.
type Acceptance struct {
	Rule   string
	Reason string
	// Until is the instant from which on it does not hold any more; zero is never.
	Until time.Time
	// Place says where it stands, such as "--accept" or "the waiver in line 3".
	Place string
}

// UnknownRuleError is the error for an acceptance of a rule that the catalogue lacks.
type UnknownRuleError struct{ Rule, Place string }

// Error names the rule and where it stands.
func (e *UnknownRuleError) Error() string {
	return fmt.Sprintf("%s matches nothing: no rule is named %q", e.Place, e.Rule)
}

// accept marks the breaking changes that are accepted. Acceptances that have ended,
// or that nothing needs, become reasons to fail: they rot as waivers do.
func (r *Result) accept(o Options) error {
	for _, a := range o.Accept {
		if !KnownRule(a.Rule) {
			return &UnknownRuleError{a.Rule, a.Place}
		}
	}
	for _, a := range o.Accept {
		needed := false
		for i := range r.Behaviour.Groups {
			g := &r.Behaviour.Groups[i]
			if g.Rule != a.Rule || g.Class != Breaking {
				continue
			}
			needed = true
			if a.Until.IsZero() || o.Now.Before(a.Until) {
				g.Accepted = a.text()
			}
		}
		switch {
		case !needed:
			r.rotten = append(r.rotten, fmt.Sprintf("%s accepts %s, and nothing of the kind changed: delete it", a.Place, a.Rule))
		case !a.Until.IsZero() && !o.Now.Before(a.Until):
			r.rotten = append(r.rotten, fmt.Sprintf("%s accepted %s until %s, which is over", a.Place, a.Rule, a.Until.AddDate(0, 0, -1).Format(time.DateOnly)))
		}
	}
	return nil
}

// text says why a change is accepted.
func (a Acceptance) text() string {
	text := a.Reason
	if text == "" {
		text = "accepted by " + a.Place
	}
	if !a.Until.IsZero() {
		text += ", until " + a.Until.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return text
}

// uncheckable are the requirements that were checked and now are not, other than
// those that the new run's edition, a later one, does not have. Releases go up: where the
// edition is an earlier one than before, as it is where none was chosen and V2 is not there
// any more, what it does not have is gone.
func (r *Result) uncheckable() []Change {
	var out []Change
	if r.Conformance == nil {
		return nil
	}
	for _, c := range r.Conformance.NewlyUnchecked {
		otherEdition := c.New == "" && isLater(r.New.Target.Edition, r.Old.Target.Edition)
		if c.Kind == "requirement" && !otherEdition && c.Level != record.Level("observed") {
			out = append(out, c)
		}
	}
	return out
}

// isLater reports whether an edition comes after another one, as far as both are known.
func isLater(edition, other string) bool {
	all := unifier.Editions()
	is, was := slices.Index(all, edition), slices.Index(all, other)
	if is < 0 || was < 0 {
		return edition != other
	}
	return is > was
}

// oddities are what is to be known before anything else: that the arguments may be
// swapped, are one run, or are about two targets.
func oddities(old, new *record.Run) []string {
	var notes []string
	switch {
	case old.Started.Equal(new.Started) && old.Finished.Equal(new.Finished) && old.Target == new.Target:
		notes = append(notes, "the two records are of the same run: there is nothing to compare")
	case old.Started.After(new.Started):
		notes = append(notes, "the old record is the newer one: were the two given the other way round?")
	}
	if old.Target.BaseURL != new.Target.BaseURL && !(old.Target.Embedded && new.Target.Embedded) {
		notes = append(notes, fmt.Sprintf("the runs had different targets: %s, then %s", old.Target.BaseURL, new.Target.BaseURL))
	}
	if old.Tool.Version != new.Tool.Version || old.Tool.Commit != new.Tool.Commit {
		notes = append(notes, fmt.Sprintf("the records are of different versions of unigate, %s and %s: a later one asks more, and may judge otherwise", build(old.Tool), build(new.Tool)))
	}
	return notes
}

// build says which build of unigate wrote a record.
func build(t record.Tool) string {
	if t.Commit == "" || t.Commit == "unknown" {
		return t.Version
	}
	return t.Version + " (" + t.Commit[:min(len(t.Commit), 12)] + ")"
}

// maxReasons bounds how many breaking changes a verdict names.
const maxReasons = 3

// breakingReasons are the sentences of the breaking changes, a few and how many more.
func (b *Behaviour) breakingReasons() []string {
	groups := b.breaking()
	var out []string
	for _, g := range groups[:min(len(groups), maxReasons)] {
		out = append(out, "breaking: "+g.Sentence+" ("+g.Rule+")")
	}
	if n := len(groups) - maxReasons; n > 0 {
		out = append(out, fmt.Sprintf("and %s more", amount.Of(n, "breaking change", "breaking changes")))
	}
	return slices.Clip(out)
}
