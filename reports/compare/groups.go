package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// Group is one change of behaviour with everything in which it shows.
type Group struct {
	Rule  string `json:"rule"`
	Class Class  `json:"class"`
	// Sentence says what changed; Reason for whom it matters, or why for nobody.
	Sentence string `json:"sentence"`
	Reason   string `json:"reason"`
	Source   string `json:"source"`
	// Accepted says why a breaking change is accepted; empty where it is not.
	Accepted string `json:"accepted,omitempty"`
	// Traits are those in which the change shows.
	Traits []string `json:"traits"`
}

// key tells groups apart.
type key struct {
	rule, detail string
	class        Class
}

// grouper puts traits that changed alike together.
type grouper struct {
	old, new *record.Behaviour
	// documented are the values that the new run's edition documents, by trait.
	documented map[string][]string
	edition    string
	groups     map[key]*Group
	// causes are the findings that explain all others of a situation's answers, by
	// service and situation.
	causes map[situated]finding
}

// groupsOf says what the changed traits come to, worst first.
func groupsOf(changes []Trait, old, new *record.Behaviour, o Options, edition string) []Group {
	g := &grouper{old: old, new: new, documented: o.Documented, edition: edition, groups: map[key]*Group{}}
	g.causes = g.findCauses(changes)
	var late []Trait
	for _, t := range changes {
		if t = g.bothSaw(t); t.Kind == "changed" && slices.Equal(t.Old, t.New) {
			continue
		}
		if shownIn[strings.TrimPrefix(t.Name, "reading.")] != "" || g.vanished(t) {
			late = append(late, t)
			continue
		}
		g.trait(t)
	}
	for _, t := range late {
		if g.vanished(t) {
			g.withMembers(t)
		} else {
			g.reading(t)
		}
	}
	out := []Group{}
	for k, group := range g.groups {
		slices.Sort(group.Traits)
		if foldsNames[group.Rule] {
			group.Sentence = folded(ruleOf(group.Rule).Title, group.Traits, k.detail)
		}
		out = append(out, *group)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(slices.Index(Classes, a.Class), slices.Index(Classes, b.Class)),
			cmp.Compare(rank(a.Rule), rank(b.Rule)), cmp.Compare(a.Sentence, b.Sentence))
	})
	return out
}

// rank is a rule's place in the catalogue, which begins with what matters most.
func rank(id string) int {
	return slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
}

// ignoredExpiry is the finding for a login that takes no expiry any more.
var ignoredExpiry = finding{"expiry-ignored", "it makes no difference now"}

// takesExpiryInUnit reports whether a service takes an expiry in the user's unit (A5).
func takesExpiryInUnit(service string) bool {
	s := unifier.Service(service)
	return slices.ContainsFunc(s.Users(), func(t unifier.UserType) bool { return s.Expiry(t) == unifier.ExpiryInUnit })
}

// findCauses finds in which situations one finding explains all others: a call that
// was refused and now gets a token, another status, a page in place of JSON. What else
// is new about these answers is no change of its own. In the order of names, which the
// changes have, the token comes after status and body: it says more than they do.
func (g *grouper) findCauses(changes []Trait) map[situated]finding {
	causes := map[situated]finding{}
	ignored := says(g.new.Traits["reading.A5"], "takes no") && !says(g.old.Traits["reading.A5"], "takes no")
	for _, t := range changes {
		p := placeOf(t.Name)
		at := p.at()
		switch {
		case p.service == "kept" || p.situation == "" || p.situation == "user" || p.situation == "open" || g.oneSided(t): // no answers
		case ignored && takesExpiryInUnit(p.service) && (p.situation == "invalid_expiry" || p.situation == "asked"):
			causes[at] = ignoredExpiry
		case !p.success() && p.aspect == "token" && len(t.Old) == 0 && servedToClients(p):
			causes[at] = finding{"method-served", p.asked()}
		case !p.success() && p.aspect == "token" && len(t.Old) == 0:
			causes[at] = finding{"refusal-accepted", p.asked()}
		case !p.success() && p.aspect == "token" && len(t.New) == 0:
			causes[at] = finding{"refusal-as-before", p.asked() + " gets no token any more"}
		case p.success() && p.aspect == "status" && noWorse(t) && !slices.Contains(t.Old, "200"):
			causes[at] = finding{"success-again", fromTo(t)}
		case p.aspect == "status" || p.aspect == "body":
			for _, f := range findingsOf(t) {
				if had, is := causes[at]; ruleOf(f.rule).Class == Breaking && (!is || rank(f.rule) < rank(had.rule)) {
					causes[at] = f
				}
			}
		}
	}
	return causes
}

// trait puts a trait into its groups.
func (g *grouper) trait(t Trait) {
	p := placeOf(t.Name)
	cause, caused := g.causes[p.at()]
	switch {
	case g.oneSided(t):
		g.add(oneSidedOf(t.Kind), Unclear, t)
		return
	case caused:
		g.add(cause, ruleOf(cause.rule).Class, t)
		return
	case g.isDocumented(t):
		for _, f := range findingsOf(t) {
			g.add(f, Documented, t)
		}
		return
	}
	for _, f := range findingsOf(t) {
		if kind, more := g.more(t); more && f.rule == "reading" {
			g.add(oneSidedOf(kind), Unclear, t)
			continue
		}
		class := ruleOf(f.rule).Class
		if g.documentsForm(p, f) {
			class = Documented
		}
		g.add(f, class, t)
	}
}

// documentsForm reports whether the new run's edition documents the form in which the
// members of an answer are now: in an envelope (A2), with a list of messages (A8).
func (g *grouper) documentsForm(p place, f finding) bool {
	if forms := unifier.Service(p.service).Forms(g.edition); len(forms) == 1 && forms[0] == unifier.DataEnvelope {
		return false // always the envelope, with a list of messages: A2 and A8 are about others
	}
	within := func(reading string) bool {
		now := g.new.Traits[reading]
		return len(now) > 0 && !slices.ContainsFunc(now, func(v string) bool { return !slices.Contains(g.documented[reading], v) })
	}
	switch f.rule {
	case "member-moved", "needs-endpoint":
		return p.success() && within("reading.A2")
	case "member-added":
		return (f.detail == "message" || f.detail == "data") && within("reading.A2") && says(g.new.Traits["reading.A2"], "data")
	case "member-type":
		return strings.HasPrefix(f.detail, "message: ") && within("reading.A8")
	}
	return false
}

// servedToClients reports whether a method is one by which identity domains serve
// their clients, so that a service which gives such tokens may serve it too (V2AUTH-20).
func servedToClients(p place) bool {
	s := unifier.Service(p.service)
	return p.situation == "method_post" && slices.ContainsFunc(s.Users(), func(t unifier.UserType) bool { return s.Token(t) == unifier.JWT })
}

// vanished reports whether a trait is one of a member's value that only one run has:
// where the members changed too, that says why.
func (g *grouper) vanished(t Trait) bool {
	p := placeOf(t.Name)
	of := p.aspect == "expires_in" || p.aspect == "auth_type" || p.aspect == "token_type" || p.aspect == "token" || strings.HasPrefix(p.aspect, "token.")
	return of && t.Kind != "changed" && p.success() && !g.oneSided(t)
}

// withMembers puts a trait into the groups of the answer's members, or judges it by
// itself where they are as before.
func (g *grouper) withMembers(t Trait) {
	at, found := placeOf(t.Name).at(), false
	for _, group := range g.groups {
		if group.Class != Unclear && slices.ContainsFunc(group.Traits, func(name string) bool {
			return name == at.trait("members") || name == at.trait("body") || name == at.trait("status")
		}) {
			group.Traits = append(group.Traits, t.Name)
			found = true
		}
	}
	if !found {
		g.trait(t)
	}
}

// foldsNames are the rules of which a group tells the names of users.
var foldsNames = map[string]bool{"user-refused": true, "user-unsteady": true, "user-admitted": true, "token-died": true, "token-lives": true}

// maxNames bounds how many users a sentence names.
const maxNames = 3

// folded is the sentence of a change that shows in a trait for each of several users.
func folded(title string, traits []string, detail string) string {
	var names []string
	for _, t := range traits {
		name := strings.TrimPrefix(t, "kept.")
		if parts := strings.SplitN(t, ".", 3); name == t && len(parts) == 3 {
			name = parts[2]
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	text := title + ": " + strings.Join(names[:min(len(names), maxNames)], ", ")
	if n := len(names) - maxNames; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	if detail != "" {
		text += ": " + detail
	}
	return text
}

// reading puts a reading into the groups of the traits in which it shows, or judges it
// by itself where there are none.
func (g *grouper) reading(t Trait) {
	if g.oneSided(t) {
		g.trait(t)
		return
	}
	aspect := shownIn[strings.TrimPrefix(t.Name, "reading.")]
	found := false
	for _, group := range g.groups {
		if group.Class != Unclear && slices.ContainsFunc(group.Traits, func(name string) bool { return placeOf(name).aspect == aspect }) {
			group.Traits = append(group.Traits, t.Name)
			found = true
		}
	}
	if !found {
		g.trait(t)
	}
}

// add puts a trait into a group.
func (g *grouper) add(f finding, class Class, t Trait) {
	k := key{f.rule, f.detail, class}
	if g.groups[k] == nil {
		r := ruleOf(f.rule)
		group := &Group{Rule: r.ID, Class: class, Sentence: r.Title + ": " + f.detail, Reason: r.Reason, Source: r.Source}
		if class == Documented {
			group.Reason = "edition " + g.edition + " of the documentation says just that"
			if r.Class == Breaking {
				group.Reason += "; all the same " + r.Reason
			}
		}
		g.groups[k] = group
	}
	if group := g.groups[k]; !slices.Contains(group.Traits, t.Name) {
		group.Traits = append(group.Traits, t.Name)
	}
}

// oneSided reports whether only one run asked what shows the trait, or looked at it: a
// trait that is gone from answers which both runs saw has changed.
func (g *grouper) oneSided(t Trait) bool {
	if t.Kind == "changed" {
		return false
	}
	p := placeOf(t.Name)
	if p.service == "kept" && len(t.New) > 0 {
		return false // a token was kept before the new run, whatever the old one knows of it
	}
	if p.service == "reading" || p.service == "connection" || p.service == "kept" || p.situation == "" || p.situation == "open" || p.situation == "user" {
		return true
	}
	if strings.HasPrefix(p.aspect, "validity.") || strings.HasPrefix(p.aspect, "date_format.") {
		return p.success() || g.sameAnswers(p.at()) // such a user, or such a call, is in one of the runs only
	}
	status := p.at().trait("status")
	return len(g.old.Traits[status]) == 0 || len(g.new.Traits[status]) == 0 || g.overlooked(p, t)
}

// isDocumented reports whether all that is new is what the new run's edition documents.
func (g *grouper) isDocumented(t Trait) bool {
	documented, ok := g.documented[t.Name]
	return ok && t.Kind == "changed" && !slices.ContainsFunc(t.New, func(v string) bool { return !slices.Contains(documented, v) })
}

// breaking are the groups of breaking changes that nobody accepted.
func (b *Behaviour) breaking() []Group {
	var out []Group
	for _, g := range b.Groups {
		if g.Class == Breaking && g.Accepted == "" {
			out = append(out, g)
		}
	}
	return out
}
