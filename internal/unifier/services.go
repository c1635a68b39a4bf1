package unifier

import "slices"

// Service is the id of a token service: what configuration, flags, the run record
// and thresholds call it. Everything that is known of a service stands in its
// entry of the table below; the methods of Service read it there. Nothing else in
// the program tells services apart by their ids.
type Service string

// The token services, by their ids.
const (
	Login   Service = "login"   // V1 login: a DB token for a Basic user
	OAuth   Service = "oauth"   // V1 OAuth token: a JWT for an OAuth user
	V2Auth  Service = "v2auth"  // V2 auth token: one call for both kinds of users
	V2Login Service = "v2login" // V2 login: V1 login under another path
)

// Paths of the services and of a documented resource that needs a token, below the base URL.
const (
	LoginPath    = "/ws/rest/service/v1/login"
	OAuthPath    = "/ws/rest/service/v1/oauth/token"
	V2AuthPath   = "/ws/rest/service/v2/auth/token"
	V2LoginPath  = "/ws/rest/service/v2/login"
	ResourcePath = "/ws/rest/service/v1/admin/bps"
)

// The editions of the documentation.
const (
	Edition217        = "21.7"
	Edition24         = "24"
	Edition26         = "26"
	EditionEssentials = "essentials"
)

// TokenKind is what a service's tokens are.
type TokenKind int

// The kinds of tokens.
const (
	NoToken TokenKind = iota // the service gives the user no token
	DBToken                  // three parts of base64 and hexadecimal digits that name the user (LOGIN-04)
	JWT                      // a signed JSON Web Token (OAUTH-07)
)

// ExpiryKind is what the query parameter expiry means to a service.
type ExpiryKind int

// The meanings of the parameter expiry.
const (
	ExpiryOpen    ExpiryKind = iota // the documentation does not say: what it does is observed only
	ExpiryInUnit                    // MinExpiry to MaxExpiry, in the user's unit (LOGIN-08)
	ExpirySeconds                   // a number of seconds (OAUTH-03)
)

// Form is the way in which a service's answer with a token is laid out.
type Form int

// The forms of answers.
const (
	FlatLogin    Form = iota // {expiryDate, Timezone, expiryTime, status, token}
	FlatOAuth                // {access_token, token_type, expires_in, status}
	DataEnvelope             // {data: {…} or [{…}], message, status}
	Lobby                    // {token, expire, endpoint, request_headers}, of a multi-tenant system
)

// Words are how scenarios and sentences speak of a service.
type Words struct {
	// Asks is the verb of a call: "the user logs in".
	Asks string
	// AsksWith is the verb before an expiry: "the user logs in asking for the expiry 5".
	AsksWith string
	// Call is the noun for a call and for what it gives: "every login of this run".
	Call string
	// Service completes "the … service".
	Service string
}

// access is what a service is for users of one type.
type access struct {
	user   UserType
	token  TokenKind
	expiry ExpiryKind
	rules  Rules
}

// layout is a form of answers, with the editions whose documentation has it.
type layout struct {
	form     Form
	editions []string
}

// entry is everything that is known of a service.
type entry struct {
	id    Service
	short string
	name  string
	words Words
	path  string
	// access is by type of user, in the order of preference; types that are not listed get no token.
	access   []access
	editions []string
	forms    []layout
	optional bool
}

// everyEdition lists the editions from the oldest on, oneTenant those of systems
// that are not multi-tenant.
var (
	everyEdition = []string{Edition217, Edition24, Edition26, EditionEssentials}
	oneTenant    = []string{Edition217, Edition24, Edition26}
)

// services is the table: one entry for each service, in the order of reports.
var services = []entry{
	{
		id: Login, name: "V1 login", path: LoginPath,
		words:    Words{Asks: "logs in", AsksWith: "logs in asking for", Call: "login", Service: "login"},
		access:   []access{{Basic, DBToken, ExpiryInUnit, loginRules}},
		editions: []string{Edition217, Edition24, Edition26},
		forms:    []layout{{FlatLogin, everyEdition}},
	},
	{
		id: OAuth, name: "V1 OAuth token", path: OAuthPath,
		words:    Words{Asks: "asks for an OAuth token", AsksWith: "asks for an OAuth token with", Call: "OAuth token", Service: "OAuth"},
		access:   []access{{OAuthType, JWT, ExpirySeconds, oauthRules}},
		editions: everyEdition,
		forms: []layout{
			{FlatOAuth, oneTenant}, {DataEnvelope, oneTenant},
			{Lobby, []string{Edition24, Edition26, EditionEssentials}},
		},
	},
	{
		id: V2Auth, short: "v2", name: "V2 auth token", path: V2AuthPath,
		words:    Words{Asks: "asks for a V2 token", AsksWith: "asks for a V2 token with", Call: "V2 token", Service: "V2"},
		access:   []access{{Basic, DBToken, ExpiryOpen, v2BasicRules}, {OAuthType, JWT, ExpirySeconds, v2OAuthRules}},
		editions: []string{Edition24, Edition26, EditionEssentials},
		forms:    []layout{{DataEnvelope, everyEdition}},
	},
	{
		id: V2Login, name: "V2 login", path: V2LoginPath, optional: true,
		words:    Words{Asks: "logs in by V2", AsksWith: "logs in by V2 asking for", Call: "V2 login", Service: "V2 login"},
		access:   []access{{Basic, DBToken, ExpiryOpen, v2LoginRules}},
		editions: []string{EditionEssentials},
		forms:    []layout{{FlatLogin, everyEdition}},
	},
}

// Editions lists the editions of the documentation from the oldest on.
func Editions() []string { return slices.Clone(everyEdition) }

// Usual reports whether systems of an edition have users of a type as a rule: a
// service that must be there is for them alone. Unifier Essentials documents OAuth
// users only, though its V2 services take Basic users as well.
func Usual(t UserType, edition string) bool {
	return slices.ContainsFunc(ServicesIn(edition), func(s Service) bool {
		users := s.Users()
		return !s.Optional() && len(users) == 1 && users[0] == t
	})
}

// of finds a service's entry; an id that the table does not have gets an empty one.
func (s Service) of() *entry {
	for i := range services {
		if services[i].id == s {
			return &services[i]
		}
	}
	return &entry{id: s}
}

// access is what the service is for users of a type; nil where they get no token from it.
func (s Service) access(t UserType) *access {
	e := s.of()
	for i := range e.access {
		if e.access[i].user == t {
			return &e.access[i]
		}
	}
	return nil
}

// Services lists all services in the order of reports.
func Services() []Service {
	all := make([]Service, len(services))
	for i := range services {
		all[i] = services[i].id
	}
	return all
}

// ServicesIn lists the services that an edition of the documentation has, in the
// order of reports.
func ServicesIn(edition string) []Service {
	return slices.DeleteFunc(Services(), func(s Service) bool { return !s.In(edition) })
}

// ServicesOf lists the services of an edition that give tokens to users of a type.
func ServicesOf(t UserType, edition string) []Service {
	return slices.DeleteFunc(ServicesIn(edition), func(s Service) bool { return s.Token(t) == NoToken })
}

// ServiceByID finds a service by its id, or by the short name that flags take
// for it, such as "v2".
func ServiceByID(id string) (Service, bool) {
	for i := range services {
		if string(services[i].id) == id || services[i].short != "" && services[i].short == id {
			return services[i].id, true
		}
	}
	return "", false
}

// ServiceByPath finds a service by its path below the base URL.
func ServiceByPath(path string) (Service, bool) {
	for i := range services {
		if services[i].path == path {
			return services[i].id, true
		}
	}
	return "", false
}

// ServiceByWords finds the service of which a text is the verb (Words.Asks or
// Words.AsksWith), the noun or the adjective, in the words of the scenarios.
func ServiceByWords(text string) (Service, bool) {
	for i := range services {
		if w := services[i].words; text == w.Asks || text == w.AsksWith || text == w.Call || text == w.Service {
			return services[i].id, true
		}
	}
	return "", false
}

// Name is what people call the service, such as "V1 login".
func (s Service) Name() string { return s.of().name }

// Short is the short name that flags take as well as the id; "" for most services.
func (s Service) Short() string { return s.of().short }

// Path returns the service's path below the base URL.
func (s Service) Path() string { return s.of().path }

// Words are how scenarios and sentences speak of the service.
func (s Service) Words() Words { return s.of().words }

// Users lists the types of users that get tokens from the service.
func (s Service) Users() []UserType {
	var types []UserType
	for _, a := range s.of().access {
		types = append(types, a.user)
	}
	return types
}

// Shared reports whether a service is one call for users of several types, who get the
// kinds of tokens there that the services of their own type give.
func (s Service) Shared() bool { return len(s.Users()) > 1 }

// Token is the kind of token that users of a type get from the service.
func (s Service) Token(t UserType) TokenKind {
	if a := s.access(t); a != nil {
		return a.token
	}
	return NoToken
}

// Expiry is what the parameter expiry means for users of a type.
func (s Service) Expiry(t UserType) ExpiryKind {
	if a := s.access(t); a != nil {
		return a.expiry
	}
	return ExpiryOpen
}

// In reports whether an edition of the documentation has the service.
func (s Service) In(edition string) bool { return slices.Contains(s.of().editions, edition) }

// Editions lists the editions of the documentation that have the service.
func (s Service) Editions() []string { return slices.Clone(s.of().editions) }

// Forms lists the forms that an edition's documentation has for the service's answers.
func (s Service) Forms(edition string) []Form {
	var forms []Form
	for _, l := range s.of().forms {
		if slices.Contains(l.editions, edition) {
			forms = append(forms, l.form)
		}
	}
	return forms
}

// Optional reports whether a system of an edition that has the service may be without
// it: then its path answers 404 or 405 (V2LOGIN-01).
func (s Service) Optional() bool { return s.of().optional }

// HasForm reports whether some edition's documentation has the form for the service's answers.
func (s Service) HasForm(f Form) bool {
	e := s.of()
	for i := range e.forms {
		if e.forms[i].form == f {
			return true
		}
	}
	return false
}

// Rules are the requirements behind the shared rules for users of a type. Users
// that get no token from the service have those of the first type that does, for
// their refusal is judged by them.
func (s Service) Rules(t UserType) *Rules {
	if a := s.access(t); a != nil {
		return &a.rules
	}
	if e := s.of(); len(e.access) > 0 {
		return &e.access[0].rules
	}
	return &Rules{}
}

// Requirement is the id of the requirement behind a rule for users of a type; ""
// where the service has none.
func (s Service) Requirement(r Rule, t UserType) string { return s.Rules(t)[r] }

// Requirements lists the ids behind a rule over all types of users, each once.
func (s Service) Requirements(r Rule) []string {
	var ids []string
	for _, a := range s.of().access {
		if id := a.rules[r]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Situation is a word for what was asked of the service, as it stands in the names of
// traits of behaviour: with the type of the user before it where the service gives
// tokens to several types, whose answers differ, such as "oauth.success".
func (s Service) Situation(word string, t UserType) string {
	if len(s.of().access) < 2 {
		return word
	}
	return string(t) + "." + word
}
