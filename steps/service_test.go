package steps_test

import (
	"slices"
	"testing"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/unifier"
)

// TestEditionsAndTableAgree holds the editions' files to the table of services, and the
// register to the rules: a requirement of the table that nobody knows would be found
// and never shown.
func TestEditionsAndTableAgree(t *testing.T) {
	editions, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range editions {
		var ids []unifier.Service
		for _, s := range e.Services {
			ids = append(ids, unifier.Service(s.ID))
		}
		if want := unifier.ServicesIn(e.ID); !slices.Equal(ids, want) {
			t.Errorf("the file of edition %s has the services %v, the table %v", e.ID, ids, want)
		}
	}
	for _, s := range unifier.Services() {
		for _, user := range s.Users() {
			for rule, id := range s.Rules(user) {
				if id == "" {
					continue
				}
				q, ok := register.Find(id)
				if !ok {
					t.Errorf("rule %d of %s: the register has no %s", rule, s, id)
				}
				for _, edition := range q.Editions {
					if !s.In(edition) {
						t.Errorf("rule %d of %s: %s is in edition %s, the service is not", rule, s, id, edition)
					}
				}
			}
		}
	}
}
