package oracle

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// dbJudge judges the DB tokens that one user gets, and the dates until when they
// are valid: LOGIN-02 to 08 and 10 to 12 and what is like them.
type dbJudge struct {
	basis
	expiry   unifier.Expiry
	layout   *dateLayout    // nil where the user's format is not known
	foreign  bool           // months have names in another language than English
	zone     *time.Location // nil where the user's zone is not known
	zoneNote string         // why a zone that was named is not known
	head     string         // how a right token begins, as the sample is spelt

	// hint remembers the layout that was right last, where the user's format is not known.
	hint atomic.Pointer[dateLayout]
	// label remembers the zone label that came last: a user's is always the same.
	label atomic.Pointer[labelled]
}

// newDBJudge prepares a judge.
func newDBJudge(b basis) *dbJudge {
	j := &dbJudge{basis: b, expiry: b.exp.Expiry}
	exp := &j.exp
	if j.expiry.IsZero() {
		j.expiry = exp.User.Expiry
	}
	if j.validity == unifier.NoRule {
		j.validity = unifier.RuleDuration
		if j.expiry.IsZero() {
			j.validity = unifier.RuleDefault
		}
	}
	if j.expiry.IsZero() {
		j.expiry = unifier.DefaultExpiry
	}
	j.layout = layoutOf(exp.User.DateFormat)
	j.foreign = isForeign(exp.User.Language)
	if exp.User.Zone != "" {
		zone, err := loadZone(exp.User.Zone)
		if err != nil {
			j.zoneNote = "the user's time zone " + quote(exp.User.Zone) + " is not known, so the label's zone was used"
		} else {
			j.zone = zone
		}
	}
	name, err := json.Marshal(exp.User.Name)
	if err == nil {
		j.head = base64.StdEncoding.EncodeToString([]byte(`{"typ":"DB"}`)) + "." +
			base64.StdEncoding.EncodeToString([]byte(`{"username":`+string(name)+`}`)) + "."
	}
	return j
}

// dated are the texts of an answer with dates, those that it has in their right type.
type dated struct {
	expiryDate, zone, expiryTime, token string
}

// judge judges what a form gave.
func (j *dbJudge) judge(out *Judgement, r *Reply, p parts, members []member) {
	if j.exp.OpenExpiry && j.service.Expiry(j.exp.User.Type) == unifier.ExpiryOpen {
		j.judgeOpen(out, r, p, members)
		return
	}
	body, ok := readDated(out, p, members)
	if p.form == unifier.FlatLogin {
		judgeBodyStatus(out, members, unifier.RuleMembers)
	}
	if ok&(zoneThere|timeThere) == 0 && ok&dateThere != 0 {
		olderAnswer(out, body.expiryDate)
	}
	out.Token, out.ZoneLabel = body.token, body.zone
	if ok&tokenThere != 0 {
		j.judgeToken(out, body.token)
	}
	var zone *labelled
	if ok&zoneThere != 0 {
		zone = j.judgeZone(out, body.zone)
	}
	if ok&dateThere != 0 && ok&timeThere != 0 {
		j.judgeTimes(out, j.at(r), body, zone)
		j.judgeEnded(out, r)
	}
	if ok != tokenThere|zoneThere|dateThere|timeThere {
		j.incomplete(out, ok)
	}
	if p.seconds != "" {
		j.judgeEnveloped(out, r, p, members)
	}
}

// incomplete names what could not be judged for want of a member.
func (j *dbJudge) incomplete(out *Judgement, ok int) {
	if ok&tokenThere == 0 {
		out.unjudged(unifier.RuleShape, unifier.RuleUser)
	}
	if ok&zoneThere == 0 {
		out.unjudged(unifier.RuleZone)
	}
	if ok&dateThere == 0 || ok&timeThere == 0 {
		out.unjudged(j.validity, unifier.RuleDate, unifier.RuleTime, unifier.RuleZone)
	}
}

// Bits that say which members of a login reply can be judged further.
const (
	tokenThere = 1 << iota
	zoneThere
	dateThere
	timeThere
)

// readDated judges that the members with the token and its end are there.
func readDated(out *Judgement, p parts, members []member) (body dated, ok int) {
	texts := [...]struct {
		name string
		to   *string
		bit  int
	}{
		{"expiryDate", &body.expiryDate, dateThere}, {"Timezone", &body.zone, zoneThere},
		{"expiryTime", &body.expiryTime, timeThere}, {p.token, &body.token, tokenThere},
	}
	for i := range texts {
		v := find(members, texts[i].name)
		switch v.kind {
		case kindString:
			*texts[i].to = string(v.plain())
			ok |= texts[i].bit
		case kindNone:
			missing(out, unifier.RuleMembers, texts[i].name, members)
		default:
			out.find(unifier.RuleMembers, "member_type", texts[i].name+" is a string", texts[i].name+" is "+v.kind.String(), "")
		}
	}
	return body, ok
}

// olderAnswer says of an answer without Timezone and expiryTime, whose expiryDate
// has the time in it, that it is the one of releases 18 and 19.
func olderAnswer(out *Judgement, date string) {
	if !strings.Contains(date, ":") {
		return
	}
	for i := range out.Findings {
		if f := &out.Findings[i]; f.Rule == unifier.RuleMembers && f.Kind == "missing_member" {
			f.Detail = join(f.Detail, "expiryDate holds a time: this is the answer of releases 18 and 19")
		}
	}
}

// missing adds a finding for a member that is not there, and names one that differs in case only.
func missing(out *Judgement, rule unifier.Rule, name string, members []member) {
	observed := "no such member"
	for _, m := range members {
		if strings.EqualFold(string(m.name), name) {
			observed = "a member " + quoteText(string(m.name))
		}
	}
	out.find(rule, "missing_member", "a member "+quote(name), observed, "")
}

// refusal says what an unexpected error answer says.
func refusal(r *Reply) string {
	e, err := ParseError(*r)
	if err != nil {
		return describeBody(*r)
	}
	return observedMessage(e, *r)
}

// judgeToken is LOGIN-04 and LOGIN-05.
func (j *dbJudge) judgeToken(out *Judgement, token string) {
	if j.head != "" && len(token) == len(j.head)+thirdLength && token[:len(j.head)] == j.head {
		if err := checkThird(token[len(j.head):]); err == nil {
			return
		}
	}
	t, err := ParseDBToken(token)
	if err != nil {
		out.find(unifier.RuleShape, "token_shape", "a DB token of three parts", describeToken(token), err.Error())
		user, ok := tokenUser(token)
		if !ok {
			out.unjudged(unifier.RuleUser)
			return
		}
		t.Username = user
	}
	if t.Username == j.exp.User.Name {
		return
	}
	if strings.EqualFold(t.Username, j.exp.User.Name) {
		out.Notes = append(out.Notes, "the token writes the user's name in another case: "+quoteText(t.Username))
		return
	}
	out.find(unifier.RuleUser, "wrong_user", "a token of "+quote(j.exp.User.Name), "a token of "+quoteText(t.Username), "")
}

// tokenUser reads the user's name out of a token that may be malformed elsewhere.
func tokenUser(token string) (string, bool) {
	if len(token) > maxToken {
		return "", false
	}
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return "", false
	}
	user, err := tokenMember(parts[1], "second", "username")
	return user, err == nil
}

// labelled is a zone label with what it stands for.
type labelled struct {
	text string
	err  error
	// zones are those whose local times the label may announce: one for a known
	// label, for an unknown one its offset with and without an hour of daylight saving.
	zones []*time.Location
	// kin is whether the user's zone has this label though its clocks differ from the label's zone.
	kin bool
	// mismatch says why the label is not one of the user's zone, note what is to be remarked.
	mismatch string
	note     string
}

// judgeZone is LOGIN-12, as far as the label alone tells.
func (j *dbJudge) judgeZone(out *Judgement, label string) *labelled {
	l := j.label.Load()
	if l == nil || l.text != label {
		l = j.resolve(label)
		j.label.Store(l)
	}
	switch {
	case l.err != nil:
		out.find(unifier.RuleZone, "zone_label", "a label such as \"(UTC-08:00) Pacific Time (US & Canada)\"", quoteText(label), l.err.Error())
	case l.mismatch != "":
		out.find(unifier.RuleZone, "wrong_zone", "a label of "+j.zone.String(), quoteText(label), l.mismatch)
	}
	if j.zoneNote != "" {
		out.Notes = append(out.Notes, j.zoneNote)
	}
	if l.note != "" {
		out.Notes = append(out.Notes, l.note)
	}
	return l
}

// resolve finds out what a label stands for, and whether it can be the user's.
func (j *dbJudge) resolve(label string) *labelled {
	l := &labelled{text: strings.Clone(label)}
	z, err := ParseZoneLabel(label)
	if err != nil {
		l.err = err
		return l
	}
	if z.Location != nil {
		j.resolveKnown(l, z)
		return l
	}
	l.zones = []*time.Location{
		time.FixedZone(offsetText(z.Offset), z.Offset),
		time.FixedZone(offsetText(z.Offset)+" and an hour of daylight saving", z.Offset+daylightSaving),
	}
	if j.zone == nil {
		l.note = "the zone label " + quoteText(label) + " is not known, so its offset was used, with or without an hour of daylight saving"
		return l
	}
	l.note = "the zone label " + quoteText(label) + " is not known; only its offset was compared with that of " + j.zone.String()
	if !hasOffset(j.zone, z.Offset, time.Now()) {
		l.mismatch = fmt.Sprintf("the label's offset is none that %s has", j.zone)
	}
	return l
}

// resolveKnown compares a known label with the user's zone.
func (j *dbJudge) resolveKnown(l *labelled, z ZoneLabel) {
	l.zones = []*time.Location{z.Location}
	if !hasOffset(z.Location, z.Offset, time.Now()) {
		// The label is older than a change of the zone's offset; the server may be too.
		l.zones = append(l.zones, time.FixedZone(offsetText(z.Offset), z.Offset))
	}
	if j.zone == nil || sameZone(j.zone, z.Location, time.Now()) {
		return
	}
	if known, _ := unifier.ZoneByLabel(l.text); slices.Contains(known.Others, j.zone.String()) {
		l.kin = true
		return
	}
	l.mismatch = "the label stands for " + z.Location.String()
}

// sameZone reports whether two zones show the same local times from hindsight
// up to the horizon; names of one zone differ between releases of the database.
func sameZone(a, b *time.Location, now time.Time) bool {
	if a.String() == b.String() {
		return true
	}
	for t := now.Add(-hindsight); t.Before(now.Add(horizon)); t = t.Add(zoneStep) {
		if offsetAt(a, t.Unix()) != offsetAt(b, t.Unix()) {
			return false
		}
	}
	return true
}

// hasOffset reports whether a zone has an offset at some time within the horizon.
func hasOffset(zone *time.Location, offset int, now time.Time) bool {
	for t := now.Add(-hindsight); t.Before(now.Add(horizon)); t = t.Add(offsetEvery) {
		if offsetAt(zone, t.Unix()) == offset {
			return true
		}
	}
	return false
}

// offsetAt returns a zone's difference from UTC in seconds at an instant in seconds since 1970.
func offsetAt(zone *time.Location, unix int64) int {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return offset
}
