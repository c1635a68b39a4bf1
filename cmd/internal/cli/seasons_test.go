package cli

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// TestNoFalseAlarmInAnySeason verifies conforming variants, slow scenarios
// included, at instants other than the self-test's: what is right must pass
// whenever verify is run. UNIGATE_TEST_ALL_SEASONS=1 takes every variant through
// every half month of two years.
func TestNoFalseAlarmInAnySeason(t *testing.T) {
	instants := []string{
		"2026-10-25T00:30:31Z", // between the two hours that Europe's clocks show twice
		"2027-04-03T15:59:29Z", // Australia's clocks go back in half a minute
	}
	variants := []string{"days-calendar", "time-rounded", "clock-ahead"}
	if testing.Short() {
		instants, variants = instants[:1], nil
	}
	if os.Getenv("UNIGATE_TEST_ALL_SEASONS") != "" { // a day of each half month, all variants
		instants, variants = halfMonths(), nil
		for _, v := range reference.Variants() {
			variants = append(variants, v.Name)
		}
	}
	for _, text := range instants {
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, variant := range append([]string{""}, variants...) {
			t.Run(text+" "+variant, func(t *testing.T) {
				t.Parallel()
				conforms(t, variant, instant)
			})
		}
	}
}

// conforms sees verify pass a right service.
func conforms(t *testing.T, variant string, instant time.Time) {
	var o reference.Options
	if variant != "" {
		o.Variants = []string{variant}
	}
	options, stop, err := openService(context.Background(), o, instant)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	result, err := steps.Run(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range result.Conformance.Scenarios {
		if s.State.Worse(record.Skipped) {
			t.Errorf("%s is %s: %s", s.Name, s.State, s.Reason)
		}
	}
	if result.Conformance.Summary.Pass == 0 {
		t.Error("no scenario passed")
	}
}

// halfMonths are instants through two years, at changing times of the day.
func halfMonths() []string {
	var all []string
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Year() < 2028 {
		all = append(all, at.Format(time.RFC3339))
		at = at.Add(15*24*time.Hour + 5*time.Hour + 17*time.Minute + 13*time.Second)
	}
	return all
}
