package load

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// Share is one part of the mix.
type Share struct {
	Service unifier.Service
	// User names one user; empty stands for all active users of the service, in turn.
	User   string
	Weight float64
}

// String returns the service, or service:user.
func (s Share) String() string {
	if s.User == "" {
		return string(s.Service)
	}
	return string(s.Service) + ":" + s.User
}

// ParseMix reads a mix such as "login=80,oauth=20" or "login:$$unigate=1".
func ParseMix(text string) ([]Share, error) {
	const hint = "a mix is such as login=80,oauth=20, or login:USER=10 for one user"
	var out []Share
	for _, part := range strings.Split(text, ",") {
		name, weight, found := cutLast(strings.TrimSpace(part), "=")
		if !found {
			return nil, usagef(hint, "%q in the mix has no weight", part)
		}
		w, err := strconv.ParseFloat(strings.TrimSuffix(weight, "%"), 64)
		if err != nil || !(w >= 0 && w <= 1e6) {
			return nil, usagef(hint, "%q is no weight", weight)
		}
		s, err := share(name, w)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o Share) bool { return o.Service == s.Service && o.User == s.User }) {
			return nil, usagef(hint, "%s is in the mix twice", s)
		}
		out = append(out, s)
	}
	return out, nil
}

// share makes the part of a mix that name stands for.
func share(name string, weight float64) (Share, error) {
	id, user, _ := strings.Cut(name, ":")
	service, known := unifier.ServiceByID(id)
	s := Share{Service: service, User: user, Weight: weight}
	if !known {
		return s, usagef("the services are "+unifier.ServiceList(), "unknown service %q in the mix", id)
	}
	return s, nil
}

// cutLast cuts s around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// asked tells which users a service gives tokens: "basic or oauth".
func asked(s unifier.Service) string {
	var types []string
	for _, t := range s.Users() {
		types = append(types, string(t))
	}
	return strings.Join(types, " or ")
}

// cycleLength is how many requests it takes for the mix to come around: shares
// are kept to a thousandth.
const cycleLength = 1000

// mixer says who asks which service in which request. What request it is alone
// decides, so that nothing has to be remembered between request and reply.
type mixer struct {
	cycle []int // share of each request of the cycle
	nth   []int // which of the share's requests in the cycle it is
	per   []int // requests of each share in the cycle
	users [][]int
	// seed has each request draw its share and user, so that those of each service
	// are a Poisson process, too; 0 has them take turns.
	seed uint64
}

// draw returns a random number of request n.
func (m *mixer) draw(n uint64) uint64 { return splitmix(splitmix(m.seed) + n) }

// splitmix is the mixing function of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
func splitmix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// newMixer returns a mixer of shares by weight; users holds the classes of each share.
func newMixer(shares []Share, users [][]int) *mixer {
	m := &mixer{cycle: make([]int, cycleLength), nth: make([]int, cycleLength), per: make([]int, len(shares)), users: users}
	total := 0.0
	for _, s := range shares {
		total += s.Weight
	}
	credit := make([]float64, len(shares))
	for i := range m.cycle {
		// Smooth weighted round robin: each gains its weight, the richest pays for all.
		for k, s := range shares {
			credit[k] += s.Weight / total
		}
		best := 0
		for k := range credit {
			if credit[k] > credit[best]+1e-9 {
				best = k
			}
		}
		credit[best]--
		m.cycle[i], m.nth[i] = best, m.per[best]
		m.per[best]++
	}
	return m
}

// class returns the class of request n.
func (m *mixer) class(n uint64) int {
	if m.seed != 0 {
		r := m.draw(n)
		users := m.users[m.cycle[r%cycleLength]]
		return users[r/cycleLength%uint64(len(users))]
	}
	i := n % cycleLength
	share := m.cycle[i]
	users := m.users[share]
	k := n/cycleLength*uint64(m.per[share]) + uint64(m.nth[i])
	return users[k%uint64(len(users))]
}

// weights are those of the default mix, by type of user.
var weights = []struct {
	user   unifier.UserType
	weight float64
}{{unifier.Basic, 80}, {unifier.OAuthType, 20}}

// defaultMix is the mix where none is asked for: 80 to 20 where there are users
// of both types, at the first service that the edition has for each.
func defaultMix(users []unifier.User, edition string) []Share {
	var out []Share
	for _, w := range weights {
		service, ok := unifier.FirstService(w.user, cmp.Or(edition, unifier.Edition217))
		if !ok || !slices.ContainsFunc(users, func(u unifier.User) bool { return u.Type == w.user && active(u) }) {
			continue
		}
		if i := slices.IndexFunc(out, func(s Share) bool { return s.Service == service }); i >= 0 {
			out[i].Weight += w.weight
			continue
		}
		out = append(out, Share{Service: service, Weight: w.weight})
	}
	return out
}

// active reports whether a user should get tokens.
func active(u unifier.User) bool { return u.Status != unifier.Inactive }
