package reference

import (
	"errors"
	"fmt"

	"github.com/unigate/unigate/internal/unifier"
)

// Editions of the documentation that the reference service knows.
const (
	Edition217        = unifier.Edition217
	Edition24         = unifier.Edition24
	Edition26         = unifier.Edition26
	EditionEssentials = unifier.EditionEssentials
)

// serviceAt is the token service at a path, or none.
func serviceAt(path string) unifier.Service {
	service, _ := unifier.ServiceByPath(path)
	return service
}

// edition is what differs between the editions of the documentation; the table of
// services says which of them each has.
type edition struct {
	id           string
	oauthDefault int64 // seconds
	envelope     bool  // data, message and status around an OAuth answer and in errors
	tenants      bool  // multi-tenant: resources are below an endpoint only
}

// serves says whether the edition has a service.
func (e edition) serves(service unifier.Service) bool { return service.In(e.id) }

// errNoEdition is the start of the error about an unknown edition.
var errNoEdition = errors.New("the reference service knows the editions 21.7, 24, 26 and essentials")

// editionByID finds an edition; the empty id is 21.7.
func editionByID(id string) (edition, error) {
	switch id {
	case "", Edition217:
		return edition{id: Edition217, oauthDefault: 3000}, nil
	case Edition24, Edition26:
		return edition{id: id, oauthDefault: 3600, envelope: true}, nil
	case EditionEssentials:
		return edition{id: id, oauthDefault: 3600, envelope: true, tenants: true}, nil
	}
	return edition{}, fmt.Errorf("%w, not %q", errNoEdition, id)
}

// Edition is the edition of the documentation that the service follows.
func (s *Service) Edition() string { return s.options.Edition }

// editionOf is the edition of faults and variants that are about one; 21.7 for all others.
func editionOf(faults, variants []string) string {
	for _, name := range faults {
		if f, ok := FaultByName(name); ok && f.Edition != "" {
			return f.Edition
		}
	}
	for _, name := range variants {
		if v, ok := VariantByName(name); ok && v.Edition != "" {
			return v.Edition
		}
	}
	return Edition217
}
