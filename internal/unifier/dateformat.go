package unifier

// DateFormat is one of the date formats that a user can choose, by the code and
// the pattern of the documentation's reference table.
type DateFormat struct {
	Code    int
	Pattern string
}

// DateFormats lists every date format in the order of the codes (LOGIN-10).
// In a pattern, DD and MM have two digits, D and M one or two, YYYY four, YY
// two, and MMM is the month's three-letter name.
var DateFormats = []DateFormat{
	{0, "MM/DD/YYYY"},
	{1, "DD/MM/YYYY"},
	{2, "MM/DD/YY"},
	{3, "DD/MM/YY"},
	{4, "MM-DD-YYYY"},
	{5, "DD-MM-YYYY"},
	{6, "MM-DD-YY"},
	{7, "DD-MM-YY"},
	{8, "DD.MM.YYYY"},
	{9, "YYYY-MM-DD"},
	{10, "MMM/DD/YYYY"},
	{11, "DD/MMM/YYYY"},
	{12, "YYYY/MMM/DD"},
	{13, "M/D/YYYY"},
	{14, "M/D/YY"},
	{15, "D/M/YYYY"},
	{16, "D/M/YY"},
	{17, "YY/M/D"},
	{18, "YYYY/M/D"},
	{19, "YY/MM/DD"},
	{20, "YYYY/MM/DD"},
}

// DateFormatByPattern finds a format by its pattern, such as "MM/DD/YYYY".
func DateFormatByPattern(pattern string) (DateFormat, bool) {
	for _, f := range DateFormats {
		if f.Pattern == pattern {
			return f, true
		}
	}
	return DateFormat{}, false
}
