package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/unifier"
)

// keptSchema names the version of a file of kept tokens.
const keptSchema = "unigate.kept/v1"

// keptFile is what keep stores: tokens, so a secret.
type keptFile struct {
	Schema string      `json:"schema"`
	Note   string      `json:"note"`
	Target string      `json:"target"`
	Tokens []keptToken `json:"tokens"`
}

// keptToken is one stored token.
type keptToken struct {
	Service unifier.Service `json:"service"`
	User    string          `json:"user"`
	Fetched time.Time       `json:"fetched"`
	// Expires is until when the answer said that the token is valid.
	Expires time.Time `json:"expires"`
	Token   string    `json:"token"`
	// Type is the type of the user; Endpoint and Headers are where and how the token
	// is used, where its answer says so: below the base URL, and with these headers.
	Type     unifier.UserType `json:"type,omitempty"`
	Endpoint string           `json:"endpoint,omitempty"`
	Headers  http.Header      `json:"headers,omitempty"`
}

// keepFlags are the flags of keep.
type keepFlags struct {
	users   []string
	service string
	forget  bool
}

// keepCommand stores tokens, to ask after an upgrade whether they survived.
func (a *app) keepCommand() *cobra.Command {
	var f keepFlags
	c := &cobra.Command{
		Use:   "keep FILE",
		Short: "Store a token now, to ask after the upgrade whether it survived",
		Long: `Fetch a token of each named user and store it in FILE, with its end. After the
upgrade, verify --kept FILE uses each of them once, before it fetches any other:
accepted, refused, or past its end. compare calls a kept token that is refused a
breaking change: programs that hold a token in a file stop with it.

A user that may call several services keeps the token of the first one of the
edition, or of the one that --service names: a second fetch may end the token
that the first one gave.

FILE holds secrets. It is written with mode 0600 and never overwritten; keep --forget
deletes it. The users must be no live integration's, as a fetch may end the token
that it holds, and nothing else may fetch tokens of these users until the upgrade is
done: that may end the kept one.

` + exitHelp,
		Example: `  unigate keep --user '$$unigate' kept.json
  unigate keep --user '$$unigate' --user api@acme.example kept.json
  unigate keep --user api@acme.example --service v2 kept.json
  unigate verify --kept kept.json --out after
  unigate keep --forget kept.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.forget {
				return a.forgetKept(args[0], f)
			}
			return a.keep(cmd.Context(), args[0], f)
		},
	}
	c.Flags().StringArrayVar(&f.users, "user", nil, "`NAME` of a configured user whose token is kept (repeatable)")
	c.Flags().StringVar(&f.service, "service", "", "fetch from the service `ID`: "+unifier.ServiceList()+" (default: the user's first of the edition)")
	c.Flags().BoolVar(&f.forget, "forget", false, "delete FILE")
	return c
}

// keep fetches and stores the tokens.
func (a *app) keep(ctx context.Context, path string, f keepFlags) error {
	if len(f.users) == 0 {
		return usage("such as --user '$$unigate'; it must be no live integration's", "keep needs to know whose token: there is no --user")
	}
	if _, err := os.Lstat(path); err == nil {
		return usage("give another name, or delete it with unigate keep --forget", "%s exists, and a kept token is never overwritten", path)
	}
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }()
	if t.embedded {
		return usage("name the system that will be upgraded: --target, UNIGATE_TARGET, or target.base_url", "the embedded reference service ends with unigate, and its tokens with it")
	}
	kept := keptFile{Schema: keptSchema, Note: "this file holds tokens, which are secrets: unigate keep --forget deletes it", Target: t.client.BaseURL()}
	users, err := usersNamed(t.users, f.users)
	if err != nil {
		return err
	}
	if note := t.shared(); note != "" {
		_, _ = fmt.Fprintf(a.streams.Err, "note: %s\n", note)
	}
	services, err := t.servicesToKeep(users, f.service)
	if err != nil {
		return err
	}
	if err := checkNew(path); err != nil {
		return err
	}
	for i, u := range users {
		token, err := a.fetchKept(ctx, t, u, services[i])
		if err != nil {
			return err
		}
		kept.Tokens = append(kept.Tokens, token)
	}
	b, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(path, append(b, '\n')); err != nil {
		return inconclusive("the tokens were fetched and are not stored", "cannot write %s: %w", path, err)
	}
	for _, k := range kept.Tokens {
		if _, err := fmt.Fprintf(a.streams.Out, "kept a token of %s (%s), which ends %s\n", k.User, k.Service, k.Expires.UTC().Format("2006-01-02 15:04 UTC")); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.streams.Out, "%s holds secrets; after the upgrade: unigate verify --kept %s\n", path, path)
	return err
}

// usersNamed finds users of the configuration.
func usersNamed(all []unifier.User, names []string) ([]unifier.User, error) {
	var known []string
	for _, u := range all {
		known = append(known, u.Name)
	}
	var out []unifier.User
	for i, name := range names {
		at := slices.IndexFunc(all, func(u unifier.User) bool { return u.Name == name })
		switch {
		case at < 0:
			return nil, usage(strings.TrimSpace(didYouMean("", name, known)+" the configuration lists the users"), "--user: no user is named %q", name)
		case slices.Contains(names[:i], name):
			return nil, usage("name each user once", "--user: %q is there twice", name)
		}
		out = append(out, all[at])
	}
	return out, nil
}

// servicesToKeep finds the service of each user: the one that is named, or the
// first of the edition.
func (t *target) servicesToKeep(users []unifier.User, named string) ([]unifier.Service, error) {
	var out []unifier.Service
	for _, u := range users {
		service, err := t.firstService(u.Type)
		if named != "" {
			var known bool
			service, known = unifier.ServiceByID(named)
			edition := t.chosenEdition()
			switch {
			case !known:
				return nil, usage("the services are "+unifier.ServiceList(), "--service: no service is named %q", named)
			case edition != "" && !service.In(edition):
				return nil, usage("these editions have it: "+strings.Join(service.Editions(), ", "), "--service: edition %s of the documentation has no %s", edition, service.Name())
			}
		}
		if err == nil && service.Token(u.Type) == unifier.NoToken {
			err = usage("name another user, or another service with --service", "%s is a user of type %s, which gets no token from the %s service", u.Name, u.Type, service)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, service)
	}
	return out, nil
}

// fetchKept fetches a user's token, with the end that its answer gives.
func (a *app) fetchKept(ctx context.Context, t *target, u unifier.User, service unifier.Service) (keptToken, error) {
	k := keptToken{Service: service, User: u.Name, Type: u.Type}
	x := t.client.Do(ctx, tokenCall(service, u))
	if x.Err != nil {
		g := unifier.Diagnose(x.Err)
		return k, inconclusive(g.Hint, "%s: %s", u.Name, g.Cause)
	}
	if t.openEdition() && notThere(x.Status) {
		return k, inconclusive("name another one with --service", "the target has no %s: %s answers HTTP %d", service.Name(), service.Path(), x.Status)
	}
	j := t.judged(service, u, &x)
	a.redactor.AddToken(j.Token)
	k.Endpoint, k.Headers = j.Endpoint, tenantHeaders(j.Headers)
	k.Token, k.Fetched, k.Expires = j.Token, x.Finished.UTC(), j.Expires.UTC()
	if j.ExpiresIn > 0 {
		k.Expires = x.Finished.Add(time.Duration(j.ExpiresIn) * time.Second).UTC()
	}
	if k.Token == "" {
		return k, inconclusive("unigate doctor says why", "%s gets no token: HTTP %d", u.Name, x.Status)
	}
	if k.Expires.IsZero() || j.Expires.IsZero() && j.ExpiresIn == 0 {
		return k, inconclusive("unigate verify says what is wrong with the answer", "the answer to %s does not say legibly until when the token is valid", u.Name)
	}
	return k, nil
}

// writeNew writes a file that must not exist yet, for its owner alone.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(path) // what is not whole is no kept token
	}
	return err
}

// checkNew finds a path that cannot be written, before a fetch ends what it may end.
func checkNew(path string) error {
	err := writeNew(path, nil)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return usage("nothing was fetched; name a file in a folder that can be written", "cannot write the tokens: %w", err)
	}
	return nil
}

// forgetKept deletes a file of kept tokens, and nothing else.
func (a *app) forgetKept(path string, f keepFlags) error {
	if len(f.users) > 0 || f.service != "" {
		return usage("the whole file is deleted", "--forget takes no --user and no --service")
	}
	if _, err := a.readKept(path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return inconclusive("", "cannot delete %s: %w", path, err)
	}
	_, err := fmt.Fprintf(a.streams.Out, "%s is deleted; its tokens live on until their end\n", path)
	return err
}

// maxKept bounds a file of kept tokens, in bytes.
const maxKept = 1 << 20

// readKept reads a file that keep wrote, and makes its tokens known to the redactor.
func (a *app) readKept(path string) (*keptFile, error) {
	const hint = "unigate keep writes such a file"
	b, err := input.Read(a.ctx, path, maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage(hint, "there is no file %s", path)
	} else if err != nil {
		return nil, usage(hint, "%w", err)
	}
	var kept keptFile
	if err := json.Unmarshal(b, &kept); err != nil || kept.Schema != keptSchema || len(kept.Tokens) == 0 {
		return nil, usage(hint, "%s is no file of kept tokens", path) // its text may be a secret: it is not quoted
	}
	for _, k := range kept.Tokens {
		a.redactor.AddToken(k.Token)
		if k.Token == "" || k.User == "" || k.Expires.IsZero() || k.Service.Path() == "" || strings.ContainsAny(k.Token, "\r\n") || !k.fits() {
			return nil, usage(hint, "%s is no whole file of kept tokens", path)
		}
	}
	return &kept, nil
}

// sameHost reports whether two addresses are of one host: a kept token is sent to no other.
func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && strings.EqualFold(x.Hostname(), y.Hostname())
}
