package reference

import (
	"slices"
	"strings"
)

// Fault is one way in which a service can break its documentation.
type Fault struct {
	// Name is how --fault calls it.
	Name string
	// Breaks says in one sentence what a caller sees.
	Breaks string
	// Requirements are the requirements that a whole verify finds broken, no
	// more and no fewer.
	Requirements []string
	// Mild are those of them of which verify warns whatever their level, since nothing
	// says that the gate must close on it.
	Mild []string
	// Edition is the edition of the documentation that the fault is served in where
	// none is chosen; empty is 21.7.
	Edition string

	apply change
}

// fault is an entry of a table of faults: name, sentence, requirements, and what it does.
type fault struct {
	name, breaks string
	requirements []string
	apply        change
}

// Variant is a service that looks different and is right all the same.
type Variant struct {
	// Name is how --variant calls it.
	Name string
	// Differs says in one sentence what a caller sees.
	Differs string
	// Warns are the requirements of which verify warns, and no more than that: the
	// documentation does not say that they hold, or a front end answers instead of
	// the service (A18).
	Warns []string
	// Edition is the only edition of the documentation in which the variant is
	// right; empty is every one.
	Edition string

	// point names what of the service the variant changes, separated by ", ": two
	// variants with a point in common can't be combined.
	point string
	apply func(s *Service, h *hooks)
}

// CombinesWith reports whether a service can be both variants at once.
func (v Variant) CombinesWith(o Variant) bool {
	for _, point := range strings.Split(v.point, ", ") {
		if slices.Contains(strings.Split(o.point, ", "), point) {
			return false
		}
	}
	if v.Edition == EditionEssentials && o.answersOAuth() || o.Edition == EditionEssentials && v.answersOAuth() {
		return false // there the Lobby form is the only one
	}
	return v.Edition == o.Edition || v.Edition == "" || o.Edition == ""
}

// answersOAuth reports whether the variant gives V1 OAuth's answer a form of its own.
func (v Variant) answersOAuth() bool {
	return slices.Contains(strings.Split(v.point, ", "), "oauth answer")
}

// faultsOf lists the tables of faults by the edition that shows them.
func faultsOf() map[string][]fault {
	return map[string][]fault{
		"": slices.Concat(
			answerFaults, validityFaults, expiryFaults, dateFaults, zoneFaults,
			authFaults, schemeFaults, errorFaults, tokenFaults, resourceFaults, nearFaults, firstUseFaults,
			oauthFaults, oauthExpiryFaults, oauthAuthFaults, jwtFaults, laterFaults, spoilFaults, sweepFaults, hygieneFaults, wireFaults,
		),
		Edition26: slices.Concat(
			v2AnswerFaults, v2ValidityFaults, v2OAuthFaults, v2JWTFaults,
			v2AuthFaults, v2SchemeFaults, v2ResourceFaults, v2HygieneFaults,
		),
		EditionEssentials: slices.Concat(tenantFaults, v2LoginFaults, v2LoginSchemeFaults),
	}
}

// Faults lists the catalogue of faults by topic.
func Faults() []Fault {
	var all []Fault
	tables := faultsOf()
	for _, edition := range []string{"", Edition26, EditionEssentials} {
		for _, f := range tables[edition] {
			all = append(all, Fault{Name: f.name, Breaks: f.breaks, Requirements: f.requirements, Mild: mild[f.name], Edition: edition, apply: f.apply})
		}
	}
	return all
}

// mild are the requirements of which verify only warns, by the fault: an account may be
// locked after a wrong password, and that signatures verify is inferred at V1.
var mild = map[string][]string{
	"spoil-wrong-password-locks":       {"LOGIN-21"},
	"spoil-wrong-password-locks-oauth": {"OAUTH-11"},
	"v2-jwt-signature-wrong":           {"V2AUTH-13"},
	"v2-jwt-signature-asked":           {"V2AUTH-13"},
}

// FaultByName finds a fault.
func FaultByName(name string) (Fault, bool) {
	for _, f := range Faults() {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

// variant makes an entry of the catalogue.
func variant(name, differs, point string, f change) Variant {
	return Variant{Name: name, Differs: differs, point: point, apply: f}
}

// warning returns the variant with the requirements of which verify warns.
func (v Variant) warning(ids ...string) Variant {
	v.Warns = ids
	return v
}

// in returns the variant as one that is right in one edition only.
func (v Variant) in(edition string) Variant {
	v.Edition = edition
	return v
}

// Variants lists the conforming variants.
func Variants() []Variant {
	return slices.Concat(bodyVariants, wireVariants, ruleVariants, tokenVariants, earlierVariants, frontVariants, resourceVariants, oauthVariants, lobbyVariants,
		v2Variants, v2RuleVariants, tenantVariants)
}

// VariantByName finds a variant.
func VariantByName(name string) (Variant, bool) {
	for _, v := range Variants() {
		if v.Name == name {
			return v, true
		}
	}
	return Variant{}, false
}
