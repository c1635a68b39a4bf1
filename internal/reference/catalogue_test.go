package reference_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

var (
	entryName     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$|^[a-z]+$`)
	requirementID = regexp.MustCompile(`^(LOGIN|OAUTH|V2AUTH|V2LOGIN|SEC)-\d\d$`)
)

// knock sends requests of every kind to a service with something altered; none
// may panic.
func knock(t *testing.T, s *reference.Service) {
	t.Helper()
	headers := [][]string{nil, {""}, {"Basic"}, {"Basic !"}, {"Basic eA=="}, {"Bearer x.y.z"}}
	for i, u := range s.Users() {
		if i > 7 && u.Type == unifier.Basic || u.Type == unifier.OAuthType && !strings.HasPrefix(u.Name, "api@") {
			continue // one signature takes as long as hundreds of logins
		}
		headers = append(headers, []string{unifier.BasicAuth(u.Name, u.Password)})
	}
	headers = append(headers, []string{unifier.BasicAuth("$$unigate", "wrong")}, []string{unifier.BasicAuth("nobody", "x")})
	for _, path := range []string{unifier.LoginPath, unifier.OAuthPath, unifier.V2AuthPath, unifier.V2LoginPath, unifier.ResourcePath} {
		for _, query := range []string{"", "?expiry=7", "?expiry=501", "?expiry=%zz&expiry=1"} {
			for _, h := range headers {
				ask(s, path+query, h...)
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodOptions} {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("Authorization", credentials(t, "$$unigate"))
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
}

func TestCatalogueOfFaults(t *testing.T) {
	faults := reference.Faults()
	ofV2 := 0
	seen, caught := map[string]bool{}, map[string]bool{}
	for _, f := range faults {
		if seen[f.Name] || !entryName.MatchString(f.Name) || f.Breaks == "" || len(f.Requirements) == 0 {
			t.Errorf("fault %q: name twice or badly formed, no sentence or no requirement", f.Name)
		}
		seen[f.Name] = true
		if f.Edition != "" {
			ofV2++
			if _, err := reference.New(reference.Options{Edition: f.Edition}); err != nil || f.Edition == reference.Edition217 {
				t.Errorf("fault %s is of edition %q: %v", f.Name, f.Edition, err)
			}
		}
		if !slices.IsSorted(f.Requirements) {
			t.Errorf("fault %s: requirements not in order: %v", f.Name, f.Requirements)
		}
		for _, id := range f.Requirements {
			if !requirementID.MatchString(id) {
				t.Errorf("fault %s: %q is no requirement", f.Name, id)
			}
			caught[id] = true
		}
	}
	if v1 := len(faults) - ofV2; v1 < 80 || ofV2 < 60 {
		t.Errorf("%d faults of V1 and %d of V2 and many tenants, want at least 80 and 60", v1, ofV2)
	}
	for prefix, n := range map[string]int{"LOGIN-": 21, "OAUTH-": 14, "V2AUTH-": 21, "V2LOGIN-": 1, "SEC-": 7} {
		for i := 1; i <= n; i++ {
			id := fmt.Sprintf("%s%02d", prefix, i)
			if !caught[id] && id != "V2AUTH-18" { // observed only: no answer breaks it
				t.Errorf("no fault breaks %s", id)
			}
		}
	}
}

func TestEveryFaultAndVariantAnswers(t *testing.T) {
	for _, f := range reference.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			knock(t, newService(t, reference.Options{Faults: []string{f.Name}}))
		})
	}
	ofV2 := 0
	for _, v := range reference.Variants() {
		if !entryName.MatchString(v.Name) || v.Differs == "" {
			t.Errorf("variant %q: badly formed name or no sentence", v.Name)
		}
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			knock(t, newService(t, reference.Options{Variants: []string{v.Name}}))
		})
		if strings.HasPrefix(v.Name, "v2-") || strings.HasPrefix(v.Name, "tenant-") {
			ofV2++
		}
	}
	if v1 := len(reference.Variants()) - ofV2; v1 < 80 || ofV2 < 20 {
		t.Errorf("%d variants of V1 and %d of V2 and many tenants, want at least 80 and 20", v1, ofV2)
	}
}

func TestNewRefuses(t *testing.T) {
	user := func(change func(u *unifier.User)) reference.Options {
		u := unifier.User{Name: "$$a", Password: "b", Type: unifier.Basic, Status: unifier.Active}
		change(&u)
		return reference.Options{Users: []unifier.User{u}}
	}
	table := map[string]reference.Options{
		"edition":      {Edition: "19"},
		"fault":        {Faults: []string{"no-such-fault"}},
		"variant":      {Variants: []string{"no-such-variant"}},
		"name empty":   user(func(u *unifier.User) { u.Name = "" }),
		"name colon":   user(func(u *unifier.User) { u.Name = "a:b" }),
		"duration 501": user(func(u *unifier.User) { u.Expiry = unifier.Expiry{N: 501, Unit: unifier.Days} }),
		"duration 0":   user(func(u *unifier.User) { u.Expiry = unifier.Expiry{Unit: unifier.Days} }),
		"zone":         user(func(u *unifier.User) { u.Zone = "Mars/Olympus" }),
		"twice":        {Users: append(reference.DefaultUsers(), reference.DefaultUsers()[0])},
		"every 0":      {Script: reference.Script{Every: []reference.Every{{N: 0, Do: reference.Reset}}}},
		"mishap":       {Script: reference.Script{Every: []reference.Every{{N: 1, Do: "explode"}}}},
		"capacity":     {Script: reference.Script{Capacity: -1}},
		"stall":        {Script: reference.Script{Stalls: []reference.Stall{{}}}},
	}
	for name, o := range table {
		if _, err := reference.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
