package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// AdvisedPassword stands for the password of a user that is advised, where nothing
// is special about it.
const AdvisedPassword unifier.Secret = "unigate-advice"

// Advice is one thing to add to a configuration, and what it lets a run check.
type Advice struct {
	// Add says what to add, such as "a Basic user with a duration of 10 minutes";
	// Why what is at risk without it, which may be empty.
	Add, Why string
	// User is the user to add, if it is one; Key the key of the configuration, if it is one.
	User *unifier.User
	Key  string
	// Lets names the requirements of which more can be checked then, and WithResource
	// those that take a target.resource besides.
	Lets, WithResource []string
}

// String says the advice in one line.
func (a Advice) String() string {
	s := a.Add + " would let you check " + strings.Join(a.Lets, ", ")
	switch {
	case len(a.Lets) == 0:
		s = a.Add + " and a target.resource would let you check " + strings.Join(a.WithResource, ", ")
	case len(a.WithResource) > 0:
		s += ", and with a target.resource " + strings.Join(a.WithResource, ", ")
	}
	if a.Why != "" {
		s += " (" + a.Why + ")"
	}
	return s
}

// candidate is what may be advised, best first by the risk of not checking it.
type candidate struct {
	add, why string
	user     *unifier.User
	key      string
}

// candidates lists what may be advised for requirements.
func candidates() []candidate {
	basic := func(name, expiry string) *unifier.User {
		e, _ := unifier.ParseExpiry(expiry) // none is none
		return &unifier.User{Name: unifier.IntegrationPrefix + name, Type: unifier.Basic, Status: unifier.Active, Expiry: e}
	}
	off := basic("unigateoff", "")
	off.Status = unifier.Inactive
	return []candidate{
		{add: "a Basic user with a duration of 10 minutes", user: basic("unigate10", "10 minutes"),
			why: "the defect that upgrades bring: tokens of such users were refused after 23.3 to 23.5"},
		{add: "a target.resource", key: "resource", why: "whether tokens are accepted at all"},
		{add: "a Basic user whose duration was never changed", user: basic("unigate", "")},
		{add: "an OAuth user", user: &unifier.User{Name: "api@acme.example", Type: unifier.OAuthType, Status: unifier.Active}},
		{add: "a Basic user that is Inactive", user: off, why: "whether who was switched off stays out"},
		{add: "a Basic user with a duration in hours", user: basic("unigatehours", "2 hours")},
		{add: "a Basic user with a duration in days", user: basic("unigatedays", "1 days")},
		{add: "an ordinary Unifier user, no integration user", user: &unifier.User{Name: "jdoe", Type: unifier.Ordinary, Status: unifier.Active}},
		{add: "a target.jwks", key: "jwks", why: "whether signatures verify"},
	}
}

// unusual reports whether the candidate is a user of a type that systems of the
// edition need not have, and of which none is configured.
func (c candidate) unusual(o Options) bool {
	return c.user != nil && unusualUser(c.user, o)
}

// unusualUser is candidate.unusual for a user.
func unusualUser(u *unifier.User, o Options) bool {
	return u.Type != unifier.Ordinary && !unifier.Usual(u.Type, o.Edition.ID) && !slices.ContainsFunc(o.Users, func(x unifier.User) bool { return x.Type == u.Type })
}

// with returns the options with a candidate added.
func (c candidate) with(o Options) Options {
	switch c.key {
	case "resource":
		o.Resource = unifier.ResourcePath
	case "jwks":
		o.Keys = &oracle.KeySet{}
	}
	if c.user != nil {
		u := *c.user
		u.Password = AdvisedPassword
		for i := 2; slices.ContainsFunc(o.Users, func(x unifier.User) bool { return x.Name == u.Name }); i++ {
			u.Name = fmt.Sprintf("%s-%d", c.user.Name, i)
		}
		o.Users = append(slices.Clone(o.Users), u)
	}
	return o
}

// Advise says what would let a run check more than it can with the options, best
// first by risk. Each is measured by what it adds to the coverage as it is now. It
// sends nothing. Scenarios that only widen a check do not count: see AdviseBreadth.
func Advise(o Options) ([]Advice, error) {
	o.Own = nil
	before, err := reach(o)
	if err != nil {
		return nil, err
	}
	resourceful := o
	resourceful.Resource = unifier.ResourcePath
	beforeWith, err := reach(resourceful)
	if err != nil {
		return nil, err
	}
	var list []Advice
	for _, c := range candidates() {
		a := Advice{Add: c.add, Why: c.why, Key: c.key}
		after, err := reach(c.with(o))
		if err != nil {
			return nil, err
		}
		a.Lets = before.gains(after)
		if o.Resource == "" && c.key != "resource" {
			afterWith, err := reach(c.with(resourceful))
			if err != nil {
				return nil, err
			}
			a.WithResource = slices.DeleteFunc(beforeWith.gains(afterWith), func(id string) bool { return slices.Contains(a.Lets, id) })
		}
		if c.user != nil {
			users := c.with(o).Users
			a.User = &users[len(users)-1]
		}
		if c.unusual(o) {
			a.Why = fmt.Sprintf("if the system has such users: edition %s documents others only", o.Edition.ID)
		}
		if len(a.Lets)+len(a.WithResource) > 0 {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b Advice) int { return rankOf(a, o) - rankOf(b, o) })
	return list, nil
}

// rankOf puts what a system of the edition may not have at the end.
func rankOf(a Advice, o Options) int {
	if a.User != nil && unusualUser(a.User, o) {
		return 1
	}
	return 0
}

// reached are the scenarios that can run, by requirement; those that only widen apart.
type reached struct {
	order   []string
	checks  map[string]map[string]bool
	breadth map[string]bool
}

// reach finds what the options reach.
func reach(o Options) (*reached, error) {
	coverage, err := Cover(o)
	if err != nil {
		return nil, err
	}
	c, err := newCorpus(nil, false)
	if err != nil {
		return nil, err
	}
	widens, spends := map[string]bool{}, map[string]bool{}
	for _, s := range c.scenarios() {
		_, miss := wrongPasswordOf(s, vocabulary())
		widens[s.ID], spends[s.ID] = s.has(breadthTag), miss != ""
	}
	r := &reached{checks: map[string]map[string]bool{}, breadth: map[string]bool{}}
	for _, q := range coverage {
		id := q.Requirement.ID
		r.order = append(r.order, id)
		r.checks[id] = map[string]bool{}
		for _, s := range q.Scenarios {
			switch {
			case s.Missing != "" || spends[s.ID]: // more wrong passwords are no reason for more users
			case widens[s.ID]:
				r.breadth[s.ID] = true
			default:
				r.checks[id][s.ID] = true
			}
		}
	}
	return r, nil
}

// gains names the requirements of which after reaches scenarios that r does not.
func (r *reached) gains(after *reached) []string {
	var ids []string
	for _, id := range r.order {
		for s := range after.checks[id] {
			if !r.checks[id][s] {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// size counts what is reached.
func (r *reached) size(breadth bool) int {
	n := 0
	for _, s := range r.checks {
		n += len(s)
	}
	if breadth {
		n += len(r.breadth)
	}
	return n
}

// Smallest returns the users to add to reach everything that users can reach which a
// system of the edition has as a rule: all checks of requirements, or with breadth all
// scenarios. No user of the list could be left out.
func Smallest(o Options, breadth bool) ([]unifier.User, error) {
	o.Own = nil
	o.FailedLogins = max(o.FailedLogins, 1)
	o.Resource, o.Keys = unifier.ResourcePath, &oracle.KeySet{}
	own, given := len(o.Users), o
	for _, c := range candidates() {
		if c.user != nil && !c.unusual(given) {
			o = c.with(o)
		}
	}
	if breadth {
		o.Users = append(o.Users, slices.DeleteFunc(wideUsers(), func(u unifier.User) bool { return unusualUser(&u, given) })...)
	}
	all, err := reach(o)
	if err != nil {
		return nil, err
	}
	want := all.size(breadth)
	for i := len(o.Users) - 1; i >= own; i-- {
		less := o
		less.Users = slices.Delete(slices.Clone(o.Users), i, i+1)
		r, err := reach(less)
		if err != nil {
			return nil, err
		}
		if r.size(breadth) == want {
			o = less
		}
	}
	return o.Users[own:], nil
}

// wideUsers are users of every date format, over which zones, durations and kinds
// of passwords are spread.
func wideUsers() []unifier.User {
	zones := []string{"America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC", "Europe/Berlin"}
	expiries := []string{"", "", "1 minutes", "2 days", "180 hours", "499 minutes", "500 hours"}
	passwords := []unifier.Secret{"", "with:colon", "two  blanks", "beyond-£"}
	var users []unifier.User
	for i := range unifier.DateFormats {
		u := unifier.User{
			Name: fmt.Sprintf("%sunigatewide%02d", unifier.IntegrationPrefix, i), Password: AdvisedPassword, Type: unifier.Basic, Status: unifier.Active,
			DateFormat: &unifier.DateFormats[i], Zone: zones[i%len(zones)],
		}
		if i < len(expiries) {
			u.Expiry, _ = unifier.ParseExpiry(expiries[i]) // none is none
		}
		if i < len(passwords) && passwords[i] != "" {
			u.Password = passwords[i]
		}
		users = append(users, u)
	}
	for i, p := range []unifier.Secret{"with:colon-and-£"} {
		users = append(users, unifier.User{Name: fmt.Sprintf("wide%d@acme.example", i+1), Password: p, Type: unifier.OAuthType, Status: unifier.Active})
	}
	return users
}

// advice is the first advice for what a run could not check; "" for a run that was
// narrowed to something else.
func (r *run) advice() string {
	if r.halted != nil || r.o.Tags != "" || len(r.o.Requirements) > 0 {
		return ""
	}
	list, err := Advise(r.o)
	if err != nil || len(list) == 0 {
		return "" // the features were read before, so that there is no error
	}
	return list[0].String()
}
