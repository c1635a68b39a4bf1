package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// maxKeySet bounds how much of a key set is read, in bytes.
const maxKeySet = 1 << 20

// keySetTimeout is the least time that fetching the key set may take.
const keySetTimeout = 10 * time.Second

// keySetEvery is how often at most the key set is read again because a token
// names a key that it does not hold.
const keySetEvery = 30 * time.Second

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
	remote := false
	if u, parseErr := url.Parse(t.jwks); parseErr == nil && (u.Scheme == "http" || u.Scheme == "https") {
		remote = true
		if data, err = fetchKeySet(ctx, t); err != nil {
			return nil, unread(err)
		}
	} else if data, err = input.Read(ctx, strings.TrimPrefix(t.jwks, "file://"), maxKeySet); err != nil {
		return nil, usage("", "target.jwks: %w", err)
	}
	keys, err := oracle.ParseKeySet(data)
	var unfit *oracle.NoKeyError
	var unread *oracle.UnreadError
	switch {
	case errors.As(err, &unfit):
		return nil, inconclusive("RS256 needs an RSA key of 2048 bits or more (RFC 7518, section 3.3)", "target.jwks: %w", err)
	case errors.As(err, &unread):
		return nil, inconclusive("", "target.jwks: %w", err)
	case err != nil:
		return nil, usage("it is the URL or the file of a JSON Web Key Set (RFC 7517)", "target.jwks: %w", err)
	}
	if remote {
		keys.RenewBy(func() (*oracle.KeySet, error) {
			data, err := fetchKeySet(ctx, t)
			if err != nil {
				return nil, err
			}
			return oracle.ParseKeySet(data)
		}, keySetEvery, time.Now)
	}
	return keys, nil
}

// statusError is the error of a key set's URL that answers with another status than 200.
type statusError int

// Error names the status.
func (e statusError) Error() string {
	if int(e) >= 300 && int(e) < 400 {
		return fmt.Sprintf("the URL answers with a redirect (%d), which is not followed", int(e))
	}
	return strings.TrimSpace(fmt.Sprintf("the URL answers %d %s", int(e), http.StatusText(int(e))))
}

// busy reports whether the status may be another one in a while.
func (e statusError) busy() bool {
	return e == http.StatusTooManyRequests || e >= http.StatusInternalServerError
}

// unread is the error for a key set that could not be had.
func unread(err error) error {
	var status statusError
	if errors.As(err, &status) && status.busy() {
		return inconclusive("try again later", "target.jwks: %w", err)
	}
	if errors.As(err, &status) {
		return inconclusive("name the address of the identity domain's own key set; it is asked without credentials", "target.jwks: %w", err)
	}
	return unreachable("target.jwks", err)
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
	if resp.StatusCode != http.StatusOK {
		return nil, statusError(resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	plain, _, err := unifier.Decode(resp.Header.Values("Content-Encoding"), data, maxKeySet+1)
	return plain, err
}
