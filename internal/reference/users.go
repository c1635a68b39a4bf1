package reference

import (
	"fmt"

	"github.com/unigate/unigate/internal/unifier"
)

// DefaultUsers returns the users of the reference service: enough of them that
// every requirement can be checked. Their passwords are public.
func DefaultUsers() []unifier.User {
	users := []unifier.User{
		basic("$$unigate", "Pr1mavera!", unifier.Expiry{}, 0, "America/Los_Angeles"),
		basic("$$unigate10", "ten-minutes", minutes(10), 0, "America/Los_Angeles"),
		basic("$$colons", "a:b::c:", minutes(45), 9, "Europe/London"),
		basic("$$blanks", " two  blanks ", hours(8), 8, "Europe/Berlin"),
		basic("$$utf8", "pässwörd-密码-🔑", days(30), 20, "Asia/Kolkata"),
		basic("$$unigateoff", "switched-off", unifier.Expiry{}, 0, "America/Los_Angeles"),
	}
	users[len(users)-1].Status = unifier.Inactive
	users = append(users, unifier.User{Name: "jane.doe", Password: "a-person-of-flesh", Type: unifier.Ordinary, Status: unifier.Active})
	german := basic("$$german", "Straße-7", hours(36), 11, "Europe/Berlin")
	german.Language = "de"
	users = append(users, german)
	users = append(users, durationUsers()...)
	users = append(users, formatUsers()...)
	users = append(users, zoneUsers()...)
	return append(users, oauthUsers()...)
}

// durationUsers have the durations at the bounds of the range in each unit
// (LOGIN-07, LOGIN-08), and the first fifteen date formats (LOGIN-10).
func durationUsers() []unifier.User {
	var users []unifier.User
	zones := []string{"America/New_York", "Europe/Berlin", "Asia/Kolkata"}
	for i, unit := range []unifier.Unit{unifier.Minutes, unifier.Hours, unifier.Days} {
		numbers := []int{1, 2, 180, 499, 500}
		if unit == unifier.Minutes {
			// Of a minute there may be nothing left to wait for: expiryTime has no seconds (A10).
			numbers[0] = 3
		}
		for j, n := range numbers {
			name := fmt.Sprintf("$$%s%d", unit, n)
			users = append(users, basic(name, "duration-"+name[2:], unifier.Expiry{N: n, Unit: unit}, i*5+j, zones[(i+j)%3]))
		}
	}
	return users
}

// formatUsers have the date formats that durationUsers lack (LOGIN-10).
func formatUsers() []unifier.User {
	var users []unifier.User
	zones := []string{"America/Los_Angeles", "Asia/Kolkata", "Europe/London"}
	for i, f := range unifier.DateFormats {
		if i < 15 {
			continue // the users with durations have these
		}
		name := fmt.Sprintf("$$format%d", f.Code)
		users = append(users, basic(name, "format-"+f.Pattern, hours(3+17*i), i, zones[i%3]))
	}
	return users
}

// zoneUsers are in zones with half and quarter hours and with daylight saving in
// the north and in the south (LOGIN-12). Their durations are in minutes and
// hours, where forgotten daylight saving shows (A9).
func zoneUsers() []unifier.User {
	zones := []struct{ name, zone string }{
		{"newfoundland", "America/St_Johns"},
		{"nepal", "Asia/Kathmandu"},
		{"adelaide", "Australia/Adelaide"},
		{"sydney", "Australia/Sydney"},
		{"auckland", "Pacific/Auckland"},
		{"berlin", "Europe/Berlin"},
		{"eastern", "America/New_York"},
		{"tokyo", "Asia/Tokyo"},
		{"utc", "Etc/UTC"},
	}
	var users []unifier.User
	for i, z := range zones {
		e := hours(4)
		if i%2 == 1 {
			e = minutes(90)
		}
		users = append(users, basic("$$zone_"+z.name, "zone-"+z.name, e, 9, z.zone))
	}
	// With the durations in days in the north, some token ends on the other side
	// of a clock change on every day of the year.
	return append(users, basic("$$zone_south", "zone-south", days(182), 9, "Australia/Sydney"))
}

// oauthUsers are users of the OAuth service.
func oauthUsers() []unifier.User {
	return []unifier.User{
		{Name: "api@unigate.example", Password: "0Auth-api", Type: unifier.OAuthType, Status: unifier.Active, Zone: "America/Chicago"},
		{Name: "poll@unigate.example", Password: "0Auth-poll", Type: unifier.OAuthType, Status: unifier.Active, Zone: "Asia/Tokyo"},
		{Name: "push@unigate.example", Password: "0Auth-push", Type: unifier.OAuthType, Status: unifier.Active, Zone: "America/Chicago"},
		{Name: "sync@unigate.example", Password: "0Auth:sync ü", Type: unifier.OAuthType, Status: unifier.Active, Zone: "Europe/London"},
		// One wrong password is all that an OAuth user may get in a run.
		{Name: "batch@unigate.example", Password: "0Auth-batch", Type: unifier.OAuthType, Status: unifier.Active, Zone: "Asia/Kolkata"},
		{Name: "mirror@unigate.example", Password: "0Auth-mirror", Type: unifier.OAuthType, Status: unifier.Active, Zone: "UTC"},
		{Name: "relay@unigate.example", Password: "0Auth-relay", Type: unifier.OAuthType, Status: unifier.Active, Zone: "America/Denver"},
	}
}

// basic makes an active Basic user. The date format is an index of unifier.DateFormats.
func basic(name, password string, e unifier.Expiry, format int, zone string) unifier.User {
	return unifier.User{
		Name: name, Password: unifier.Secret(password), Type: unifier.Basic, Status: unifier.Active,
		Expiry: e, DateFormat: &unifier.DateFormats[format], Zone: zone,
	}
}

func minutes(n int) unifier.Expiry { return unifier.Expiry{N: n, Unit: unifier.Minutes} }
func hours(n int) unifier.Expiry   { return unifier.Expiry{N: n, Unit: unifier.Hours} }
func days(n int) unifier.Expiry    { return unifier.Expiry{N: n, Unit: unifier.Days} }
