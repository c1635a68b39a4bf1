package steps

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/unigate/unigate/internal/unifier"
)

// headerVariant makes the Authorization header lines of a call whose
// credentials are nobody's. user and password belong to no account.
type headerVariant func(user, password string) []string

// pair is the base64 of user:password.
func pair(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// one makes a variant of a single header line.
func one(value func(user, password string) string) headerVariant {
	return func(user, password string) []string { return []string{value(user, password)} }
}

// fixed makes a variant that is always the same line.
func fixed(line string) headerVariant { return func(string, string) []string { return []string{line} } }

// longCredentials is how many bytes very long credentials have, in base64 about
// a third more: below the 8 KiB that many servers take as a header's limit.
const longCredentials = 4000

// headerVariants are the calls of "somebody", by the words of the scenarios.
var headerVariants = map[string]headerVariant{
	"no Authorization header":       func(string, string) []string { return nil },
	"an empty Authorization header": fixed(""),
	"a blank Authorization header":  fixed("   "),
	"the scheme alone":              fixed("Basic"),
	"the scheme and a blank":        fixed("Basic "),
	"the scheme Bearer":             one(func(u, p string) string { return "Bearer " + pair(u, p) }),
	"the scheme Digest": one(func(u, _ string) string {
		return `Digest username="` + u + `", realm="", nonce="", uri="/", response=""`
	}),
	"an unknown scheme":                    one(func(u, p string) string { return "Basics " + pair(u, p) }),
	"credentials without a scheme":         one(pair),
	"credentials that are not base64":      fixed("Basic {not*base64}"),
	"credentials in URL-safe base64":       one(urlSafe),
	"credentials without their padding":    one(unpadded),
	"credentials without a colon":          one(func(u, _ string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(u)) }),
	"credentials in plain text":            one(func(u, p string) string { return "Basic " + u + ":" + p }),
	"an empty user name":                   one(func(_, p string) string { return "Basic " + pair("", p) }),
	"an empty user name and password":      one(func(_, _ string) string { return "Basic " + pair("", "") }),
	"several colons":                       one(func(u, p string) string { return "Basic " + pair(u, p+":"+p+":") }),
	"a user name beyond ASCII":             one(func(u, p string) string { return "Basic " + pair(u+"-ü-密", p) }),
	"an unknown user name":                 one(func(u, p string) string { return "Basic " + pair(u, p) }),
	"an unknown user name and no password": one(func(u, _ string) string { return "Basic " + pair(u, "") }),
	"very long credentials":                one(func(u, p string) string { return "Basic " + pair(u, p+strings.Repeat("x", longCredentials)) }),
	"two Authorization headers": func(u, p string) []string {
		return []string{"Basic " + pair(u, p), "Basic " + pair(u+"2", p)}
	},
}

// urlSafe is a pair in the URL-safe alphabet that differs from the standard one.
func urlSafe(user, password string) string {
	return "Basic " + base64.URLEncoding.EncodeToString([]byte(user+":"+password+"\xfb\xff\xfe"))
}

// unpadded is a pair whose padding is missing; it is made long enough to need one.
func unpadded(user, password string) string {
	for (len(user)+1+len(password))%3 == 0 {
		password += "x"
	}
	return "Basic " + strings.TrimRight(pair(user, password), "=")
}

// nobodyName is a user name that cannot exist: an integration user's name with
// random digits that nobody will have chosen.
func nobodyName() string { return unifier.IntegrationPrefix + "unigate-nobody-" + randomHex(8) }

// randomHex returns n random bytes in hexadecimal.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// wrongPassword makes a wrong password of a right one. It returns the right one
// where the variant makes no difference, such as other case without letters.
type wrongPassword func(right string) string

// wrongPasswords are the near and far misses, by the words of the scenarios.
var wrongPasswords = map[string]wrongPassword{
	"another word":                    func(string) string { return "unigate-wrong-" + randomHex(8) },
	"none":                            func(string) string { return "" },
	"the right one in the other case": otherCase,
	"the right one without its end": func(right string) string {
		_, n := utf8.DecodeLastRuneInString(right)
		return right[:len(right)-n]
	},
	"the right one and one letter": func(right string) string { return right + "x" },
	"the right one and a blank":    func(right string) string { return right + " " },
}

// otherCase swaps the case of every letter.
func otherCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// wrongScheme makes an Authorization header of right credentials under a scheme
// that is not Basic. A service that looks at the credentials alone lets them in.
func wrongScheme(scheme string) func(user, password string) string {
	return func(user, password string) string { return scheme + " " + pair(user, password) }
}

// wrongSchemes are those schemes, by the words of the scenarios.
var wrongSchemes = map[string]func(user, password string) string{
	"the scheme Bearer": wrongScheme("Bearer"),
	"the scheme Digest": wrongScheme("Digest"),
	"an unknown scheme": wrongScheme("Basics"),
}

// sharedMiss is the wrong password that is tried first and shared by scenarios. Where a
// user may get few of them it tells most: a service that looks at no password, trims it,
// compares its beginning only or looks for the right one in it lets it in.
const sharedMiss = "the right one and a blank"

// planWrongPasswords decides before the run which scenario may try a wrong
// password, or the right one under a wrong scheme, with which user, in the order in which the scenarios were written,
// so that no user gets more than Options.FailedLogins of them in the whole
// run, whatever runs in parallel. All scenarios that look at the refusal of
// sharedMiss share one.
func planWrongPasswords(o Options, scenarios []*Scenario, words *lexicon) map[string]string {
	plan := map[string]string{}
	spent := map[string]int{}
	for _, first := range []bool{true, false} {
		for _, s := range scenarios {
			service, miss := wrongPasswordOf(s, words)
			if miss == "" || (miss == sharedMiss) != first {
				continue
			}
			key := s.ID
			if miss == sharedMiss {
				key = sharedWrongKey(service)
			}
			if _, done := plan[key]; done {
				continue
			}
			plan[key] = spend(o, service, miss, sameType(o, s, words), spent)
		}
	}
	return plan
}

// sharedWrongKey names the shared refusal of a wrong password in the plan.
func sharedWrongKey(service unifier.Service) string { return string(service) + " wrong password" }

// wrongPasswordOf finds the step that sends a wrong password.
func wrongPasswordOf(s *Scenario, words *lexicon) (unifier.Service, string) {
	for _, step := range s.Steps {
		m := words.match(step.Text)
		for _, d := range m.found {
			if d.wrong && len(m.args) > 1 {
				return serviceNamed(m.args[0]), m.args[1]
			}
			if d.wrong {
				return serviceNamed(m.args[0]), sharedMiss
			}
		}
	}
	return "", ""
}

// sameType tells which users may stand for the one that a scenario picks before it tries
// a wrong password: those of the same type, or any where it picks none.
func sameType(o Options, s *Scenario, vocabulary *lexicon) func(*unifier.User) bool {
	picks, words := false, map[string]bool{}
	for _, step := range s.Steps {
		m := vocabulary.match(step.Text)
		for _, d := range m.found {
			if d.user == 0 {
				continue
			}
			picks = true
			for _, u := range withTrait(o.Users, m.args[d.user-1], o.now()) {
				words[wordOf(u)] = true
			}
		}
	}
	return func(u *unifier.User) bool { return !picks || words[wordOf(u)] }
}

// spend finds a user that fits and may still get a wrong password, and for which the
// variant is one; "" if there is none. Of several it is one that may get most, so that
// an OAuth user, whose lock policy is that of people's single sign-on, is tried last,
// and the last of these in the configuration: scenarios use the first most.
func spend(o Options, service unifier.Service, miss string, fits func(*unifier.User) bool, spent map[string]int) string {
	best, most := "", 0
	for i := range o.Users {
		u := &o.Users[i]
		right := u.Password.Reveal()
		left := unifier.FailedLogins(o.FailedLogins, u.Type) - spent[u.Name]
		if !mayLogIn(u) || service.Token(u.Type) == unifier.NoToken || left <= 0 || !fits(u) {
			continue
		}
		if wrong, ok := wrongPasswords[miss]; ok && (wrong(right) == right || miss == "none" && right == "") {
			continue
		}
		if left >= most {
			best, most = u.Name, left
		}
	}
	if best != "" {
		spent[best]++
	}
	return best
}
