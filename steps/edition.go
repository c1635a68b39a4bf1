package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// editionFacts are what all editions say about the OAuth service's default and answer (A6).
type editionFacts struct {
	all      []features.Edition
	defaults map[int64][]string // the editions by the seconds that they document
	// fit are the editions that the first OAuth answers fit, nil where there was none.
	fit []features.Edition
}

// loadEditionFacts reads the editions.
func loadEditionFacts() (editionFacts, error) {
	f := editionFacts{defaults: map[int64][]string{}}
	var err error
	if f.all, err = features.LoadEditions(); err != nil {
		return f, err
	}
	for _, e := range f.all {
		seconds, err := e.Seconds("oauth", "default_seconds")
		if err != nil {
			return f, err
		}
		f.defaults[seconds] = append(f.defaults[seconds], e.ID)
	}
	return f, nil
}

// OAuthDefaults lists the validities in seconds that some edition documents for a
// call without an expiry (A6).
func OAuthDefaults() ([]int, error) {
	f, err := loadEditionFacts()
	var list []int
	for seconds := range f.defaults {
		list = append(list, int(seconds))
	}
	slices.Sort(list)
	return list, err
}

// expectEdition sets what an answer must be like by the edition. Where nobody
// chose one, what any edition documents passes.
func (r *run) expectEdition(e *oracle.Expectation) {
	e.DefaultSeconds, e.DefaultEditions = r.seconds, r.editions.defaults
	if !r.o.EditionOpen {
		e.Lobby, e.Claims = r.o.Edition.LobbyAnswer(), r.o.Edition.RequiredClaims()
		return
	}
	e.Lobby = slices.ContainsFunc(r.editions.all, features.Edition.LobbyAnswer)
	for seconds := range r.editions.defaults {
		e.OtherDefaults = append(e.OtherDefaults, int(seconds))
	}
}

// settleEdition finds the editions that the first OAuth answers fit, where nobody
// chose one, and goes on with the rules of the oldest of them.
func (r *run) settleEdition() {
	if !r.o.EditionOpen {
		return
	}
	var firsts []*answer
	for i := range r.o.Users {
		if a := r.sample(unifier.OAuth, &r.o.Users[i]); a != nil && a.gotToken() {
			firsts = append(firsts, a)
		}
	}
	if len(firsts) == 0 {
		return
	}
	r.editions.fit = slices.DeleteFunc(slices.Clone(r.editions.all), func(e features.Edition) bool {
		return slices.ContainsFunc(firsts, func(a *answer) bool { return !fits(e, a) })
	})
	if len(r.editions.fit) == 0 {
		return
	}
	edition := r.editions.fit[0]
	if seconds, err := edition.Seconds("oauth", "default_seconds"); err == nil {
		r.o.Edition, r.seconds = edition, int(seconds)
	}
}

// fits reports whether an OAuth answer is right by an edition in what editions differ.
func fits(e features.Edition, a *answer) bool {
	seconds, err := e.Seconds("oauth", "default_seconds")
	if err != nil {
		return false
	}
	expect := a.expect
	expect.DefaultSeconds, expect.OtherDefaults = int(seconds), nil
	expect.Lobby, expect.Claims = e.LobbyAnswer(), e.RequiredClaims()
	j := a.judge(expect)
	return !slices.ContainsFunc(j.Findings, func(f oracle.Finding) bool {
		return slices.Contains([]string{"OAUTH-02", "OAUTH-04", "OAUTH-07"}, f.Requirement)
	})
}

// pinEdition says which editions the answers fit, and how to choose one, where
// nobody did; else it is "".
func (r *run) pinEdition() string {
	if !r.o.EditionOpen {
		return ""
	}
	ids := make([]string, 0, len(r.editions.fit))
	for _, e := range r.editions.fit {
		ids = append(ids, e.ID)
	}
	const how = "target.edition or --edition pins one"
	switch {
	case len(ids) > 0:
		return fmt.Sprintf("no edition was chosen; the answers fit %s, and the rules of %s were used: %s", strings.Join(ids, " and "), r.o.Edition.ID, how)
	case r.editions.fit != nil:
		return fmt.Sprintf("no edition was chosen, and the OAuth answers fit none wholly; the rules of %s were used: %s", r.o.Edition.ID, how)
	}
	return fmt.Sprintf("no edition was chosen, and no OAuth token tells which one fits; the rules of %s were used: %s", r.o.Edition.ID, how)
}
