package oracle

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

func TestObserve(t *testing.T) {
	issue := time.Date(2027, 5, 4, 18, 44, 20, 0, time.UTC) // 11:44 in Los Angeles, UTC−7
	for _, c := range []struct {
		name, date, clock, label string
		zone                     string
		fits                     []Fit
	}{
		{"default", "10/31/2027", "11:44 AM", "(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles",
			[]Fit{{unifier.DefaultExpiry, []string{"MM/DD/YYYY", "M/D/YYYY"}}}},
		{"ten minutes", "2027-05-04", "06:54 PM", "(UTC) Coordinated Universal Time", "Etc/UTC",
			[]Fit{{unifier.Expiry{N: 10, Unit: unifier.Minutes}, []string{"YYYY-MM-DD"}}}},
		{"two hours", "04.05.2027", "08:44 PM", "(UTC) Coordinated Universal Time", "Etc/UTC",
			[]Fit{{unifier.Expiry{N: 2, Unit: unifier.Hours}, []string{"DD.MM.YYYY"}}}},
		{"two readings", "06/05/2027", "06:44 PM", "(UTC) Coordinated Universal Time", "Etc/UTC",
			[]Fit{{unifier.Expiry{N: 2, Unit: unifier.Days}, []string{"DD/MM/YYYY"}}, {unifier.Expiry{N: 32, Unit: unifier.Days}, []string{"MM/DD/YYYY"}}}},
		{"no duration", "05/04/2030", "06:44 PM", "(UTC) Coordinated Universal Time", "Etc/UTC", nil},
		{"no label", "05/04/2027", "06:54 PM", "PST", "", nil},
	} {
		body := fmt.Sprintf(`{"expiryDate":%q,"Timezone":%q,"expiryTime":%q}`, c.date, c.label, c.date+" "+c.clock)
		o := Observe(Reply{Status: 200, Header: http.Header{}, Body: []byte(body), Sent: issue, Received: issue})
		if c.zone != "" && !sameAs(o.Zone, c.zone) || c.zone == "" && o.Zone != "" {
			t.Errorf("%s: zone %q", c.name, o.Zone)
		}
		for _, want := range c.fits {
			i := slices.IndexFunc(o.Fits, func(f Fit) bool { return f.Expiry == want.Expiry })
			if i < 0 || !slices.Contains(o.Fits[i].Formats, want.Formats[0]) {
				t.Errorf("%s: %v", c.name, o.Fits)
			}
		}
		if len(c.fits) == 0 && len(o.Fits) > 0 || len(c.fits) > 0 && c.name != "two readings" && o.Fits[0].Expiry != c.fits[0].Expiry {
			t.Errorf("%s: %v", c.name, o.Fits)
		}
	}
}

// sameAs reports whether two zones of UTC or one name are the same.
func sameAs(a, b string) bool { return a == b || (a == "UTC" || a == "Etc/UTC") && b == "Etc/UTC" }

// What cannot be read shows nothing, and never panics.
func FuzzObserve(f *testing.F) {
	f.Add([]byte(`{"expiryDate":"05/18/2027","Timezone":"(UTC-08:00) Pacific Time (US & Canada)","expiryTime":"05/18/2027 11:44 AM"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		now := time.Date(2027, 5, 4, 18, 44, 0, 0, time.UTC)
		o := Observe(Reply{Status: 200, Header: http.Header{}, Body: body, Sent: now, Received: now})
		for _, fit := range o.Fits {
			if fit.Expiry.N < unifier.MinExpiry || fit.Expiry.N > unifier.MaxExpiry || len(fit.Formats) == 0 {
				t.Errorf("%v", fit)
			}
		}
	})
}
