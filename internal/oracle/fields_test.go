package oracle

import (
	"strings"
	"testing"
	"time"
)

// The fields of a date, each from both sides of what it may be.
func TestDateFields(t *testing.T) {
	for _, c := range []struct {
		text  string
		style uint8
		n     int
		ok    bool
	}{
		{"05", styleTwo, 5, true}, {"5", styleTwo, 0, false}, {"005", styleTwo, 0, false}, {"00", styleTwo, 0, true}, {"0a", styleTwo, 0, false},
		{"2027", styleFour, 2027, true}, {"27", styleFour, 0, false}, {"02027", styleFour, 0, false}, {"202x", styleFour, 0, false},
		{"5", styleShort, 5, true}, {"15", styleShort, 15, true}, {"05", styleShort, 0, false}, {"0", styleShort, 0, false}, {"", styleShort, 0, false},
		{"115", styleShort, 0, false}, {"1 ", styleShort, 0, false}, {"9", styleShort, 9, true}, {"٣", styleShort, 0, false},
	} {
		if n, ok := fieldNumber(c.text, c.style); ok != c.ok || ok && n != c.n {
			t.Errorf("%q in style %d: %d %t", c.text, c.style, n, ok)
		}
	}
	if len(layouts) != 21 {
		t.Errorf("%d formats", len(layouts))
	}
}

// MMM is the English name, or one of another language, which may begin with the
// month's number.
func TestMonthNames(t *testing.T) {
	long := strings.Repeat("m", maxMonthName)
	for _, c := range []struct {
		text    string
		foreign bool
		month   time.Month
		ok      bool
	}{
		{"Jan", false, time.January, true}, {"DEC", false, time.December, true}, {"sep", true, time.September, true}, {"\u017fep", false, 0, false},
		{"ane", false, 0, false}, {"Mai", false, 0, false}, {"Mai", true, 0, true}, {"", true, 0, false}, {"a b", true, 0, false}, {"a<b", true, 0, false},
		{"1月", true, time.January, true}, {"12月", true, time.December, true}, {"13月", true, 0, false}, {"0月", true, 0, false}, {"00月", true, 0, false},
		{"12", true, 0, false}, {"1", true, 0, false}, {"123月", true, 0, false}, {"05月", true, time.May, true}, {long, true, 0, true}, {long + "m", true, 0, false},
	} {
		if m, ok := monthByName(c.text, c.foreign); ok != c.ok || ok && m != c.month {
			t.Errorf("%q: %v %t", c.text, m, ok)
		}
	}
}

func TestDaysOfMonths(t *testing.T) {
	for _, c := range []struct {
		year  int
		month time.Month
		want  int
	}{
		{2023, time.February, 28}, {2024, time.February, 29}, {2000, time.February, 29}, {2100, time.February, 28}, {2400, time.February, 29},
		{2025, time.January, 31}, {2025, time.April, 30}, {2025, time.June, 30}, {2025, time.September, 30}, {2025, time.November, 30}, {2025, time.December, 31}, {2025, 0, 31},
	} {
		if got := daysIn(c.year, c.month); got != c.want {
			t.Errorf("%v %d has %d days, not %d", c.month, c.year, got, c.want)
		}
	}
}
