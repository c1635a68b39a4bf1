package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/config"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// target is an opened target: what verify, load and doctor examine.
type target struct {
	client *unifier.Client
	// transport is the way to the target, for those who make their own connections.
	transport unifier.TransportOptions
	baseURL   *url.URL
	header    http.Header
	timeout   time.Duration

	users           []unifier.User
	edition         string // empty where nobody chose one
	resource        string // path, empty for none
	expiryParameter string // "true", "false" or "auto"
	maxClockSkew    time.Duration
	jwks            string // URL or file, empty for none
	safety          config.Safety
	budget          *unifier.Budget // of passwords that may be wrong, for the whole process
	waivers         string          // file, empty for none
	file            string          // of the configuration, empty for none
	notes           []string
	reference       func(unifier.User) string // how the configuration refers to a password

	// embedded says that the target is the reference service inside this process.
	embedded bool
	// local says that every address of the target is a loopback address; the
	// transport then refuses all others. Through a proxy nothing is local.
	local bool
	// referenceUsers says that the users are those of the reference service, on this
	// machine: nobody's.
	referenceUsers bool
	// proxied says that requests to the target go through a proxy.
	proxied bool

	service *reference.Server
	// keySets counts the requests for key sets.
	keySets atomic.Int64
}

// shownNames bounds how many users the warning names.
const shownNames = 5

// shared warns of live integrations that use the configured users, until the
// configuration says that none does; "" for a target on this machine.
func (t *target) shared() string {
	if t.embedded || t.local || t.safety.DedicatedUsers {
		return ""
	}
	var names []string
	for _, u := range t.users {
		if u.Status == unifier.Active && u.Type != unifier.Ordinary {
			names = append(names, u.Name)
		}
	}
	if more := len(names) - shownNames; more > 0 {
		names = append(names[:shownNames], fmt.Sprintf("%d more", more))
	}
	return "no live integration may use " + strings.Join(names, ", ") +
		": fetching a token may end the one that it holds (safety.dedicated_users: true says that none does)"
}

// sent counts every request that left: those of scenarios and of what came before
// them, those of load tests, and those that fetched key sets.
func (t *target) sent(loads []*record.Load) int {
	n := t.client.Sent() + t.keySets.Load()
	for _, l := range loads {
		n += int64(l.Totals.Attempts + l.Totals.WarmupAttempts + l.Totals.PreflightAttempts)
	}
	return int(n)
}

// close ends the embedded service and idle connections.
func (t *target) close() error {
	if t.client != nil {
		t.client.CloseIdleConnections()
	}
	if t.service != nil {
		return t.service.Close()
	}
	return nil
}

// loadConfig reads the configuration, once, as a file of it may be a pipe, and makes
// its secrets known to the redactor.
func (a *app) loadConfig() (*config.Config, error) {
	if a.config != nil {
		return a.config, nil
	}
	if len(a.envProblems) > 0 {
		return nil, usage("", "%w", a.envProblems)
	}
	editions, err := features.LoadEditions()
	if err != nil {
		return nil, err
	}
	o := config.Options{
		Context: a.ctx, Secret: func(s string) { a.redactor.Add(s) },
		File: a.shared.config, Env: a.env, Environ: a.variables,
		Target: a.shared.target, TargetFlag: a.given("target"), Edition: a.shared.edition,
	}
	for _, v := range flagVariables {
		o.Flags = append(o.Flags, v[0])
	}
	o.Flags = append(o.Flags, shardsVariable, shardKeyVariable)
	for _, e := range editions {
		o.Editions = append(o.Editions, e.ID)
	}
	o.IsEdition = func(id string) bool {
		_, ok := features.FindEdition(editions, id)
		return ok || id == autoEdition
	}
	c, err := config.Load(o)
	if err != nil {
		return nil, usage("", "%w", err)
	}
	if e, ok := features.FindEdition(editions, c.Target.Edition); ok && c.Target.Edition != "" {
		if c.Target.Edition != e.ID {
			a.release = c.Target.Edition
		}
		c.Target.Edition = e.ID // a release, such as 23.10, stands for its edition
	} else {
		c.Target.Edition = ""
	}
	a.redactor.Add(c.Secrets...)
	for _, u := range c.Users {
		a.redactor.AddCredentials(u.Name, u.Password.Reveal())
	}
	a.config = c
	return c, nil
}

// openTarget reads flags, environment and configuration and opens the target
// that they name; without one it starts the embedded reference service. The
// caller closes it.
func (a *app) openTarget(ctx context.Context) (*target, error) {
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	t := &target{
		header: c.Target.Header, timeout: c.Target.Timeout, users: c.Users, edition: c.Target.Edition,
		resource: c.Target.Resource, expiryParameter: c.Target.ExpiryParameter, maxClockSkew: c.Target.MaxClockSkew,
		jwks: c.Target.JWKS, safety: c.Safety, waivers: c.Waivers, file: c.File, notes: c.Notes, baseURL: c.Target.BaseURL,
		reference: c.Reference,
	}
	a.opened = t
	if t.baseURL == nil {
		err = a.embed(ctx, t, c)
	} else {
		err = a.reach(ctx, t, c)
	}
	if err != nil {
		_ = t.close()
		return nil, err
	}
	return t, nil
}

// embed starts the reference service as the target.
func (a *app) embed(ctx context.Context, t *target, c *config.Config) error {
	if len(c.Users) > 0 {
		return usage("set target.base_url, UNIGATE_TARGET or --target; the embedded reference service has users of its own",
			"there are users, but no target that they belong to")
	}
	s, err := reference.New(reference.Options{Edition: t.edition, HTTPS: a.embedHTTPS})
	if err != nil {
		return usage("", "%w", err)
	}
	if t.service, err = s.Start(ctx, "127.0.0.1:0"); err != nil {
		return inconclusive("", "cannot start the embedded reference service: %w", err)
	}
	if t.baseURL, err = url.Parse(t.service.URL()); err != nil {
		return inconclusive("", "%w", err)
	}
	t.embedded, t.local = true, true
	// What the file says about a real target does not concern the embedded one.
	t.header, t.jwks, t.resource, t.expiryParameter = nil, "", "", "auto"
	t.transport = unifier.TransportOptions{Control: unifier.LoopbackOnly}
	if a.embedHTTPS {
		t.transport.RootCAs = s.Roots()
	}
	a.useReference(t)
	return a.connect(t)
}

// useReference takes the users and paths of the reference service.
func (a *app) useReference(t *target) {
	t.referenceUsers = true
	t.users = reference.DefaultUsers()
	for _, u := range t.users {
		// These passwords are public and partly ordinary words, such as "ten minutes".
		a.redactor.AddBasic(u.Name, u.Password.Reveal())
	}
	if t.resource == "" {
		t.resource = unifier.ResourcePath
	}
	if t.jwks == "" {
		t.jwks = strings.TrimSuffix(t.baseURL.String(), "/") + reference.JWKSPath
	}
}

// reach prepares the way to a real target.
func (a *app) reach(ctx context.Context, t *target, c *config.Config) error {
	var err error
	if t.transport, err = transportOptions(c.Target, a.env); err != nil {
		return usage("", "%w", err)
	}
	proxy, err := t.transport.Proxy(t.baseURL)
	t.local = (c.Target.Proxy == nil || proxy == nil) && loopback(ctx, t.baseURL.Hostname())
	switch {
	case t.local: // whatever its name is, no proxy of the environment's is for this machine
		t.transport.Proxy, t.transport.Control = unifier.FixedProxy(nil), unifier.LoopbackOnly
	case err != nil:
		return usage("correct or unset it, or set target.proxy; none goes directly", "%w", err)
	case proxy != nil:
		t.proxied = true
	}
	if err := a.connect(t); err != nil {
		return err
	}
	if len(t.users) > 0 {
		return nil
	}
	return a.guessUsers(ctx, t)
}

// guessUsers fills in the users of the reference service where no user is
// configured and the target is a reference service on this machine, which its
// key set shows. No credentials are sent to find out.
func (a *app) guessUsers(ctx context.Context, t *target) error {
	noUsers := usage("unigate init writes a starter file; UNIGATE_USER and UNIGATE_PASSWORD name one user",
		"no users are configured for %s", t.client.BaseURL())
	if !t.local {
		return noUsers
	}
	if a.dry {
		a.useReference(t) // to find out would be to send
		return a.connect(t)
	}
	model, err := reference.New(reference.Options{})
	if err != nil {
		return err
	}
	x := t.client.Do(ctx, unifier.Call{Path: reference.JWKSPath})
	t.keySets.Add(int64(x.Attempts)) // another client follows
	if x.Err != nil {
		return unreachable(t.client.BaseURL(), x.Err)
	}
	if !bytes.Equal(bytes.TrimSpace(x.Body), bytes.TrimSpace(model.JWKS())) {
		return noUsers
	}
	a.useReference(t)
	return a.connect(t) // with a budget for these users
}

// unreachable is the error for a target that gives no answer.
func unreachable(where string, err error) error {
	if errors.Is(err, context.Canceled) {
		return exitError(exitInterrupted)
	}
	d := unifier.Diagnose(err)
	return inconclusive(d.Hint, "%s cannot be reached: %s", where, d.Cause)
}

// connect makes the client.
func (a *app) connect(t *target) error {
	t.budget = unifier.NewBudget(t.users, t.safety.FailedLogins)
	client, err := unifier.NewClient(unifier.ClientOptions{
		BaseURL: t.baseURL, Header: t.header, Timeout: t.timeout, Transport: unifier.NewTransport(t.transport), Learn: a.redactor.Learn,
		Budget: t.budget, Proxy: t.proxy(),
	})
	if err != nil {
		return usage("", "%w", err)
	}
	t.client = client
	return nil
}

// proxy returns the proxy that requests to the target go through, nil for none.
func (t *target) proxy() *url.URL {
	if !t.proxied {
		return nil
	}
	p, err := t.transport.Proxy(t.baseURL)
	if err != nil {
		return nil
	}
	return p
}

// transportOptions turns the configuration of the target into the way to it.
func transportOptions(c config.Target, env func(string) (string, bool)) (unifier.TransportOptions, error) {
	o := unifier.TransportOptions{InsecureSkipVerify: c.TLS.InsecureSkipVerify, ConnectTimeout: min(c.Timeout, 10*time.Second)}
	switch {
	case c.Proxy == nil:
		o.Proxy = unifier.EnvironmentProxy(env)
	case c.Proxy == config.NoProxy:
		o.Proxy = unifier.FixedProxy(nil)
	default:
		o.Proxy = unifier.FixedProxy(c.Proxy)
	}
	if c.TLS.CAFile != "" {
		pem, err := input.Read(context.Background(), c.TLS.CAFile, input.MaxText)
		if err != nil {
			return o, fmt.Errorf("target.tls.ca_file: %w", err)
		}
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AppendCertsFromPEM(pem)
	}
	if c.TLS.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
		if err != nil {
			return o, fmt.Errorf("target.tls.cert_file: %w", err)
		}
		o.Certificates = []tls.Certificate{pair}
	}
	return o, nil
}

// loopback reports whether every address of a host is a loopback address. A
// name that does not resolve is not.
func loopback(ctx context.Context, host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return false
	}
	for _, a := range addrs {
		if !a.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}

// loadLimit says whether load may be put on the target, and how much at most in
// requests per second; 0 is no limit.
func (t *target) loadLimit() (maxRate float64, err error) {
	if t.local {
		return 0, nil
	}
	if t.safety.AllowLoad {
		return t.safety.MaxRate, nil
	}
	hint := "if its owner agrees, set safety.allow_load: true beside its target.base_url in the configuration file"
	if t.safety.AllowLoadDropped != "" {
		hint = t.safety.AllowLoadDropped
	}
	where := "is not on this machine"
	if t.proxied {
		where = "is reached through a proxy"
	}
	return 0, usage(hint, "load on %s is not allowed: it %s", t.client.BaseURL(), where)
}

// hideAnswer redacts text that holds parts of answers: whatever a member's name
// says to be a token becomes known first.
func (a *app) hideAnswer(s string) string {
	a.redactor.Learn(nil, []byte(s))
	return a.redactor.Body(s)
}
