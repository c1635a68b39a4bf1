package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// group is the requirements of one service.
type group struct {
	Prefix, Title string
	Requirements  []record.Requirement
}

// serviceTitles names the groups of requirement ids, which begin with the ids of
// the services.
var serviceTitles = func() map[string]string {
	titles := map[string]string{"SEC": "Hygiene, all services", "LOAD": "Under load"}
	for _, s := range unifier.Services() {
		titles[strings.ToUpper(string(s))] = s.Name()
	}
	return titles
}()

// groupRequirements groups requirements by the service in their ids, in the
// order in which the services first appear.
func groupRequirements(all []record.Requirement) []group {
	var groups []group
	for _, r := range all {
		prefix, _, found := strings.Cut(r.ID, "-")
		if !found {
			prefix = r.ID
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.Prefix == prefix })
		if i < 0 {
			title := serviceTitles[prefix]
			if title == "" {
				title = prefix
			}
			groups = append(groups, group{Prefix: prefix, Title: title})
			i = len(groups) - 1
		}
		groups[i].Requirements = append(groups[i].Requirements, r)
	}
	return groups
}

// about is the text that stands beside a requirement: its title, how many of its
// checks ran where not all did, and the reason for its state where there is one.
func about(r record.Requirement) string {
	var notes []string
	if text := inPart(r); text != "" {
		notes = append(notes, text)
	}
	if r.Reason != "" && r.State != record.Pass {
		notes = append(notes, r.Reason)
	}
	note := strings.Join(notes, "; ")
	switch {
	case note == "":
		return r.Title
	case r.Title == "":
		return note
	}
	return r.Title + " (" + note + ")"
}

// maxMissing bounds what is told of the checks that did not run, in characters.
const maxMissing = 300

// inPart says how many of a requirement's checks ran where not all did, and what the
// others lacked; "" for any other requirement.
func inPart(r record.Requirement) string {
	if r.Checked <= 0 || r.Checked >= r.Checks {
		return ""
	}
	text := fmt.Sprintf("%d of %d checks", r.Checked, r.Checks)
	if r.Missing != "" {
		text += "; what the others lacked: " + sheet.Clip(sheet.OneLine(r.Missing), maxMissing)
	}
	return text
}

// word is the verdict's word in capitals; an unknown one is shown as it is.
func word(v record.Verdict) string {
	if v.State == "" {
		return "INCONCLUSIVE"
	}
	return strings.ToUpper(string(v.State))
}

// reasonLength bounds the reason in the verdict's line, in characters.
const reasonLength = 160

// VerdictLine says the verdict of a run, the first reason where it is not a pass,
// its figures and whether it was about the embedded service in one line.
func VerdictLine(run *record.Run) string {
	var parts []string
	if c := run.Conformance; c != nil {
		parts = append(parts, requirementFigures(c))
	}
	if l := run.Load; l != nil {
		parts = append(parts, loadFigures(l))
	}
	switch reasons := run.Verdict.Reasons; {
	case len(parts) == 0:
		parts = append(parts, reasons...)
	case run.Verdict.State == record.VerdictFail && len(reasons) > 0 && strings.HasPrefix(reasons[0], "not met: ") && findingsLine(run.Conformance) != "":
		parts = slices.Insert(parts, 0, findingsLine(run.Conformance))
	case run.Verdict.State != record.VerdictPass && len(reasons) > 0: // figures alone don't say what is wrong
		parts = slices.Insert(parts, 0, sheet.Clip(reasons[0], reasonLength))
	}
	if isPart(run) {
		parts = slices.Insert(parts, 0, partFigures(run))
	}
	if run.Target.Embedded { // a pass says nothing about anybody's system then
		parts = append(parts, "embedded reference service")
	}
	return word(run.Verdict) + ": " + strings.Join(parts, "; ")
}

// partFigures says what the verdict of a part of a plan is about.
func partFigures(run *record.Run) string {
	name := partName(run.Load.Part)
	if run.Verdict.State != record.VerdictPass {
		return name + " of a plan"
	}
	return name + " of a plan is whole, and the target not judged"
}

// loadFigures are the figures of a load test in the verdict's line.
func loadFigures(l *record.Load) string {
	if l.Capacity != nil {
		return searchFigures(l)
	}
	s := amount.Of(l.Totals.Completed, "request", "requests")
	if l.Totals.Unsent > 0 {
		s += fmt.Sprintf(", %d unsent", l.Totals.Unsent)
	}
	s += ", " + faults(&l.Totals)
	if !measured(l.Totals.Completed, l.All.Latency) {
		return s
	}
	return s + fmt.Sprintf(", p99 %s ms", atLeast(l.All.Latency.P99, l.All.Latency.AtLeast.P99))
}

// faults counts what went wrong.
func faults(t *record.Totals) string {
	return amount.Of(t.Errors, "error", "errors") + ", " + amount.Of(t.BadTokens, "bad token", "bad tokens")
}

// requirementFigures counts the requirements by what became of them, worst last.
func requirementFigures(c *record.Conformance) string {
	n := map[record.State]int{}
	for _, r := range c.Requirements {
		n[r.State]++
	}
	what, all := "requirements", len(c.Requirements)
	if all == 0 { // only scenarios that are about no requirement
		what, all = "scenarios", len(c.Scenarios)
		for _, s := range c.Scenarios {
			n[s.State]++
		}
	}
	parts := []string{fmt.Sprintf("%d of %d %s pass", n[record.Pass], all, what)}
	for _, s := range record.States {
		if s != record.Pass && n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

// unchecked returns the documented requirements that the run could not check,
// with the reasons where the record has them.
func unchecked(c *record.Conformance) []record.Requirement {
	var out []record.Requirement
	for _, id := range c.Unchecked {
		r := record.Requirement{ID: id, Level: record.Documented}
		if i := slices.IndexFunc(c.Requirements, func(r record.Requirement) bool { return r.ID == id }); i >= 0 {
			r = c.Requirements[i]
		}
		out = append(out, r)
	}
	return out
}

// noneChecked is the reason for which nothing at all was checked; "" where something
// was, or where requirements had reasons of their own.
func noneChecked(c *record.Conformance) string {
	reason := ""
	for i, r := range c.Requirements {
		if r.State != record.Skipped || i > 0 && r.Reason != reason {
			return ""
		}
		reason = r.Reason
	}
	return reason
}

// withState returns the scenarios in one of the given states.
func withState(all []record.Scenario, states ...record.State) []record.Scenario {
	var out []record.Scenario
	for _, s := range all {
		if slices.Contains(states, s.State) {
			out = append(out, s)
		}
	}
	return out
}

// where is a scenario's place in its feature file.
func where(s record.Scenario) string {
	file := s.File
	if file == "" {
		file = s.Feature
	}
	if s.Line > 0 {
		return file + ":" + strconv.Itoa(s.Line)
	}
	return file
}

// ms shows a duration given in seconds as milliseconds with about three digits.
func ms(seconds float64) string {
	v := seconds * 1000
	switch {
	case v == 0:
		return "0"
	case v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
}

// rate shows a rate per second with about three digits.
func rate(perS float64) string {
	switch {
	case perS == 0:
		return "0"
	case perS < 10:
		return strconv.FormatFloat(perS, 'f', 2, 64)
	case perS < 1000:
		return strconv.FormatFloat(perS, 'f', 1, 64)
	default:
		return strconv.FormatFloat(perS, 'f', 0, 64)
	}
}

// shortRate is rate for running text.
func shortRate(perS float64) string { return strings.TrimSuffix(rate(perS), ".0") }

// percent shows a share between 0 and 1; what is not zero never reads as zero,
// and what is not all never as all.
func percent(share float64) string {
	switch {
	case share == 0:
		return "0"
	case share < 0.0001:
		return "<0.01"
	case share > 0.9999 && share < 1:
		return ">99.99"
	case share == 1:
		return "100"
	default:
		return strconv.FormatFloat(share*100, 'f', 2, 64)
	}
}

// count shows a number of things.
func count(n uint64) string { return strconv.FormatUint(n, 10) }

// seconds shows a duration given in seconds for people.
func seconds(s float64) string {
	switch {
	case s <= 0:
		return "0 s"
	case s < 1:
		return ms(s) + " ms"
	case s < 120:
		return strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0") + " s"
	default:
		return time.Duration(s * float64(time.Second)).Round(time.Second).String()
	}
}

// stamp shows an instant.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// checkedFigures says how much of what the configuration allows was checked.
func checkedFigures(c *record.Conformance) string {
	some, ran := 0, 0
	for _, r := range c.Requirements {
		if r.State != record.Skipped {
			some++
		}
	}
	for _, s := range c.Scenarios {
		if s.State != record.Skipped {
			ran++
		}
	}
	return fmt.Sprintf("%d of %d requirements, by %d of the %d scenarios that the configured users allow to ask", some, len(c.Requirements), ran, len(c.Scenarios))
}

// advice is the first line of advice, with where the others are; "" for none.
func advice(c *record.Conformance) string {
	if c.Advice == "" {
		return ""
	}
	return c.Advice + ". More: unigate advise"
}
