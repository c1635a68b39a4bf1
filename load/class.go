package load

import (
	"net/http"
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// judge decides whether a reply is right.
type judge interface {
	Judge(*oracle.Reply) oracle.Judgement
}

// group is what a service is for users of a type: its tokens are of one kind.
type group struct {
	service int // index into engine.services
	user    unifier.UserType
}

// class is one kind of request: a service asked by a user.
type class struct {
	service int // index into engine.services
	user    unifier.User
	call    *wire.Call
	judge   judge
	signed  judge // verifies the signature too; nil where no key is known
}

// makeClasses fills in services, classes and the mixer.
func (e *engine) makeClasses() error {
	var users [][]int
	var shares []Share
	for _, s := range e.o.Plan.Mix {
		if s.Weight <= 0 {
			continue
		}
		if !e.o.asks(s.Service) {
			return usagef("these editions have it: "+strings.Join(s.Service.Editions(), ", "),
				"edition %s of the documentation has no %s, and %s is in the mix", e.o.Edition, s.Service.Name(), s)
		}
		var of []int
		for _, u := range e.o.Users {
			if s.Service.Token(u.Type) == unifier.NoToken || !active(u) || (s.User != "" && u.Name != s.User) {
				continue
			}
			i, err := e.makeClass(s.Service, u)
			if err != nil {
				return err
			}
			of = append(of, i)
		}
		if len(of) == 0 {
			return usagef("see the users in the configuration", "no active %s user for %s in the mix", asked(s.Service), s)
		}
		users, shares = append(users, of), append(shares, s)
	}
	if len(shares) == 0 {
		return usagef("give one service a weight above 0", "the mix is empty")
	}
	e.mix = newMixer(shares, users)
	e.mix.seed = e.o.Plan.Seed
	return nil
}

// makeClass makes the class of a service and user, or finds it.
func (e *engine) makeClass(s unifier.Service, u unifier.User) (int, error) {
	service := -1
	for i, name := range e.services {
		if name == string(s) {
			service = i
		}
	}
	if service < 0 {
		e.services = append(e.services, string(s))
		service = len(e.services) - 1
	}
	for i := range e.classes {
		if c := &e.classes[i]; c.service == service && same(c.user, u) {
			return i, nil
		}
	}
	c := class{service: service, user: u}
	target := *e.o.BaseURL
	target.User = nil
	target.Path = strings.TrimSuffix(target.Path, "/") + s.Path()
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {"unigate"}}
	for name, values := range e.o.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	header.Set("Authorization", unifier.BasicAuth(u.Name, u.Password))
	var err error
	if c.call, err = wire.NewCall(&target, header); err != nil {
		return 0, usagef("", "the request to %s cannot be made: %v", s, err)
	}
	e.setJudges(&c)
	e.classes = append(e.classes, c)
	return len(e.classes) - 1, nil
}

// group is the group of requests that a class belongs to.
func (c *class) group() group { return group{c.service, c.user.Type} }

// same reports whether two users are one: a Basic and an OAuth user may share a name.
func same(a, b unifier.User) bool { return a.Name == b.Name && a.Type == b.Type }

// groups lists the groups of requests, in the order of the services and their users.
func (e *engine) groups() []group {
	var out []group
	for i := range e.services {
		for k := range e.classes {
			if c := &e.classes[k]; c.service == i && !slices.Contains(out, c.group()) {
				out = append(out, c.group())
			}
		}
	}
	return out
}

// serviceOf is the service of a class.
func (e *engine) serviceOf(c *class) unifier.Service { return unifier.Service(e.services[c.service]) }

// setJudges prepares the judges of a class.
func (e *engine) setJudges(c *class) {
	exp := e.expectation(c)
	c.judge = oracle.NewJudge(e.serviceOf(c), exp)
	if e.o.Keys != nil && e.serviceOf(c).Token(c.user.Type) == unifier.JWT {
		exp.Keys = e.o.Keys
		c.signed = oracle.NewJudge(e.serviceOf(c), exp)
	}
}

// expectation is what the answers to a class must be like.
func (e *engine) expectation(c *class) oracle.Expectation {
	exp := oracle.Expectation{User: c.user, MaxSkew: e.o.MaxClockSkew, Skew: e.skew, Lobby: e.o.LobbyAnswer, Claims: e.o.OAuthClaims}
	if seconds := e.o.DefaultSeconds[e.serviceOf(c)]; len(seconds) > 0 {
		exp.DefaultSeconds, exp.OtherDefaults = seconds[0], seconds[1:]
	}
	return exp
}
