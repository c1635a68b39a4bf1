package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
)

// fewUsers is what many a company has: one Basic user with the default duration,
// and one OAuth user; no resource.
func fewUsers(t *testing.T) string {
	t.Helper()
	s := startReference(t, reference.Options{})
	return configured(t, "target: {base_url: '"+s.URL()+"'}\n"+twoOfMine)
}

// twoOfMine are these two users.
const twoOfMine = "users:\n  - {name: $$unigate, password: '${env:BASIC}'}\n  - {name: api@unigate.example, password: '${env:OAUTH}', type: oauth}\n"

// What real systems are known to do fails nobody with two users, and the first
// screen says the same of each: the verdict, what was not checked, one advice.
func TestFirstScreenWithTwoUsersOfRealSystems(t *testing.T) {
	const resource = ", resource: " + unifier.ResourcePath
	for _, c := range []struct {
		name, target, variants string
		says                   []string
	}{
		{"as documented", "", "", []string{"nothing of it checked: LOGIN-07, LOGIN-15, LOGIN-16,"}},
		{"stored token", resource, "tokens-stored", nil},
		{"names in another case", resource, "names-upper-case,names-upper-case-oauth", nil},
		{"bare Unauthorized", resource, "unauthorized-text", []string{"warn"}},
		{"WebLogic's page", resource, "weblogic-page", []string{"warn"}},
		{"no body", "", "unauthorized-empty", []string{"warn"}},
		{"JSON as text", resource, "json-as-text", nil},
		{"no expiry", resource, "expiry-ignored", []string{"LOGIN-08, LOGIN-09,"}},
		{"OAuth lifetimes refused", "", "oauth-lifetime-refused,oauth-type-lower-case", nil},
		{"cookies", resource, "cookies-authorise", nil},
		{"translated zone", "", "zone-label-translated", nil},
		{"resource elsewhere", ", resource: /no/such/path", "", []string{"LOGIN-16,", "LOGIN-21,"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.name != "stored token" {
				t.Skip("it goes the same way")
			}
			s := startReference(t, reference.Options{Variants: strings.FieldsFunc(c.variants, func(r rune) bool { return r == ',' })})
			o := unigateEnv(t, fewPasswords, "verify", "--config", configured(t, "target: {base_url: '"+s.URL()+"'"+c.target+"}\n"+twoOfMine))
			lines := strings.Split(o.out, "\n")
			screen := strings.Join(lines[:min(24, len(lines))], "\n")
			if o.exit != 0 || strings.Contains(o.out, "legibly what is to be looked at") {
				t.Errorf("exit %d:\n%.4000s", o.exit, o.out)
			}
			for _, want := range append(c.says, "PASS (exit 0)", "nothing of it checked: LOGIN-07,", "\nchecked ", "\nadvice  a Basic user with a duration of 10 minutes", "LOGIN-07  no Basic user whose duration is set is configured\n") {
				if !strings.Contains(screen, want) {
					t.Errorf("does not say %q:\n%s", want, screen)
				}
			}
		})
	}
}

// fewPasswords are their passwords.
var fewPasswords = map[string]string{"BASIC": "Pr1mavera!", "OAUTH": "0Auth-api", "COLUMNS": "80"}

// The first screen, 24 lines of 80 columns, says the verdict, what was checked of
// what the users allow, what was not checked at all, and one advice.
func TestFirstScreenWithTwoUsers(t *testing.T) {
	o := unigateEnv(t, fewPasswords, "verify", "--config", fewUsers(t))
	lines := strings.Split(o.out, "\n")
	screen := strings.Join(lines[:min(24, len(lines))], "\n")
	for _, want := range []string{
		"PASS (exit 0)", "documented, and nothing of it checked: LOGIN-07, LOGIN-15, LOGIN-16,", "LOGIN-21", "checked in part: LOGIN-14 (",
		"how broad: ", "\nchecked ", " of the ", "\nadvice  a Basic user with a duration of 10 minutes", "\nNot checked, though documented",
	} {
		if o.exit != 0 || !strings.Contains(screen, want) {
			t.Errorf("exit %d, does not say %q:\n%s", o.exit, want, screen)
		}
	}
	if end := strings.Join(strings.Fields(o.out), " "); strings.Count(end, "More: unigate advise") != 2 {
		t.Errorf("verify does not end with its advice:\n%s", o.out)
	}
	for _, l := range lines[:min(24, len(lines))] {
		if n := len([]rune(l)); n > 80 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
}

// Where one of two users has a wrong password, the first screen says the cause once.
func TestCauseIsSaidOnce(t *testing.T) {
	passwords := maps.Clone(fewPasswords)
	passwords["BASIC"] = "not this one"
	o := unigateEnv(t, passwords, "verify", "--config", fewUsers(t))
	screen, _, _ := strings.Cut(o.out, "\ntarget ")
	said := strings.ToLower(strings.Join(strings.Fields(screen), " "))
	if n := strings.Count(said, "no configured user of the login service got a token"); o.exit != 3 || n != 1 || !strings.Contains(said, "likely causes: ") {
		t.Errorf("exit %d, the cause is said %d times:\n%s", o.exit, n, screen)
	}
}

// What is advised is what is then checked: with the smallest set, nothing more is advised for users.
func TestAdviceIsTrue(t *testing.T) {
	config := fewUsers(t)
	o := unigateEnv(t, fewPasswords, "advise", "--config", config)
	for _, want := range []string{
		" 1. a Basic user with a duration of 10 minutes would let you check LOGIN-07", "a target.resource would let you check", "LOGIN-16",
		`- {name: "$$unigateoff", password: "${env:UNIGATEOFF_PASSWORD}", status: inactive}`, "Expiry Duration", "To paste below users",
	} {
		if o.exit != 0 || !strings.Contains(strings.Join(strings.Fields(o.out), " "), strings.TrimSpace(want)) {
			t.Errorf("exit %d, does not say %q:\n%s", o.exit, want, o.all())
		}
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--quiet", "--breadth"} {
		var got struct {
			Advice []struct{ Add string }
			Users  []string
		}
		o = unigateEnv(t, fewPasswords, "advise", "--config", config, "--format", "json", flag)
		if err := json.Unmarshal([]byte(o.out), &got); err != nil || len(got.Users) < 4 {
			t.Fatalf("%v: %s", err, o.all())
		}
		env := map[string]string{"BASIC": "Pr1mavera!", "OAUTH": "0Auth-api"}
		more := string(text)
		for i, line := range got.Users {
			name, _, _ := strings.Cut(line[strings.Index(line, "${env:")+6:], "}")
			env[name] = fmt.Sprintf("pass-word-%d", i)
			for what, in := range map[string]string{"a colon": ":", "two blanks": "  ", "beyond ASCII": "£"} {
				if strings.Contains(line, what) {
					env[name] += in + "x"
				}
			}
			more += "  " + line + "\n"
		}
		more = strings.Replace(more, "target: {", "target: {resource: /ws/rest/service/v1/admin/bps, jwks: keys.json, ", 1)
		dir := t.TempDir()
		for name, content := range map[string]string{"keys.json": "{}", "unigate.yaml": more} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o = unigateEnv(t, env, "advise", "--config", filepath.Join(dir, "unigate.yaml"), flag)
		if o.exit != 0 || !strings.Contains(o.out, "reach every requirement that users can reach") || strings.Contains(o.out, "The smallest set") {
			t.Errorf("%s: exit %d\n%s\nwith\n%s", flag, o.exit, o.all(), more)
		}
	}
}
