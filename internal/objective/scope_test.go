package objective

import (
	"errors"
	"testing"
)

// What a threshold is about: a service, a user of it, a phase, or a service in a phase.
func TestScope(t *testing.T) {
	phases := []string{"day", "night.shift", "login", "login.oauth", "a:b", "", "twice", "twice", "d"}
	for text, want := range map[string]struct {
		service, user, phase, metric string
		of                           string
		whole                        bool
	}{
		"p99<1s":                    {service: "all", metric: "p99", whole: true},
		"all.p99.9<1s":              {service: "all", metric: "p99.9", whole: true},
		"login.p99_9<1s":            {service: "login", metric: "p99_9", of: "login"},
		"v2.mean<1s":                {service: "v2auth", metric: "mean", of: "v2auth"},
		"oauth:ann.error_rate<1%":   {service: "oauth", user: "ann", metric: "error_rate", of: "oauth:ann"},
		"oauth:ann.b.p50<1s":        {service: "oauth", user: "ann.b", metric: "p50", of: "oauth:ann.b"},
		"oauth:a:b.p50<1s":          {service: "oauth", user: "a:b", metric: "p50", of: "oauth:a:b"},
		"day.p99<1s":                {service: "all", phase: "day", metric: "p99", of: "day"},
		"d.login.p99<1s":            {service: "login", phase: "d", metric: "p99", of: "d.login"},
		"night.shift.max<1s":        {service: "all", phase: "night.shift", metric: "max", of: "night.shift"},
		"day.login.p99<1s":          {service: "login", phase: "day", metric: "p99", of: "day.login"},
		"day.all.p99<1s":            {service: "all", phase: "day", metric: "p99", of: "day"},
		"night.shift.v2login.p9<1s": {service: "v2login", phase: "night.shift", metric: "p9", of: "night.shift.v2login"},
		"login.oauth.p99<1s":        {service: "all", phase: "login.oauth", metric: "p99", of: "login.oauth"},
		"login.login.p99<1s":        {service: "login", phase: "login", metric: "p99", of: "login.login"},
		"a:b.p99<1s":                {service: "all", phase: "a:b", metric: "p99", of: "a:b"},
	} {
		o, err := ParseFor(text, phases)
		if err != nil || o.Service != want.service || o.User != want.user || o.Phase != want.phase || o.Metric != want.metric {
			t.Errorf("%s: %+v, %v", text, o, err)
		}
		if o.Of() != want.of || o.Whole() != want.whole {
			t.Errorf("%s is about %q, the whole plan: %t", text, o.Of(), o.Whole())
		}
	}
}

// Mistakes in what a threshold is about say what was wrong and what was meant.
func TestScopeMistakes(t *testing.T) {
	const services = "the services are login, oauth, v2auth (or v2) and v2login"
	some := []string{"day", "night", "", "twice", "twice", "day.time", "d"}
	for _, c := range []struct {
		text    string
		phases  []string
		message string
		hint    string
	}{
		{"login:.p99<1s", nil, `the threshold "login:.p99<1s" names no user of a service`, "such as login:NAME.p99<250ms, with the service and the name of a user"},
		{"all:ann.p99<1s", nil, `the threshold "all:ann.p99<1s" names no user of a service`, "such as login:NAME.p99<250ms, with the service and the name of a user"},
		{"twice.p99<1s", some, `the threshold "twice.p99<1s" is about phase "twice", and 2 phases have that name`, "give each phase a name of its own"},
		{"twice.login.p99<1s", some, `the threshold "twice.login.p99<1s" is about phase "twice", and 2 phases have that name`, "give each phase a name of its own"},
		{"day.login:ann.p99<1s", some, `the threshold "day.login:ann.p99<1s" is about a user in a phase, and figures are kept of each alone`, "name the phase or the user"},
		{"d.login:ann.p99<1s", some, `the threshold "d.login:ann.p99<1s" is about a user in a phase, and figures are kept of each alone`, "name the phase or the user"},
		{".login:ann.p99<1s", some, `the threshold ".login:ann.p99<1s" names ".login:ann", which is neither a phase of the plan nor a service`, "the phases are day, night, twice, twice, day.time, d; " + services},
		{".login.p99<1s", some, `the threshold ".login.p99<1s" names ".login", which is neither a phase of the plan nor a service`, "did you mean login?"},
		{"day.smtp:ann.p99<1s", some, `the threshold "day.smtp:ann.p99<1s" names the unknown service "smtp:ann"`, services},
		{"day.smtp.p99<1s", some, `the threshold "day.smtp.p99<1s" names the unknown service "smtp"`, services},
		{"day.logn.p99<1s", some, `the threshold "day.logn.p99<1s" names the unknown service "logn"`, "did you mean login? " + services},
		{"login.P99<1s", nil, `the threshold "login.P99<1s" has the unknown metric "P99"`, "the metrics are p50, p90, p95, p99, p99.9, mean, min, max, error_rate, rate, bad_tokens, unsent"},
		{"p99.x.9<1s", nil, `the threshold "p99.x.9<1s" has the unknown metric "p99.x.9"`, "the metrics are p50, p90, p95, p99, p99.9, mean, min, max, error_rate, rate, bad_tokens, unsent"},
		{"P99<1s", nil, `the threshold "P99<1s" has the unknown metric "P99"`, "the metrics are p50, p90, p95, p99, p99.9, mean, min, max, error_rate, rate, bad_tokens, unsent"},
		{"smtp.p99<1s", nil, `the threshold "smtp.p99<1s" names the unknown service "smtp"`, services},
		{"logn:ann.p99<1s", []string{""}, `the threshold "logn:ann.p99<1s" names the unknown service "logn"`, "did you mean login? " + services},
		{"nigth.p99<1s", some, `the threshold "nigth.p99<1s" names the unknown phase "nigth"`, "did you mean night?"},
		{"nigth.login.p99<1s", some, `the threshold "nigth.login.p99<1s" names the unknown phase "nigth"`, "did you mean night?"},
		{"dya.time.p99<1s", some, `the threshold "dya.time.p99<1s" names the unknown phase "dya.time"`, "did you mean day.time?"},
		{"logn.p99<1s", some, `the threshold "logn.p99<1s" names "logn", which is neither a phase of the plan nor a service`, "did you mean login?"},
		{"smtp.p99<1s", some, `the threshold "smtp.p99<1s" names "smtp", which is neither a phase of the plan nor a service`, "the phases are day, night, twice, twice, day.time, d; " + services},
	} {
		o, err := ParseFor(c.text, c.phases)
		var mistake *Error
		if !errors.As(err, &mistake) || mistake.Message != c.message || mistake.Hint != c.hint {
			t.Errorf("%s: %+v, %v", c.text, o, err)
			if mistake != nil {
				t.Errorf("hint %q", mistake.Hint)
			}
		}
	}
}
