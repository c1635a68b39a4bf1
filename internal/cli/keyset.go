package cli

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// maxKeySet bounds how much of a key set is read, in bytes.
const maxKeySet = 1 << 20

// keySetTimeout is the least time that fetching the key set may take.
const keySetTimeout = 10 * time.Second

// keySet reads the identity domain's key set from the URL or the file that the
// configuration names; nil where it names none. A set that cannot be read is a
// mistake in the configuration if it is a file, and leaves the question open if
// it is a URL.
func (a *app) keySet(ctx context.Context, t *target) (*oracle.KeySet, error) {
	if t.jwks == "" || a.dry {
		return nil, nil
	}
	var data []byte
	var err error
	if u, parseErr := url.Parse(t.jwks); parseErr == nil && (u.Scheme == "http" || u.Scheme == "https") {
		if data, err = fetchKeySet(ctx, t); err != nil {
			return nil, unreachable("target.jwks", err)
		}
	} else if data, err = os.ReadFile(strings.TrimPrefix(t.jwks, "file://")); err != nil {
		return nil, usage("", "target.jwks: %w", err)
	}
	keys, err := oracle.ParseKeySet(data)
	if err != nil {
		return nil, usage("it is the URL or the file of a JSON Web Key Set (RFC 7517)", "target.jwks: %w", err)
	}
	return keys, nil
}

// fetchKeySet gets the key set over the way to the target, without credentials.
func fetchKeySet(ctx context.Context, t *target) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, max(t.timeout, keySetTimeout))
	defer cancel()
	t.keySets.Add(1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.jwks, nil)
	if err != nil {
		return nil, err
	}
	transport := unifier.NewTransport(t.transport)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, maxKeySet))
}
