package cli

import (
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// compare says that a user gets a token, and where its answer shows other
// preferences than the configuration says: verify would call that the target's fault.
func (d *doctor) compare(u unifier.User, service unifier.Service, x unifier.Exchange) {
	const name = "user"
	if service.Token(u.Type) != unifier.DBToken { // its answer has no dates
		d.filled = append(d.filled, "  "+d.reference(u))
		d.many(name, "%s gets a token from the %s service", u.Name, service)
		return
	}
	inner := inside(x)
	seen := oracle.Observe(oracle.ReplyOf(&inner))
	d.filled = append(d.filled, "  "+d.observed(u, seen))
	if other := seen.Mismatch(u); other != "" {
		d.add(name, checkWarn, "look at the user's form; unigate doctor --fill prints what the answers show",
			"%s gets a token, and its answer does not fit the configuration: it would fit %s", u.Name, said(other))
		return
	}
	d.many(name, "%s gets a token from the %s service", u.Name, service)
}

// observed is a user as a line of the configuration, with what its answer shows.
func (d *doctor) observed(u unifier.User, seen oracle.Observation) string {
	if seen.Zone != "" {
		u.Zone = seen.Zone
	}
	note := ""
	if len(seen.Fits) > 0 {
		u.Expiry = seen.Fits[0].Expiry
		u.DateFormat = nil
		formats := seen.Fits[0].Formats
		if f, ok := unifier.DateFormatByPattern(formats[0]); ok && len(formats) == 1 {
			u.DateFormat = &f
		} else if len(formats) > 1 {
			note = " # date_format: " + strings.Join(formats, " or ")
		}
		if u.Expiry == unifier.DefaultExpiry {
			u.Expiry = unifier.Expiry{}
		}
		for _, other := range seen.Fits[1:] {
			note += " # or expiry: " + other.Expiry.String() + " with " + strings.Join(other.Formats, " or ")
		}
	}
	return d.reference(u) + note
}

// reference is a user as a line of the configuration, its password as a reference.
func (d *doctor) reference(u unifier.User) string {
	reference := d.t.reference(u)
	u.Password = ""
	return userLine(u, reference)
}

// causes names the likely causes where nobody got a token of a service whose users were refused.
func (d *doctor) causes() {
	for _, s := range unifier.Services() {
		r := d.refusals[s]
		if r == nil || d.in[s] {
			continue
		}
		for other := range d.in {
			r.OthersIn = r.OthersIn || other != s
		}
		for other := range d.refusals {
			r.OthersRefused = r.OthersRefused || other != s
		}
		d.add("users", checkFail, "", "nobody gets a token from the %s service; likely causes:\n- %s", s, strings.Join(r.Causes(), "\n- "))
	}
}
