package reference

import "slices"

// Fault is one way in which a service can break its documentation.
type Fault struct {
	// Name is how --fault calls it.
	Name string
	// Breaks says in one sentence what a caller sees.
	Breaks string
	// Requirements are the requirements that a whole verify finds broken, no
	// more and no fewer.
	Requirements []string

	apply func(s *Service, h *hooks)
}

// Variant is a service that looks different and is right all the same.
type Variant struct {
	// Name is how --variant calls it.
	Name string
	// Differs says in one sentence what a caller sees.
	Differs string

	apply func(s *Service, h *hooks)
}

// Faults lists the catalogue of faults by topic.
func Faults() []Fault {
	return slices.Concat(
		answerFaults, validityFaults, expiryFaults, dateFaults, zoneFaults,
		authFaults, errorFaults, tokenFaults, resourceFaults,
		oauthFaults, oauthExpiryFaults, oauthAuthFaults, jwtFaults, laterFaults, hygieneFaults,
	)
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

// Variants lists the conforming variants.
func Variants() []Variant { return slices.Concat(bodyVariants, wireVariants, ruleVariants) }

// variantByName finds a variant.
func variantByName(name string) (Variant, bool) {
	for _, v := range Variants() {
		if v.Name == name {
			return v, true
		}
	}
	return Variant{}, false
}
