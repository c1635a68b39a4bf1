package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/nearest"
)

// ownPrefix begins the names of the variables that unigate reads.
const ownPrefix = "UNIGATE_"

// checkNames finds variables that look like unigate's and are none: with a
// misspelt UNIGATE_TARGET the embedded service would be examined instead of the
// target, and pass. Names that the text of the file refers to may be any.
func (d *decoder) checkNames(file []byte) {
	known := slices.Clone(d.options.Flags)
	for _, v := range Variables() {
		known = append(known, v.Name)
	}
	names := slices.Clone(d.options.Environ)
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if !strings.HasPrefix(strings.ToUpper(n), ownPrefix) || slices.Contains(known, n) || strings.Contains(string(file), "${env:"+n+"}") {
			continue
		}
		if v, _ := d.env(n); v == "" || foreign(n, v) {
			continue // without a value it counts as not set
		}
		hint := "unset it, or refer to it as ${env:" + n + "} in the configuration"
		if near := nearVariable(n, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.problems = append(d.problems, Problem{Source: n, Message: "is set, but unigate reads no variable of this name", Hint: hint})
	}
}

// nearVariable finds the variable that was meant. The prefix that all have makes
// none of them nearer.
func nearVariable(name string, known []string) string {
	var ends []string
	name = strings.ToUpper(name)
	for _, k := range known {
		if k == name {
			return k
		}
		ends = append(ends, strings.TrimPrefix(k, ownPrefix))
	}
	if near := nearest.Close(strings.TrimPrefix(name, ownPrefix), ends); near != "" {
		return ownPrefix + near
	}
	return ""
}

// kubernetes is what Kubernetes sets for every Service whose name begins with unigate.
var kubernetes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^UNIGATE_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$`)
})

// portURL is the value of the shortest of them, UNIGATE_…PORT.
var portURL = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:tcp|udp|sctp)://[^/]+:\d+$`) })

// foreign reports whether a variable is somebody else's business: a password for
// another configuration file, unigate's own tests, what build files and images
// call their version, or what Kubernetes sets for a Service.
func foreign(name, value string) bool {
	if strings.HasPrefix(name, "UNIGATE_TEST_") || strings.HasPrefix(name, "UNIGATE_IMAGE_") || kubernetes().MatchString(name) ||
		strings.HasSuffix(name, "PORT") && (name == "UNIGATE_PORT" || portURL().MatchString(value)) {
		return true
	}
	for _, suffix := range []string{"_PASSWORD", "_SECRET", "_TOKEN"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return name == "UNIGATE_VERSION" || name == "UNIGATE_IMAGE"
}
