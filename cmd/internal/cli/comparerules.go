package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/steps"
)

// compareFlags are the flags of compare, and of runs with a baseline.
type compareFlags struct {
	limits, accept []string
	waivers        string
	allowUnchecked bool
	rules          bool
}

// add adds the flags to a command. One that runs verify has --waivers already.
func (f *compareFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.limits, "max-regression", nil, "allow a percentile to grow by `[SERVICE.]PERCENTILE=N%`, such as login.p99=10% (repeatable)")
	c.Flags().StringArrayVar(&f.accept, "accept", nil, "accept breaking changes of `RULE[:until=DATE]`; compare --rules lists the rules (repeatable)")
	c.Flags().BoolVar(&f.allowUnchecked, "allow-unchecked", false, "let pass that something was checked before and now is not")
	if c.Flags().Lookup("waivers") == nil {
		c.Flags().StringVar(&f.waivers, "waivers", "", "`FILE` of waivers; its entries about changes accept these")
	}
}

// options reads what the flags say.
func (f *compareFlags) options() (compare.Options, error) {
	o := compare.Options{AllowUnchecked: f.allowUnchecked}
	for _, t := range f.limits {
		l, err := compare.ParseLimit(t)
		if err != nil {
			return o, usage("--max-regression takes [SERVICE.]PERCENTILE=N%", "--max-regression: %w", err)
		}
		o.Limits = append(o.Limits, l)
	}
	return o, nil
}

// acceptedChanges reads --accept, and the entries about changes in the file of waivers.
func (a *app) acceptedChanges(f compareFlags) ([]compare.Acceptance, error) {
	var all []compare.Acceptance
	for _, text := range f.accept {
		rule, until, dated := strings.Cut(text, ":until=")
		acceptance := compare.Acceptance{Rule: rule, Place: "--accept"}
		if dated {
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				return nil, usage("such as --accept lifetime-shorter:until=2027-03-31", "--accept: %q is no day", until)
			}
			acceptance.Until = day.AddDate(0, 0, 1)
		}
		if !compare.KnownRule(rule) {
			return nil, usage(strings.TrimSpace(didYouMean("", rule, ruleNames())+" unigate compare --rules lists them"), "--accept: no rule is named %q", rule)
		}
		all = append(all, acceptance)
	}
	if f.waivers == "" {
		return all, nil
	}
	data, err := input.Read(a.ctx, f.waivers, input.MaxText)
	if err != nil {
		return nil, usage("", "waivers: %w", err)
	}
	list, err := steps.ParseWaivers(data)
	if err != nil {
		return nil, usage("an accepted change has change, reason, ticket and expires", "%s: %w", f.waivers, err)
	}
	if err := checkChanges(list, f.waivers); err != nil {
		return nil, err
	}
	for _, w := range list {
		if w.Change != "" {
			all = append(all, compare.Acceptance{Rule: w.Change, Reason: w.Text(), Until: w.Until(), Place: w.Place() + " of " + f.waivers})
		}
	}
	return all, nil
}

// checkChanges finds a change that no rule knows, among the waivers of a file.
func checkChanges(list []steps.Waiver, file string) error {
	for _, w := range list {
		if w.Change != "" && !compare.KnownRule(w.Change) {
			return usage(strings.TrimSpace(didYouMean("", w.Change, ruleNames())+" unigate compare --rules lists them"),
				"%s of %s matches nothing: no rule is named %q", w.Place(), file, w.Change)
		}
	}
	return nil
}

// documentedTraits are the values that an edition documents, by the traits in which
// they show; none for an edition that this unigate does not know.
func documentedTraits(id string) (map[string][]string, error) {
	all, err := features.LoadEditions()
	if err != nil {
		return nil, err
	}
	e, ok := features.FindEdition(all, id)
	if !ok || id == "" {
		return nil, nil
	}
	out := map[string][]string{"reading.A2": {"flat"}, "reading.A8": {"message is a string"}}
	if e.Says("answer_in_data") != "" {
		// The sample is flat, the text has data and a list of messages (A2, A8).
		out["reading.A2"] = append(out["reading.A2"], "inside data, an object", "inside data, a list with one object")
		out["reading.A8"] = append(out["reading.A8"], "message is a list of strings")
	}
	if e.LobbyAnswer() {
		out["reading.A2"] = append(out["reading.A2"], "as for Lobby accounts")
	}
	for _, s := range e.Services {
		if seconds := s.Facts["default_seconds"]; seconds != "" {
			service := unifier.Service(s.ID)
			for _, t := range service.Users() {
				if service.Token(t) == unifier.JWT {
					prefix := s.ID + "." + service.Situation("success", t) + "."
					out[prefix+"expires_in"] = []string{seconds}
					out[prefix+"token.lifetime_s"] = []string{seconds}
				}
			}
			if text := seconds + " seconds"; !slices.Contains(out["reading.A6"], text) {
				out["reading.A6"] = append(out["reading.A6"], text)
			}
		}
	}
	return out, nil
}

// ruleNames are the ids of the rules.
func ruleNames() []string {
	var ids []string
	for _, r := range compare.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// listRules prints the catalogue.
func (a *app) listRules() error {
	if err := a.checkOutput("text", "json", "markdown"); err != nil {
		return err
	}
	b, err := compare.DrawRules(a.shared.format, compare.Drawing{Width: a.drawing().Width})
	if err != nil {
		return err
	}
	return a.print(b)
}
