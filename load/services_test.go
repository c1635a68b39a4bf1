package load_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// TestServicesOfTheMix finds who is asked where no mix is given, and what the edition
// does not allow, without sending anything.
func TestServicesOfTheMix(t *testing.T) {
	handler := service(t, reference.Options{})
	mix := func(services ...unifier.Service) []load.Share {
		var out []load.Share
		for _, s := range services {
			out = append(out, load.Share{Service: s, Weight: 1})
		}
		return out
	}
	for name, c := range map[string]struct {
		edition string
		mix     []load.Share
		says    []string
		fails   string
	}{
		"no edition":                 {says: []string{"Mix: login 80.0 %", "Mix: oauth 20.0 %"}},
		"21.7":                       {edition: "21.7", says: []string{"Mix: login 80.0 %", "Mix: oauth 20.0 %", "Preflight: 2 requests to each service, "}},
		"26":                         {edition: "26", says: []string{"Mix: login 80.0 %", "Mix: oauth 20.0 %"}},
		"essentials has no V1 login": {edition: "essentials", says: []string{"Mix: v2auth 80.0 %", "Mix: oauth 20.0 %"}},
		"V2 has both types of users": {edition: "26", mix: mix(unifier.V2Auth, unifier.Login), says: []string{"Mix: login 50.0 %", "Mix: v2auth 50.0 %", "2 requests to each service and type of user"}},
		"V2 where nobody chose":      {mix: mix(unifier.V2Auth), says: []string{"Mix: v2auth 100.0 %"}},
		"V2 in 21.7":                 {edition: "21.7", mix: mix(unifier.V2Auth), fails: "edition 21.7 of the documentation has no V2 auth token"},
		"V1 login in essentials":     {edition: "essentials", mix: mix(unifier.Login), fails: "edition essentials of the documentation has no V1 login"},
	} {
		o := options(handler, load.Phase{Rate: 10, Duration: time.Second})
		o.Edition, o.Plan.Mix = c.edition, c.mix
		lines, err := o.Describe()
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want %q", name, err, c.fails)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.says {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
				t.Errorf("%s: does not say %q\n%s", name, want, strings.Join(lines, "\n"))
			}
		}
	}
}

// TestV2UnderLoad verifies V2's replies of both types of users, and counts those that are wrong.
func TestV2UnderLoad(t *testing.T) {
	for name, c := range map[string]struct {
		o    reference.Options
		bad  string
		fine bool
	}{
		"26":               {o: reference.Options{Edition: "26"}, fine: true},
		"tokens prolonged": {o: reference.Options{Edition: "26", Variants: []string{"tokens-prolonged"}}, fine: true},
		"tokens stored":    {o: reference.Options{Edition: "26", Variants: []string{"tokens-stored"}}, fine: true},
		"another user's":   {o: reference.Options{Edition: "26", Script: reference.Script{Every: []reference.Every{{N: 10, Do: reference.OtherUser}}}}, bad: "wrong_user"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := service(t, c.o)
			o := options(s, load.Phase{Rate: 50, Duration: 4 * time.Second})
			o.Edition, o.Users, o.LobbyAnswer = s.Edition(), s.Users(), true
			o.DefaultSeconds = map[unifier.Service][]int{unifier.OAuth: {3600}, unifier.V2Auth: {3600}}
			o.Plan.Mix = []load.Share{{Service: unifier.V2Auth, Weight: 3}, {Service: unifier.OAuth, Weight: 1}}
			o.Thresholds = thresholds(t, "v2.p99<1s", "oauth.bad_tokens==0", "bad_tokens==0")
			l, v := run(t.Context(), t, o)
			if (v.State == record.VerdictPass) != c.fine {
				t.Errorf("%s: %+v\n%+v", name, v, l.Bad)
			}
			var all []string
			for _, row := range l.Services {
				if row.Status == "all" {
					all = append(all, row.Name)
				}
			}
			if !slices.Contains(all, "v2auth") || !slices.Contains(all, "oauth") {
				t.Errorf("%s: services %v", name, all)
			}
			if c.bad != "" && !slices.ContainsFunc(l.Bad, func(b record.Bad) bool { return b.Kind == c.bad && b.Service == "v2auth" }) {
				t.Errorf("%s: %+v", name, l.Bad)
			}
		})
	}
}

// TestV2NotThere ends a run before it begins, where nobody chose an edition and one
// call finds out that the target has no V2.
func TestV2NotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Rate: 50, Duration: 4 * time.Second})
		o.Plan.Mix = []load.Share{{Service: unifier.V2Auth, Weight: 1}}
		_, v := run(t.Context(), t, o)
		if v.State != record.VerdictInconclusive || !strings.Contains(strings.Join(v.Reasons, " "), "the target has no V2 auth token") || s.Requests().All > 2 {
			t.Errorf("%+v after %d requests", v, s.Requests().All)
		}
	})
}
