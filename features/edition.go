package features

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Edition is what one edition of the documentation says about the services.
type Edition struct {
	ID string `yaml:"id"`
	// Releases are the main numbers of the releases that the edition stands for,
	// such as "23" for 23.10.
	Releases  []string          `yaml:"releases"`
	Default   bool              `yaml:"default"`
	Published string            `yaml:"published"`
	Pages     map[string]string `yaml:"pages"`
	Services  []ServiceFacts    `yaml:"services"`
}

// ServiceFacts is what an edition says about one service.
type ServiceFacts struct {
	ID string `yaml:"id"`
	// Checked says whether unigate has requirements for the service.
	Checked     bool              `yaml:"checked"`
	Name        string            `yaml:"name"`
	Request     string            `yaml:"request"`
	Credentials string            `yaml:"credentials"`
	Response    string            `yaml:"response"`
	Facts       map[string]string `yaml:"facts"`
}

// ParseEdition reads one edition. Unknown keys are errors.
func ParseEdition(data []byte) (*Edition, error) {
	var e Edition
	if err := yaml.UnmarshalWithOptions(data, &e, yaml.Strict()); err != nil {
		return nil, err
	}
	if e.ID == "" || e.Published == "" || len(e.Services) == 0 {
		return nil, errors.New("an edition needs id, published and services")
	}
	for _, r := range e.Releases {
		if strings.Trim(r, "0123456789") != "" || r == "" {
			return nil, fmt.Errorf("edition %s: a release is a main number such as 23, not %q", e.ID, r)
		}
	}
	seen := map[string]bool{}
	for _, s := range e.Services {
		if s.ID == "" || s.Name == "" || s.Request == "" {
			return nil, fmt.Errorf("edition %s: a service needs id, name and request", e.ID)
		}
		if seen[s.ID] {
			return nil, fmt.Errorf("edition %s: service %s is there twice", e.ID, s.ID)
		}
		seen[s.ID] = true
	}
	return &e, nil
}

// Service returns what the edition says about the service.
func (e Edition) Service(id string) (ServiceFacts, bool) {
	for _, s := range e.Services {
		if s.ID == id {
			return s, true
		}
	}
	return ServiceFacts{}, false
}

// Fact returns one fact about a service, or "".
func (e Edition) Fact(service, name string) string {
	s, _ := e.Service(service)
	return s.Facts[name]
}

// Says returns what the edition says in a fact of the first service that has it, or "".
func (e Edition) Says(name string) string {
	for _, s := range e.Services {
		if s.Facts[name] != "" {
			return s.Facts[name]
		}
	}
	return ""
}

// LobbyAnswer reports whether the edition describes another OAuth answer for Lobby accounts.
func (e Edition) LobbyAnswer() bool { return e.Says("lobby_answer") != "" }

// RequiredClaims are the claims that the edition requires of an access token (OAUTH-07).
func (e Edition) RequiredClaims() []string {
	claims := strings.Split(e.Says("required_claims"), ",")
	for i := range claims {
		claims[i] = strings.TrimSpace(claims[i])
	}
	return slices.DeleteFunc(claims, func(s string) bool { return s == "" })
}

// Seconds returns a fact that is a number of seconds.
func (e Edition) Seconds(service, name string) (int64, error) {
	n, err := strconv.ParseInt(e.Fact(service, name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("edition %s: %s of %s is not a number of seconds: %w", e.ID, name, service, err)
	}
	return n, nil
}

// DefaultSeconds lists the validities in seconds that a service's token may have
// where none is asked for: this edition's; where nobody chose the edition (open),
// those of the other editions after it (A6). It is empty where no edition that
// counts names one.
func (e Edition) DefaultSeconds(service string, open bool, all []Edition) []int {
	var out []int
	count := append([]Edition{e}, all...)
	if !open {
		count = count[:1]
	}
	for _, x := range count {
		if n, err := x.Seconds(service, "default_seconds"); err == nil && !slices.Contains(out, int(n)) {
			out = append(out, int(n))
		}
	}
	return out
}

// Title returns the requirement's title with the edition's facts filled in.
func (e Edition) Title(r Requirement) string {
	title := r.Title
	s, _ := e.Service(r.Service)
	for name, value := range s.Facts {
		title = strings.ReplaceAll(title, "{"+name+"}", value)
	}
	return title
}

// Page returns the title of the page that the requirement comes from.
func (e Edition) Page(r Requirement) string {
	if title, ok := e.Pages[r.Page]; ok {
		return title
	}
	if key, ok := strings.CutPrefix(r.Page, "analogy with "); ok {
		return "by analogy with " + e.Pages[key]
	}
	return r.Page
}

// Change is one difference between two editions. Old or New is empty where the
// edition says nothing.
type Change struct {
	Subject string `json:"subject"`
	Old     string `json:"old"`
	New     string `json:"new"`
}

// Diff lists what the documentation changed from old to new: services, facts,
// and requirements that came or went.
func Diff(old, next Edition, r *Register) []Change {
	a, b := flatten(old, r), flatten(next, r)
	subjects := map[string]bool{}
	for s := range a {
		subjects[s] = true
	}
	for s := range b {
		subjects[s] = true
	}
	var changes []Change
	for s := range subjects {
		if a[s] != b[s] {
			changes = append(changes, Change{Subject: s, Old: a[s], New: b[s]})
		}
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].Subject < changes[j].Subject })
	return changes
}

// flatten returns everything that an edition says, by subject.
func flatten(e Edition, r *Register) map[string]string {
	flat := map[string]string{"published": e.Published}
	for _, s := range e.Services {
		for name, value := range map[string]string{"request": s.Request, "credentials": s.Credentials, "response": s.Response} {
			flat[s.Name+": "+name] = value
		}
		for name, value := range s.Facts {
			flat[s.Name+": "+strings.ReplaceAll(name, "_", " ")] = value
		}
	}
	for _, q := range r.Requirements {
		if q.In(e.ID) {
			flat["requirement "+q.ID] = e.Title(q)
		}
	}
	return flat
}

// older reports whether edition a was published before edition b, by the
// numbers of their ids.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		m, n := numberOf(x[i]), numberOf(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

// numberOf reads a part of an edition's id. A word, as in essentials, counts as the latest.
func numberOf(part string) int {
	n, err := strconv.Atoi(part)
	if err != nil {
		return math.MaxInt
	}
	return n
}
