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
