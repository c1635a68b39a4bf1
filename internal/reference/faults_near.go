package reference

import (
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// nearFaults let tokens in that were never issued but look like one (LOGIN-16).
var nearFaults = []fault{
	{"near-longer", "The resource ignores what follows a login token.", ids("LOGIN-16"),
		alike(func(known, token string) bool { return strings.HasPrefix(token, known) })},
	{"near-cut", "The resource accepts a login token that lacks its last character.", ids("LOGIN-16"),
		alike(func(known, token string) bool { return token == known[:len(known)-1] })},
	{"near-other-case", "The resource does not tell upper from lower case in a login token.", ids("LOGIN-16"),
		alike(func(known, token string) bool { return strings.EqualFold(known, token) })},
	{"near-guid-unchecked", "The resource ignores the GUID of a login token.", ids("LOGIN-16"),
		alikeThird(func(known, third string) bool { return known[guidLength:] == third[guidLength:] })},
	{"near-guid-start-unchecked", "The resource ignores the first eight digits of a login token's GUID.", ids("LOGIN-16"),
		alikeThird(func(known, third string) bool { return known[8:] == third[8:] })},
	{"near-last-digit-unchecked", "The resource ignores the last digit of a login token.", ids("LOGIN-16"),
		alikeThird(func(known, third string) bool { return known[:thirdLength-1] == third[:thirdLength-1] })},
	{"near-first-part-unchecked", "The resource ignores the first part of a login token.", ids("LOGIN-16"),
		alike(func(known, token string) bool {
			_, rest, _ := strings.Cut(token, ".")
			return len(token) > 0 && rest == known[len(dbTokenType)+1:]
		})},
	{"near-third-part-alone", "The resource looks at the third part of a token only.", ids("LOGIN-16"),
		alike(func(known, token string) bool {
			return token != "" && strings.HasSuffix(token, known[len(known)-thirdLength:])
		})},
	{"near-wrong-twice", "A wrong token is accepted when it comes for the second time.", ids("LOGIN-16"), wrongTwice("")},
	{"near-basic-wrong-twice", "A wrong token is accepted when it comes as Basic for the second time.", ids("LOGIN-16"), wrongTwice("Basic")},
	{"near-basic-anything", "The resource accepts anything as Basic.", ids("LOGIN-16"),
		underScheme("Basic", func(_ *exchange, token string) bool { return token != "" })},
	{"near-basic-any-shape", "The resource accepts whatever looks like a login token as Basic.", ids("LOGIN-16"),
		underScheme("Basic", func(_ *exchange, token string) bool {
			return strings.HasPrefix(token, dbTokenType+".") && len(token) > thirdLength
		})},
	{"near-basic-user-unchecked", "The resource does not check whom a token names that comes as Basic.", ids("LOGIN-16"),
		underScheme("Basic", func(x *exchange, token string) bool {
			_, ok := x.s.issued.find(func(known string) bool {
				return len(token) > thirdLength && strings.HasSuffix(known, token[len(token)-thirdLength:])
			})
			return ok
		})},
	{"near-jwt-longer", "The resource ignores what follows the signature of an access token.", ids("LOGIN-16"),
		alikeJWT(func(known, token string) bool { return strings.HasPrefix(token, known) })},
	{"near-jwt-no-signature", "The resource accepts access tokens without a signature.", ids("LOGIN-16"),
		alikeJWT(func(known, token string) bool { return token == known[:strings.LastIndexByte(known, '.')+1] })},
	{"near-jwt-alg-none", "The resource accepts access tokens that say alg none and have no signature.", ids("LOGIN-16"),
		alikeJWT(func(known, token string) bool {
			header, rest, _ := strings.Cut(token, ".")
			text, err := base64.RawURLEncoding.DecodeString(header)
			payload := known[strings.IndexByte(known, '.')+1 : strings.LastIndexByte(known, '.')+1]
			return err == nil && strings.Contains(string(text), `"none"`) && rest == payload
		})},
	{"near-jwt-end-unchecked", "The resource ignores the last eight characters of an access token's signature.", ids("LOGIN-16"),
		alikeJWT(func(known, token string) bool {
			return len(token) == len(known) && token[:len(token)-8] == known[:len(known)-8]
		})},
	{"near-jwt-cut", "The resource accepts access tokens whose signature's end is cut.", ids("LOGIN-16"),
		alikeJWT(func(known, token string) bool {
			return len(token) > strings.LastIndexByte(known, '.')+100 && strings.HasPrefix(known, token)
		})},
}

// alike lets tokens in that are like one of the login tokens issued lately.
func alike(like func(known, token string) bool) change {
	return near(func(known string) bool { return strings.HasPrefix(known, dbTokenType+".") }, like)
}

// alikeThird lets login tokens in whose third part is like that of one issued lately, and whose other parts are the same.
func alikeThird(like func(known, third string) bool) change {
	return alike(func(known, token string) bool {
		at := len(known) - thirdLength
		return len(token) == len(known) && token[:at] == known[:at] && like(known[at:], token[at:])
	})
}

// alikeJWT lets tokens in that are like one of the access tokens issued lately.
func alikeJWT(like func(known, token string) bool) change {
	return near(func(known string) bool { return !strings.HasPrefix(known, dbTokenType+".") }, like)
}

// near lets tokens in that are like one of a kind that was issued lately.
func near(kind func(known string) bool, like func(known, token string) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.accept
		h.remember = true
		h.accept = func(x *exchange, token string) (grant, bool) {
			if g, ok := before(x, token); ok {
				return g, true
			}
			return x.s.issued.find(func(known string) bool { return kind(known) && like(known, token) })
		}
	}
}

// underScheme lets more in where the token comes with a scheme.
func underScheme(only string, more func(x *exchange, token string) bool) change {
	return func(s *Service, h *hooks) {
		h.remember = true
		accepting(func(x *exchange, token string, _ grant, ok bool) bool {
			scheme, _ := splitAuthorization(x.r.Header.Get("Authorization"))
			return ok || strings.EqualFold(scheme, only) && more(x, token)
		})(s, h)
	}
}

// wrongTwice lets a wrong token in that comes again, with a scheme or with any.
func wrongTwice(only string) change {
	return func(s *Service, h *hooks) {
		var seen sync.Map
		accepting(func(x *exchange, token string, _ grant, ok bool) bool {
			scheme, _ := splitAuthorization(x.r.Header.Get("Authorization"))
			if ok || token == "" || only != "" && !strings.EqualFold(scheme, only) {
				return ok
			}
			_, again := seen.LoadOrStore(token, true)
			return again
		})(s, h)
	}
}

// firstUseFaults refuse good tokens now and then, or some users' only (LOGIN-16, LOGIN-21, OAUTH-11).
var firstUseFaults = []fault{
	{"first-use-refused", "The first use of a login token is refused, whatever the scheme; from the second on it is accepted.", ids("LOGIN-16", "LOGIN-21"),
		countingUses(anyDB, func(n int64) bool { return n > 1 })},
	{"third-use-refused", "The third use of a login token is refused.", ids("LOGIN-21"),
		countingUses(anyDB, func(n int64) bool { return n != 3 })},
	{"third-use-refused-minutes", "A login token of a user with a duration in minutes is refused from its third use on.", ids("LOGIN-21"),
		countingUses(func(token string, g grant) bool { return isDB(token) && isMinutes(g.account) }, func(n int64) bool { return n < 3 })},
	{"second-use-refused-days", "A login token of a user whose duration is set in days is refused from its second use on.", ids("LOGIN-21"),
		countingUses(func(token string, g grant) bool {
			return isDB(token) && !g.account.user.Expiry.IsZero() && g.account.user.Expiry.Unit == unifier.Days
		}, func(n int64) bool { return n < 2 })},
	{"sixth-use-refused", "A login token is refused from its sixth use on.", ids("LOGIN-21"),
		countingUses(anyDB, func(n int64) bool { return n < 6 })},
	{"sixth-use-refused-oauth", "An access token is refused from its sixth use on.", ids("OAUTH-11"),
		countingUses(anyJWT, func(n int64) bool { return n < 6 })},
	{"altered-copy-kills", "A copy of a login token with the right name and anything else wrong ends the tokens that the user was given till then.", ids("LOGIN-21"), alteredKills},
	{"third-use-refused-oauth", "An access token is refused from its third use on.", ids("OAUTH-11"),
		countingUses(anyJWT, func(n int64) bool { return n < 3 })},
	{"first-bearer-refused", "The first use of a login token as Bearer is refused; it is accepted as Basic a moment later, and as Bearer after that.", ids("LOGIN-16", "LOGIN-21"),
		func(s *Service, h *hooks) {
			var seen sync.Map
			accepting(func(x *exchange, token string, _ grant, ok bool) bool {
				scheme, _ := splitAuthorization(x.r.Header.Get("Authorization"))
				if !ok || !isDB(token) || isBasic(scheme) {
					return ok
				}
				_, again := seen.LoadOrStore(token, true)
				return again
			})(s, h)
		}},
	{"one-call-in-five-refused", "Every fifth call of the resource with a good token of a user with a duration in minutes is refused, as by one node of several.", ids("LOGIN-21"), oneCallIn(5)},
	{"one-user-in-sixteen-refused", "The tokens of each sixteenth user are refused.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool { return x.s.place(g.account)%16 != 15 })},
	{"one-user-in-sixteen-later-refused", "The tokens of each sixteenth user are refused from the second on.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool {
			return x.s.place(g.account)%16 != 15 || g.serial == g.account.first.Load()
		})},
	{"days-refused", "The tokens of users with a duration in days are refused.", ids("LOGIN-21"),
		outlasting(func(_ *exchange, g grant) bool { return g.account.user.Expiry.Unit != unifier.Days })},
	{"long-refused", "Tokens that last for more than 300 days are refused.", ids("LOGIN-21"),
		outlasting(func(x *exchange, g grant) bool { return g.until.Sub(x.now) < 300*24*time.Hour })},
	{"asked-refused", "Tokens that were asked for with an expiry are refused.", ids("LOGIN-21"), refusingAsked(true)},
	{"asked-refused-oauth", "Access tokens that were asked for with an expiry are refused.", ids("OAUTH-11"), refusingAsked(false)},
	{"second-refused-oauth", "A user's access tokens are refused from the second on.", ids("OAUTH-11"),
		func(s *Service, h *hooks) {
			before := h.jwt
			h.jwt = func(x *exchange, header, claims object) string {
				x.account.first.CompareAndSwap(0, x.account.latest.Load())
				return before(x, header, claims)
			}
			acceptingJWT(func(_ *exchange, g grant) bool { return g.serial == g.account.first.Load() })(s, h)
		}},
	{"one-user-refused-oauth", "The access tokens of one OAuth user are refused.", ids("OAUTH-11"),
		acceptingJWT(func(_ *exchange, g grant) bool { return !strings.HasPrefix(g.account.user.Name, "sync@") })},
	{"third-fetch-refused", "The tokens of users with a duration in minutes are refused from the third fetch on.", ids("LOGIN-21"),
		func(s *Service, h *hooks) {
			before := h.dbToken
			h.dbToken = func(x *exchange) string {
				x.account.fetches.Add(1)
				return before(x)
			}
			outlasting(func(_ *exchange, g grant) bool { return !isMinutes(g.account) || g.account.fetches.Load() < 3 })(s, h)
		}},
}

// isDB reports whether a token is a login token.
func isDB(token string) bool { return strings.HasPrefix(token, dbTokenType+".") }

// place is an account's number among the active Basic users, from 0.
func (s *Service) place(a *account) int {
	n := 0
	for _, o := range s.order {
		if o == a {
			return n
		}
		if o.user.Type == a.user.Type && o.user.Status == a.user.Status {
			n++
		}
	}
	return n
}

// countingUses refuses some good tokens by the number of the use, from 1.
func countingUses(some func(token string, g grant) bool, may func(n int64) bool) change {
	return func(s *Service, h *hooks) {
		var mu sync.Mutex
		uses := map[string]int64{}
		accepting(func(_ *exchange, token string, g grant, ok bool) bool {
			if !ok || !some(token, g) {
				return ok
			}
			mu.Lock()
			defer mu.Unlock()
			uses[token]++
			return may(uses[token])
		})(s, h)
	}
}

// anyDB says that a token is a login token, anyJWT that it is none.
func anyDB(token string, _ grant) bool  { return isDB(token) }
func anyJWT(token string, _ grant) bool { return !isDB(token) }

// oneCallIn refuses each n-th call with a good login token of a duration in minutes.
func oneCallIn(n int64) change {
	return func(s *Service, h *hooks) {
		outlasting(func(x *exchange, g grant) bool { return !isMinutes(g.account) || x.s.uses.Add(1)%n != 0 })(s, h)
	}
}

// refusingAsked refuses tokens that were asked for with an expiry.
func refusingAsked(login bool) change {
	return func(s *Service, h *hooks) {
		var asked sync.Map
		before := h.finish
		h.finish = func(x *exchange, p *reply) {
			before(x, p)
			if x.token != "" && asks(x) {
				asked.Store(x.token, true)
			}
		}
		accepting(func(_ *exchange, token string, _ grant, ok bool) bool {
			_, was := asked.Load(token)
			return ok && (!was || isDB(token) != login)
		})(s, h)
	}
}

// alteredKills ends a user's login tokens when the resource refuses one that has the user's name.
func alteredKills(s *Service, h *hooks) {
	var ended sync.Map // by account, the last serial number that is over
	accepting(func(_ *exchange, token string, g grant, ok bool) bool {
		if ok {
			last, _ := ended.LoadOrStore(g.account, uint64(0))
			return !isDB(token) || g.serial > last.(uint64) //nolint:forcetypeassert // nothing else is stored
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			return false
		}
		for _, a := range s.accounts {
			if base64.StdEncoding.EncodeToString([]byte(`{"username":"`+a.user.Name+`"}`)) == parts[1] {
				ended.Store(a, a.latest.Load())
			}
		}
		return false
	})(s, h)
}
