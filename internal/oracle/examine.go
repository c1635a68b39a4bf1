package oracle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// candidate is one way to read a reply's time.
type candidate struct {
	layout *dateLayout
	shown  wall
	zone   *time.Location
}

// examine judges times that are not right at first sight: it tries the skew of
// the clocks, then other formats and other zones, to say what is wrong.
func (j *dbJudge) examine(out *Judgement, r *Reply, date string, clock int, label *labelled) {
	w, note := issued(r).skewed(&j.exp, r)
	own, others := j.candidates(w, date, clock, label)
	if len(own)+len(others) == 0 {
		j.illegible(out, date)
		return
	}
	if c, m := j.right(w, own, clock); c != nil {
		out.DateFormat = c.layout.format.Pattern
		if clock >= 0 {
			j.hint.Store(c.layout)
		}
		j.accept(out, w, c.shown, c.zone, m)
		return
	}
	if c, m := j.right(w, others, clock); c != nil {
		j.wrongFormat(out, date, c.layout)
		j.accept(out, w, c.shown, c.zone, m)
		return
	}
	if c, m := j.right(w, swapped(own), clock); c != nil {
		out.find(unifier.RuleDate, "date_format", "a date of the format "+c.layout.format.Pattern, quoteText(date), "day and month are swapped")
		j.accept(out, w, c.shown, c.zone, m)
		return
	}
	if len(own) == 0 {
		j.wrongFormat(out, date, nearest(w, others, j.expiry).layout)
		own = others
	}
	c := nearest(w, own, j.expiry)
	note = join(note, w.shorter(own, c, j.expiry))
	out.DateFormat = c.layout.format.Pattern
	if clock < 0 {
		out.find(j.validity, wrongValidity, j.wanted(w, c.zone), "the date "+quoteText(date), note)
		return
	}
	j.accept(out, w, c.shown, c.zone, match{})
	if near, _ := j.right(window{w.lo - NearMissSeconds, w.hi + NearMissSeconds}, own, clock); near != nil {
		out.NearMiss = true
	}
	mistake := j.mistaken(w, own)
	if at := j.shifted(w, own); at != "" && mistake == "" {
		out.find(unifier.RuleZone, wrongOffset, "times in "+c.zone.String(), "times that are right in "+at, j.offBy(w, c, note))
		return
	}
	out.find(j.validity, wrongValidity, j.wanted(w, c.zone), stamp(c.shown, c.zone), j.offBy(w, c, join(mistake, note)))
}

// candidates reads a date in every way: own are those of the user's format, or
// of any where it is not known; others those of the other formats.
func (j *dbJudge) candidates(w window, date string, clock int, label *labelled) (own, others []candidate) {
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
	for _, near := range []time.Time{at.AddDate(0, 0, -monthsApart), at.AddDate(0, 0, monthsApart)} {
		if near.Month() != at.Month() {
			months = append(months, near.Month())
		}
	}
	return months
}

// zones are those in which a reply's times may be right: the user's, or where
// that is not known the label's. Where the label names another zone than the
// user's, that was found already, and its times pass; so they do where one label
// stands for both. Where neither is known any offset will do: that the label is
// missing or malformed was found already.
func (j *dbJudge) zones(label *labelled) []*time.Location {
	var zones []*time.Location
	if j.zone != nil {
		zones = append(zones, j.zone)
	}
	if label != nil && (j.zone == nil || label.mismatch != "" || label.kin) {
		zones = append(zones, label.zones...)
	}
	if len(zones) == 0 {
		zones = everyOffset()
	}
	return zones
}

// everyOffset lists UTC and each offset that is in use somewhere, by quarters of an hour.
func everyOffset() []*time.Location {
	zones := []*time.Location{time.UTC}
	for offset := westmost; offset <= eastmost; offset += offsetStep {
		zones = append(zones, time.FixedZone(offsetText(offset), offset))
	}
	return zones
}

// right finds the first candidate that is right.
func (j *dbJudge) right(w window, from []candidate, clock int) (*candidate, match) {
	for i := range from {
		if m := j.matchAt(w, from[i], from[i].zone, clock); m.any() {
			return &from[i], m
		}
	}
	return nil, match{}
}

// swapped are the candidates with day and month in each other's place, as far
// as that is a date.
func swapped(from []candidate) []candidate {
	var out []candidate
	for _, c := range from {
		at := time.Unix(int64(c.shown), 0).UTC()
		if at.Day() == int(at.Month()) || at.Day() > 12 || int(at.Month()) > daysIn(at.Year(), time.Month(at.Day())) {
			continue
		}
		c.shown = wall(time.Date(at.Year(), time.Month(at.Day()), int(at.Month()), at.Hour(), at.Minute(), 0, 0, time.UTC).Unix())
		out = append(out, c)
	}
	return out
}

// matchAt compares a candidate with the expiry in a zone; without a legible
// time of day only the day counts.
func (j *dbJudge) matchAt(w window, c candidate, zone *time.Location, clock int) match {
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

// mistaken finds a validity for which one of the candidates is right: the same
// number in another unit, one more or less, or the default.
func (j *dbJudge) mistaken(w window, from []candidate) string {
	e := j.expiry
	other := []unifier.Expiry{
		{N: e.N, Unit: unifier.Minutes}, {N: e.N, Unit: unifier.Hours}, {N: e.N, Unit: unifier.Days},
		{N: e.N - 1, Unit: e.Unit}, {N: e.N + 1, Unit: e.Unit}, unifier.DefaultExpiry,
	}
	for _, o := range other {
		for _, c := range from {
			if o != e && w.match(c.shown, o, c.zone).any() {
				return "it is right for " + o.String()
			}
		}
	}
	return ""
}

// shifted finds another offset in which one of the candidates is right: UTC, the
// zone's own with daylight saving forgotten or put where there is none, or the
// zone's own without its minutes or on the other side of UTC.
func (j *dbJudge) shifted(w window, from []candidate) string {
	for _, c := range from {
		for _, days := range []int64{0, 91, 182, 273, -1} {
			offset := 0
			if days >= 0 {
				offset = offsetAt(c.zone, w.lo+days*86400)
			}
			if w.match(c.shown, j.expiry, time.FixedZone("", offset)).hours {
				return offsetText(offset)
			}
		}
		own := offsetAt(c.zone, int64(c.shown)-int64(offsetAt(c.zone, int64(c.shown))))
		for _, offset := range []int{own - own%3600, -own} {
			if w.match(c.shown, j.expiry, time.FixedZone("", offset)).hours {
				return offsetText(offset)
			}
		}
	}
	return ""
}

// join joins two remarks.
func join(a, b string) string {
	if a != "" && b != "" {
		return a + "; " + b
	}
	return a + b
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
func (j *dbJudge) wrongFormat(out *Judgement, date string, l *dateLayout) {
	out.DateFormat = l.format.Pattern
	out.find(unifier.RuleDate, "date_format", "a date of the format "+j.layout.format.Pattern, quoteText(date), "it can be read as "+l.format.Pattern)
}

// illegible is LOGIN-10 for a date in no format at all.
func (j *dbJudge) illegible(out *Judgement, date string) {
	out.find(unifier.RuleDate, "date_format", j.wantedDate(), quoteText(date), "it is of none of the 21 formats")
	out.unjudged(j.validity)
}

// wantedDate says how a date must be written.
func (j *dbJudge) wantedDate() string {
	if j.layout != nil {
		return "a date of the format " + j.layout.format.Pattern
	}
	return "a date of one of the 21 formats"
}

// wanted writes the expected end of the validity in a zone and in UTC.
func (j *dbJudge) wanted(w window, zone *time.Location) string {
	end := time.Unix(w.hi, 0).Add(time.Duration(j.expiry.N) * j.expiry.Unit.Length())
	return stampAt(end, zone) + ", " + j.expiry.String() + " after the call"
}

// offBy says by how much a time is off, in the user's zone and in UTC.
func (j *dbJudge) offBy(w window, c candidate, note string) string {
	detail := "by the offset of that day it would be right; read as "
	if off := w.off(c, j.expiry); abs(off) > tolerance {
		detail = signed(off, "too late", "too early") + "; read as "
	}
	detail += c.layout.format.Pattern +
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
