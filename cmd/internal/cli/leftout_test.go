package cli

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// A user without the permission for the resource is no failure, and is named: nothing
// was seen of how long its tokens live.
func TestUsersWithoutThePermissionAreNamed(t *testing.T) {
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := service.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	base, _ := url.Parse(server.URL())
	proxy := httputil.NewSingleHostReverseProxy(base)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Every token but a login's, whose first part says {"typ":"DB"}.
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if r.URL.Path == unifier.ResourcePath && strings.HasPrefix(token, "ey") && !strings.HasPrefix(token, "eyJ0eXAiOiJEQ") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	out, errs, exit := runCLI(t, "verify", "--config", keptConfig(t, front.URL), "--color", "never")
	screen := strings.Join(strings.SplitN(out, "\n", 25)[:24], " ")
	if exit != 0 || !strings.Contains(strings.Join(strings.Fields(screen), " "), "tokens of api@unigate.example were not tried any further") {
		t.Errorf("%d %s\n%s", exit, errs, out[:min(len(out), 3000)])
	}
}
