package compare

import (
	"maps"
	"testing"

	"github.com/unigate/unigate/internal/record"
)

// A trait that only one run has, while the other one's answers had what it is drawn from,
// says something about the versions of unigate and nothing about the target.
func TestWhatAnEarlierUnigateDidNotLookAtIsNoChange(t *testing.T) {
	const success = "oauth.success."
	all := map[string][]string{
		success + "status": {"200"}, success + "members": {"access_token string, expires_in number, token_type string"}, success + "headers": {"cache-control, content-type"},
		success + "token": {"JWT, RS256, signature of 256 bytes"}, success + "token.claims": {"exp number, iat number, sub string"},
		success + "token_type": {"Bearer"}, success + "token.length": {"up to 4000 characters"}, success + "token.name": {"as asked"},
		success + "header.cache-control": {`"no-store"`}, success + "token.later": {"x"}, success + "later": {"y"},
	}
	for name, c := range map[string]struct {
		gone []string
		// besides is what else the run without them differs in.
		besides map[string][]string
		class   Class
		rule    string // where the trait is gone, and the first of its group
	}{
		"token_type":                    {gone: texts("token_type"), class: Unclear, rule: "one-sided"},
		"token_type, in an envelope":    {gone: texts("token_type"), besides: map[string][]string{"members": {"data {access_token string, expires_in number, token_type string}"}}, class: Unclear, rule: "one-sided"},
		"token_type, of another type":   {gone: texts("token_type"), besides: map[string][]string{"members": {"access_token string, expires_in number, token_type number"}}, class: Breaking, rule: "member-type"},
		"token_type, really":            {gone: texts("token_type"), besides: map[string][]string{"members": {"access_token string, expires_in number"}}, class: Breaking, rule: "member-removed"},
		"length":                        {gone: texts("token.length"), class: Unclear, rule: "one-sided"},
		"length, of another token":      {gone: texts("token.length"), besides: map[string][]string{"token": {"DB token, third part of 68 characters"}}, class: Unclear, rule: "one-sided"},
		"name":                          {gone: texts("token.name"), class: Unclear, rule: "one-sided"},
		"name, of other claims":         {gone: texts("token.name"), besides: map[string][]string{"token.claims": {"exp number, iat number"}}, class: Breaking, rule: "name-spelling"},
		"a header":                      {gone: texts("header.cache-control"), class: Unclear, rule: "one-sided"},
		"a header, really":              {gone: texts("header.cache-control"), besides: map[string][]string{"headers": {"content-type"}}, class: Compatible, rule: "headers"},
		"what a later version looks at": {gone: texts("later", "token.later"), class: Unclear, rule: "one-sided"},
	} {
		less := maps.Clone(all)
		for _, aspect := range c.gone {
			delete(less, success+aspect)
		}
		for aspect, values := range c.besides {
			less[success+aspect] = values
		}
		got := map[string]Group{}
		for _, g := range compareBehaviour(&record.Behaviour{Traits: all}, &record.Behaviour{Traits: less}, Options{}, "21.7").Groups {
			for _, trait := range g.Traits {
				got[trait] = g
			}
		}
		for _, aspect := range c.gone {
			if g := got[success+aspect]; g.Class != c.class || g.Rule != c.rule {
				t.Errorf("%s: %+v", name, g)
			}
		}
		for _, g := range compareBehaviour(&record.Behaviour{Traits: less}, &record.Behaviour{Traits: all}, Options{}, "21.7").Groups {
			if c.besides == nil && g.Class != Unclear {
				t.Errorf("%s, the other way round: %+v", name, g)
			}
		}
	}
}

// A trait that is gone from one kind of answers, and that the run looked at in others, is gone.
func TestATraitThatWasLookedAtIsGone(t *testing.T) {
	of := func(names ...string) *record.Behaviour {
		b := &record.Behaviour{Traits: map[string][]string{"login.success.status": {"200"}, "login.asked.status": {"200"}}}
		for _, n := range names {
			b.Traits[n] = texts("as asked")
		}
		return b
	}
	b := compareBehaviour(of("login.success.token.name", "login.asked.token.name"), of("login.asked.token.name"), Options{}, "21.7")
	if len(b.Groups) != 1 || b.Groups[0].Rule != "name-spelling" {
		t.Errorf("%+v", b.Groups)
	}
}

// Versions of unigate differ in the word that stands for what was taken out of a value.
func TestWordsForWhatIsHiddenAreNoChange(t *testing.T) {
	for name, c := range map[string]struct {
		old, new []string
		same     bool
	}{
		"the same":                {texts("a"), texts("a"), true},
		"other words":             {texts(`"basic [redacted]"`), texts(`"basic [credentials]"`), true},
		"fewer of them":           {texts(`"basic [redacted]"`, `"basic [token]"`), texts(`"basic [varies]"`), true},
		"other values":            {texts(`"basic [redacted]"`), texts(`"digest [credentials]"`), false},
		"other words in brackets": {texts("[some]"), texts("[other]"), false},
		"nothing hidden":          {texts("basic"), texts("[redacted]"), false},
	} {
		if got := sameValues(c.old, c.new); got != c.same {
			t.Errorf("%s: %t", name, got)
		}
	}
}
