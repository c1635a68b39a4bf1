package oracle

import (
	"fmt"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Date is a day of the calendar as a reply writes it.
type Date struct {
	Year int
	// Month is 0 where its name is in a language that unigate does not read:
	// then any month may be meant.
	Month time.Month
	Day   int
}

// Styles of one field of a date pattern.
const (
	styleTwo   = iota // MM, DD, YY: two digits
	styleFour         // YYYY: four digits
	styleShort        // M, D: one or two digits, no leading zero
	styleName         // MMM: the month's name
)

// dateLayout is a date pattern taken apart.
type dateLayout struct {
	format unifier.DateFormat
	order  [3]byte // 'M', 'D' and 'Y'
	style  [3]uint8
	sep    byte
}

// layouts holds every format by its place in unifier.DateFormats.
var layouts = compileLayouts()

// compileLayouts takes the documented patterns apart.
func compileLayouts() []dateLayout {
	out := make([]dateLayout, 0, len(unifier.DateFormats))
	for _, f := range unifier.DateFormats {
		l := dateLayout{format: f, sep: '/'}
		if i := strings.IndexAny(f.Pattern, "/-."); i > 0 {
			l.sep = f.Pattern[i]
		}
		for i, field := range strings.Split(f.Pattern, string(l.sep)) {
			l.order[i] = field[0]
			switch field {
			case "YYYY":
				l.style[i] = styleFour
			case "M", "D":
				l.style[i] = styleShort
			case "MMM":
				l.style[i] = styleName
			}
		}
		out = append(out, l)
	}
	return out
}

// layoutOf finds the layout of a format, nil for an unknown one.
func layoutOf(f *unifier.DateFormat) *dateLayout {
	for i := range layouts {
		if f != nil && layouts[i].format.Pattern == f.Pattern {
			return &layouts[i]
		}
	}
	return nil
}

// ParseDate reads a date strictly in one of the 21 formats (LOGIN-10): as many
// digits as the pattern says, no leading zero for M and D, years of two digits
// in 2000–2099, only days that exist. MMM is a month's three-letter English
// name in any case; where language is neither empty nor English, any other name
// of a month is taken too, and the date's Month is 0 unless the name begins
// with the month's number, as in Japanese.
func ParseDate(f unifier.DateFormat, s, language string) (Date, error) {
	l := layoutOf(&f)
	if l == nil {
		return Date{}, fmt.Errorf("unknown date format %s", quote(f.Pattern))
	}
	d, ok := l.parse(s, isForeign(language))
	if !ok {
		return Date{}, fmt.Errorf("%s is no date of the format %s", quoteText(s), f.Pattern)
	}
	return d, nil
}

// isForeign reports whether a language writes other names of months than English.
func isForeign(language string) bool {
	l := strings.ToLower(language)
	return l != "" && l != "en" && l != "english" && !strings.HasPrefix(l, "en-") && !strings.HasPrefix(l, "en_")
}

// parse reads a whole date.
func (l *dateLayout) parse(s string, foreign bool) (Date, bool) {
	var d Date
	for i := range l.order {
		field := s
		if i < 2 {
			at := strings.IndexByte(s, l.sep)
			if at < 0 {
				return d, false
			}
			field, s = s[:at], s[at+1:]
		}
		if l.style[i] == styleName {
			m, ok := monthByName(field, foreign)
			if !ok {
				return d, false
			}
			d.Month = m
			continue
		}
		n, ok := fieldNumber(field, l.style[i])
		if !ok {
			return d, false
		}
		switch l.order[i] {
		case 'Y':
			if l.style[i] == styleTwo {
				n += century
			}
			d.Year = n
		case 'M':
			if n < 1 || n > 12 {
				return d, false
			}
			d.Month = time.Month(n)
		default:
			d.Day = n
		}
	}
	return d, d.Year > 0 && d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// fieldNumber reads the digits of one field.
func fieldNumber(s string, style uint8) (int, bool) {
	switch style {
	case styleTwo:
		if len(s) != 2 {
			return 0, false
		}
	case styleFour:
		if len(s) != 4 {
			return 0, false
		}
	default:
		if len(s) == 0 || len(s) > 2 || s[0] == '0' {
			return 0, false
		}
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, true
}

// monthNames are the names that MMM stands for.
const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

// monthByName finds a month by its name. A name in another language than
// English gives 0, unless it begins with the month's number.
func monthByName(s string, foreign bool) (time.Month, bool) {
	if len(s) == 3 {
		for i := 0; i < len(monthNames); i += 3 {
			if strings.EqualFold(s, monthNames[i:i+3]) && isASCII(s) {
				return time.Month(i/3 + 1), true
			}
		}
	}
	if !foreign || s == "" || len(s) > maxMonthName || strings.ContainsAny(s, " \t\r\n\x00/\\<>\"") {
		return 0, false
	}
	n, i := 0, 0
	for ; i < len(s) && i < 2 && isDigit(s[i]); i++ {
		n = 10*n + int(s[i]-'0')
	}
	switch {
	case i == 0:
		return 0, true
	case i < len(s) && !isDigit(s[i]) && n >= 1 && n <= 12:
		return time.Month(n), true
	}
	return 0, false
}

// isASCII reports whether s has ASCII only: EqualFold knows of other letters, such as the long s.
func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// daysIn returns the number of days of a month; 31 for an unknown one.
func daysIn(year int, m time.Month) int {
	switch m {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clockLength is the length of "hh:mm AM".
const clockLength = 8

// ParseClock reads the 12-hour time of an expiryTime, `hh:mm AM` or `hh:mm PM`
// with 01 ≤ hh ≤ 12 (LOGIN-11). It returns the minutes since midnight.
func ParseClock(s string) (minutes int, err error) {
	if m, ok := parseClock(s); ok {
		return m, nil
	}
	return 0, fmt.Errorf("%s is no time such as \"11:44 AM\"", quoteText(s))
}

// parseClock is ParseClock without the error's text.
func parseClock(s string) (int, bool) {
	if len(s) != clockLength || s[2] != ':' || s[5] != ' ' || s[7] != 'M' || s[6] != 'A' && s[6] != 'P' {
		return 0, false
	}
	h, okH := fieldNumber(s[:2], styleTwo)
	m, okM := fieldNumber(s[3:5], styleTwo)
	if !okH || !okM || h < 1 || h > 12 || m > 59 {
		return 0, false
	}
	h %= 12
	if s[6] == 'P' {
		h += 12
	}
	return 60*h + m, true
}

// wall is a local date and time as the seconds that they would be since 1970 if they were UTC.
type wall int64

// wallOf returns the wall time of a date, whose month is known, and minutes since midnight.
func wallOf(d Date, minutes int) wall {
	// Days from civil: years begin in March, so that the leap day comes last.
	y, m := int64(d.Year), int64(d.Month)
	if m <= 2 {
		y--
		m += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(d.Day) - 1 - 719468
	return wall(days*86400 + int64(minutes)*60)
}
