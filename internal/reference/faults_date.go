package reference

import (
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// dateFaults break how dates and times are written (LOGIN-10, LOGIN-11).
var dateFaults = []fault{
	{"date-one-format", "Every date is written YYYY-MM-DD, whatever the user's format.", ids("LOGIN-10"),
		patterned(func(*exchange, string) string { return "YYYY-MM-DD" })},
	{"date-day-month-swapped", "Day and month are swapped where the day is above 12.", ids("LOGIN-10"),
		patterned(func(x *exchange, p string) string {
			if strings.Contains(p, "MMM") || x.until.In(x.account.zone).Day() <= 12 {
				return p
			}
			return strings.NewReplacer("D", "M", "M", "D").Replace(p)
		})},
	{"date-month-number", "Months that should be names are numbers.", ids("LOGIN-10"),
		patterned(func(_ *exchange, p string) string { return strings.ReplaceAll(p, "MMM", "MM") })},
	{"date-padded", "Days and months of one digit get a leading zero in every format.", ids("LOGIN-10"),
		patterned(func(_ *exchange, p string) string {
			if strings.Contains(p, "MM") || strings.Contains(p, "DD") {
				return p
			}
			return strings.NewReplacer("M", "MM", "D", "DD").Replace(p)
		})},
	{"date-long-year", "Years of two digits have four.", ids("LOGIN-10"),
		patterned(func(_ *exchange, p string) string {
			if strings.Contains(p, "YYYY") {
				return p
			}
			return strings.ReplaceAll(p, "YY", "YYYY")
		})},
	{"date-slashes", "Every date is separated by slashes.", ids("LOGIN-10"),
		patterned(func(_ *exchange, p string) string { return strings.NewReplacer("-", "/", ".", "/").Replace(p) })},
	{"time-24-hours", "The time of day has 24 hours.", ids("LOGIN-11"), clocked(func(t time.Time) string { return t.Format("15:04") })},
	{"time-24-hours-with-half", "The time of day has 24 hours and AM or PM as well.", ids("LOGIN-11"), clocked(func(t time.Time) string { return t.Format("15:04 PM") })},
	{"time-lower-case", "The time of day ends with am or pm.", ids("LOGIN-11"), clocked(func(t time.Time) string { return t.Format("03:04 pm") })},
	{"time-one-digit-hour", "An hour of one digit has no leading zero.", ids("LOGIN-11"), clocked(func(t time.Time) string { return t.Format("3:04 PM") })},
	{"time-no-blank", "No blank stands before AM and PM.", ids("LOGIN-11"), clocked(func(t time.Time) string { return t.Format("03:04PM") })},
	{"time-without-date", "expiryTime is the time of day only.", ids("LOGIN-11"),
		inLogin(func(_ *exchange, b *object) {
			text, _ := b.get("expiryTime").(string)
			_, clock, _ := strings.Cut(text, " ")
			b.set("expiryTime", clock)
		})},
	{"date-and-time-differ", "expiryDate is a day before the date in expiryTime.", ids("LOGIN-11"),
		inLogin(func(x *exchange, b *object) {
			local := x.s.hooks.local(x, x.until.AddDate(0, 0, -1))
			b.set("expiryDate", formatDate(x.s.hooks.pattern(x), x.account.user.Language, local))
		})},
}

// patterned changes the date format.
func patterned(f func(x *exchange, pattern string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.pattern
		h.pattern = func(x *exchange) string { return f(x, before(x)) }
	}
}

// clocked changes how the time of day is written.
func clocked(f func(t time.Time) string) change {
	return func(_ *Service, h *hooks) { h.timeOfDay = func(_ *exchange, t time.Time) string { return f(t) } }
}

// zoneFaults break the time zone (LOGIN-12).
var zoneFaults = []fault{
	{"zone-utc-in-the-west", "Times are in UTC for users west of it, whatever the label says.", ids("LOGIN-12"),
		shown(func(x *exchange, t time.Time) time.Time {
			if standardOffset(x.account.zone) < 0 {
				return t.UTC()
			}
			return t
		})},
	{"zone-dst-forgotten", "Times of tokens with a duration in minutes are in standard time all the year.", ids("LOGIN-12"),
		shown(func(x *exchange, t time.Time) time.Time {
			if x.expiry.Unit == unifier.Minutes {
				return t.In(time.FixedZone("", standardOffset(x.account.zone)))
			}
			return t
		})},
	{"zone-dst-forgotten-half-hours", "Zones with half hours are in standard time all the year: tokens with a duration in hours seem to end an hour early.", ids("LOGIN-07"),
		shown(func(x *exchange, t time.Time) time.Time {
			if offset := standardOffset(x.account.zone); offset%3600 != 0 && x.expiry.Unit == unifier.Hours {
				return t.In(time.FixedZone("", offset))
			}
			return t
		})},
	{"zone-minutes-forgotten", "The half hours of a zone's offset are forgotten.", ids("LOGIN-12"),
		shown(func(_ *exchange, t time.Time) time.Time {
			_, offset := t.Zone()
			return t.In(time.FixedZone("", offset/3600*3600))
		})},
	{"zone-sign", "East and west of UTC are swapped.", ids("LOGIN-12"),
		shown(func(_ *exchange, t time.Time) time.Time {
			_, offset := t.Zone()
			return t.In(time.FixedZone("", -offset))
		})},
	{"zone-label-other", "The label is that of another zone.", ids("LOGIN-12"),
		labelled(func(x *exchange, _ string) string {
			if x.account.user.Zone == "America/Los_Angeles" {
				return zoneLabel("America/New_York", time.UTC)
			}
			return zoneLabel("America/Los_Angeles", time.UTC)
		})},
	{"zone-server", "Every answer is in the server's zone and says so.", ids("LOGIN-12"),
		both(shown(func(_ *exchange, t time.Time) time.Time { return t.In(serverZone) }),
			labelled(func(*exchange, string) string { return zoneLabel("America/New_York", serverZone) }))},
	{"zone-label-iana", "The label is the zone's IANA name.", ids("LOGIN-12"),
		labelled(func(x *exchange, _ string) string { return x.account.user.Zone })},
	{"zone-label-gmt", "The label says GMT instead of UTC.", ids("LOGIN-12"),
		labelled(func(_ *exchange, label string) string { return strings.Replace(label, "(UTC", "(GMT", 1) })},
	{"zone-label-no-colon", "The label's offset has no colon.", ids("LOGIN-12"),
		labelled(func(_ *exchange, label string) string { return strings.Replace(label, ":", "", 1) })},
	{"zone-label-no-name", "The label is the offset only.", ids("LOGIN-12"),
		labelled(func(_ *exchange, label string) string { offset, _, _ := strings.Cut(label, " "); return offset })},
}

// serverZone is the zone of a service that forgets its users' own; a zone that is
// missing is UTC.
var serverZone = func() *time.Location {
	zone, err := unifier.LoadLocation("America/New_York")
	if err != nil {
		return time.UTC
	}
	return zone
}()

// shown changes the zone in which times are shown.
func shown(f func(x *exchange, t time.Time) time.Time) change {
	return func(_ *Service, h *hooks) {
		before := h.local
		h.local = func(x *exchange, t time.Time) time.Time { return f(x, before(x, t)) }
	}
}

// labelled changes the zone's label.
func labelled(f func(x *exchange, label string) string) change {
	return func(_ *Service, h *hooks) {
		before := h.label
		h.label = func(x *exchange) string { return f(x, before(x)) }
	}
}
