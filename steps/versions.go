package steps

import (
	"context"
	"fmt"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// kindNames are how sentences call the kinds of tokens.
var kindNames = map[unifier.TokenKind]string{unifier.DBToken: "a DB token", unifier.JWT: "a JWT", unifier.NoToken: "another token"}

// lookAtVersions compares the first tokens that services of both versions gave one
// user: of what kind they are, and whether the resource accepted each (A16). It makes
// no call: where the services are several, each first token was used when it was fresh.
func lookAtVersions(_ context.Context, w *World, _ []string) error {
	seen := false
	for _, t := range []unifier.UserType{unifier.Basic, unifier.OAuthType} {
		for _, u := range withTrait(w.run.o.Users, activeUser(t), w.run.o.Now()) {
			if text := w.run.versionsOf(u); text != "" {
				w.note("observed, not judged: %s (%s)", text, u.Name)
				w.run.read(oracle.Reading{Ambiguity: "A16", Reading: text})
				seen = true
				break
			}
		}
	}
	if !seen {
		return skip("no user got a token of both versions")
	}
	return nil
}

// versionsOf says what the first tokens of a user have in common; "" where there is one only.
func (r *run) versionsOf(u *unifier.User) string {
	text, n := "", 0
	for _, s := range r.servicesOf(u) {
		a := r.sample(s, u)
		if a == nil || !a.gotToken() {
			continue
		}
		n++
		how := "not used"
		switch why := r.usable(s, u); {
		case r.o.Resource == "" || !r.usesResource():
		case why == "":
			how = "accepted by the resource"
		default:
			how = "not accepted by the resource"
		}
		text = joined(text, fmt.Sprintf("%s gives %s, %s", s.Name(), kindNames[oracle.KindOf(a.judged.Token)], how))
	}
	if n < 2 {
		return ""
	}
	return text
}
