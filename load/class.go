package load

import (
	"net/http"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load/wire"
)

// judge decides whether a reply is right.
type judge interface {
	Judge(*oracle.Reply) oracle.Judgement
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
		var of []int
		for _, u := range e.o.Users {
			if u.Type != typeOf(s.Service) || !active(u) || (s.User != "" && u.Name != s.User) {
				continue
			}
			i, err := e.makeClass(s.Service, u)
			if err != nil {
				return err
			}
			of = append(of, i)
		}
		if len(of) == 0 {
			return usagef("see the users in the configuration", "no active %s user for %s in the mix", typeOf(s.Service), s)
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
		if c := &e.classes[i]; c.service == service && c.user.Name == u.Name {
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

// setJudges prepares the judges of a class.
func (e *engine) setJudges(c *class) {
	exp := oracle.Expectation{User: c.user, DefaultSeconds: e.o.OAuthSeconds, MaxSkew: e.o.MaxClockSkew, Skew: e.skew, Lobby: e.o.LobbyAnswer, OtherDefaults: e.o.OtherOAuthSeconds, Claims: e.o.OAuthClaims}
	service := unifier.Service(e.services[c.service])
	c.judge = oracle.NewJudge(service, exp)
	if e.o.Keys != nil && service.Token(c.user.Type) == unifier.JWT {
		exp.Keys = e.o.Keys
		c.signed = oracle.NewJudge(service, exp)
	}
}
