package reference

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// spoilFaults show after a call that spoils later ones: an expiry that was asked
// for, an invalid one, a wrong password, a refused call of the other service.
var spoilFaults = []fault{
	{"spoil-asked-leaks", "An expiry that a login asked for holds for the next plain logins of other users too, one whose duration was never changed and one whose was.", ids("LOGIN-06", "LOGIN-07"), askedLeaks},
	{"spoil-asked-sticks-oauth", "An expiry that an OAuth call asked for holds for the user's next plain one too.", ids("OAUTH-02"), askedSticksOAuth(false)},
	{"spoil-invalid-expiry", "After an invalid expiry the user's next plain login gets the default duration.", ids("LOGIN-07"),
		afterRefusal(http.StatusBadRequest, everyUser, func(unifier.Expiry) unifier.Expiry { return unifier.DefaultExpiry })},
	{"spoil-invalid-expiry-minutes", "After an invalid expiry the next plain login of a user with a duration in minutes lasts a minute.", ids("LOGIN-07"),
		afterRefusal(http.StatusBadRequest, isMinutes, func(e unifier.Expiry) unifier.Expiry { e.N = 1; return e })},
	{"spoil-invalid-expiry-hours", "After an invalid expiry the next plain login of a user with a duration in hours lasts an hour.", ids("LOGIN-07"),
		afterRefusal(http.StatusBadRequest, inHours, func(e unifier.Expiry) unifier.Expiry { e.N = 1; return e })},
	{"spoil-invalid-expiry-days", "After an invalid expiry the next plain login of a user with a duration in days lasts a day.", ids("LOGIN-06"),
		afterRefusal(http.StatusBadRequest, inDays, func(unifier.Expiry) unifier.Expiry { return days(1) })},
	{"spoil-invalid-expiry-oauth", "After an invalid expiry the user's next plain OAuth token is valid for a minute.", ids("OAUTH-02"),
		func(s *Service, h *hooks) {
			spoiling(unifier.OAuth, http.StatusBadRequest, everyUser)(s, h)
			before := h.seconds
			h.seconds = func(x *exchange) int64 {
				if !asks(x) && x.account.spoilt.Swap(0) != 0 {
					return 60
				}
				return before(x)
			}
		}},
	{"spoil-label", "After an invalid expiry the user's next login is in UTC.", ids("LOGIN-12"),
		func(s *Service, h *hooks) {
			spoiling(unifier.Login, http.StatusBadRequest, everyUser)(s, h)
			both(shown(func(x *exchange, t time.Time) time.Time {
				if x.account.spoilt.Load() != 0 {
					return t.UTC()
				}
				return t
			}), labelled(func(x *exchange, label string) string {
				if x.account.spoilt.Swap(0) != 0 {
					return "(UTC) Coordinated Universal Time"
				}
				return label
			}))(s, h)
		}},
	{"spoil-asked-sticks", "An expiry that a login asked for holds for the user's next plain login too.", ids("LOGIN-06", "LOGIN-07"), askedSticks(sameUser)},
	{"spoil-asked-sticks-minutes", "The same for users with a duration in minutes only.", ids("LOGIN-07"),
		askedSticks(func(a *account) *atomic.Int64 {
			if isMinutes(a) {
				return &a.spoilt
			}
			return nil
		})},
	{"spoil-asked-leaks-oauth", "An expiry that an OAuth call asked for holds for the next plain one of another user too.", ids("OAUTH-02"), askedSticksOAuth(true)},
	{"spoil-invalid-expiry-kills-hours", "An invalid expiry ends the tokens of a user with a duration in hours.", ids("LOGIN-21"),
		killing(func(x *exchange, p *reply) bool {
			return x.service == unifier.Login && p.status == http.StatusBadRequest && inHours(x.account)
		})},
	{"spoil-invalid-expiry-kills-days", "An invalid expiry ends the tokens of a user with a duration in days.", ids("LOGIN-21"),
		killing(func(x *exchange, p *reply) bool {
			return x.service == unifier.Login && p.status == http.StatusBadRequest && inDays(x.account)
		})},
	{"spoil-wrong-password-kills", "A wrong password ends the user's login tokens.", ids("LOGIN-21"),
		killing(func(x *exchange, p *reply) bool {
			return x.service == unifier.Login && p.status == http.StatusUnauthorized
		})},
	{"spoil-wrong-password-kills-oauth", "A wrong password ends the user's access tokens.", ids("OAUTH-11"),
		killingJWT(func(x *exchange, p *reply) bool {
			return x.service == unifier.OAuth && p.status == http.StatusUnauthorized
		})},
	{"spoil-invalid-expiry-kills-oauth", "An invalid expiry ends the user's access tokens.", ids("OAUTH-11"),
		killingJWT(func(x *exchange, p *reply) bool {
			return x.service == unifier.OAuth && p.status == http.StatusBadRequest
		})},
	{"spoil-oauth-refusal-kills", "A refused OAuth call of a Basic user ends its login tokens.", ids("LOGIN-21"),
		killing(func(x *exchange, p *reply) bool {
			return x.service == unifier.OAuth && p.status == http.StatusUnauthorized
		})},
	{"spoil-method-kills", "A POST, though refused, ends the first user's login tokens.", ids("LOGIN-21"), killingByMethod},
	{"spoil-wrong-password-locks", "A wrong password refuses the user's next login, though the password is right.", ids("LOGIN-21"), locking(unifier.Login)},
	{"spoil-wrong-password-locks-oauth", "A wrong password refuses the user's next OAuth call, though the password is right.", ids("OAUTH-11"), locking(unifier.OAuth)},
	{"spoil-wrong-password-duration", "After a wrong password the user's next login gets a token that is valid for a minute.", ids("LOGIN-07"),
		afterRefusal(http.StatusUnauthorized, everyUser, func(unifier.Expiry) unifier.Expiry { return minutes(1) })},
	{"spoil-oauth-refusal-duration", "After a refused OAuth call the Basic user's next login gets a token that is valid for an hour.", ids("LOGIN-06"),
		func(s *Service, h *hooks) {
			spoiling(unifier.OAuth, http.StatusUnauthorized, everyUser)(s, h)
			afterSpoiling(func(unifier.Expiry) unifier.Expiry { return hours(1) })(s, h)
		}},
	{"spoil-second-login-short", "Each later login of a user with a duration in days gets a day less.", ids("LOGIN-06", "LOGIN-07"),
		func(s *Service, h *hooks) {
			lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
				if n := x.account.fetches.Add(1); e.Unit == unifier.Days && n > 1 {
					e.N--
				}
				return e
			})(s, h)
		}},
}

func inHours(a *account) bool { return a != nil && a.user.Expiry.Unit == unifier.Hours }

// inDays says whether an account's duration is in days, set or by default.
func inDays(a *account) bool {
	return a != nil && (a.user.Expiry.IsZero() || a.user.Expiry.Unit == unifier.Days)
}

// sameUser is where a spoilt expiry of an account is kept.
func sameUser(a *account) *atomic.Int64 { return &a.spoilt }

// askedSticks keeps an expiry that was asked for until the next plain login.
func askedSticks(where func(a *account) *atomic.Int64) change {
	return lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
		kept := where(x.account)
		if kept == nil {
			return e
		}
		if n, ok := loginExpiry(x, x.r.URL.Query().Get(unifier.ExpiryParameter)); ok {
			kept.Store(int64(n))
		} else if n := kept.Swap(0); n != 0 && !asks(x) {
			e.N = int(n)
		}
		return e
	})
}

// askedLeaks keeps an expiry that was asked for until plain logins of other users: one
// whose duration was never changed, and one whose duration is set.
func askedLeaks(s *Service, h *hooks) {
	var kept [2]atomic.Int64
	var whose atomic.Pointer[account]
	lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
		of := &kept[0]
		if !x.account.user.Expiry.IsZero() {
			of = &kept[1]
		}
		if n, ok := loginExpiry(x, x.r.URL.Query().Get(unifier.ExpiryParameter)); ok {
			kept[0].Store(int64(n))
			kept[1].Store(int64(n))
			whose.Store(x.account)
		} else if !asks(x) && whose.Load() != x.account {
			if n := of.Swap(0); n != 0 {
				e.N = int(n)
			}
		}
		return e
	})(s, h)
}

// askedSticksOAuth keeps an expiry that was asked for until the next plain OAuth
// call of the user, or of another one.
func askedSticksOAuth(other bool) change {
	return func(_ *Service, h *hooks) {
		var kept atomic.Int64
		var whose atomic.Pointer[account]
		before := h.seconds
		h.seconds = func(x *exchange) int64 {
			if n, ok := digits(x.r.URL.Query().Get(unifier.ExpiryParameter)); ok && n > 0 {
				kept.Store(n)
				whose.Store(x.account)
			} else if (whose.Load() == x.account) != other && !asks(x) {
				if n := kept.Swap(0); n != 0 {
					return n
				}
			}
			return before(x)
		}
	}
}

// spoiling remembers of some users that a service refused them with a status.
func spoiling(service unifier.Service, status int, some func(a *account) bool) change {
	return inError(service, func(x *exchange, p *reply) {
		if p.status == status && x.account != nil && some(x.account) && x.r.Method == http.MethodGet {
			x.account.spoilt.Store(1)
		}
	})
}

// afterSpoiling changes the duration of a spoilt user's next plain login.
func afterSpoiling(f func(e unifier.Expiry) unifier.Expiry) change {
	return lasting(func(x *exchange, e unifier.Expiry) unifier.Expiry {
		if !asks(x) && x.account.spoilt.Swap(0) != 0 {
			return f(e)
		}
		return e
	})
}

// afterRefusal changes the duration of the next plain login of a user whom login refused.
func afterRefusal(status int, some func(a *account) bool, f func(e unifier.Expiry) unifier.Expiry) change {
	return both(spoiling(unifier.Login, status, some), afterSpoiling(f))
}

// killing ends a user's login tokens after some replies.
func killing(some func(x *exchange, p *reply) bool) change {
	return both(revoking(some), outlasting(func(_ *exchange, g grant) bool { return g.serial > g.account.revoked.Load() }))
}

// killingJWT ends a user's access tokens after some replies.
func killingJWT(some func(x *exchange, p *reply) bool) change {
	return both(revoking(some), acceptingJWT(func(_ *exchange, g grant) bool { return g.serial > g.account.revoked.Load() }))
}

// revoking remembers which of a user's tokens are older than some replies.
func revoking(some func(x *exchange, p *reply) bool) change {
	return func(_ *Service, h *hooks) {
		finishing(h, func(x *exchange, p *reply) {
			if x.account != nil && !isResource(x.path) && some(x, p) {
				x.account.revoked.Store(x.s.serial.Load())
			}
		})
	}
}

// killingByMethod ends the tokens of whoever's credentials a POST carries.
func killingByMethod(s *Service, h *hooks) {
	finishing(h, func(x *exchange, _ *reply) {
		if x.r.Method == http.MethodPost && x.path == unifier.LoginPath && s.identify(x) == "" {
			x.account.revoked.Store(s.serial.Load())
		}
	})
	outlasting(func(_ *exchange, g grant) bool { return g.serial > g.account.revoked.Load() })(s, h)
}

// locking refuses a user's next call after a wrong password.
func locking(service unifier.Service) change {
	return func(_ *Service, h *hooks) {
		before := h.entitled
		h.entitled = func(x *exchange) bool {
			ok := before(x)
			return ok && (x.service != service || x.account.spoilt.Swap(0) == 0)
		}
		password := h.password
		h.password = func(x *exchange, a *account, given string) bool {
			ok := password(x, a, given)
			if !ok && a != nobody {
				a.spoilt.Store(1)
			}
			return ok
		}
	}
}
