package reference

import (
	"errors"
	"fmt"
	"slices"

	"github.com/unigate/unigate/internal/unifier"
)

// Editions of the documentation that the reference service knows.
const (
	Edition217        = "21.7"
	Edition24         = "24"
	Edition26         = "26"
	EditionEssentials = "essentials"
)

// Editions lists them.
var Editions = []string{Edition217, Edition24, Edition26, EditionEssentials}

// The V2 services.
const (
	v2Auth  unifier.Service = "v2auth"
	v2Login unifier.Service = "v2login"
)

// Paths of the V2 services.
const (
	V2AuthPath  = "/ws/rest/service/v2/auth/token"
	V2LoginPath = "/ws/rest/service/v2/login"
)

// tokenPaths are the paths of the token services.
var tokenPaths = map[string]unifier.Service{
	unifier.LoginPath: unifier.Login, unifier.OAuthPath: unifier.OAuth, V2AuthPath: v2Auth, V2LoginPath: v2Login,
}

// serviceAt is the token service at a path, or none.
func serviceAt(path string) unifier.Service { return tokenPaths[path] }

// edition is what differs between the editions of the documentation.
type edition struct {
	oauthDefault int64 // seconds
	envelope     bool  // data, message and status around an OAuth answer and in errors
	services     []unifier.Service
	tenants      bool // multi-tenant: resources are below an endpoint only
}

// serves says whether the edition has a service.
func (e edition) serves(service unifier.Service) bool { return slices.Contains(e.services, service) }

// errNoEdition is the start of the error about an unknown edition.
var errNoEdition = errors.New("the reference service knows the editions 21.7, 24, 26 and essentials")

// editionByID finds an edition; the empty id is 21.7.
func editionByID(id string) (edition, error) {
	switch id {
	case "", Edition217:
		return edition{oauthDefault: 3000, services: []unifier.Service{unifier.Login, unifier.OAuth}}, nil
	case Edition24, Edition26:
		return edition{oauthDefault: 3600, envelope: true, services: []unifier.Service{unifier.Login, unifier.OAuth, v2Auth}}, nil
	case EditionEssentials:
		return edition{oauthDefault: 3600, envelope: true, tenants: true, services: []unifier.Service{unifier.OAuth, v2Auth, v2Login}}, nil
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
