package oracle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Observation is what a login's reply shows of its user's preferences, whatever
// the configuration says of them.
type Observation struct {
	// ZoneLabel is the reply's Timezone and Zone the IANA zone that it stands for;
	// Zone is empty where the label is not known.
	ZoneLabel, Zone string
	// Fits are the durations that the end may stand for, with the date formats that
	// give them: the default first, then those that more formats give.
	Fits []Fit
}

// Fit is a duration with the date formats in which the reply's end gives it.
type Fit struct {
	Expiry  unifier.Expiry
	Formats []string
}

// Observe reads a login's reply without knowing the user. A reply that cannot be
// read shows nothing.
func Observe(r Reply) Observation {
	var body struct {
		Date  string `json:"expiryDate"`
		Label string `json:"Timezone"`
		Time  string `json:"expiryTime"`
	}
	var o Observation
	label, err := ZoneLabel{}, json.Unmarshal(r.Body, &body)
	if err == nil {
		label, err = ParseZoneLabel(body.Label)
	}
	if err != nil {
		return o
	}
	o.ZoneLabel = body.Label
	zone := label.Location
	if zone == nil {
		zone = time.FixedZone(offsetText(label.Offset), label.Offset)
	} else {
		o.Zone = zone.String()
	}
	clock, ok := splitTime(body.Date, body.Time)
	if !ok {
		return o
	}
	w, _ := issued(&r).skewed(&Expectation{}, &r)
	for i := range layouts {
		d, ok := layouts[i].parse(body.Date, false)
		if !ok || d.Month == 0 {
			continue
		}
		if e := w.duration(wallOf(d, clock), zone); !e.IsZero() {
			o.add(e, layouts[i].format.Pattern)
		}
	}
	slices.SortStableFunc(o.Fits, func(a, b Fit) int {
		if (a.Expiry == unifier.DefaultExpiry) != (b.Expiry == unifier.DefaultExpiry) {
			if a.Expiry == unifier.DefaultExpiry {
				return -1
			}
			return 1
		}
		return len(b.Formats) - len(a.Formats)
	})
	return o
}

// add notes that a format gives a duration.
func (o *Observation) add(e unifier.Expiry, format string) {
	i := slices.IndexFunc(o.Fits, func(f Fit) bool { return f.Expiry == e })
	if i < 0 {
		o.Fits = append(o.Fits, Fit{Expiry: e})
		i = len(o.Fits) - 1
	}
	o.Fits[i].Formats = append(o.Fits[i].Formats, format)
}

// duration finds the duration that a shown end stands for: whole days before hours
// before minutes, and of minutes next to each other a round number. The zero value
// stands for none.
func (w window) duration(shown wall, zone *time.Location) unifier.Expiry {
	at, n := instants(shown, zone)
	if n == 0 {
		return unifier.Expiry{}
	}
	length := at[0] - w.hi
	for _, unit := range []unifier.Unit{unifier.Days, unifier.Hours, unifier.Minutes} {
		seconds := int64(unit.Length() / time.Second)
		about := int((length + seconds/2) / seconds)
		var fits []unifier.Expiry
		for k := about - 1; k <= about+1; k++ {
			e := unifier.Expiry{N: k, Unit: unit}
			if k >= unifier.MinExpiry && k <= unifier.MaxExpiry && w.match(shown, e, zone).any() {
				fits = append(fits, e)
			}
		}
		if i := slices.IndexFunc(fits, func(e unifier.Expiry) bool { return e.N%5 == 0 }); i >= 0 {
			return fits[i]
		}
		if len(fits) > 0 {
			return fits[len(fits)/2]
		}
	}
	return unifier.Expiry{}
}

// Mismatch says in what a configured user differs from what the reply shows, as
// far as that is sure, and as it would stand in the configuration; "" for nothing.
func (o Observation) Mismatch(u unifier.User) string {
	var said []string
	if u.Zone != "" && o.Zone != "" && !o.inZone(u.Zone) {
		said = append(said, "time_zone: "+o.Zone)
	}
	if len(o.Fits) == 0 {
		return strings.Join(said, ", ")
	}
	expiry := u.Expiry
	if expiry.IsZero() {
		expiry = unifier.DefaultExpiry
	}
	fit := o.Fits[0]
	same := func(f Fit) bool {
		return f.Expiry.Unit.Length()*time.Duration(f.Expiry.N) == expiry.Unit.Length()*time.Duration(expiry.N)
	}
	if i := slices.IndexFunc(o.Fits, same); i >= 0 {
		fit = o.Fits[i]
	} else {
		said = append(said, "expiry: "+fit.Expiry.String())
	}
	if u.DateFormat != nil && !slices.Contains(fit.Formats, u.DateFormat.Pattern) {
		said = append(said, "date_format: "+strings.Join(fit.Formats, " or "))
	}
	return strings.Join(said, ", ")
}

// inZone reports whether the label may stand for a zone.
func (o Observation) inZone(zone string) bool {
	if zone == o.Zone {
		return true
	}
	known, _ := unifier.ZoneByLabel(o.ZoneLabel)
	if slices.Contains(known.Others, zone) {
		return true
	}
	a, err := loadZone(zone)
	b, err2 := loadZone(o.Zone)
	return err == nil && err2 == nil && sameZone(a, b, time.Now())
}
