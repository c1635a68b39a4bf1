package reports

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// problem is one thing that is wrong, in words for people who know no ids.
type problem struct {
	// ID is the requirement behind it, or empty.
	ID    string
	State record.State
	// Brief says in a few words what was found, Says in a sentence what is wrong.
	Brief, Says string
	// Whom says for whom it matters, Since since when; both may be empty.
	Whom, Since string
	// Scenario is the index of the scenario that shows it, -1 for none.
	Scenario int
}

// problems lists what is wrong with a target, requirements that are not met first,
// those that are documented before others; then scenarios of no requirement.
func problems(c *record.Conformance) []problem {
	var out []problem
	if c == nil {
		return nil
	}
	for _, level := range append(slices.Clone(record.Levels), "") {
		for _, r := range c.Requirements {
			known := slices.Contains(record.Levels, r.Level)
			if r.State.Worse(record.Warning) && (r.Level == level || level == "" && !known) {
				out = append(out, problemOf(c, r))
			}
		}
	}
	for i, s := range c.Scenarios {
		if s.State.Worse(record.Warning) && !slices.ContainsFunc(out, func(p problem) bool { return slices.Contains(s.Requirements, p.ID) }) {
			out = append(out, problem{State: s.State, Brief: found(s), Says: upper(found(s)) + ", where a scenario says: " + s.Name + ".", Scenario: i})
		}
	}
	slices.SortStableFunc(out, func(a, b problem) int { // what is proven before what is undecided
		order := map[record.State]int{record.Fail: -1}
		return order[a.State] - order[b.State]
	})
	return out
}

// problemOf says what is wrong about a requirement.
func problemOf(c *record.Conformance, r record.Requirement) problem {
	p := problem{ID: r.ID, State: r.State, Whom: whom(r.ID), Since: since(c, r), Scenario: -1, Brief: sheet.OneLine(r.Reason)}
	p.Scenario = slices.IndexFunc(c.Scenarios, func(s record.Scenario) bool { return s.State == r.State && slices.Contains(s.Requirements, r.ID) })
	if p.Scenario >= 0 {
		p.Brief = found(c.Scenarios[p.Scenario])
	}
	if p.Brief == "" {
		p.Brief = "not met"
	}
	says := map[record.Level]string{record.Documented: "the documentation says", record.Sampled: "the documentation's sample shows", record.Inferred: "the standards say"}[r.Level]
	if says == "" {
		says = "the requirement says"
	}
	p.Says = upper(p.Brief) + "."
	if r.Title != "" {
		p.Says = upper(p.Brief) + ", where " + says + ": " + r.Title + "."
	}
	if r.State == record.Error {
		p.Says = "Undecided: " + p.Says
	}
	return p
}

// since says since when a requirement is not met, as far as a baseline tells; "" where none does.
func since(c *record.Conformance, r record.Requirement) string {
	if c.Baseline == nil || r.Before == "" {
		return ""
	}
	day := c.Baseline.Started.UTC().Format(time.DateOnly)
	switch {
	case r.Before == record.Pass:
		return "new: it was met in the baseline of " + day
	case r.Before.Worse(record.Warning):
		return "not new: it was not met in the baseline of " + day + " either"
	}
	return "in the baseline of " + day + " it was " + string(r.Before)
}

// found says in a few words what a scenario found.
func found(s record.Scenario) string {
	for _, st := range s.Steps {
		if !st.State.Worse(record.Skipped) {
			continue
		}
		if st.Expected == "" && st.Observed == "" {
			if line, _, _ := strings.Cut(strings.TrimSpace(st.Error), "\n"); line != "" {
				return sheet.OneLine(line)
			}
			continue
		}
		return observed(s, st)
	}
	if s.Reason != "" {
		return sheet.OneLine(s.Reason)
	}
	return sheet.OneLine(s.Name)
}

// observed says what a step found: what was let in, who was kept out, or both sides.
func observed(s record.Scenario, st record.Step) string {
	expected, got := sheet.OneLine(st.Expected), sheet.OneLine(st.Observed)
	refusal, success := strings.HasPrefix(expected, "HTTP 4"), strings.HasPrefix(got, "HTTP 2")
	switch e := quoted(s); {
	case refusal && success && asked(e) != "":
		return "expiry " + asked(e) + " accepted"
	case refusal && success:
		return "accepted with " + firstWords(got) + " what " + expected + " is due"
	case strings.Contains(expected, "accepts the token") && strings.HasPrefix(got, "HTTP "):
		return "a good token was refused with " + got
	case strings.HasPrefix(expected, "HTTP 2") && strings.HasPrefix(got, "HTTP ") && userOf(st) != "":
		return "user " + userOf(st) + " got " + got
	}
	return apart(got, expected)
}

// apart says what came and what should have, without saying twice what both begin with.
func apart(got, expected string) string {
	a, b := strings.Fields(got), strings.Fields(expected)
	same := 0
	for same < min(len(a), len(b))-1 && a[same] == b[same] {
		same++
	}
	if same < 2 {
		return got + ", expected " + expected
	}
	return got + ", not " + strings.Join(b[same:], " ")
}

// firstWords is a status without what follows it.
func firstWords(s string) string {
	f := strings.Fields(s)
	return strings.Join(f[:min(len(f), 2)], " ")
}

// userOf is the user that a step's error names.
func userOf(st record.Step) string {
	_, after, ok := strings.Cut(st.Error, "user ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimSpace(after), "\n")
	return sheet.Clip(sheet.OneLine(strings.TrimRight(name, ")")), 40)
}

// asked is the expiry that an exchange asked for, "" for none.
func asked(e *record.Exchange) string {
	if e == nil {
		return ""
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		return ""
	}
	v, ok := u.Query()["expiry"]
	if !ok || len(v) == 0 {
		return ""
	}
	if strings.TrimSpace(v[0]) != v[0] || v[0] == "" {
		return fmt.Sprintf("%q", v[0])
	}
	return sheet.Clip(sheet.OneLine(v[0]), 30)
}

// quotedIndex is the index of the exchange that the finding of a scenario is about: the
// one that the failing step names, or the last one in records that do not say; -1 for none.
func quotedIndex(s record.Scenario) int {
	for _, st := range s.Steps {
		if st.State.Worse(record.Skipped) && st.Exchange > 0 && st.Exchange <= len(s.Exchanges) {
			return st.Exchange - 1
		}
	}
	return len(s.Exchanges) - 1
}

// quoted is the exchange of quotedIndex, or nil.
func quoted(s record.Scenario) *record.Exchange {
	if i := quotedIndex(s); i >= 0 {
		return &s.Exchanges[i]
	}
	return nil
}

// wrongOf counts the exchanges of a scenario that something is wrong with.
func wrongOf(s record.Scenario) int {
	n := 0
	for _, e := range s.Exchanges {
		if e.Wrong {
			n++
		}
	}
	return n
}

// amongOf says which of many exchanges are wrong, "" where there is one or nobody knows.
func amongOf(s record.Scenario) string {
	n := wrongOf(s)
	if n == 0 || len(s.Exchanges) < 2 {
		return ""
	}
	return fmt.Sprintf("%d of the %d exchanges are wrong; this is number %d", n, len(s.Exchanges), quotedIndex(s)+1)
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Bounds of the line that names findings.
const (
	namedFindings = 3
	findingLength = 80 // terminal cells
)

// findingsLine names what was found, with the requirement behind each, a few and how
// many more; "" where nothing is wrong.
func findingsLine(c *record.Conformance) string {
	all := problems(c)
	var parts []string
	for _, p := range all[:min(len(all), namedFindings)] {
		text := sheet.Clip(sheet.OneLine(p.Brief), findingLength)
		if p.ID != "" {
			text += ": " + sheet.OneLine(p.ID)
		}
		parts = append(parts, text)
	}
	if n := len(all) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(parts, "; ")
}

// repeated says how many times the scenarios were run, "" for once.
func repeated(c *record.Conformance) string {
	n := c.Repeat
	for _, s := range c.Scenarios { // records from before there was a count
		if c.Repeat == 0 {
			n = max(n, len(s.Attempts))
		}
	}
	if n < 2 {
		return ""
	}
	flaky := 0
	for _, s := range c.Scenarios {
		if slices.ContainsFunc(s.Attempts, func(a record.State) bool {
			return a != s.Attempts[0] && a != record.Skipped && s.Attempts[0] != record.Skipped
		}) {
			flaky++
		}
	}
	return fmt.Sprintf("every scenario was run %d times; %d of %d gave different answers", n, flaky, len(c.Scenarios))
}

// WithBaseline returns the run with the states that its requirements had in a baseline,
// so that its reports can say since when something is wrong.
func WithBaseline(run, old *record.Run) *record.Run {
	if run.Conformance == nil || old.Conformance == nil {
		return run
	}
	out, c := *run, *run.Conformance
	c.Baseline = &record.Baseline{Started: old.Started, Edition: old.Target.Edition}
	c.Requirements = slices.Clone(c.Requirements)
	for i, r := range c.Requirements {
		for _, o := range old.Conformance.Requirements {
			if o.ID == r.ID {
				c.Requirements[i].Before = o.State
			}
		}
	}
	out.Conformance = &c
	return &out
}

// reasonsOf are the reasons of the verdict but for the list of ids that the sentences replace.
func reasonsOf(run *record.Run) []string {
	reasons := reasonsBeside(run)
	if len(reasons) > 0 && strings.HasPrefix(reasons[0], "not met: ") && len(problems(run.Conformance)) > 0 {
		return reasons[1:]
	}
	return reasons
}

// reasonsBeside are the reasons of the verdict but for those that the first sentences,
// which every report shows, say already.
func reasonsBeside(run *record.Run) []string {
	all := problems(run.Conformance)
	said := func(reason string) bool {
		return slices.ContainsFunc(all[:min(len(all), namedFindings)], func(p problem) bool { return strings.EqualFold(p.Brief, reason) })
	}
	return slices.DeleteFunc(slices.Clone(run.Verdict.Reasons), said)
}
