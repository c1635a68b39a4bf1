package config

import "github.com/unigate/unigate/internal/unifier"

// kind is the kind of a key's value.
type kind int

// The kinds of values.
const (
	mapping kind = iota
	list
	text     // any text
	path     // a file that must be readable
	choice   // one of key.choices
	boolean  // true or false
	whole    // a whole number from key.min to key.max
	number   // a number above key.min and up to key.max
	period   // a Go duration such as 30s from key.min to key.max, in seconds
	baseURL  // http(s)://host[:port][/path]
	proxyURL // a proxy, "none", or empty for the environment's
	secret   // text with ${env:…} and ${file:…}
	headers  // header fields; their values are secret text
	resource // the path of a GET
	userName // a user's name
	expiry   // a number and minutes, hours or days
	dateForm // one of the 21 date formats
	zone     // an IANA time zone
	language // an ISO 639 code
	keySet   // a URL or a file
)

// key is one key of the configuration file. The parser, the environment, the
// JSON Schema and the table in the documentation are all made from it.
type key struct {
	name string
	kind kind
	// doc is one sentence without a final full stop.
	doc string
	// env is the environment variable that overrides the key, empty for none.
	env string
	// def is the default as it would be written, empty for none.
	def      string
	choices  []string
	min, max float64
	required bool
	keys     []key // of a mapping
	items    *key  // of a list
}

// root is the whole file.
var root = key{kind: mapping, keys: []key{
	{name: "target", kind: mapping, doc: "The system to examine and the way to it", keys: targetKeys},
	{name: "users", kind: list, doc: "The integration users that exist; they decide what can be checked",
		items: &key{kind: mapping, keys: userKeys}},
	{name: "safety", kind: mapping, doc: "Bounds of what unigate does to the target", keys: safetyKeys},
	{name: "waivers", kind: path, env: "UNIGATE_WAIVERS", doc: "File of the requirements that are known not to be met"},
}}

var targetKeys = []key{
	{name: "base_url", kind: baseURL, env: "UNIGATE_TARGET",
		doc: "Base URL with the path prefix of a hosted system, such as https://host/company/stage"},
	{name: "edition", kind: text, env: "UNIGATE_EDITION", def: "auto", doc: "Edition of the documentation to check against, or a release such as 23.10, in quotes; auto: what the answers show, 21.7 until then"},
	{name: "expiry_parameter", kind: choice, env: "UNIGATE_EXPIRY_PARAMETER", def: "auto", choices: []string{"auto", "true", "false"},
		doc: "Whether login takes ?expiry=N; auto finds out with two requests"},
	{name: "resource", kind: resource, env: "UNIGATE_RESOURCE", doc: "Path of a GET that needs a token, below base_url"},
	{name: "headers", kind: headers, doc: "Header fields that every request carries"},
	{name: "timeout", kind: period, env: "UNIGATE_TIMEOUT", def: "30s", min: 0.1, max: 600, doc: "Longest time for one request as a whole"},
	{name: "proxy", kind: proxyURL, env: "UNIGATE_PROXY", doc: "Proxy URL; empty for the environment's, none for no proxy at all"},
	{name: "tls", kind: mapping, doc: "How to trust the target and how to be trusted by it", keys: []key{
		{name: "ca_file", kind: path, env: "UNIGATE_CA_FILE", doc: "PEM file of the certificate authorities to trust instead of the system's"},
		{name: "cert_file", kind: path, env: "UNIGATE_CERT_FILE", doc: "PEM file of the client certificate with its chain"},
		{name: "key_file", kind: path, env: "UNIGATE_KEY_FILE", doc: "PEM file of the client certificate's key"},
		{name: "insecure_skip_verify", kind: boolean, env: "UNIGATE_INSECURE_SKIP_VERIFY", def: "false",
			doc: "Accept any certificate; for experiments only"},
	}},
	{name: "max_clock_skew", kind: period, env: "UNIGATE_MAX_CLOCK_SKEW", def: "2m", min: 0, max: 3600,
		doc: "Largest offset of the target's clock that is tolerated"},
	{name: "jwks", kind: keySet, env: "UNIGATE_JWKS", doc: "URL or file of the identity domain's key set (JWKS), for OAUTH-13"},
}

var userKeys = []key{
	{name: "name", kind: userName, required: true, doc: "User name: a Basic user's begins with $$, an OAuth user's is that of the identity domain, often an e-mail address"},
	{name: "password", kind: secret, required: true, doc: "Password, best as ${env:NAME} or ${file:PATH}"},
	{name: "type", kind: choice, def: string(unifier.Basic), choices: userTypes(), doc: "Kind of the user; ordinary is no integration user, and gets no token"},
	{name: "status", kind: choice, def: "active", choices: []string{"active", "inactive"}, doc: "Status of the user"},
	{name: "expiry", kind: expiry, doc: "Duration set for a basic user, such as 10 minutes; leave it out where it was never changed"},
	{name: "date_format", kind: dateForm, doc: "Date format of a basic user; leave it out to accept any"},
	{name: "time_zone", kind: zone, doc: "IANA time zone of a basic user; leave it out to trust the reply's label"},
	{name: "language", kind: language, def: "en", doc: "Language of a basic user, for names of months"},
}

var safetyKeys = []key{
	{name: "failed_logins", kind: whole, def: "3", min: 0, max: 100, doc: "Wrong passwords that one user may see in one run"},
	{name: "allow_load", kind: boolean, def: "false", doc: "Permit load on this base_url although it is not loopback"},
	{name: "dedicated_users", kind: boolean, def: "false", doc: "No live integration uses the configured users: a fetch may end the token that it holds"},
	{name: "max_rate", kind: number, def: "50", min: 0, max: 100000, doc: "Highest load on a target that is not loopback, in requests per second"},
}

// userTypes are the types of users.
func userTypes() []string {
	var types []string
	for _, t := range unifier.UserTypes() {
		types = append(types, string(t))
	}
	return types
}

// Variable is an environment variable that unigate reads.
type Variable struct{ Name, Key, Doc string }

// Variables lists every environment variable that overrides a key of the file,
// in the order of the file, and then those that stand for a user.
func Variables() []Variable {
	var out []Variable
	root.walk("", func(at string, k key) {
		if k.env != "" {
			out = append(out, Variable{k.env, at, k.doc})
		}
	})
	return append(out,
		Variable{envUser, "users", "Name of a basic user besides those of the file"},
		Variable{envPassword, "users", "Password of UNIGATE_USER"},
		Variable{envOAuthUser, "users", "Name of an OAuth user besides those of the file"},
		Variable{envOAuthPassword, "users", "Password of UNIGATE_OAUTH_USER"},
		Variable{envConfig, "", "Configuration file, as --config"})
}

// walk visits every key below k with its path.
func (k key) walk(at string, visit func(at string, k key)) {
	for _, child := range k.keys {
		p := join(at, child.name)
		visit(p, child)
		child.walk(p, visit)
	}
	if k.items != nil {
		k.items.walk(at+"[]", visit)
	}
}

// join appends a name to the path of a key.
func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
