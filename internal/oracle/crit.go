package oracle

import "slices"

// headerError is the error of a token that its header makes invalid, whatever its signature.
type headerError struct{ what string }

// Error says why.
func (e *headerError) Error() string { return e.what }

// ownHeaders are the header parameters of RFC 7515, section 4.1, which crit must not name:
// everybody has to understand them.
var ownHeaders = []string{"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"}

// knownExtensions are those that unigate understands.
var knownExtensions = []string{"b64"}

// invalidHeader says why a header makes a token invalid; "" where it does not. What crit
// names must be understood by whoever judges the token. It is a list that is not empty, of
// extensions that the header has, each once (RFC 7515, section 4.1.11). The extension b64
// says that the claims are not encoded, which no JWT may do (RFC 7797).
func invalidHeader(header []member) string {
	switch b64 := find(header, "b64"); {
	case b64.kind == kindNone:
	case b64.kind != kindBool:
		return "the header's b64 is " + b64.kind.String() + ", not a boolean (RFC 7797)"
	case string(b64.raw) == "false":
		return "the header's b64 is false, which a JWT must not have (RFC 7797)"
	}
	crit := find(header, "crit")
	const rule = " (RFC 7515, section 4.1.11)"
	switch {
	case crit.kind == kindNone:
		return ""
	case crit.kind != kindArray:
		return "the header's crit is " + crit.kind.String() + ", not a list" + rule
	case len(crit.items()) == 0:
		return "the header's crit is an empty list" + rule
	}
	var names, unknown []string
	for _, item := range crit.items() {
		name, ok := item.text()
		switch {
		case !ok:
			return "the header's crit names " + item.kind.String() + rule
		case slices.Contains(ownHeaders, name):
			return "the header's crit names " + quoteText(name) + ", which is no extension" + rule
		case slices.Contains(names, name):
			return "the header's crit names " + quoteText(name) + " twice" + rule
		case find(header, name).kind == kindNone:
			return "the header's crit names " + quoteText(name) + ", which the header does not have" + rule
		case !slices.Contains(knownExtensions, name):
			unknown = append(unknown, name)
		}
		names = append(names, name)
	}
	if len(unknown) > 0 {
		return "the header's crit asks for an extension that unigate does not know, " + quoteText(unknown[0]) + ", so that it must not take the token for valid" + rule
	}
	return ""
}
