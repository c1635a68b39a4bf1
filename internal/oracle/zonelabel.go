package oracle

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// ZoneLabel is what the member Timezone of a login reply says (LOGIN-12).
type ZoneLabel struct {
	// Offset is the label's difference from UTC in seconds, east is positive. It
	// is that of standard time.
	Offset int
	// Name is the text after the offset.
	Name string
	// Location is the zone that the label stands for, nil where the label is not known.
	Location *time.Location
}

// ParseZoneLabel reads a label such as "(UTC-08:00) Pacific Time (US & Canada)"
// or "(UTC) Coordinated Universal Time". A label that is well-formed but not
// known has no Location.
func ParseZoneLabel(s string) (ZoneLabel, error) {
	z, err := parseLabel(s)
	if err != nil {
		return ZoneLabel{}, err
	}
	if known, ok := unifier.ZoneByLabel(s); ok {
		z.Location, err = loadZone(known.IANA)
		if err != nil {
			return ZoneLabel{}, fmt.Errorf("the time zone database lacks %s: %w", known.IANA, err)
		}
	}
	return z, nil
}

// loadedZones holds the zones that were loaded, by name: reading one takes longer than judging a reply.
var loadedZones sync.Map

// loadZone loads a zone once.
func loadZone(name string) (*time.Location, error) {
	if zone, ok := loadedZones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := unifier.LoadLocation(name)
	if err == nil {
		loadedZones.Store(name, zone)
	}
	return zone, err
}

// parseLabel reads the label's form.
func parseLabel(s string) (ZoneLabel, error) {
	const prefix = "(UTC"
	if len(s) > maxLabel {
		return ZoneLabel{}, fmt.Errorf("a label of %d bytes", len(s))
	}
	if len(s) < len(prefix)+1 || s[:len(prefix)] != prefix {
		return ZoneLabel{}, errors.New("it does not begin with \"(UTC\"")
	}
	rest, offset := s[len(prefix):], 0
	if rest[0] != ')' {
		if len(rest) < 7 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' || rest[6] != ')' {
			return ZoneLabel{}, errors.New("the offset is not ±hh:mm")
		}
		h, okH := fieldNumber(rest[1:3], styleTwo)
		m, okM := fieldNumber(rest[4:6], styleTwo)
		if !okH || !okM || m > 59 || 60*(60*h+m) > eastmost {
			return ZoneLabel{}, errors.New("the offset is not ±hh:mm, up to 14:00")
		}
		offset = 60 * (60*h + m)
		if rest[0] == '-' {
			offset = -offset
		}
		rest = rest[6:]
	}
	if len(rest) < 3 || rest[1] != ' ' || rest[2] == ' ' {
		return ZoneLabel{}, errors.New("no blank and name after the offset")
	}
	for _, r := range rest[2:] {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ZoneLabel{}, errors.New("the name holds a control character")
		}
	}
	return ZoneLabel{Offset: offset, Name: rest[2:]}, nil
}

// offsetText writes an offset like "UTC+05:30", or "UTC".
func offsetText(seconds int) string {
	if seconds == 0 {
		return "UTC"
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}

// OneZone reports whether two labels can be those of one time zone (LOGIN-12): for known
// ones the zones' clocks are the same, and the offset of one that is not known is one that
// the other's zone has, or, where neither is known, no more than an hour of daylight
// saving off. A label that is none says nothing here.
func OneZone(first, second string) bool {
	a, errA := ParseZoneLabel(first)
	b, errB := ParseZoneLabel(second)
	switch {
	case first == second || errA != nil || errB != nil:
		return true
	case a.Location != nil && b.Location != nil:
		return sameZone(a.Location, b.Location, time.Now())
	case a.Location != nil:
		return b.Offset == a.Offset || hasOffset(a.Location, b.Offset, time.Now())
	case b.Location != nil:
		return a.Offset == b.Offset || hasOffset(b.Location, a.Offset, time.Now())
	}
	return max(a.Offset, b.Offset)-min(a.Offset, b.Offset) <= daylightSaving
}

// OtherZone is the finding about a label of another zone than the user's first one.
func OtherZone(who Asked, first, second string) Finding {
	j := who.judgement()
	j.find(unifier.RuleZone, "wrong_zone", "a label of the zone of "+quoteText(first)+", as before", quoteText(second), "a user has one time zone")
	return j.Findings[0]
}
