package steps_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

// What a run keeps whole is what one repetition got, however many there are: with
// answers, uses and attempts of every repetition kept, 100 needed 1.7 GB.
func TestRepetitionsKeepTheirTokensOnly(t *testing.T) {
	requirements := []string{"LOGIN-01", "LOGIN-18", "LOGIN-21", "OAUTH-12"}
	count := func(repeat int) (*steps.Result, steps.Kept) {
		o, _ := target(t, reference.Options{}, nil)
		o.Parallel, o.Repeat, o.Requirements = 8, repeat, requirements
		r, kept, err := steps.RunAndCount(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		verdict(t, r, 0, "is met")
		return r, kept
	}
	_, one := count(1)
	r, four := count(4)
	if one.Answers == 0 || one.Uses == 0 || one.Attempts == 0 {
		t.Fatalf("nothing is counted: %+v", one)
	}
	if four.Answers > one.Answers || four.Uses > one.Uses {
		t.Errorf("four repetitions keep %d answers and %d uses, one keeps %d and %d", four.Answers, four.Uses, one.Answers, one.Uses)
	}
	if four.Attempts > 2*one.Attempts { // the worst of each scenario, and the latest
		t.Errorf("four repetitions keep %d attempts whole, one keeps %d", four.Attempts, one.Attempts)
	}
	if four.Tokens < 3*one.Tokens {
		t.Errorf("four repetitions know %d tokens, one knows %d", four.Tokens, one.Tokens)
	}
	for _, s := range r.Conformance.Scenarios {
		if s.State == record.Pass && len(s.Attempts) != 4 {
			t.Errorf("%s: %d attempts", s.Name, len(s.Attempts))
		}
	}
}

// replay gives one user, from a number of requests on, the first answer that
// another got.
func replay(from, to string, after int) wrapper {
	return func(next http.Handler) http.Handler {
		var mu sync.Mutex
		var first []byte
		n := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			n++
			if n > after && asksFor(r, to) && r.URL.RawQuery == "" && first != nil {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(first)
				return
			}
			seen := httptest.NewRecorder()
			next.ServeHTTP(seen, r)
			if first == nil && seen.Code == http.StatusOK && asksFor(r, from) {
				first = seen.Body.Bytes()
			}
			for name, values := range seen.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(seen.Code)
			_, _ = w.Write(seen.Body.Bytes())
		})
	}
}

// A token that another user was given repetitions ago is found, though the answer
// that gave it is not kept.
func TestATokenOfAnEarlierRepetitionIsKnown(t *testing.T) {
	o, service := target(t, reference.Options{}, nil)
	o.Requirements = []string{"LOGIN-18"}
	verdict(t, run(t, o), 0, "is met")
	once := int(service.Requests().All)

	o, _ = target(t, reference.Options{}, replay("$$unigate", "$$unigate10", once))
	o.Requirements, o.Gate, o.Repeat = []string{"LOGIN-18"}, record.Inferred, 2
	r := run(t, o)
	verdict(t, r, 1, "LOGIN-18")
	found := false
	for _, s := range r.Conformance.Scenarios {
		for _, st := range s.Steps {
			found = found || strings.Contains(st.Error, "the first was given in repetition 1")
		}
	}
	if !found {
		t.Error("nothing says that the token is one of the first repetition")
	}
}
