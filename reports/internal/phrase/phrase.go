// Package phrase says in words what a load test set out to do. Reports and
// comparisons share it, so that a plan reads the same everywhere.
package phrase

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/record"
)

// Phases says every phase of a plan, or the search that stood in their place: a
// search takes its first rate and its time from the phases, and nothing else.
func Phases(pl record.Plan, search *record.Capacity) string {
	if search != nil {
		return Search(pl, search)
	}
	var all []string
	for _, ph := range pl.Phases {
		s := Phase(ph, pl.MaxInflight)
		if ph.Name != "" {
			s = ph.Name + ": " + s
		}
		all = append(all, s)
	}
	return strings.Join(all, ", then ")
}

// Search says what a search for capacity looked for, from where and for how long.
func Search(pl record.Plan, search *record.Capacity) string {
	s, total := "search for the highest rate at which "+search.Objective+" holds", 0.0
	for _, ph := range pl.Phases {
		total += ph.DurationS
	}
	switch {
	case len(search.Steps) > 0: // what is allowed may bound the plan's rate
		s += ", from " + Rate(search.Steps[0].RatePerS) + " on"
	case len(pl.Phases) > 0:
		s += ", from " + Rate(pl.Phases[0].RatePerS) + " on"
	}
	return s + ", within " + Duration(total)
}

// Phase says one phase. A record need not have every figure; what it lacks is
// left out. In a closed loop there are always as many requests in flight.
func Phase(ph record.Phase, maxInflight int) string {
	at, length := Rate(ph.RatePerS), Duration(ph.DurationS)
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := ph.Params[name]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case ph.Shape == "max" && maxInflight > 0:
		return fmt.Sprintf("closed loop, at most %d in flight, for %s", maxInflight, length)
	case ph.Shape == "max":
		return "closed loop for " + length
	case ph.Shape == "ramp" && has("from_per_s"):
		return fmt.Sprintf("ramp from %s to %s in %s", Rate(ph.Params["from_per_s"]), at, length)
	case ph.Shape == "steps" && has("from_per_s", "steps"):
		if ph.Params["steps"] == 1 { // the only step has the last rate
			return fmt.Sprintf("1 step of %s for %s", at, length)
		}
		return fmt.Sprintf("%s steps from %s to %s in %s", number(ph.Params["steps"]), Rate(ph.Params["from_per_s"]), at, length)
	case ph.Shape == "spike" && has("peak_per_s", "at_s", "length_s"):
		return fmt.Sprintf("spike %s for %s, up to %s after %s for %s", at, length,
			Rate(ph.Params["peak_per_s"]), Duration(ph.Params["at_s"]), Duration(ph.Params["length_s"]))
	case ph.Shape == "sine" && has("amplitude_per_s", "period_s"):
		return fmt.Sprintf("sine around %s, ±%s, a swing every %s, for %s", at,
			Rate(ph.Params["amplitude_per_s"]), Duration(ph.Params["period_s"]), length)
	}
	return fmt.Sprintf("%s %s for %s", ph.Shape, at, length)
}

// Arrivals says how the requests of a plan are spread, "" where that is evenly.
func Arrivals(p record.Plan) string {
	switch {
	case p.Arrivals == "" || p.Arrivals == "uniform":
		return ""
	case p.Seed == 0:
		return "arrivals " + p.Arrivals
	}
	return fmt.Sprintf("arrivals %s (seed %d)", p.Arrivals, p.Seed)
}

// Mix says the share of each service, "" where there is none.
func Mix(mix map[string]float64) string {
	total := 0.0
	for _, v := range mix {
		total += v
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(mix)) {
		all = append(all, name+" "+number(100*mix[name]/max(total, 1e-9))+" %")
	}
	return strings.Join(all, ", ")
}

// Rate says requests per second.
func Rate(perS float64) string { return number(perS) + "/s" }

// Duration says a length given in seconds, in minutes and hours where it is long.
func Duration(s float64) string {
	if s < 60 {
		if n := number(s); n != "60" { // 59.999 s reads as 1 min
			return n + " s"
		}
	}
	whole := math.Round(s)
	var parts []string
	for _, unit := range []struct {
		name    string
		seconds float64
	}{{"h", 3600}, {"min", 60}, {"s", 1}} {
		if n := math.Floor(whole / unit.seconds); n > 0 {
			parts = append(parts, strconv.FormatFloat(n, 'f', 0, 64)+" "+unit.name)
			whole -= n * unit.seconds
		}
	}
	return strings.Join(parts, " ")
}

// number rounds to three digits, and to no fewer than all those before the point.
func number(v float64) string {
	places := 0
	if a := math.Abs(v); a > 0 && a < 100 {
		places = min(2-int(math.Floor(math.Log10(a))), 9)
	}
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
