package compare

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// lifetimeFindings judges a validity, by the shortest that was seen.
func lifetimeFindings(p place, t Trait) []finding {
	old, okOld := shortest(t.Old)
	new, okNew := shortest(t.New)
	detail := lifetimes(t.Old) + " before, " + lifetimes(t.New) + " now"
	switch {
	case !okOld || !okNew:
		return []finding{{"other", fromTo(t)}}
	case new < old && p.situation == "asked":
		return []finding{{"bound-lower", detail}}
	case new < old:
		return []finding{{"lifetime-shorter", detail}}
	case new == old && longest(t.New) <= longest(t.Old):
		return []finding{{"other", "the tokens' life: " + detail}}
	default:
		return []finding{{"lifetime-longer", detail}}
	}
}

// endDiffers begins the value of an expires_in beside dates that show another end.
const endDiffers = "not "

// endFindings judges expires_in: a number of seconds, or whether it stands for the end
// that the dates of the same answer show.
func endFindings(p place, t Trait) []finding {
	differs := func(values []string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, endDiffers) })
	}
	if differs(t.New) && !differs(t.Old) {
		return []finding{{"end-differs", "expires_in is " + listed(t.New)}}
	}
	if differs(t.Old) {
		return []finding{{"other", "expires_in is " + listed(t.New)}}
	}
	return lifetimeFindings(p, t)
}

// lifetimes writes validities in one form, whichever trait they come from.
func lifetimes(values []string) string {
	var out []string
	for _, v := range values {
		if d, ok := lifetime(v); ok && d < 24*time.Hour {
			v = strconv.Itoa(int(d/time.Second)) + " s"
		}
		out = append(out, v)
	}
	return listed(sorted(out))
}

// shortest returns the shortest validity.
func shortest(values []string) (best time.Duration, ok bool) {
	for i, v := range values {
		d, is := lifetime(v)
		if !is {
			return 0, false
		}
		if i == 0 || d < best {
			best = d
		}
	}
	return best, len(values) > 0
}

// longest returns the longest validity.
func longest(values []string) (best time.Duration) {
	for _, v := range values {
		d, _ := lifetime(v)
		best = max(best, d)
	}
	return best
}

// lifetime reads a validity: seconds, a number with a unit, or a Go duration.
func lifetime(v string) (time.Duration, bool) {
	number, unit, _ := strings.Cut(v, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		d, err := time.ParseDuration(v)
		return d, err == nil
	}
	lengths := map[string]time.Duration{"": time.Second, "second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	length, ok := lengths[strings.TrimSuffix(unit, "s")]
	return time.Duration(n) * length, ok
}
