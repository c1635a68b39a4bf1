package steps_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// lobby turns the OAuth answers of a service into those for Lobby accounts.
func lobby(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		body := recorder.Body.Bytes()
		var answer struct {
			Data struct {
				Token   string `json:"access_token"`
				Seconds int    `json:"expires_in"`
			} `json:"data"`
		}
		if r.URL.Path == unifier.OAuthPath && recorder.Code == http.StatusOK && json.Unmarshal(body, &answer) == nil {
			body, _ = json.Marshal(map[string]any{
				"token": answer.Data.Token, "expire": strconv.Itoa(answer.Data.Seconds), "endpoint": "/acme",
				"request_headers": map[string]string{"x-unifier-tenant": "acme", "x-unifier-tenant-code": "AC"},
			})
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(body)
	})
}

// The answer for Lobby accounts is right by the pages of release 23 and later, and wrong by those before.
func TestLobbyAccounts(t *testing.T) {
	shortened(t)
	for id, exit := range map[string]int{"26": 0, "24": 0, "21.7": 1} {
		o, _ := target(t, reference.Options{Edition: "26"}, lobby)
		o.Edition = edition(t, id)
		r := run(t, o)
		reason := "is met"
		if exit != 0 {
			reason = "OAUTH-04"
		}
		verdict(t, r, exit, reason)
		for _, a := range r.Conformance.Ambiguities {
			if a.ID == "A2" && exit == 0 && !strings.Contains(a.Reading, "Lobby") {
				t.Errorf("A2: %s", a.Reading)
			}
		}
	}
}
