package cli

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/unifier"
)

// openKept reads the file of --kept and checks that it belongs to the target.
func (a *app) openKept(path string, t *target) (*keptFile, error) {
	if path == "" {
		return nil, nil
	}
	kept, err := a.readKept(path)
	switch {
	case err != nil:
		return nil, err
	case t.resource == "":
		return nil, usage("set target.resource, a GET that needs a token, such as "+unifier.ResourcePath, "--kept: there is no resource to use the tokens at")
	case !sameHost(kept.Target, t.client.BaseURL()):
		return nil, usage("a token is sent to no other host than its own", "--kept: %s was written for %s, and the target is %s", path, kept.Target, t.client.BaseURL())
	}
	return kept, nil
}

// useKept uses each kept token once, before anything is fetched: a fetch may end it.
func (a *app) useKept(ctx context.Context, kept *keptFile, t *target) []record.Kept {
	if kept == nil {
		return nil
	}
	var out []record.Kept
	for _, k := range kept.Tokens {
		r := record.Kept{Service: string(k.Service), User: k.User, Fetched: k.Fetched, Expires: k.Expires}
		if now := time.Now(); now.After(k.Expires) {
			r.State = record.KeptOver
			r.Reason = "it ended " + k.Expires.UTC().Format("2006-01-02 15:04 UTC") + ", before it was used"
		} else {
			r.State, r.Reason = useKeptToken(ctx, k, t)
		}
		out = append(out, r)
	}
	return out
}

// The bounds of where and how a kept token says that it is used: a file may have
// been changed, and what it says becomes part of requests with a token.
var (
	keptEndpoint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(/[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,4}$`) })
	keptHeader   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[Xx]-[Uu][Nn][Ii][Ff][Ii][Ee][Rr]-[A-Za-z0-9-]{1,63}$`)
	})
	keptValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ -~]{0,512}$`) })
)

// fits reports whether the endpoint is a path below the base URL, and the headers
// are those of tenants, as an answer's must be.
func (k *keptToken) fits() bool {
	if !keptEndpoint().MatchString(k.Endpoint) || len(k.Headers) > 8 {
		return false
	}
	for name, values := range k.Headers {
		if !keptHeader().MatchString(name) || len(values) != 1 || !keptValue().MatchString(values[0]) {
			return false
		}
	}
	return true
}

// tenantHeaders are those of an answer's headers that are kept: the tenant's.
func tenantHeaders(all http.Header) http.Header {
	kept := http.Header{}
	for name, values := range all {
		if keptHeader().MatchString(name) {
			kept[name] = values
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// kind is the kind of the token. Files of older versions do not name the type of
// the user: then the service has one.
func (k *keptToken) kind() unifier.TokenKind {
	if users := k.Service.Users(); k.Type == "" && len(users) > 0 {
		return k.Service.Token(users[0])
	}
	return k.Service.Token(k.Type)
}

// useKeptToken calls the resource with a kept token: as Bearer and, where that is
// refused, a DB token as Basic (A1).
func useKeptToken(ctx context.Context, k keptToken, t *target) (record.KeptState, string) {
	schemes := []string{"Bearer"}
	if k.kind() == unifier.DBToken {
		schemes = append(schemes, "Basic")
	}
	status := 0
	for _, scheme := range schemes {
		x := t.client.Do(ctx, unifier.Call{Path: k.Endpoint + t.resource, Header: k.Headers, Authorization: []string{scheme + " " + k.Token}})
		if x.Err != nil {
			return record.KeptUnknown, unifier.Diagnose(x.Err).Cause
		}
		status = oracle.ResourceStatus(oracle.ReplyOf(&x))
		switch {
		case status >= 200 && status < 300:
			return record.KeptAccepted, "as " + scheme
		case status != http.StatusUnauthorized && status != http.StatusForbidden:
			return record.KeptUnknown, fmt.Sprintf("the resource answers HTTP %d, which neither accepts nor refuses", status)
		}
	}
	return record.KeptRefused, fmt.Sprintf("HTTP %d, although it should be valid until %s", status, k.Expires.UTC().Format("2006-01-02 15:04 UTC"))
}

// keptTraits puts what became of kept tokens where compare finds it.
func keptTraits(b *record.Behaviour, kept []record.Kept) {
	for _, k := range kept {
		if k.State != record.KeptUnknown {
			b.Traits["kept."+k.Service+"."+k.User] = []string{string(k.State)}
		}
	}
}
