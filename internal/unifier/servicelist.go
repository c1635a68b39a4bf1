package unifier

import (
	"slices"
	"strings"
)

// UserTypes lists the types of users, the one of which the documentation says
// most first.
func UserTypes() []UserType { return []UserType{Basic, OAuthType, Ordinary} }

// ServiceIDs lists what flags take for the services: their ids, and their short
// names where they have one.
func ServiceIDs() []string {
	var ids []string
	for _, s := range Services() {
		ids = append(ids, string(s))
		if s.Short() != "" {
			ids = append(ids, s.Short())
		}
	}
	return ids
}

// ServiceList tells the services in a sentence: "login, oauth, …".
func ServiceList() string {
	var names []string
	for _, s := range Services() {
		name := string(s)
		if s.Short() != "" {
			name += " (or " + s.Short() + ")"
		}
		names = append(names, name)
	}
	return enumerate(names)
}

// enumerate joins words with commas, and the last two with "and".
func enumerate(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}

// FirstService is the service that users of a type ask where nothing else is
// said: the first of an edition in the order of reports. ok is false where the
// edition has none for them.
func FirstService(t UserType, edition string) (s Service, ok bool) {
	of := ServicesOf(t, edition)
	if len(of) == 0 {
		return "", false
	}
	return of[0], true
}

// LaterServices are the services of an edition, besides the first, that users of
// a type may ask. Where nobody chose an edition, "", they are those of the other
// editions: only a call can tell whether a target has them.
func LaterServices(t UserType, edition string) []Service {
	of := ServicesOf(t, edition)
	if edition == "" {
		of = slices.DeleteFunc(Services(), func(s Service) bool { return s.Token(t) == NoToken || !s.general() })
	}
	if len(of) > 0 {
		of = of[1:]
	}
	return of
}

// general reports whether more than one edition has the service: the others are
// special to a system whose edition is known.
func (s Service) general() bool { return len(s.of().editions) > 1 }

// only reports whether the service gives tokens to users of one type alone.
func (s Service) only(t UserType) bool {
	users := s.Users()
	return len(users) == 1 && users[0] == t
}

// RequirementsBehind lists the ids behind rules over the services of an edition, ""
// for all, and their types of users, in the order of reports, each once.
func RequirementsBehind(edition string, rules ...Rule) []string {
	var ids []string
	for _, s := range Services() {
		if edition != "" && !s.In(edition) {
			continue
		}
		for _, r := range rules {
			for _, id := range s.Requirements(r) {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}
