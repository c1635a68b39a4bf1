package steps

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// observe keeps what a service did with a case that the documentation leaves open.
func (r *run) observe(s *Scenario, a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, [2]string{fmt.Sprintf("%s.open.%s", a.service, slug(s.Name)), observation(a)})
}

// slug makes a name of a trait of a scenario's name.
func slug(s string) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, " is left open by the documentation"), " is left open")
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '.' || r == ',' }), "_")
}

// Bounds of what traits keep of a server's texts, in characters, and of how many
// values a trait has.
const (
	maxTraitName   = 200
	maxTrait       = 2000
	maxTraitValues = 50
)

// bounded redacts, cleans and cuts a text, in this order.
func (r *run) bounded(s string, limit int) string {
	return printable.Line(r.o.Redactor.String(s), limit)
}

// behaviour gathers what the target was seen to do, documented or not.
func (r *run) behaviour() record.Behaviour {
	seen := map[string]map[string]bool{}
	add := func(trait, value string) {
		merge(seen, r.bounded(trait, maxTraitName), r.bounded(value, maxTrait))
	}
	for trait, values := range r.past.traits {
		for _, v := range slices.Sorted(maps.Keys(values)) {
			add(trait, v)
		}
	}
	r.traitsOf(seen)
	for id, readings := range r.readings {
		if id == "A10" { // which reading shows depends on the second of the call
			continue
		}
		for _, text := range readings {
			if id == "A11" { // whether the end of the same token moved shows only over minutes
				text, _, _ = strings.Cut(text, ",")
			}
			add("reading."+id, text)
		}
	}
	b := record.Behaviour{Traits: map[string][]string{}}
	for trait, values := range seen {
		for v := range values {
			b.Traits[trait] = append(b.Traits[trait], v)
		}
		sort.Strings(b.Traits[trait])
	}
	return b
}

// traitsOf adds the traits of this repetition's answers.
func (r *run) traitsOf(seen map[string]map[string]bool) {
	add := func(trait, value string) {
		merge(seen, r.bounded(trait, maxTraitName), r.bounded(value, maxTrait))
	}
	for _, a := range r.every {
		if a.situation == "" {
			continue
		}
		situation := a.situationInTraits()
		of := oracle.Traits(a.service, situation, a.reply, r.o.Redactor.String)
		if a.situation == asked || a.expect.First != nil || a.before { // or what is left of a token that came before (A11)
			maps.DeleteFunc(of, func(trait, _ string) bool { return followsAsked(trait) })
		}
		maps.Copy(of, oracle.JudgedTraits(a.expect, a.service, situation, a.reply, a.judged))
		for trait, value := range of {
			add(trait, value)
		}
	}
	for _, a := range r.every {
		for trait, value := range connectionTraits(a) {
			add(trait, value)
		}
		if a.situation == "success" && a.user != nil {
			add(fmt.Sprintf("%s.user.%s", a.service, a.user.Name), admission(a))
		}
	}
	for _, o := range r.open {
		add(o[0], o[1])
	}
}

// connectionTraits say how the target was reached.
func connectionTraits(a *answer) map[string]string {
	out := map[string]string{}
	if a.exchange.Proto != "" {
		out["connection.protocol"] = a.exchange.Proto
	}
	state := a.reply.TLS
	if state == nil {
		return out
	}
	out["connection.tls_version"] = tls.VersionName(state.Version)
	if n := len(state.PeerCertificates); n > 0 {
		issuer := state.PeerCertificates[0].Issuer
		name := strings.Join(append(slices.Clone(issuer.Organization), issuer.CommonName), ", ")
		out["connection.certificate_issuer"] = unifier.Printable(name, maxIssuer)
	}
	return out
}

// maxIssuer bounds the name of an authority, in characters: the target wrote it.
const maxIssuer = 120

// admission says whether right credentials got a token.
func admission(a *answer) string {
	if a.judged.Token != "" {
		return "gets a token"
	}
	return fmt.Sprintf("gets no token, HTTP %d", a.reply.Status)
}

// situationInTraits is the answer's situation as the names of traits have it: a call
// that is due a token is told apart by the type of its user where answers differ by it.
func (a *answer) situationInTraits() string {
	if a.user == nil || a.situation != "success" && a.situation != asked && a.situation != formBody {
		return a.situation
	}
	return a.service.Situation(a.situation, cmp.Or(a.user.Type, unifier.Basic))
}

// asked is the situation of calls that asked for a valid expiry.
const asked = "asked"

// formBody is the situation of calls with a form body beside right credentials.
const formBody = "form_body"

// followsAsked reports whether a trait's value is what the call asked for.
func followsAsked(trait string) bool {
	return strings.HasSuffix(trait, ".expires_in") || strings.HasSuffix(trait, ".lifetime_s")
}
