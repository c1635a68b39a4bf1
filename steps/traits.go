package steps

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// trait is a property by which scenarios pick users. Its pattern is part of the
// patterns of several steps.
type trait struct {
	pattern string
	// says is the trait as documentation shows it, what explains it.
	says, what string
	// has tells whether a user has the trait; args are what the pattern caught.
	has  func(u *unifier.User, args []string, now time.Time) bool
	expr *regexp.Regexp
}

// traits lists every trait. A user is Active in each of them but one.
var traits = sync.OnceValue(func() []trait {
	return compileTraits([]trait{
		{pattern: `active Basic user`, says: "active Basic user", what: "an Active user of type Basic", has: basicUser(nil)},
		{pattern: `active Basic user with a plain password`, says: "active Basic user with a plain password",
			what: "one whose password has ASCII only, no colon, and no blank at an end or beside another; where there is none, any active Basic user", has: basicUser(plainPassword)},
		{pattern: `active OAuth user`, says: "active OAuth user", what: "an Active user of type OAuth", has: oauthUser(nil)},
		{pattern: `active OAuth user with a plain password`, says: "active OAuth user with a plain password", what: "as above, of type OAuth",
			has: oauthUser(plainPassword)},
		{pattern: `(Basic|OAuth) user that is not Active`, says: "<type> user that is not Active", what: "a user that was switched off",
			has: func(u *unifier.User, args []string, _ time.Time) bool {
				return u.Status == unifier.Inactive && isType(u, args[0])
			}},
		{pattern: `ordinary user`, says: "ordinary user", what: "an Active user of type ordinary: no integration user",
			has: func(u *unifier.User, _ []string, _ time.Time) bool {
				return u.Type == unifier.Ordinary && u.Status != unifier.Inactive
			}},
		{pattern: `Basic user whose duration was never changed`, says: "Basic user whose duration was never changed",
			what: "a user configured without expiry", has: basicUser(func(u *unifier.User, _ []string, _ time.Time) bool { return u.Expiry.IsZero() })},
		{pattern: `Basic user whose duration is set`, says: "Basic user whose duration is set",
			what: "a user configured with any expiry", has: basicUser(func(u *unifier.User, _ []string, _ time.Time) bool { return !u.Expiry.IsZero() })},
		{pattern: `Basic user whose duration is set in (minutes|hours|days)`, says: "Basic user whose duration is set in <unit>",
			what: "a user configured with such an expiry", has: basicUser(setIn)},
		{pattern: `Basic user whose durations are in (minutes|hours|days)`, says: "Basic user whose durations are in <unit>",
			what: "as above; a user whose duration was never changed has days", has: basicUser(unitIs)},
		{pattern: `Basic user with a duration of (\d+)`, says: "Basic user with a duration of <number>",
			what: "a user configured with that number of any unit", has: basicUser(durationIs)},
		{pattern: `Basic user with a duration of (\d+ (minutes?|hours?|days?))`, says: "Basic user with a duration of <number> <unit>",
			what: "a user configured with just that expiry", has: basicUser(expiryIs)},
		{pattern: `Basic user with the shortest duration in minutes`, says: "Basic user with the shortest duration in minutes",
			what: "the user whose token ends first", has: basicUser(func(u *unifier.User, _ []string, _ time.Time) bool { return u.Expiry.Unit == unifier.Minutes })},
		{pattern: `Basic user whose date format is (\S+)`, says: "Basic user whose date format is <format>",
			what: "a user configured with that date_format", has: basicUser(formatIs)},
		{pattern: `Basic user in the time zone (\S+)`, says: "Basic user in the time zone <zone>",
			what: "a user configured with that time_zone, by its IANA name; UTC stands for all of its names", has: basicUser(zoneIs)},
		{pattern: `Basic user in a time zone (west|east) of UTC`, says: "Basic user in a time zone <west or east> of UTC", what: "by the zone's offset now", has: basicUser(zoneSide)},
		{pattern: `Basic user in a time zone with half hours`, says: "Basic user in a time zone with half hours",
			what: "the zone's offset is no whole number of hours", has: basicUser(halfHours)},
		{pattern: `Basic user in a time zone that has (daylight saving|standard) time now`, says: "Basic user in a time zone that has <daylight saving or standard> time now",
			what: "by the zone's clocks now", has: basicUser(savingNow)},
		{pattern: `Basic user whose token ends on the other side of a clock change`, says: "Basic user whose token ends on the other side of a clock change",
			what: "the zone's offset now differs from that at the token's end", has: basicUser(crossesChange)},
		{pattern: `Basic user in a time zone with clock changes and a duration in minutes or hours`,
			says: "Basic user in a time zone with clock changes and a duration in minutes or hours",
			what: "where a server that forgets daylight saving can be told (A9)", has: basicUser(tellsSaving)},
		{pattern: `(Basic|OAuth) user whose password holds (a colon|blanks at an end or in a row|a letter beyond ASCII)`, says: "<type> user whose password holds <what>",
			what: "what is a colon, blanks at an end or in a row, or a letter beyond ASCII", has: passwordHolds},
	})
})

// compileTraits compiles the patterns.
func compileTraits(list []trait) []trait {
	for i := range list {
		list[i].expr = regexp.MustCompile("^" + list[i].pattern + "$")
	}
	return list
}

// anyTrait is a pattern that matches every trait and catches it as a whole.
func anyTrait() string {
	all := make([]string, 0, len(traits()))
	for _, t := range traits() {
		all = append(all, strings.ReplaceAll(t.pattern, "(", "(?:"))
	}
	return "(" + strings.Join(all, "|") + ")"
}

// withPlainPassword ends the traits that pick the users whose passwords leave no doubt.
const withPlainPassword = " with a plain password"

// withTrait returns the users with a trait, in the order of the configuration.
func withTrait(users []unifier.User, text string, now time.Time) []*unifier.User {
	var found []*unifier.User
	for _, t := range traits() {
		args := t.expr.FindStringSubmatch(text)
		if args == nil {
			continue
		}
		for i := range users {
			if t.has(&users[i], args[1:], now) {
				found = append(found, &users[i])
			}
		}
	}
	if kind, best := strings.CutSuffix(text, withPlainPassword); best && len(found) == 0 {
		// The best are asked, and never nobody: one colon in the only user's password
		// must not hide what the service does.
		return withTrait(users, kind, now)
	}
	if strings.Contains(text, "the shortest duration") {
		return shortest(found)
	}
	return found
}

// shortest keeps the user with the smallest number.
func shortest(users []*unifier.User) []*unifier.User {
	for i := range users {
		if users[i].Expiry.N < users[0].Expiry.N {
			users[0] = users[i]
		}
	}
	return users[:min(len(users), 1)]
}

// property is a further property of a user.
type property = func(u *unifier.User, args []string, now time.Time) bool

// typeWords are how the words of the steps call the types of users that get tokens.
var typeWords = map[unifier.UserType]string{unifier.Basic: "Basic", unifier.OAuthType: "OAuth"}

// activeUser is the trait of the users of a type that should get tokens.
func activeUser(t unifier.UserType) string { return "active " + typeWords[t] + " user" }

// isType reports whether a user is of the type that the words of the steps call so.
func isType(u *unifier.User, words string) bool { return words != "" && wordOf(u) == words }

// wordOf is how the words of the steps call a user's type; "" for a type that gets no tokens.
func wordOf(u *unifier.User) string { return typeWords[cmp.Or(u.Type, unifier.Basic)] }

// basicUser is an Active Basic user with a property, or with any where it is nil.
func basicUser(p property) property {
	return func(u *unifier.User, args []string, now time.Time) bool {
		return isType(u, "Basic") && u.Status != unifier.Inactive && (p == nil || p(u, args, now))
	}
}

// oauthUser is the same of an OAuth user.
func oauthUser(p property) property {
	return func(u *unifier.User, args []string, now time.Time) bool {
		return isType(u, "OAuth") && u.Status != unifier.Inactive && (p == nil || p(u, args, now))
	}
}

func plainPassword(u *unifier.User, _ []string, _ time.Time) bool {
	p := u.Password.Reveal()
	return !strings.Contains(p, ":") && !strings.Contains(p, "  ") && strings.TrimSpace(p) == p && ascii(p)
}

// ascii reports whether s has no byte beyond ASCII.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func setIn(u *unifier.User, args []string, _ time.Time) bool {
	return !u.Expiry.IsZero() && string(u.Expiry.Unit) == args[0]
}

func unitIs(u *unifier.User, args []string, _ time.Time) bool {
	return string(effective(u).Unit) == args[0]
}

// effective is the user's duration, with the default for one that was never changed.
func effective(u *unifier.User) unifier.Expiry {
	if u.Expiry.IsZero() {
		return unifier.DefaultExpiry
	}
	return u.Expiry
}

func durationIs(u *unifier.User, args []string, _ time.Time) bool {
	return strconv.Itoa(u.Expiry.N) == args[0]
}

func expiryIs(u *unifier.User, args []string, _ time.Time) bool {
	e, err := unifier.ParseExpiry(args[0])
	return err == nil && u.Expiry == e
}

func formatIs(u *unifier.User, args []string, _ time.Time) bool {
	return u.DateFormat != nil && u.DateFormat.Pattern == args[0]
}

func zoneIs(u *unifier.User, args []string, _ time.Time) bool {
	if args[0] == "UTC" {
		return u.Zone == "UTC" || u.Zone == "Etc/UTC"
	}
	return u.Zone == args[0]
}

// offset returns a zone's offset at an instant, in seconds east of UTC, and
// whether daylight saving time is in force.
func offset(zone string, at time.Time) (seconds int, saving, ok bool) {
	loc := location(zone)
	if loc == nil {
		return 0, false, false
	}
	local := at.In(loc)
	_, seconds = local.Zone()
	return seconds, local.IsDST(), true
}

// locations remembers the zones that were loaded, which is slow.
var locations sync.Map

// location returns a zone by its IANA name, nil for one that is not known.
func location(zone string) *time.Location {
	if zone == "" {
		return nil
	}
	if loc, ok := locations.Load(zone); ok {
		return loc.(*time.Location)
	}
	loc, err := unifier.LoadLocation(zone)
	if err != nil {
		return nil
	}
	locations.Store(zone, loc)
	return loc
}

func zoneSide(u *unifier.User, args []string, now time.Time) bool {
	s, _, ok := offset(u.Zone, now)
	return ok && ((s < 0 && args[0] == "west") || (s > 0 && args[0] == "east"))
}

func halfHours(u *unifier.User, _ []string, now time.Time) bool {
	s, _, ok := offset(u.Zone, now)
	return ok && s%3600 != 0
}

// changesClocks reports whether a zone has a clock change within a year.
func changesClocks(zone string, now time.Time) bool {
	s, _, ok := offset(zone, now)
	for month := 1; ok && month <= 12; month++ {
		if later, _, _ := offset(zone, now.AddDate(0, month, 0)); later != s {
			return true
		}
	}
	return false
}

func savingNow(u *unifier.User, args []string, now time.Time) bool {
	_, saving, ok := offset(u.Zone, now)
	return ok && saving == (args[0] == "daylight saving")
}

func crossesChange(u *unifier.User, _ []string, now time.Time) bool {
	e := effective(u)
	before, _, ok := offset(u.Zone, now)
	after, _, _ := offset(u.Zone, now.Add(time.Duration(e.N)*e.Unit.Length()))
	return ok && before != after
}

func tellsSaving(u *unifier.User, _ []string, now time.Time) bool {
	return effective(u).Unit != unifier.Days && changesClocks(u.Zone, now)
}

func passwordHolds(u *unifier.User, args []string, _ time.Time) bool {
	p := u.Password.Reveal()
	if u.Status == unifier.Inactive || !isType(u, args[0]) {
		return false
	}
	switch args[1] {
	case "a colon":
		return strings.Contains(p, ":")
	case "blanks at an end or in a row":
		return strings.TrimSpace(p) != p || strings.Contains(p, "  ")
	}
	return !ascii(p)
}

// missing says that no configured user has a trait.
func missing(text string) string { return "no " + text + notConfigured }

// notConfigured ends the reasons for which users lack.
const notConfigured = " is configured"
