package steps_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

func TestNothingAnswers(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := aimed(t, "http://127.0.0.1:1", service, nil)
	r := run(t, o)
	verdict(t, r, 3, "nothing answers at http://127.0.0.1:1: the connection was refused")
	if s := r.Conformance.Summary; s.Fail+s.Pass > 0 {
		t.Errorf("%+v", s)
	}
	o.Users = nil
	verdict(t, run(t, o), 3, "nothing answers at http://127.0.0.1:1: the connection was refused")
}

// dies closes connections without an answer after n requests.
func dies(n int64) wrapper {
	var count atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if count.Add(1) > n {
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestTargetThatStopsAnswering(t *testing.T) {
	o, service := target(t, reference.Options{}, dies(240))
	r := run(t, o)
	verdict(t, r, 3, "the target stopped answering")
	s := r.Conformance.Summary
	if s.Pass < 20 || s.Error == 0 || s.Error > 4 || s.Skipped < 50 || s.Fail > 0 {
		t.Errorf("%+v", s)
	}
	if n := service.Requests().All; n != 240 {
		t.Errorf("%d answered", n)
	}
	// A failure that was proven before counts more.
	o, _ = target(t, reference.Options{Faults: []string{"login-status-text"}}, dies(320))
	verdict(t, run(t, o), 1, "LOGIN-03")
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var count atomic.Int64
	o, _ := target(t, reference.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if count.Add(1) == 240 {
				cancel()
			}
			next.ServeHTTP(w, r)
		})
	})
	r, err := steps.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, r, 130, "interrupted")
	if s := r.Conformance.Summary; s.Pass < 20 || s.Error+s.Fail > 0 || s.Skipped < 50 {
		t.Errorf("%+v", s)
	}
}

func TestFailFast(t *testing.T) {
	o, _ := target(t, reference.Options{Faults: []string{"login-status-text"}}, nil)
	o.FailFast = true
	r := run(t, o)
	verdict(t, r, 1, "--fail-fast")
	if s := r.Conformance.Summary; s.Fail != 1 || s.Skipped < 100 {
		t.Errorf("%+v", s)
	}
}
