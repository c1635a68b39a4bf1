package unifier_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// A variable that names no proxy is a mistake for the targets that it is for, and
// the error never holds its value.
func TestProxyVariables(t *testing.T) {
	target, _ := url.Parse("http://target.example/acme")
	for value, good := range map[string]bool{
		"http://proxy.example:3128": true, "proxy.example:3128": true, "proxy.example": true, "socks5://proxy.example": true, "http://me:pw-S3cret@proxy.example:1": true,
		"http://a b": false, "http://": false, "ftp://proxy.example": false, "http://proxy.example:": false, "proxy.example:": false, "http://[::1]:": false,
		"http://proxy.example:70000": false, "http://proxy.example:0": false, "http://proxy.example:x": false, "://pw-S3cret": false,
	} {
		rule := unifier.EnvironmentProxy(func(name string) (string, bool) { return value, name == "HTTP_PROXY" })
		_, err := rule(target)
		var wrong *unifier.VariableError
		if good == errors.As(err, &wrong) {
			t.Errorf("%s: %v", value, err)
		}
		if err != nil && (wrong == nil || wrong.Name != "HTTP_PROXY" || strings.Contains(err.Error(), "S3cret")) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestAllProxy has the variable for whatever neither of the others is set for.
func TestAllProxy(t *testing.T) {
	for _, c := range []struct {
		env          map[string]string
		target, want string
		wrong        string
	}{
		{map[string]string{"ALL_PROXY": "socks5://all.example"}, "https://target.example", "socks5://all.example", ""},
		{map[string]string{"all_proxy": "http://all.example:1"}, "http://target.example", "http://all.example:1", ""},
		{map[string]string{"ALL_PROXY": "http://all.example:1", "http_proxy": "http://own.example:2"}, "http://target.example", "http://own.example:2", ""},
		{map[string]string{"ALL_PROXY": "http://all.example:1", "NO_PROXY": ".example"}, "http://target.example", "", ""},
		{map[string]string{"ALL_PROXY": "socks://all.example"}, "http://target.example", "", "ALL_PROXY"},
		{map[string]string{"all_proxy": "a b", "HTTPS_PROXY": "http://own.example:2"}, "https://target.example", "http://own.example:2", ""},
	} {
		rule := unifier.EnvironmentProxy(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		target, _ := url.Parse(c.target)
		u, err := rule(target)
		var wrong *unifier.VariableError
		if errors.As(err, &wrong); (wrong != nil) != (c.wrong != "") || wrong != nil && wrong.Name != c.wrong {
			t.Errorf("%v: %v", c.env, err)
		}
		if got := ""; wrong == nil {
			if u != nil {
				got = u.String()
			}
			if got != c.want {
				t.Errorf("%v: %s, want %s", c.env, got, c.want)
			}
		}
	}
}

// TestNoProxy has lists that mean the target to whoever reads them, and to no rule.
func TestNoProxy(t *testing.T) {
	target, _ := url.Parse("http://target.example/acme")
	for list, want := range map[string]string{
		"target.example": "direct", ".example": "direct", "*": "direct", " other.test , target.example ": "direct", "TARGET.example": "direct",
		"http://target.example": "wrong", "http://target.example/acme": "wrong", "a.test;target.example": "wrong", "a.test target.example": "wrong", `"target.example"`: "wrong",
		"other.test": "proxy", "http://other.test": "proxy", "a.test;b.test": "proxy", "": "proxy", ";;": "proxy", "target.example:8080": "proxy",
	} {
		for _, name := range []string{"NO_PROXY", "no_proxy"} {
			rule := unifier.EnvironmentProxy(func(n string) (string, bool) {
				v, ok := map[string]string{"HTTP_PROXY": "http://proxy.example:1", name: list}[n]
				return v, ok
			})
			u, err := rule(target)
			var wrong *unifier.VariableError
			got := "proxy"
			switch {
			case errors.As(err, &wrong) && wrong.Name == name && (list == "" || !strings.Contains(err.Error(), list)):
				got = "wrong"
			case err == nil && u == nil:
				got = "direct"
			}
			if got != want {
				t.Errorf("%s=%s: %s (%v), want %s", name, list, got, err, want)
			}
		}
	}
}
