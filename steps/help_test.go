package steps_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/unigate/unigate/features"
	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// few returns the first of cases where tests are to be short, as they are with the race
// detector: the others go the same way through the code.
func few[T any](n int, cases []T) []T {
	if testing.Short() {
		return cases[:n]
	}
	return cases
}

// shortened skips a test where tests are to be short: what it does, others do too, and it
// asks only what is judged.
func shortened(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a whole run of which only the verdict is asked")
	}
}

// wrapper changes how a service answers.
type wrapper func(next http.Handler) http.Handler

// target starts the reference service, perhaps wrapped, and returns the options that verify it.
func target(t *testing.T, o reference.Options, wrap wrapper) (steps.Options, *reference.Service) {
	t.Helper()
	return targetAt(t, o, wrap, nil)
}

// targetAt is target with a clock of the judge's.
func targetAt(t *testing.T, o reference.Options, wrap wrapper, clock func() time.Time) (steps.Options, *reference.Service) {
	t.Helper()
	service, err := reference.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = service
	if wrap != nil {
		handler = wrap(service)
	}
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	return aimed(t, server.URL, service, clock, server.Certificate()), service
}

// aimed returns options for a service at a URL, which proves itself with a certificate if it is https.
func aimed(t *testing.T, baseURL string, service *reference.Service, clock func() time.Time, certificates ...*x509.Certificate) steps.Options {
	t.Helper()
	base, err := url.Parse(baseURL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	for _, c := range certificates {
		roots.AddCert(c)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := unifier.NewClient(unifier.ClientOptions{BaseURL: base, Transport: transport, Timeout: 20 * time.Second, Now: clock, Budget: unifier.NewBudget(service.Users(), 3)})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := oracle.ParseKeySet(service.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	return steps.Options{
		Client: client, BaseURL: baseURL, Users: service.Users(), Edition: edition(t, ""), Resource: unifier.ResourcePath,
		Keys: keys, FailedLogins: 3, Gate: record.Sampled, Parallel: 1, Redactor: redact.New(), Now: clock,
	}
}

// edition finds an edition.
func edition(t *testing.T, id string) features.Edition {
	t.Helper()
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	e, ok := features.FindEdition(all, id)
	if !ok {
		t.Fatalf("no edition %q", id)
	}
	return e
}

// run runs and fails the test on an error.
func run(t *testing.T, o steps.Options) *steps.Result {
	t.Helper()
	r, err := steps.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// requirement returns a requirement of a result.
func requirement(t *testing.T, r *steps.Result, id string) record.Requirement {
	t.Helper()
	for _, q := range r.Conformance.Requirements {
		if q.ID == id {
			return q
		}
	}
	t.Fatalf("the result has no requirement %s", id)
	return record.Requirement{}
}

// states lists the requirements that are in a state.
func states(r *steps.Result, s record.State) string {
	var ids []string
	for _, q := range r.Conformance.Requirements {
		if q.State == s {
			ids = append(ids, q.ID)
		}
	}
	return strings.Join(ids, " ")
}

// verdict checks the verdict's exit status and that a reason holds some text.
func verdict(t *testing.T, r *steps.Result, exit int, reason string) {
	t.Helper()
	if r.Verdict.Exit != exit {
		t.Errorf("exit status %d, not %d: %s", r.Verdict.Exit, exit, r.Verdict.Reasons)
	}
	if !strings.Contains(strings.Join(r.Verdict.Reasons, "\n"), reason) {
		t.Errorf("no reason says %q: %q", reason, r.Verdict.Reasons)
	}
}
