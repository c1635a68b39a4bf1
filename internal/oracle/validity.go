package oracle

import (
	"cmp"
	"net/http"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// window is the span of time in which a token was issued, in seconds since 1970.
type window struct{ lo, hi int64 }

// issued returns when the server issued a reply's token: between sending and
// receiving, by our clock.
func issued(r *Reply) window {
	hi := r.Received.Unix()
	if r.Received.Nanosecond() > 0 {
		hi++
	}
	return window{r.Sent.Unix(), hi}
}

// skewed widens the window by the skew of the server's clock that was measured before, and by
// the one that the reply's own Date header shows, as far as each is within the bound: several
// nodes have a clock each, and one may be set meanwhile. Readings of our clock and of theirs
// are inside: which of them issues tokens where a proxy sets the Date header is not known. note
// says why a skew was not allowed for.
func (w window) skewed(exp *Expectation, r *Reply) (wide window, note string) {
	wide, note = w.measured(exp)
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return wide, note
	}
	skew := time.Duration(0)
	switch unix := date.Unix(); {
	case unix > w.hi:
		skew = time.Duration(unix-w.hi+cutOff) * time.Second
	case unix+cutOff < w.lo:
		skew = -time.Duration(w.lo-unix) * time.Second
	}
	shown, beyond := w.by(skew, exp)
	return window{min(wide.lo, shown.lo), max(wide.hi, shown.hi)}, cmp.Or(note, beyond)
}

// measured widens the window by the skew that was measured before.
func (w window) measured(exp *Expectation) (wide window, note string) { return w.by(exp.Skew, exp) }

// by widens the window by a skew that is within the bound.
func (w window) by(skew time.Duration, exp *Expectation) (wide window, note string) {
	if skew == 0 {
		return w, ""
	}
	if skew.Abs() > exp.maxSkew() {
		return w, "the server's clock is " + signed(int64(skew/time.Second), "ahead", "behind") +
			", beyond the bound of " + exp.maxSkew().String() + ", so that was not allowed for"
	}
	if seconds := int64(skew / time.Second); seconds > 0 {
		w.hi += seconds + cutOff
	} else {
		w.lo += seconds - cutOff
	}
	return w, ""
}

// instants returns the instants, in seconds since 1970, that a zone's clocks
// show as w: one, two where clocks are put back, none where they are put forward.
func instants(w wall, zone *time.Location) (at [2]int64, n int) {
	before, after := offsetAt(zone, int64(w)-farApart), offsetAt(zone, int64(w)+farApart)
	if t := int64(w) - int64(before); offsetAt(zone, t) == before {
		at[n] = t
		n++
	}
	if before != after {
		if t := int64(w) - int64(after); offsetAt(zone, t) == after {
			at[n] = t
			n++
		}
	}
	return at, n
}

// match says in which readings a shown time is right.
type match struct {
	hours    bool // n × the unit's length, a day being 24 hours
	calendar bool // n calendar days in the zone
}

// any reports whether the time is right in some reading.
func (m match) any() bool { return m.hours || m.calendar }

// match compares a shown local time with an expiry, in one zone.
func (w window) match(shown wall, e unifier.Expiry, zone *time.Location) match {
	var m match
	length := int64(e.N) * int64(e.Unit.Length()/time.Second)
	at, n := instants(shown, zone)
	for _, t := range at[:n] {
		if t >= w.lo+length-tolerance && t <= w.hi+length+tolerance {
			m.hours = true
		}
	}
	if e.Unit == unifier.Days {
		m.calendar = w.matchCalendar(shown, e.N, zone, at[:n])
	}
	return m
}

// matchCalendar compares a shown local time with n calendar days after the
// issue (A9). Where the same time of that day does not exist or exists twice,
// every instant that it may stand for passes.
func (w window) matchCalendar(shown wall, n int, zone *time.Location, at []int64) bool {
	span := w.hi - w.lo
	for _, edge := range [2]int64{w.lo, w.hi} {
		local := edge + int64(offsetAt(zone, edge)) + 86400*int64(n)
		from, to := local-tolerance, local+span+tolerance
		if edge == w.hi {
			from, to = local-span-tolerance, local+tolerance
		}
		if int64(shown) >= from && int64(shown) <= to {
			return true
		}
		if _, exists := instants(wall(local), zone); exists > 0 {
			continue
		}
		for _, offset := range [2]int{offsetAt(zone, local-farApart), offsetAt(zone, local+farApart)} {
			for _, t := range at {
				if t >= from-int64(offset) && t <= to-int64(offset) {
					return true
				}
			}
		}
	}
	return false
}

// judgeTimes is LOGIN-06, 07, 10, 11, and the rest of LOGIN-12.
func (j *dbJudge) judgeTimes(out *Judgement, r *Reply, body dated, label *labelled) {
	clock, ok := splitTime(body.expiryDate, body.expiryTime)
	date := body.expiryDate
	if !ok {
		date, clock = j.judgeTimeShape(out, body)
	}
	zone := j.zone
	if zone == nil && label != nil && len(label.zones) > 0 {
		zone = label.zones[0]
	}
	layout := j.layout
	if layout == nil {
		layout = j.hint.Load()
	}
	if clock >= 0 && zone != nil && layout != nil {
		// The fast path: one format and zone, and clocks that agree or whose skew was given.
		if d, ok := layout.parse(date, j.foreign); ok && d.Month != 0 {
			w, shown := issued(r), wallOf(d, clock)
			if j.exp.Skew != 0 {
				w, _ = w.measured(&j.exp)
			}
			if m := w.match(shown, j.expiry, zone); m.any() {
				out.DateFormat = layout.format.Pattern
				j.accept(out, w, shown, zone, m)
				return
			}
		}
	}
	j.examine(out, r, date, clock, label)
}

// splitTime reads the time of day of an expiryTime that begins with expiryDate.
func splitTime(date, full string) (int, bool) {
	if len(full) != len(date)+1+clockLength || full[:len(date)] != date || full[len(date)] != ' ' {
		return -1, false
	}
	return parseClock(full[len(date)+1:])
}

// judgeTimeShape is LOGIN-11. It returns the date and the time that can be judged further.
func (j *dbJudge) judgeTimeShape(out *Judgement, body dated) (date string, clock int) {
	const expected = "expiryDate, a blank and a time such as \"11:44 AM\""
	observed := quoteText(body.expiryTime)
	if at := len(body.expiryTime) - clockLength - 1; at > 0 && body.expiryTime[at] == ' ' {
		if m, ok := parseClock(body.expiryTime[at+1:]); ok {
			if !j.legible(body.expiryDate) && j.legible(body.expiryTime[:at]) {
				// It is expiryDate that is wrong, and what expiryTime begins with can be judged by itself.
				out.find(unifier.RuleDate, "date_format", j.wantedDate(), quoteText(body.expiryDate), "expiryTime begins with "+quoteText(body.expiryTime[:at]))
				return body.expiryTime[:at], m
			}
			out.find(unifier.RuleTime, "date_differs", expected, observed, "expiryDate is "+quoteText(body.expiryDate))
			if j.legible(body.expiryTime[:at]) {
				return body.expiryTime[:at], m
			}
			return body.expiryDate, m
		}
	}
	out.find(unifier.RuleTime, "expiry_time", expected, observed, "")
	return body.expiryDate, -1
}

// legible reports whether a date can be read in the user's format, or in any where that is not known.
func (j *dbJudge) legible(date string) bool {
	for i := range layouts {
		if j.layout == nil || j.layout == &layouts[i] {
			if _, ok := layouts[i].parse(date, j.foreign); ok {
				return true
			}
		}
	}
	return false
}

// accept records what a right time tells.
func (j *dbJudge) accept(out *Judgement, w window, shown wall, zone *time.Location, m match) {
	at, n := instants(shown, zone)
	expires := int64(shown) - int64(offsetAt(zone, int64(shown)))
	length := int64(j.expiry.N) * int64(j.expiry.Unit.Length()/time.Second)
	for i, t := range at[:n] {
		if i == 0 || abs(t-w.hi-length) < abs(expires-w.hi-length) {
			expires = t
		}
	}
	out.Expires = time.Unix(expires, 0).UTC()
	switch {
	case m.hours && !m.calendar && j.expiry.Unit == unifier.Days:
		out.Readings = readingHours
	case m.calendar && !m.hours:
		out.Readings = readingCalendar
	case m.hours:
		out.Readings = roundingReading(w, expires-length)
	}
}

// Readings that every reply may have; they are shared, never changed.
var (
	readingHours     = []Reading{{"A9", "a day is 24 hours"}}
	readingCalendar  = []Reading{{"A9", "a day is a calendar day in the user's zone"}}
	readingTruncated = []Reading{{"A10", "expiryTime is cut off to the minute"}}
	readingRounded   = []Reading{{"A10", "expiryTime is rounded to the minute"}}
)

// roundingReading tells cut off from rounded (A10) where the issue's second
// decides it. shownIssue is the time shown less the validity.
func roundingReading(w window, shownIssue int64) []Reading {
	if w.lo/60 != w.hi/60 || (w.lo+30)/60 != (w.hi+30)/60 || w.lo/60 == (w.lo+30)/60 {
		return nil
	}
	switch shownIssue / 60 {
	case w.lo / 60:
		return readingTruncated
	case (w.lo + 30) / 60:
		return readingRounded
	}
	return nil
}
