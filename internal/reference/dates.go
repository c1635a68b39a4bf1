package reference

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// monthNames are the three-letter names of the months by language (pattern MMM).
var monthNames = map[string][]string{
	"en": strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
	"de": strings.Fields("Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
	"fr": strings.Fields("jan fév mar avr mai jui jul aoû sep oct nov déc"),
	"es": strings.Fields("ene feb mar abr may jun jul ago sep oct nov dic"),
	"it": strings.Fields("gen feb mar apr mag giu lug ago set ott nov dic"),
	"pt": strings.Fields("jan fev mar abr mai jun jul ago set out nov dez"),
}

// monthName returns the three-letter name of a month; English where the language is not known.
func monthName(language string, m time.Month) string {
	names, ok := monthNames[language]
	if !ok {
		names = monthNames["en"]
	}
	return names[m-1]
}

// formatDate writes the date of t, in t's own zone, by a pattern of
// unifier.DateFormats (LOGIN-10).
func formatDate(pattern, language string, t time.Time) string {
	year, month, day := t.Date()
	b := make([]byte, 0, len(pattern)+4)
	for i := 0; i < len(pattern); {
		n := i
		for n < len(pattern) && pattern[n] == pattern[i] {
			n++
		}
		switch word := pattern[i:n]; word {
		case "YYYY":
			b = appendPadded(b, year, 4)
		case "YY":
			b = appendPadded(b, year%100, 2)
		case "MMM":
			b = append(b, monthName(language, month)...)
		case "MM", "M":
			b = appendPadded(b, int(month), len(word))
		case "DD", "D":
			b = appendPadded(b, day, len(word))
		default:
			b = append(b, word...)
		}
		i = n
	}
	return string(b)
}

// formatClock writes the time of day as "hh:mm AM" (LOGIN-11).
func formatClock(t time.Time) string {
	hour, half := t.Hour(), " AM"
	if hour >= 12 {
		half = " PM"
	}
	if hour %= 12; hour == 0 {
		hour = 12
	}
	b := make([]byte, 0, 8)
	b = appendPadded(b, hour, 2)
	b = append(b, ':')
	b = appendPadded(b, t.Minute(), 2)
	return string(append(b, half...))
}

// appendPadded writes n with at least width digits.
func appendPadded(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// zoneLabel returns the label of a zone: the Windows display name where there
// is one, else the standard offset and the IANA name (LOGIN-12).
func zoneLabel(name string, zone *time.Location) string {
	if z, ok := unifier.ZoneByIANA(name); ok {
		return z.Label
	}
	offset := standardOffset(zone)
	if offset == 0 {
		return "(UTC) " + name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("(UTC%c%02d:%02d) %s", sign, offset/3600, offset%3600/60, name)
}

// standardOffset returns the zone's offset without daylight saving, in seconds east of UTC.
func standardOffset(zone *time.Location) int {
	_, winter := time.Date(2026, time.January, 1, 0, 0, 0, 0, zone).Zone()
	_, summer := time.Date(2026, time.July, 1, 0, 0, 0, 0, zone).Zone()
	return min(winter, summer)
}
