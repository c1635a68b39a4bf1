package oracle

import (
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// wrongValidity is the kind of findings about how long a token is valid.
const wrongValidity = "wrong_validity"

// endedBefore says of a token that nobody can use it any more: that it was stored (A11)
// is no excuse.
const endedBefore = "the token had ended before it was given"

// wrongOffset is the kind of findings about the offset of the zone in which a time is right.
const wrongOffset = "wrong_offset"

// datesDiffer is the kind of findings about an expires_in that is not the time until expiryTime.
const datesDiffer = "dates_differ"

// TooShort reports whether a finding says that a token is valid for too short a time, as
// one that was stored seems to be that began before anybody looked (A11): one that began
// hours ago looks like one whose times are in another zone. One of which nothing was left
// is not meant.
func (f Finding) TooShort() bool {
	return f.OfTime() && !strings.Contains(f.Detail, endedBefore) &&
		(strings.Contains(f.Detail, "too early") || strings.Contains(f.Detail, "too short"))
}

// shorter says of a date that is too late, in the reading that is nearest, in which other one
// it would be too early and still to come: where the user's format is not known, it may
// be that of a token that was stored (A11).
func (w window) shorter(from []candidate, nearest candidate, e unifier.Expiry) string {
	if w.off(nearest, e) <= tolerance {
		return ""
	}
	length := int64(e.N) * int64(e.Unit.Length()/time.Second)
	for _, c := range from {
		if off := w.off(c, e); off < -tolerance && off+length > 0 {
			return "read as " + c.layout.format.Pattern + " it would be " + signed(off, "too late", "too early")
		}
	}
	return ""
}

// OfTime reports whether a finding is about until when a token is valid.
func (f Finding) OfTime() bool {
	return f.Kind == wrongValidity || f.Kind == wrongOffset || f.Kind == datesDiffer
}

// LeaveNearMiss takes what was found about a time that is wrong by a few seconds beyond what is
// tolerated for unjudged.
func (j *Judgement) LeaveNearMiss() {
	var kept []Finding
	for _, f := range j.Findings {
		if f.OfTime() {
			j.PassOver(f.Rule)
			continue
		}
		kept = append(kept, f)
	}
	j.Findings, j.NearMiss = kept, false
}

// LeaveValidity takes what was found about a validity that is too short for unjudged.
func (j *Judgement) LeaveValidity() {
	var kept []Finding
	for _, f := range j.Findings {
		if f.TooShort() {
			j.PassOver(f.Rule)
			continue
		}
		kept = append(kept, f)
	}
	j.Findings = kept
}

// judgeEnded finds that nothing was left of a token when the reply came, by either clock:
// a service that keeps tokens (A11) must give another one then. Where the zone or the
// format is wrong the end is not known.
func (j *dbJudge) judgeEnded(out *Judgement, r *Reply) {
	if out.Expires.IsZero() || out.Expires.Unix()+tolerance >= r.Sent.Unix() {
		return
	}
	if w, _ := issued(r).skewed(&j.exp, r); out.Expires.Unix()+tolerance >= w.lo {
		return
	}
	if i := slices.IndexFunc(out.Findings, Finding.OfTime); i >= 0 {
		out.Findings[i].Detail = join(out.Findings[i].Detail, "so read, "+endedBefore)
		return
	}
	dated := func(f Finding) bool {
		return f.Rule == unifier.RuleDate || f.Rule == unifier.RuleTime || f.Rule == unifier.RuleZone
	}
	if j.exp.First != nil && !slices.ContainsFunc(out.Findings, dated) {
		out.find(j.validity, wrongValidity, "a token that is valid", "one that was valid until "+stampAt(out.Expires, time.UTC), endedBefore)
	}
}
