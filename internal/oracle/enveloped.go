package oracle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// judgeEnveloped judges what an answer in an envelope has beside the token and its
// dates: auth_type (V2AUTH-06) and expires_in (V2AUTH-04).
func (j *dbJudge) judgeEnveloped(out *Judgement, r *Reply, p parts, members []member) {
	readWay(out, members)
	j.judgeAuthTypeThere(out, members)
	v := find(members, p.seconds)
	if v.kind == kindNone {
		missing(out, unifier.RuleMembers, p.seconds, members)
		out.unjudged(unifier.RuleExpiresIn)
		return
	}
	n, ok := wholeSeconds(out, v)
	if !ok {
		noSeconds(out, v)
		return
	}
	out.ExpiresIn = n
	j.judgeLeft(out, r, n)
}

// judgeAuthTypeThere judges that auth_type is there and says Basic.
func (j *dbJudge) judgeAuthTypeThere(out *Judgement, members []member) {
	if v := find(members, "auth_type"); v.kind == kindNone {
		missing(out, unifier.RuleMembers, "auth_type", members)
	} else {
		judgeAuthType(out, v, unifier.Basic)
	}
}

// noSeconds finds that expires_in is no number of seconds.
func noSeconds(out *Judgement, v value) {
	out.find(unifier.RuleExpiresIn, "expires_in", "expires_in is whole seconds, a number or digits in a string", "expires_in is "+describeValue(v), "")
}

// judgeLeft compares expires_in with the duration, or with what is left of it where
// the same token came before (A11), and with the dates. A day may be 24 hours or a
// calendar day (A9).
func (j *dbJudge) judgeLeft(out *Judgement, r *Reply, n int64) {
	wanted := j.lengths(issued(j.at(r)))
	least, most := int64(0), int64(0)
	if first := j.exp.First; first != nil {
		least, most = int64(r.Sent.Sub(first.Received)/time.Second)-goneBelow, int64(r.Received.Sub(first.Sent)/time.Second)+goneAbove
	}
	fits := func(length int64) bool {
		return n >= length-most-secondsTolerance && n <= length-max(least, 0)+secondsTolerance || abs(n-length) <= secondsTolerance
	}
	if !slices.ContainsFunc(wanted, fits) {
		out.find(unifier.RuleExpiresIn, wrongValidity, fmt.Sprintf("expires_in is %d seconds, %s", wanted[0], j.expiry.String()),
			fmt.Sprintf("expires_in is %d seconds", n), signed(n-wanted[0], "too long", "too short"))
		return
	}
	if out.Expires.IsZero() || slices.ContainsFunc(out.Findings, func(f Finding) bool { return f.Rule == unifier.RuleTime }) {
		return // the time of day is not legible, or not that of the date
	}
	off := awayFrom(out.Expires.Unix(), shownWindow(r), n)
	right := !slices.ContainsFunc(out.Findings, Finding.OfTime)
	if abs(off) > tolerance+secondsTolerance && (j.expiry.Unit != unifier.Days || !right) {
		out.find(unifier.RuleExpiresIn, datesDiffer, "expires_in and expiryTime agree within a minute",
			"expiryTime is "+signed(off, "later", "earlier"), fmt.Sprintf("expires_in is %d seconds", n))
	}
}

// lengths are the validities in seconds that the duration may mean, the plain one first.
func (j *dbJudge) lengths(w window) []int64 {
	lengths := []int64{int64(j.expiry.N) * int64(j.expiry.Unit.Length()/time.Second)}
	zone := j.zone
	if l := j.label.Load(); zone == nil && l != nil && len(l.zones) > 0 {
		zone = l.zones[0]
	}
	if j.expiry.Unit == unifier.Days && zone != nil {
		for _, at := range []int64{w.lo, w.hi} {
			lengths = append(lengths, time.Unix(at, 0).In(zone).AddDate(0, 0, j.expiry.N).Unix()-at)
		}
	}
	return lengths
}

// shownWindow is when the server issued the reply, by its own clock as far as it shows.
func shownWindow(r *Reply) window {
	w, _ := issued(r).skewed(&Expectation{MaxSkew: 1<<63 - 1}, r)
	return w
}

// awayFrom says by how many seconds an instant is later than one that lies n seconds
// after a window; negative is earlier.
func awayFrom(at int64, w window, n int64) int64 {
	switch {
	case at < w.lo+n:
		return at - w.lo - n
	case at > w.hi+n:
		return at - w.hi - n
	}
	return 0
}

// judgeOpen judges an answer to a call of which the documentation does not say how long
// its token is valid (V2AUTH-18): all but the validity, and whether expires_in and the
// dates agree, holds for it as for every other.
func (j *dbJudge) judgeOpen(out *Judgement, r *Reply, p parts, members []member) {
	body, ok := readDated(out, p, members)
	readWay(out, members)
	out.Token, out.ZoneLabel = body.token, body.zone
	if ok&tokenThere != 0 {
		j.judgeToken(out, body.token)
	}
	if ok&zoneThere != 0 {
		j.judgeZone(out, body.zone)
	}
	if ok&dateThere != 0 && ok&timeThere != 0 {
		j.judgeDateOpen(out, body)
	}
	if ok != tokenThere|zoneThere|dateThere|timeThere {
		j.incomplete(out, ok)
	}
	j.judgeAuthTypeThere(out, members)
	v := find(members, p.seconds)
	n, whole := wholeSeconds(out, v)
	switch {
	case whole:
		out.ExpiresIn, out.Expires = n, time.Unix(r.Sent.Unix()+n, 0).UTC()
	case v.kind == kindNone:
		missing(out, unifier.RuleMembers, p.seconds, members)
	default:
		noSeconds(out, v)
	}
	out.unjudged(j.validity)
}

// judgeDateOpen judges how a date and its time are written, whatever instant they stand for.
func (j *dbJudge) judgeDateOpen(out *Judgement, body dated) {
	date := body.expiryDate
	if _, ok := splitTime(date, body.expiryTime); !ok {
		date, _ = j.judgeTimeShape(out, body)
	}
	if !j.legible(date) {
		out.find(unifier.RuleDate, "date_format", j.wantedDate(), quoteText(date), "")
	}
}

// wholeSeconds reads a number of seconds that may be a number or digits in a string (A17).
func wholeSeconds(out *Judgement, v value) (int64, bool) {
	plain, reading := v, "expires_in is a number"
	if v.kind == kindString {
		plain, reading = value{kindNumber, v.plain()}, "expires_in is digits in a string"
	}
	n, ok := plain.integer()
	if !ok || len(plain.raw) == 0 || !isDigit(plain.raw[0]) || n > maxSeconds {
		return 0, false
	}
	out.Readings = append(slices.Clip(out.Readings), Reading{"A17", reading})
	return n, true
}

// authTypes are the words for the types of users in auth_type, without case, hyphens and low lines.
var authTypes = map[unifier.UserType]string{unifier.Basic: "basic", unifier.OAuthType: string(unifier.OAuthType)}

// judgeAuthType is V2AUTH-06.
func judgeAuthType(out *Judgement, v value, want unifier.UserType) {
	text, ok := v.text()
	if !ok || strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(text)) != authTypes[want] {
		out.find(unifier.RuleAuthType, "auth_type", "auth_type says that the user is of type "+string(want), "auth_type is "+describeValue(v), "")
	}
}
