package reference

import (
	"slices"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// schemeFaults let right credentials in whatever scheme they come under (LOGIN-14,
// OAUTH-10).
var schemeFaults = []fault{
	{"scheme-ignored", "Login takes right credentials under every scheme.", ids("LOGIN-14"), underAny(unifier.Login, anyType, anyScheme)},
	{"scheme-bearer", "Login takes right credentials under the scheme Bearer too.", ids("LOGIN-14"), underAny(unifier.Login, anyType, only("Bearer"))},
	{"scheme-digest", "Login takes right credentials under the scheme Digest too.", ids("LOGIN-14"), underAny(unifier.Login, anyType, only("Digest"))},
	{"scheme-prefix", "Login takes right credentials under every scheme that begins with Basic.", ids("LOGIN-14"), underAny(unifier.Login, anyType, beginsWithBasic)},
	{"oauth-scheme-ignored", "The OAuth call takes right credentials under every scheme.", ids("OAUTH-10"), underAny(unifier.OAuth, anyType, anyScheme)},
}

// v2SchemeFaults are the same at V2 auth/token (V2AUTH-15).
var v2SchemeFaults = []fault{
	{"v2-scheme-ignored", "V2 takes right credentials under every scheme.", ids("V2AUTH-15"), underAny(unifier.V2Auth, anyType, anyScheme)},
	{"v2-scheme-bearer-basic", "V2 takes a Basic user's right credentials under the scheme Bearer too.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.Basic), only("Bearer"))},
	{"v2-scheme-bearer-oauth", "V2 takes an OAuth user's right credentials under the scheme Bearer too.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.OAuthType), only("Bearer"))},
	{"v2-scheme-digest-basic", "V2 takes a Basic user's right credentials under the scheme Digest too.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.Basic), only("Digest"))},
	{"v2-scheme-digest-oauth", "V2 takes an OAuth user's right credentials under the scheme Digest too.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.OAuthType), only("Digest"))},
	{"v2-scheme-prefix-basic", "V2 takes a Basic user's right credentials under every scheme that begins with Basic.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.Basic), beginsWithBasic)},
	{"v2-scheme-prefix-oauth", "V2 takes an OAuth user's right credentials under every scheme that begins with Basic.", ids("V2AUTH-15"),
		underAny(unifier.V2Auth, ofType(unifier.OAuthType), beginsWithBasic)},
}

// v2LoginSchemeFaults are the same at V2 login (V2LOGIN-01).
var v2LoginSchemeFaults = []fault{
	{"v2-login-scheme-ignored", "V2 login takes right credentials under every scheme.", ids("V2LOGIN-01"), underAny(unifier.V2Login, anyType, anyScheme)},
	{"v2-login-scheme-bearer", "V2 login takes right credentials under the scheme Bearer too.", ids("V2LOGIN-01"), underAny(unifier.V2Login, anyType, only("Bearer"))},
	{"v2-login-scheme-digest", "V2 login takes right credentials under the scheme Digest too.", ids("V2LOGIN-01"), underAny(unifier.V2Login, anyType, only("Digest"))},
	{"v2-login-scheme-prefix", "V2 login takes right credentials under every scheme that begins with Basic.", ids("V2LOGIN-01"), underAny(unifier.V2Login, anyType, beginsWithBasic)},
}

func anyType(*account) bool { return true }
func anyScheme(string) bool { return true }
func beginsWithBasic(word string) bool {
	return len(word) >= len("Basic") && isBasic(word[:len("Basic")])
}

// ofType is about the users of one type.
func ofType(t unifier.UserType) func(*account) bool {
	return func(a *account) bool { return a.user.Type == t }
}

// only is about some schemes, in any case.
func only(words ...string) func(string) bool {
	return func(word string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
	}
}

// underAny lets some users in at one token service who send right credentials under a
// scheme other than Basic.
func underAny(service unifier.Service, some func(*account) bool, scheme func(word string) bool) change {
	return func(_ *Service, h *hooks) {
		before := h.session
		h.session = func(x *exchange) *account {
			if a := before(x); a != nil {
				return a
			}
			values := x.r.Header["Authorization"]
			if x.service != service || len(values) != 1 {
				return nil
			}
			word, token68 := splitAuthorization(values[0])
			text, ok := x.s.hooks.decode(token68)
			if isBasic(word) || !scheme(word) || !ok {
				return nil
			}
			user, password, _ := strings.Cut(text, ":")
			a, known := x.s.accounts[user]
			if !known || !some(a) || !x.s.hooks.password(x, a, password) {
				return nil
			}
			if x.account = a; !x.s.hooks.entitled(x) {
				x.account = nil
				return nil
			}
			x.password = password
			return a
		}
	}
}
