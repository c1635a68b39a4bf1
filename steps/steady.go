package steps

import (
	"context"
	"net/http"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// steadySteps compare the answers of one user with each other. Where the configuration
// does not say what a user's date format and time zone are, any passes for one answer:
// but each user has one of either.
func steadySteps() []definition {
	return []definition{
		{topic: "Then", pattern: `each user's dates are in one format`, says: "each user's dates are in one format",
			what: "where the user's format is not configured, there is one of the 21 in which all dates are right (" + requirementsOf(unifier.RuleDate) + ")", run: oneFormat},
		{topic: "Then", pattern: `each user's time zone stays the same`, says: "each user's time zone stays the same",
			what: "where the user's zone is not configured, all labels can be those of one zone (" + requirementsOf(unifier.RuleZone) + ")", run: oneZone},
	}
}

// belonging are the answers of one user to one service.
type belonging struct {
	service unifier.Service
	user    *unifier.User
}

// byUser sorts the scenario's answers that a rule is about and that keep says yes to by
// service and user, the users in the order in which they come.
func (w *World) byUser(rule unifier.Rule, keep func(*answer) bool) [][]*answer {
	var of [][]*answer
	places := map[belonging]int{}
	for _, a := range w.answers {
		if a.user == nil || a.reply.Status != http.StatusOK || a.requirement(rule) == "" || a.presumes(rule) || !keep(a) {
			continue
		}
		key := belonging{a.service, a.user}
		if _, known := places[key]; !known {
			places[key] = len(of)
			of = append(of, nil)
		}
		of[places[key]] = append(of[places[key]], a)
	}
	return of
}

// oneFormat judges whether the dates that a user got are right in one format.
func oneFormat(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	var findings []oracle.Finding
	for _, list := range w.byUser(unifier.RuleDate, func(a *answer) bool {
		return a.user.DateFormat == nil && a.judged.DateFormat != "" && len(a.judged.Of(unifier.RuleDate)) == 0 && !a.judged.PassedOver(unifier.RuleDate)
	}) {
		fitting := unifier.DateFormats
		for _, a := range list {
			left := a.inFormats(fitting)
			if len(left) == 0 {
				w.look(list[0], true)
				w.look(a, true)
				findings = append(findings, naming(a, []oracle.Finding{{
					Requirement: a.requirement(unifier.RuleDate), Rule: unifier.RuleDate, Kind: "date_format",
					Expected: "a date of the format " + fitting[0].Pattern + ", as before", Observed: "a date of the format " + a.judged.DateFormat,
					Detail: "a user has one date format",
				}})...)
				break
			}
			fitting = left
		}
	}
	return orNil(findings)
}

// inFormats are those of some formats in which an answer's date is right.
func (a *answer) inFormats(formats []unifier.DateFormat) []unifier.DateFormat {
	var right []unifier.DateFormat
	for i := range formats {
		e := a.expect
		e.User.DateFormat = &formats[i]
		j := a.judge(e)
		if len(j.Of(unifier.RuleDate)) == 0 && !j.PassedOver(unifier.RuleDate) {
			right = append(right, formats[i])
		}
	}
	return right
}

// oneZone judges whether the labels that a user got can be those of one time zone.
func oneZone(_ context.Context, w *World, _ []string) error {
	if len(w.answers) == 0 {
		return errNoAnswer
	}
	var findings []oracle.Finding
	for _, list := range w.byUser(unifier.RuleZone, func(a *answer) bool { return a.user.Zone == "" && a.judged.ZoneLabel != "" }) {
		first := list[0]
		for _, a := range list[1:] {
			if oracle.OneZone(first.judged.ZoneLabel, a.judged.ZoneLabel) {
				continue
			}
			w.look(first, true)
			w.look(a, true)
			findings = append(findings, naming(a, []oracle.Finding{oracle.OtherZone(a.by(), first.judged.ZoneLabel, a.judged.ZoneLabel)})...)
			break
		}
	}
	return orNil(findings)
}
