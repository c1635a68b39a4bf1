package config

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/unigate/unigate/internal/unifier"
)

// get returns the value of a key, or otherwise where it is not set.
func get[T any](d *decoder, at string, otherwise T) T {
	if v, ok := d.values[at]; ok {
		if t, ok := v.v.(T); ok {
			return t
		}
	}
	return otherwise
}

// build makes the configuration out of the values and checks what concerns
// more than one key.
func (d *decoder) build() *Config {
	c := Default()
	t := &c.Target
	c.File = d.file
	t.BaseURL = get[*url.URL](d, "target.base_url", nil)
	t.Edition = get(d, "target.edition", "")
	t.ExpiryParameter = get(d, "target.expiry_parameter", t.ExpiryParameter)
	t.Resource = get(d, "target.resource", "")
	t.Header = http.Header{}
	for name, v := range get(d, "target.headers", map[string]string{}) {
		t.Header.Set(name, v)
	}
	t.Timeout = get(d, "target.timeout", t.Timeout)
	t.Proxy = get[*url.URL](d, "target.proxy", nil)
	t.TLS = TLS{
		CAFile: get(d, "target.tls.ca_file", ""), CertFile: get(d, "target.tls.cert_file", ""), KeyFile: get(d, "target.tls.key_file", ""),
		InsecureSkipVerify: get(d, "target.tls.insecure_skip_verify", false),
	}
	t.MaxClockSkew = get(d, "target.max_clock_skew", t.MaxClockSkew)
	t.JWKS = get(d, "target.jwks", "")
	c.Waivers = get(d, "waivers", "")
	c.Safety.FailedLogins = get(d, "safety.failed_logins", c.Safety.FailedLogins)
	c.Safety.AllowLoad = get(d, "safety.allow_load", false)
	c.Safety.DedicatedUsers = get(d, "safety.dedicated_users", false)
	c.Safety.MaxRate = get(d, "safety.max_rate", c.Safety.MaxRate)
	d.buildUsers(c)
	d.environmentUsers(c)
	d.check(c)
	c.Secrets, c.Notes = d.secrets, d.notes
	return c
}

// buildUsers makes the users of the file.
func (d *decoder) buildUsers(c *Config) {
	seen := map[string]string{}
	for i := range d.users {
		at := "users[" + strconv.Itoa(i) + "]."
		u := unifier.User{
			Name:     get(d, at+"name", ""),
			Password: unifier.Secret(get(d, at+"password", "")),
			Type:     unifier.UserType(get(d, at+"type", string(unifier.Basic))),
			Status:   unifier.Status(get(d, at+"status", string(unifier.Active))),
			Expiry:   get(d, at+"expiry", unifier.Expiry{}),
			Zone:     get(d, at+"time_zone", ""),
			Language: get(d, at+"language", ""),
		}
		if f, ok := d.values[at+"date_format"].v.(unifier.DateFormat); ok {
			u.DateFormat = &f
		}
		d.checkUser(at, u)
		switch other, ok := seen[strings.ToLower(account(u))]; {
		case u.Name == "" || !ok:
		case other == u.Name:
			d.problemAt(at+"name", "remove one of the two", "the user %s stands here twice", u.Name)
		default:
			d.problemAt(at+"name", "if they are two accounts, have one of them in a configuration of its own",
				"%s and %s are taken for one account, whose wrong passwords would count twice", other, u.Name)
		}
		seen[strings.ToLower(account(u))] = u.Name
		c.references[account(u)] = d.values[at+"password"].reference
		c.Users = append(c.Users, u)
	}
}

// checkUser checks the keys of one user against each other.
func (d *decoder) checkUser(at string, u unifier.User) {
	if u.Type != unifier.Basic {
		for _, name := range []string{"expiry", "date_format", "time_zone", "language"} {
			if _, ok := d.values[at+name]; ok {
				d.problemAt(at+name, "remove it", "is a preference of basic users, and this one is of type %s", u.Type)
			}
		}
	}
	v, ok := d.values[at+"password"]
	if !ok || v.line == 0 || v.line > len(d.lines) {
		return
	}
	d.passwordNotes(u.Name, u.Password.Reveal())
	if !strings.Contains(d.lines[v.line-1], "${") {
		d.notes = append(d.notes, "the password of "+u.Name+" stands in the file itself; ${env:NAME} or ${file:PATH} keep it out of version control")
	}
}

// environmentUsers adds the users that the environment names, or gives a user
// of the file another password.
func (d *decoder) environmentUsers(c *Config) {
	for _, e := range []struct {
		user, password string
		kind           unifier.UserType
	}{{envUser, envPassword, unifier.Basic}, {envOAuthUser, envOAuthPassword, unifier.OAuthType}} {
		name, _ := d.env(e.user)
		if name == "" {
			continue
		}
		password, _ := d.env(e.password)
		if password == "" {
			d.problems = append(d.problems, Problem{Source: e.user, Message: "is set, but " + e.password + " is not", Hint: "set both, or unset both"})
			continue
		}
		d.secret(password)
		if what := damage(password); what != "" {
			d.problems = append(d.problems, Problem{Source: e.password, Message: what, Hint: mend})
			continue
		}
		d.passwordNotes(name, password)
		if _, err := parseUserName(name); err != nil {
			d.problems = append(d.problems, Problem{Source: e.user, Message: err.Error()})
			continue
		}
		i := slices.IndexFunc(c.Users, func(u unifier.User) bool { return strings.EqualFold(u.Name, name) && u.Type == e.kind })
		if i < 0 {
			c.Users = append(c.Users, unifier.User{Name: name, Type: e.kind, Status: unifier.Active})
			i = len(c.Users) - 1
		}
		c.Users[i].Password = unifier.Secret(password)
		c.references[account(c.Users[i])] = "${env:" + e.password + "}"
	}
}

// check checks what concerns more than one key.
func (d *decoder) check(c *Config) {
	t := c.Target
	for _, pair := range [][2]string{{"cert_file", "key_file"}, {"key_file", "cert_file"}} {
		at := "target.tls." + pair[0]
		_, one := d.values[at]
		if _, other := d.values["target.tls."+pair[1]]; one && !other {
			d.problemAt(at, "a client certificate needs both", "stands without %s", pair[1])
		}
	}
	if t.TLS.InsecureSkipVerify && t.TLS.CAFile != "" {
		d.problemAt("target.tls.insecure_skip_verify", "remove one of the two", "makes ca_file meaningless")
	}
	d.checkCertificates(t.TLS)
	if len(d.options.Editions) > 0 && t.Edition != "" && !slices.Contains(d.options.Editions, t.Edition) &&
		(d.options.IsEdition == nil || !d.options.IsEdition(t.Edition)) {
		d.problemAt("target.edition", "the editions are "+strings.Join(d.options.Editions, ", ")+"; a release such as \"23.10\" stands for its edition, and auto for what the answers show", "%q is not a known edition", t.Edition)
	}
	d.checkAllowLoad(c)
}

// checkAllowLoad makes the permission hold only for the base URL that stands
// beside it: a flag or variable that names another target does not inherit it.
func (d *decoder) checkAllowLoad(c *Config) {
	if !c.Safety.AllowLoad {
		return
	}
	v := d.values["target.base_url"]
	if v.source == d.file || d.fileBase != "" && c.Target.BaseURL != nil && d.fileBase == c.Target.BaseURL.String() {
		return
	}
	c.Safety.AllowLoad = false
	c.Safety.AllowLoadDropped = "safety.allow_load holds only for the target.base_url of the same file"
	if v.source != "" {
		c.Safety.AllowLoadDropped += ", and " + v.source + " names another target"
	}
}
