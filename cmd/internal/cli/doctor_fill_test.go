package cli_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
)

// doctor says where an answer does not fit the configuration, before verify calls
// that the target's fault, and what it observed.
func TestDoctorComparesAndFills(t *testing.T) {
	s := startReference(t, reference.Options{})
	users := func(more string) string {
		return configured(t, "target: {base_url: '"+s.URL()+"'}\nusers: [{name: $$unigate, password: '${env:BASIC}'"+more+"}, {name: api@unigate.example, password: '${env:OAUTH}', type: oauth}]\n")
	}
	for more, want := range map[string]string{
		"":                                 "ok   user            $$unigate gets a token",
		", time_zone: America/Los_Angeles": "ok   user            $$unigate gets a token",
		", time_zone: America/Vancouver":   "ok   user            $$unigate gets a token",
		", time_zone: Europe/Berlin":       "would fit time_zone: America/Los_Angeles",
		", expiry: 10 minutes":             "would fit expiry: 180 days",
		", expiry: 180 days":               "ok   user            $$unigate gets a token",
		", date_format: DD.MM.YYYY":        "would fit date_format: ",
		", date_format: MM/DD/YYYY":        "ok   user            $$unigate gets a token",
	} {
		o := unigateEnv(t, fewPasswords, "doctor", "--config", users(more))
		if o.exit != 0 || !strings.Contains(o.out, want) {
			t.Errorf("%s: exit %d, does not say %q\n%s", more, o.exit, want, o.all())
		}
	}
	o := unigateEnv(t, fewPasswords, "doctor", "--fill", "--config", users(", time_zone: Europe/Berlin, expiry: 10 minutes"))
	block := o.out[strings.Index(o.out, "\nusers:")+1:]
	for _, want := range []string{`- {name: "$$unigate", password: "${env:BASIC}"`, `password: "${env:OAUTH}", type: oauth}`, "time_zone: America/Los_Angeles", "MM/DD/YYYY", `name: "api@unigate.example"`} {
		if !strings.Contains(block, want) {
			t.Errorf("does not print %q:\n%s", want, o.out)
		}
	}
	if strings.Contains(block, "expiry: 10 minutes") {
		t.Errorf("prints what the configuration says, not what was observed:\n%s", block)
	}
	// What it prints is a configuration: with it, nothing is to be warned of, and nothing changes.
	pasted := configured(t, "target: {base_url: '"+s.URL()+"'}\n"+block)
	if o := unigateEnv(t, fewPasswords, "doctor", "--fill", "--config", pasted); o.exit != 0 || strings.Contains(o.out, "warn") || o.out[strings.Index(o.out, "\nusers:")+1:] != block {
		t.Errorf("exit %d with what was printed:\n%s", o.exit, o.all())
	}
	for _, format := range []string{"json", "csv"} {
		if o := unigateEnv(t, fewPasswords, "doctor", "--fill", "--format", format, "--config", users("")); o.exit != 2 || o.out != "" {
			t.Errorf("--fill with --format %s: exit %d\n%s", format, o.exit, o.all())
		}
	}
}

// A password that stands in the file is replaced by a reference, and a language stays.
func TestDoctorFillsWhatItDoesNotObserve(t *testing.T) {
	s := startReference(t, reference.Options{})
	c := configured(t, "target: {base_url: '"+s.URL()+"'}\nusers: [{name: $$german, password: Straße-7, language: de}]\n")
	if o := unigateEnv(t, fewPasswords, "doctor", "--fill", "--config", c); o.exit != 0 || !strings.Contains(o.out, `password: "${env:GERMAN_PASSWORD}"`) || !strings.Contains(o.out, "language: de}") {
		t.Errorf("exit %d\n%s", o.exit, o.all())
	}
}

// The question is asked by verify too, and only where the configuration may be wrong.
func TestFailuresAskWhetherTheConfigurationIsRight(t *testing.T) {
	s := startReference(t, reference.Options{})
	for more, want := range map[string]bool{", time_zone: Europe/Berlin": true, ", expiry: 10 days": true, "": false} {
		config := configured(t, "target: {base_url: '"+s.URL()+"'}\nusers: [{name: $$unigate, password: '${env:BASIC}'"+more+"}]\n")
		o := unigateEnv(t, fewPasswords, "verify", "--config", config, "--requirement", "LOGIN-06,LOGIN-07,LOGIN-10,LOGIN-12", "--format", "json")
		if asks := strings.Contains(o.out, "is the configuration right? the answer would fit"); asks != want || (o.exit == 1) != want {
			t.Errorf("%q: exit %d, asks: %v\n%s", more, o.exit, asks, o.all())
		}
	}
}

// Where everybody is refused, the likely causes are named by what the answers show.
func TestDoctorNamesCauses(t *testing.T) {
	for name, c := range map[string]struct {
		status       int
		header, body string
		says         string
	}{
		"weblogic page": {401, "text/html", "<HTML><TITLE>Error 401--Unauthorized</TITLE></HTML>", "enforce-valid-basic-auth-credentials"},
		"firewall":      {403, "text/html", "<html>Request blocked</html>", "a gateway, firewall or portal answers"},
		"allow list":    {403, "application/json", `{"status":403}`, "allow list"},
		"password":      {401, "application/json", `{"status":401}`, "passwords are wrong"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", c.header)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		config := configured(t, "target: {base_url: '"+s.URL+"'}\nusers: [{name: $$unigate, password: '${env:BASIC}'}]\n")
		for _, command := range []string{"doctor", "verify"} {
			args := []string{command, "--config", config}
			if command == "verify" {
				args = append(args, "--format", "json")
			}
			if o := unigateEnv(t, fewPasswords, args...); o.exit != 3 || !strings.Contains(o.out, c.says) {
				t.Errorf("%s, %s: exit %d, does not say %q\n%s", name, command, o.exit, c.says, o.all())
			}
		}
		s.Close()
	}
}
