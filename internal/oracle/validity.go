package oracle

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// tolerance is by how much expiryTime may be off, in seconds: it has minutes
// only, cut off or rounded (A10).
const tolerance = 60

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

// skewed widens the window by a skew of the server's clock that is within the
// bound. Both clocks' readings are inside: which of them issues tokens where a
// proxy sets the Date header is not known. note says why a skew was not allowed for.
func (w window) skewed(exp *Expectation, r *Reply) (wide window, note string) {
	skew := exp.Skew
	if skew == 0 {
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return w, ""
		}
		switch unix := date.Unix(); {
		case unix > w.hi:
			skew = time.Duration(unix-w.hi+1) * time.Second
		case unix+1 < w.lo:
			skew = -time.Duration(w.lo-unix) * time.Second
		default:
			return w, ""
		}
	}
	if skew.Abs() > exp.maxSkew() {
		return w, "the server's clock is " + signed(int64(skew/time.Second), "ahead", "behind") +
			", beyond the bound of " + exp.maxSkew().String() + ", so that was not allowed for"
	}
	if seconds := int64(skew / time.Second); seconds > 0 {
		w.hi += seconds + 1
	} else {
		w.lo += seconds - 1
	}
	return w, ""
}

// instants returns the instants, in seconds since 1970, that a zone's clocks
// show as w: one, two where clocks are put back, none where they are put forward.
func instants(w wall, zone *time.Location) (at [2]int64, n int) {
	const apart = 26 * 3600
	before, after := offsetAt(zone, int64(w)-apart), offsetAt(zone, int64(w)+apart)
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
		for _, offset := range [2]int{offsetAt(zone, local-26*3600), offsetAt(zone, local+26*3600)} {
			for _, t := range at {
				if t >= from-int64(offset) && t <= to-int64(offset) {
					return true
				}
			}
		}
	}
	return false
}

// times is what a reply says about the end of a token's validity.
type times struct {
	dates [21]Date // by layout; only those in which ok is set
	ok    [21]bool
	date  string // the date part that counts
	clock int    // minutes since midnight, -1 where there is no legible time
}

// judgeTimes is LOGIN-06, 07, 10, 11, and the rest of LOGIN-12.
func (j *LoginJudge) judgeTimes(out *Judgement, r *Reply, body loginBody, label *labelled) {
	clock, ok := splitTime(body.expiryDate, body.expiryTime)
	date := body.expiryDate
	if !ok {
		date, clock = j.judgeTimeShape(out, body)
	}
	zone := j.zone
	if zone == nil && label != nil && len(label.zones) > 0 {
		zone = label.zones[0]
	}
	if clock >= 0 && zone != nil && j.layout != nil {
		// The fast path: the user's own format and zone, and clocks that agree.
		if d, ok := j.layout.parse(date, j.foreign); ok && d.Month != 0 {
			shown := wallOf(d, clock)
			if m := issued(r).match(shown, j.expiry, zone); m.any() {
				out.DateFormat = j.layout.format.Pattern
				j.accept(out, issued(r), shown, zone, m)
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
func (j *LoginJudge) judgeTimeShape(out *Judgement, body loginBody) (date string, clock int) {
	const expected = "expiryDate, a blank and a time such as \"11:44 AM\""
	observed := quoteText(body.expiryTime)
	if at := len(body.expiryTime) - clockLength - 1; at > 0 && body.expiryTime[at] == ' ' {
		if m, ok := parseClock(body.expiryTime[at+1:]); ok {
			out.add("LOGIN-11", "date_differs", expected, observed, "expiryDate is "+quoteText(body.expiryDate))
			if j.legible(body.expiryTime[:at]) {
				return body.expiryTime[:at], m
			}
			return body.expiryDate, m
		}
	}
	out.add("LOGIN-11", "expiry_time", expected, observed, "")
	return body.expiryDate, -1
}

// legible reports whether a date can be read in the user's format, or in any where that is not known.
func (j *LoginJudge) legible(date string) bool {
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
func (j *LoginJudge) accept(out *Judgement, w window, shown wall, zone *time.Location, m match) {
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

// candidate is one way to read a reply's time.
type candidate struct {
	layout *dateLayout
	shown  wall
	zone   *time.Location
}

// examine judges times that are not right at first sight: it tries the skew of
// the clocks, then other formats and other zones, to say what is wrong.
func (j *LoginJudge) examine(out *Judgement, r *Reply, date string, clock int, label *labelled) {
	w, note := issued(r).skewed(&j.exp, r)
	own, others := j.candidates(w, date, clock, label)
	if len(own)+len(others) == 0 {
		j.illegible(out, date)
		return
	}
	if c, m := j.right(w, own, clock); c != nil {
		out.DateFormat = c.layout.format.Pattern
		j.accept(out, w, c.shown, c.zone, m)
		return
	}
	if c, m := j.right(w, others, clock); c != nil {
		j.wrongFormat(out, date, c.layout)
		j.accept(out, w, c.shown, c.zone, m)
		return
	}
	if len(own) == 0 {
		j.wrongFormat(out, date, nearest(w, others, j.expiry).layout)
		own = others
	}
	if zoneAt := j.shifted(w, own, clock); zoneAt != "" {
		c := nearest(w, own, j.expiry)
		out.add("LOGIN-12", "wrong_offset", "times in "+c.zone.String(), "times that are right in "+zoneAt, j.offBy(w, c, note))
		return
	}
	c := nearest(w, own, j.expiry)
	out.DateFormat = c.layout.format.Pattern
	if clock < 0 {
		out.add(j.validity, "wrong_validity", j.wanted(w, c.zone), "the date "+quoteText(date), note)
		return
	}
	j.accept(out, w, c.shown, c.zone, match{})
	out.add(j.validity, "wrong_validity", j.wanted(w, c.zone), stamp(c.shown, c.zone), j.offBy(w, c, note))
}

// candidates reads a date in every way: own are those of the user's format, or
// of any where it is not known; others those of the other formats.
func (j *LoginJudge) candidates(w window, date string, clock int, label *labelled) (own, others []candidate) {
	zones := j.zones(label)
	months := w.months(j.expiry)
	for i := range layouts {
		l := &layouts[i]
		d, ok := l.parse(date, j.foreign)
		if !ok {
			continue
		}
		for _, month := range months {
			if d.Month != 0 {
				month = d.Month
			}
			if d.Day > daysIn(d.Year, month) {
				continue
			}
			for _, zone := range zones {
				c := candidate{l, wallOf(Date{d.Year, month, d.Day}, max(clock, 0)), zone}
				if j.layout == nil || j.layout == l {
					own = append(own, c)
				} else {
					others = append(others, c)
				}
			}
			if d.Month != 0 {
				break
			}
		}
	}
	return own, others
}

// months returns the months in which an expiry may lie, by any zone: those that
// a month's name may mean which unigate cannot read.
func (w window) months(e unifier.Expiry) []time.Month {
	at := time.Unix(w.lo+int64(e.N)*int64(e.Unit.Length()/time.Second), 0).UTC()
	months := []time.Month{at.Month()}
	for _, near := range []time.Time{at.AddDate(0, 0, -2), at.AddDate(0, 0, 2)} {
		if near.Month() != at.Month() {
			months = append(months, near.Month())
		}
	}
	return months
}

// zones are those in which a reply's times may be right: the user's, or where
// that is not known the label's. Where the label names another zone than the
// user's, that was found already, and its times pass; so they do where one label
// stands for both.
func (j *LoginJudge) zones(label *labelled) []*time.Location {
	var zones []*time.Location
	if j.zone != nil {
		zones = append(zones, j.zone)
	}
	if label != nil && (j.zone == nil || label.mismatch != "" || label.kin) {
		zones = append(zones, label.zones...)
	}
	if len(zones) == 0 {
		zones = append(zones, time.UTC)
	}
	return zones
}

// right finds the first candidate that is right.
func (j *LoginJudge) right(w window, from []candidate, clock int) (*candidate, match) {
	for i := range from {
		if m := j.matchAt(w, from[i], from[i].zone, clock); m.any() {
			return &from[i], m
		}
	}
	return nil, match{}
}

// matchAt compares a candidate with the expiry in a zone; without a legible
// time of day only the day counts.
func (j *LoginJudge) matchAt(w window, c candidate, zone *time.Location, clock int) match {
	if clock >= 0 {
		return w.match(c.shown, j.expiry, zone)
	}
	length := int64(j.expiry.N) * int64(j.expiry.Unit.Length()/time.Second)
	for _, t := range []int64{w.lo + length - tolerance, w.hi + length + tolerance} {
		if (t+int64(offsetAt(zone, t)))/86400 == int64(c.shown)/86400 {
			return match{hours: true}
		}
	}
	return match{}
}

// shifted finds another offset in which one of the candidates is right: UTC, or
// the zone's own with daylight saving forgotten or put where there is none. A
// validity in hours that is just an hour off is not taken for that.
func (j *LoginJudge) shifted(w window, from []candidate, clock int) string {
	if clock < 0 {
		return ""
	}
	for _, c := range from {
		now := offsetAt(c.zone, int64(c.shown)-int64(offsetAt(c.zone, int64(c.shown))))
		for _, months := range []int64{0, 3, 6, 9, -1} {
			offset := 0
			if months >= 0 {
				offset = offsetAt(c.zone, w.lo+months*91*86400/3)
			}
			if offset == now || j.expiry.Unit == unifier.Hours && abs(int64(offset-now)) == 3600 {
				continue
			}
			if w.match(c.shown, j.expiry, time.FixedZone("", offset)).hours {
				return offsetText(offset)
			}
		}
	}
	return ""
}

// nearest returns the candidate that is least off.
func nearest(w window, from []candidate, e unifier.Expiry) candidate {
	best := from[0]
	for _, c := range from[1:] {
		if abs(w.off(c, e)) < abs(w.off(best, e)) {
			best = c
		}
	}
	return best
}

// off says by how many seconds a candidate is too late; negative is too early.
func (w window) off(c candidate, e unifier.Expiry) int64 {
	length := int64(e.N) * int64(e.Unit.Length()/time.Second)
	at := int64(c.shown) - int64(offsetAt(c.zone, int64(c.shown)-int64(offsetAt(c.zone, int64(c.shown)))))
	switch {
	case at < w.lo+length:
		return at - w.lo - length
	case at > w.hi+length:
		return at - w.hi - length
	}
	return 0
}

// wrongFormat is LOGIN-10 for a date in another format.
func (j *LoginJudge) wrongFormat(out *Judgement, date string, l *dateLayout) {
	out.DateFormat = l.format.Pattern
	out.add("LOGIN-10", "date_format", "a date of the format "+j.layout.format.Pattern, quoteText(date), "it can be read as "+l.format.Pattern)
}

// illegible is LOGIN-10 for a date in no format at all.
func (j *LoginJudge) illegible(out *Judgement, date string) {
	expected := "a date of one of the 21 formats"
	if j.layout != nil {
		expected = "a date of the format " + j.layout.format.Pattern
	}
	out.add("LOGIN-10", "date_format", expected, quoteText(date), "it is of none of the 21 formats")
}

// wanted writes the expected end of the validity in a zone and in UTC.
func (j *LoginJudge) wanted(w window, zone *time.Location) string {
	end := time.Unix(w.lo, 0).Add(time.Duration(j.expiry.N) * j.expiry.Unit.Length())
	return stampAt(end, zone) + ", " + j.expiry.String() + " after the call"
}

// offBy says by how much a time is off, in the user's zone and in UTC.
func (j *LoginJudge) offBy(w window, c candidate, note string) string {
	detail := signed(w.off(c, j.expiry), "too late", "too early") + "; read as " + c.layout.format.Pattern +
		" in " + c.zone.String() + " it is " + stamp(c.shown, c.zone)
	if _, n := instants(c.shown, c.zone); n == 0 {
		detail += ", a time that clocks skip there"
	}
	if note != "" {
		detail += "; " + note
	}
	return detail
}

// stamp writes a local time in its zone and in UTC.
func stamp(w wall, zone *time.Location) string {
	local := time.Unix(int64(w), 0).UTC()
	utc := int64(w) - int64(offsetAt(zone, int64(w)-int64(offsetAt(zone, int64(w)))))
	return local.Format("2006-01-02 15:04") + " in " + zone.String() + " (" + time.Unix(utc, 0).UTC().Format("2006-01-02 15:04") + " UTC)"
}

// stampAt writes an instant in a zone and in UTC.
func stampAt(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04") + " in " + zone.String() + " (" + t.UTC().Format("2006-01-02 15:04") + " UTC)"
}

// signed writes seconds as days, hours, minutes and seconds, with one of two endings.
func signed(seconds int64, positive, negative string) string {
	ending := positive
	if seconds < 0 {
		ending, seconds = negative, -seconds
	}
	var parts []string
	for _, u := range []struct {
		length int64
		name   string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := seconds / u.length; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+" "+u.name)
			seconds -= n * u.length
		}
	}
	if len(parts) == 0 {
		parts = []string{"0 s"}
	}
	return fmt.Sprintf("%s %s", strings.Join(parts, " "), ending)
}

// abs is the absolute value.
func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
