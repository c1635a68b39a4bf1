package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/nearest"
	"github.com/unigate/unigate/internal/unifier"
)

// mistake is an error with a hint.
type mistake struct{ message, hint string }

func (m *mistake) Error() string { return m.message }

// wrong makes a mistake.
func wrong(hint, format string, args ...any) error {
	return &mistake{fmt.Sprintf(format, args...), hint}
}

// wants says in words what a key takes.
func (k key) wants() string {
	switch k.kind {
	case mapping, headers:
		return "a mapping of keys to values"
	case list:
		return "a list"
	case boolean:
		return "true or false"
	case whole, number:
		return "a number"
	case period:
		return "a duration such as 30s"
	default:
		return "text"
	}
}

// mistyped says why a value of this YAML type cannot be meant, or returns "".
// isText says that YAML takes the value for text.
func (k key) mistyped(raw string, isText bool) (message, hint string) {
	switch k.kind {
	case boolean:
		if isText || (raw != "true" && raw != "false") {
			return "should be true or false", "without quotes; yes and no are text in YAML 1.2"
		}
	case whole, number:
		if isText {
			return "should be a number", "without quotes"
		}
	case choice: // true and false are choices of expiry_parameter
	case period:
		if !isText {
			return fmt.Sprintf("%s has no unit", raw), "write for example 30s, 500ms or 2m"
		}
	case secret, proxyURL:
		if !isText {
			return "should be text", "put the value in quotes"
		}
	case expiry:
		if !isText {
			return fmt.Sprintf("%s has no unit", raw), "for example 10 minutes, 2 hours or 180 days"
		}
	default:
		if !isText {
			return fmt.Sprintf("should be text, and YAML takes %s for something else", raw), fmt.Sprintf("put it in quotes: %s: %q", k.name, raw)
		}
	}
	return "", ""
}

// parseValue turns the text of a value into what the key holds; nil means that
// the key counts as not set.
func (d *decoder) parseValue(k key, raw string) (any, error) {
	switch k.kind {
	case choice:
		return k.parseChoice(raw)
	case boolean:
		b, err := strconv.ParseBool(raw)
		if err != nil {
			return nil, wrong("", "%q is neither true nor false", raw)
		}
		return b, nil
	case whole, number:
		return k.parseNumber(raw)
	case period:
		return k.parsePeriod(raw)
	case baseURL:
		return parseBaseURL(raw)
	case proxyURL:
		return d.parseProxy(raw)
	case secret:
		v, err := d.expand(raw)
		if text, ok := v.(string); ok && k.name == "password" {
			d.secret(text)
		}
		return v, err
	case resource:
		return parseResource(raw)
	case userName:
		return parseUserName(raw)
	case expiry:
		return parseExpiry(raw)
	case dateForm:
		return parseDateFormat(raw)
	case zone:
		return parseZone(raw)
	case language:
		return parseLanguage(raw)
	case path:
		return d.parsePath(raw)
	case keySet:
		return d.parseKeySet(raw)
	}
	if raw == "" {
		return nil, nil
	}
	return raw, nil
}

func (k key) parseChoice(raw string) (any, error) {
	for _, c := range k.choices {
		if raw == c {
			return raw, nil
		}
	}
	hint := "one of " + strings.Join(k.choices, ", ")
	if best := nearest.Close(strings.ToLower(raw), k.choices); best != "" {
		hint = "did you mean " + best + "?"
	}
	return nil, wrong(hint, "%q is not known", raw)
}

func (k key) parseNumber(raw string) (any, error) {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return nil, wrong("", "%q is not a number", raw)
	}
	if k.kind == whole {
		if n != float64(int(n)) {
			return nil, wrong("", "%s is not a whole number", raw)
		}
		if n < k.min || n > k.max {
			return nil, wrong("", "%s is not between %g and %g", raw, k.min, k.max)
		}
		return int(n), nil
	}
	if !(n > k.min && n <= k.max) {
		return nil, wrong("", "%s is not above %g and at most %g", raw, k.min, k.max)
	}
	return n, nil
}

func (k key) parsePeriod(raw string) (any, error) {
	p, err := time.ParseDuration(raw)
	if err != nil {
		return nil, wrong("write for example 30s, 500ms or 2m", "%q is not a duration", raw)
	}
	if s := p.Seconds(); s < k.min || s > k.max {
		return nil, wrong("", "%s is not between %s and %s", raw, seconds(k.min), seconds(k.max))
	}
	return p, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func parseResource(raw string) (any, error) {
	switch {
	case raw == "":
		return nil, nil
	case strings.Contains(raw, "://"):
		return nil, wrong("for example "+unifier.ResourcePath, "is a whole URL, and should be a path below base_url")
	case !strings.HasPrefix(raw, "/"):
		return nil, wrong("for example "+unifier.ResourcePath, "does not begin with /")
	case strings.ContainsAny(raw, "?# \t\r\n"):
		return nil, wrong("give the path alone", "has a query, a fragment or a blank")
	}
	return raw, nil
}

func parseUserName(raw string) (any, error) {
	switch {
	case raw == "":
		return nil, wrong("", "is empty")
	case strings.Contains(raw, ":"):
		return nil, wrong("", "holds a colon, which Basic credentials cannot carry (RFC 7617)")
	case strings.HasPrefix(raw, " ") || strings.HasSuffix(raw, " "):
		return nil, wrong("no user has such a name", "begins or ends with a blank")
	}
	return raw, checkSecret("", raw)
}

func parseExpiry(raw string) (any, error) {
	e, err := unifier.ParseExpiry(raw)
	if err != nil {
		return nil, wrong("for example 10 minutes, 2 hours or 180 days", "%s", err.Error())
	}
	if e.N < unifier.MinExpiry || e.N > unifier.MaxExpiry {
		return nil, wrong("", "%d is not between %d and %d, which is what a user can have", e.N, unifier.MinExpiry, unifier.MaxExpiry)
	}
	return e, nil
}

func parseDateFormat(raw string) (any, error) {
	if f, ok := unifier.DateFormatByPattern(raw); ok {
		return f, nil
	}
	return nil, wrong("one of "+strings.Join(datePatterns(), ", "), "%q is not a date format of Unifier", raw)
}

func datePatterns() []string {
	var out []string
	for _, f := range unifier.DateFormats {
		out = append(out, f.Pattern)
	}
	return out
}

func parseZone(raw string) (any, error) {
	if _, err := unifier.LoadLocation(raw); raw != "" && raw != "Local" && err == nil {
		return raw, nil
	}
	hint := "for example America/Los_Angeles"
	if near := nearZone(raw); near != "" {
		hint = "did you mean " + near + "?"
	}
	return nil, wrong(hint, "%q is not an IANA time zone", raw)
}

// nearZone is the zone that was meant with a label, as the user's form shows it, or with
// a name in other letters; "" where none is near.
func nearZone(raw string) string {
	if z, ok := unifier.ZoneByLabel(raw); ok {
		return z.IANA
	}
	var names []string
	for _, z := range unifier.Zones {
		for _, name := range append([]string{z.IANA}, z.Others...) {
			if strings.EqualFold(name, strings.ReplaceAll(raw, " ", "_")) {
				return name
			}
			names = append(names, name)
		}
		_, label, _ := strings.Cut(z.Label, ") ")
		if strings.EqualFold(raw, label) {
			return z.IANA
		}
	}
	return nearest.Close(raw, names)
}

var languageCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,3}$`) })

func parseLanguage(raw string) (any, error) {
	if !languageCode().MatchString(raw) {
		return nil, wrong("for example en or de", "%q is not an ISO 639 code", raw)
	}
	return raw, nil
}

// fieldName is what a header field may be called (RFC 9110, section 5.1).
var fieldName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") })

// ownHeaders are the header fields that unigate or HTTP itself sets.
var ownHeaders = []string{"authorization", "proxy-authorization", "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer"}

// badHeaderName says why a header field cannot be configured, or returns "".
func badHeaderName(name string) string {
	if !fieldName().MatchString(name) {
		return fmt.Sprintf("%q is not the name of a header field", name)
	}
	for _, own := range ownHeaders {
		if strings.EqualFold(name, own) {
			return "the header field " + name + " cannot be configured: unigate sets it itself"
		}
	}
	return ""
}
