package reference

import (
	"net/http"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// login answers V1 login, and V2 login alike: a DB token for an active Basic user (LOGIN-01…LOGIN-12).
func (s *Service) login(x *exchange) reply {
	if f, ok := s.authenticate(x); !ok {
		return s.refuse(x, f)
	}
	x.expiry = s.hooks.duration(x)
	text, present, ok := s.asked(x)
	if present && ok {
		x.expiry.N, ok = s.hooks.loginExpiry(x, text)
	}
	if !ok {
		return s.refuse(x, invalidExpiry)
	}
	s.basicToken(x)
	date, clock := s.shownEnd(x)
	body := object{
		{"expiryDate", date},
		{"Timezone", s.hooks.label(x)},
		{"expiryTime", date + " " + clock},
		{"status", http.StatusOK},
		{"token", x.token},
	}
	return s.repeat(x, reply{status: http.StatusOK, body: s.hooks.loginBody(x, body)})
}

// basicToken makes the DB token of a duration.
func (s *Service) basicToken(x *exchange) {
	x.until = s.hooks.end(x)
	x.token = s.hooks.dbToken(x)
	s.issue(x)
}

// shownEnd is the end of a DB token for display: the date and the time of day.
func (s *Service) shownEnd(x *exchange) (date, clock string) {
	local := s.hooks.local(x, s.wrongExpiry(x))
	return formatDate(s.hooks.pattern(x), x.account.user.Language, local), s.hooks.timeOfDay(x, local)
}

// dbToken makes a token for the exchange's account and end.
func (s *Service) dbToken(x *exchange) string {
	a := x.account
	if x.mishap == OtherUser {
		a = s.other(a)
	}
	return s.tokenFor(a, x.until, s.serial.Add(1))
}

// tokenFor makes a DB token (LOGIN-04).
func (s *Service) tokenFor(a *account, until time.Time, serial uint64) string {
	a.latest.Store(serial)
	a.first.CompareAndSwap(0, serial)
	return a.prefix + s.tokens.make(a.user.Name, dbClaims{until: until, serial: serial})
}

// issue keeps what faults need to know of a token.
func (s *Service) issue(x *exchange) {
	x.account.until.Store(x.until.Unix())
	if !s.hooks.remember {
		return
	}
	g := grant{account: x.account, until: x.until, serial: x.account.latest.Load(), service: x.service}
	if x.service == unifier.V2Auth {
		g.number = x.account.v2.Add(1)
	}
	s.issued.add(x.token, g)
}

// grant is what an accepted token stands for.
type grant struct {
	account *account
	until   time.Time
	serial  uint64
	// service issued the token, as the number-th of the user's at V2; both are known
	// only where the service remembers.
	service unifier.Service
	number  uint64
}

// accept says whether a token was issued by this service, for a user that is
// still active, and has not ended (LOGIN-16, LOGIN-21, OAUTH-11).
func (s *Service) accept(x *exchange, token string) (grant, bool) {
	var g grant
	ok := false
	if s.hooks.remember {
		g, ok = s.issued.get(token)
	}
	if !ok {
		g, ok = s.proved(token)
	}
	return g, ok && x.now.Before(g.until)
}

// proved checks a token that proves itself.
func (s *Service) proved(token string) (grant, bool) {
	first, rest, _ := strings.Cut(token, ".")
	if first != dbTokenType {
		return s.provedJWT(token)
	}
	second, third, _ := strings.Cut(rest, ".")
	name, ok := decodeBasic(second)
	if !ok {
		return grant{}, false
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, `{"username":"`), `"}`)
	a, known := s.accounts[name]
	if !known || a.prefix != first+"."+second+"." {
		return grant{}, false
	}
	c, ok := s.tokens.check(name, third)
	return grant{account: a, until: c.until, serial: c.serial}, ok
}
