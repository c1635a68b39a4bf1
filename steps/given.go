package steps

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// givenSteps pick users and shared answers.
func givenSteps() []definition {
	who := anyTrait()
	return []definition{
		{topic: "Given", pattern: `(a|an|another|the) ` + who, says: "a|an|another|the <user>", what: "picks a user, the first in the configuration; another is one that was not picked yet",
			needs: func(o *Options, args []string) string { return needsUser(o, args[1]) }, user: 2, run: pickUser},
		{topic: "Given", pattern: `every ` + who, says: "every <user>", what: "picks all such users",
			needs: func(o *Options, args []string) string { return needsUser(o, args[0]) }, user: 1, run: pickEvery},
		{topic: "Given", pattern: `the first (?:login|token) of every ` + who, says: "the first login|token of every <user>",
			what:  "looks at the answer to each such user's first login of this run, which is fetched once for all scenarios",
			needs: func(o *Options, args []string) string { return needsUser(o, args[0]) }, user: 1, run: firstLogins},
		{topic: "Given", pattern: `every ` + callNoun + ` of this run`, says: "every " + shown(callNoun) + " of this run",
			what:  "looks at every answer with a token, or with HTTP 200 where one was due, that right credentials got so far; for scenarios tagged @last, which run after all others",
			needs: needsService, run: allAnswers},
		{topic: "Given", pattern: `every ` + callNoun + ` of this run of (?:a|an) ` + who, says: "every " + shown(callNoun) + " of this run of a|an <user>", what: "the same, for such users only",
			needs: func(o *Options, args []string) string { return needsUser(o, args[1]) }, user: 2, run: answersOf},
		{topic: "Given", pattern: `every refused ` + callNoun + ` of this run`, says: "every refused " + shown(callNoun) + " of this run",
			what: "looks at every refusal, with 4xx or 5xx, of a GET that was to be refused so far; for scenarios tagged @last", run: allRefusals},
		{topic: "Given", pattern: `the login takes an expiry`, says: "the login takes an expiry",
			what: "skips the scenario where the login service ignores the parameter expiry", needs: needsParameter, run: takesExpiry},
		{topic: "Given", pattern: `the refused ` + callNoun + ` of (nobody|an invalid expiry|` + names(headerVariants) + `)`,
			says: "the refused " + shown(callNoun) + " of <header>", what: "looks at a refusal, which is fetched once for all scenarios",
			needs: needsRefusal, run: sharedRefusal},
		{topic: "Given", pattern: `the refused ` + callNoun + ` of a wrong password`, says: "the refused " + shown(callNoun) + " of a wrong password",
			what: "the same for a real user's name, as far as safety.failed_logins allows", needs: needsService, run: sharedWrong, wrong: true},
		{topic: "Given", pattern: `the identity domain's key set is known`, says: "the identity domain's key set is known",
			what: "skips the scenario where target.jwks is not configured", needs: func(o *Options, _ []string) string {
				switch {
				case o.Keys != nil:
					return ""
				case o.NoKeys != "":
					return o.NoKeys
				}
				return "no key set is configured (target.jwks)"
			}, run: knowsKeys},
	}
}

// knowsKeys notes which keys of the set cannot verify signatures.
func knowsKeys(_ context.Context, w *World, _ []string) error {
	for _, why := range w.run.o.Keys.Passed() {
		w.note("passed over in the key set: %s", why)
	}
	return nil
}

// needsUser says that no configured user has the trait.
func needsUser(o *Options, text string) string {
	if len(withTrait(o.Users, text, o.now())) == 0 {
		return missing(text)
	}
	return ""
}

// now is the time by the options' clock.
func (o *Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// needsParameter says that the configuration rules the parameter out.
func needsParameter(o *Options, _ []string) string {
	if o.ExpiryParameter == "false" {
		return "login takes no parameter expiry (target.expiry_parameter: false)"
	}
	return needsUser(o, "active Basic user")
}

// needsRefusal says which user a refusal lacks.
func needsRefusal(o *Options, args []string) string {
	if args[1] != "an invalid expiry" {
		return ""
	}
	return needsService(o, args)
}

// pickUser picks a user whose first login gave a token. Users that are not
// Active are picked as they are.
func pickUser(_ context.Context, w *World, args []string) error {
	needs, unusable := w.run.needsTheResource(w.scenario), ""
	for _, u := range withTrait(w.run.o.Users, args[1], w.run.o.Now()) {
		if w.picked(u) && args[0] == "another" || mayLogIn(u) && !w.getsIn(u) {
			continue
		}
		if why := w.usable(u); needs && why != "" && mayLogIn(u) {
			unusable = why
			continue
		}
		if w.run.alone(w.scenario) && mayLogIn(u) {
			w.hold(u)
		}
		w.users = append(w.users, u)
		w.note("user: %s", u.Name)
		return nil
	}
	if args[0] == "another" && len(w.users) > 0 {
		return skip("there is no other %s", args[1])
	}
	if unusable != "" {
		return skip("%s", unusable)
	}
	return skip("no %s got a token at first", args[1])
}

// mayLogIn reports whether a user should get tokens: it is Active and no ordinary user.
func mayLogIn(u *unifier.User) bool {
	return u.Status != unifier.Inactive && u.Type != unifier.Ordinary
}

// picked reports whether the scenario has picked the user already.
func (w *World) picked(u *unifier.User) bool {
	for _, p := range w.users {
		if p == u {
			return true
		}
	}
	return false
}

// pickEvery picks all users with a trait whose first login gave a token. Users that are
// not Active, or ordinary, are picked as they are.
func pickEvery(_ context.Context, w *World, args []string) error {
	needs, unusable := w.run.needsTheResource(w.scenario), ""
	for _, u := range withTrait(w.run.o.Users, args[0], w.run.o.Now()) {
		if mayLogIn(u) && !w.getsIn(u) {
			continue
		}
		if why := w.usable(u); needs && why != "" && mayLogIn(u) {
			unusable = why
			w.note("not checked for %s: %s", u.Name, why)
			continue
		}
		if w.run.alone(w.scenario) && mayLogIn(u) {
			w.hold(u)
		}
		w.users = append(w.users, u)
	}
	switch {
	case len(w.users) == 0 && unusable != "":
		return skip("%s", unusable)
	case len(w.users) == 0:
		return skip("no %s got a token at first", args[0])
	}
	return nil
}

// firstLogins takes the shared first logins of all users with a trait.
func firstLogins(_ context.Context, w *World, args []string) error {
	for _, u := range withTrait(w.run.o.Users, args[0], w.run.o.Now()) {
		a := w.sample(u)
		if a == nil {
			continue
		}
		if err := a.unanswered(); err != nil {
			w.keep(&a.exchange, u, false)
			return err
		}
		w.answers = append(w.answers, a)
	}
	if len(w.answers) == 0 {
		return skip("no %s has logged in", args[0])
	}
	return nil
}

// needsService says that there is no user of the named service.
func needsService(o *Options, args []string) string {
	why := ""
	for _, t := range serviceNamed(args[0]).Users() {
		text := activeUser(t)
		if why = needsUser(o, text); why == "" {
			return ""
		}
	}
	return why
}

// allAnswers takes every answer with a token that right credentials got so far,
// and every one with status 200 where a token was due. That finds what only
// some answers have: those after a user's first, or those to an expiry.
func allAnswers(_ context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	for _, a := range w.run.every {
		due := a.situation == "success" || a.situation == asked
		if a.service == service && a.user != nil && a.entitled && (a.gotToken() || due && a.reply.Status == http.StatusOK) {
			seen := *a
			seen.shared = true // it is another scenario's own, and evidence of this one only if it is wrong
			seen.open = !due
			w.answers = append(w.answers, &seen)
		}
	}
	if len(w.answers) == 0 {
		return skip("nobody got a token")
	}
	return nil
}

// answersOf takes the same of the users with a trait.
func answersOf(ctx context.Context, w *World, args []string) error {
	if err := allAnswers(ctx, w, args[:1]); err != nil {
		return err
	}
	users := withTrait(w.run.o.Users, args[1], w.run.o.Now())
	w.answers = slices.DeleteFunc(w.answers, func(a *answer) bool { return !slices.Contains(users, a.user) })
	if len(w.answers) == 0 {
		return skip("no %s got a token", args[1])
	}
	return nil
}

// causes tell by an answer's situation why the call was to be refused.
var causes = map[string]oracle.Cause{
	"no_credentials": oracle.AuthMissing, "invalid_credentials": oracle.AuthInvalid, "wrong_password": oracle.AuthInvalid, wrongSchemeWord: oracle.AuthInvalid,
	"inactive_user": oracle.NotAllowed, "ordinary_user": oracle.NotAllowed, "user_of_other_type": oracle.NotAllowed,
	"invalid_expiry": oracle.BadExpiry,
}

// allRefusals takes every refusal of a GET so far that has a known cause.
func allRefusals(_ context.Context, w *World, args []string) error {
	service := serviceNamed(args[0])
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	for _, a := range w.run.every {
		if _, known := causes[a.situation]; known && a.service == service && a.exchange.Method == http.MethodGet && a.reply.Status >= http.StatusBadRequest {
			seen := *a
			seen.shared = true
			w.answers = append(w.answers, &seen)
		}
	}
	if len(w.answers) == 0 {
		return skip("nobody was refused")
	}
	return nil
}

// takesExpiryText is the step that asks whether login has the parameter expiry.
const takesExpiryText = "the login takes an expiry"

// takesExpiry skips the scenario where login ignores the parameter.
func takesExpiry(_ context.Context, w *World, _ []string) error {
	if w.run.ignoresExpiry != "" {
		return skip("login takes no parameter expiry: %s", w.run.ignoresExpiry)
	}
	return nil
}

// listed lists the keys of a table in the order of the alphabet.
func listed[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}

// names joins the keys of a table into a pattern, the longest first.
func names[V any](table map[string]V) string {
	keys := make([]string, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		return len(keys[i]) > len(keys[j]) || len(keys[i]) == len(keys[j]) && keys[i] < keys[j]
	})
	return strings.Join(keys, "|")
}
