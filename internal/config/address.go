package config

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// ParseBaseURL reads the base URL of a target. Its error says what is wrong
// without repeating credentials.
func ParseBaseURL(raw string) (*url.URL, error) {
	u, err := parseBaseURL(raw)
	if err != nil {
		return nil, err
	}
	return u.(*url.URL), nil
}

func parseBaseURL(raw string) (any, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil:
		return nil, wrong("a base URL is for example https://host/company/stage", "is not a URL")
	case u.User != nil:
		return nil, wrong("configure users instead", "has credentials in the URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, wrong("a base URL is for example https://host/company/stage", "does not begin with http:// or https://")
	case u.Hostname() == "":
		return nil, wrong("a base URL is for example https://host/company/stage", "has no host")
	case strings.ContainsAny(raw, "?#"):
		return nil, wrong("leave out what follows the path", "has a query or a fragment")
	case strings.Contains(u.Path+"/", "/ws/rest/"):
		return nil, wrong("leave out /ws/rest and what follows; unigate adds it", "holds the path of a service")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	if err := errors.Join(checkPort(u), checkPrefix(u.Path)); err != nil {
		return nil, err
	}
	return u, asciiHost(u)
}

// checkPrefix finds a part of a path that no system has: one that is empty, as an unset
// variable leaves it behind, or means another folder, which servers resolve each in its own way.
func checkPrefix(path string) error {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		switch {
		case i > 0 && part == "":
			return wrong("one / stands between two parts; is a variable empty?", "has an empty part in its path")
		case part == "." || part == "..":
			return wrong("write the path as it is without", "has the part %s in its path", part)
		}
	}
	return nil
}

// checkPort finds a port that no connection can be made to. A colon without a number
// is what an unset variable leaves behind.
func checkPort(u *url.URL) error {
	p := u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return wrong("name the port, or leave out the colon", "has a colon and no port behind the host")
	}
	if n, err := strconv.Atoi(p); p != "" && (err != nil || n < 1 || n > 65535) {
		return wrong("", "has the port %s, which is not between 1 and 65535", p)
	}
	return nil
}

// maxLabel is the most bytes that a part of a name has in DNS (RFC 1035, section 2.3.4).
const maxLabel = 63

// asciiHost writes a host beyond ASCII as DNS knows it (RFC 5891), once for all
// parts of unigate.
func asciiHost(u *url.URL) error {
	host := u.Hostname()
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > maxLabel {
			return wrong("each part of a name has 1 to 63 characters; is a variable empty?", "has a host that cannot be a name in DNS")
		}
	}
	if strings.IndexFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return wrong("write it as DNS knows it (xn--…)", "has a host that cannot be a name in DNS")
	}
	if p := u.Port(); p != "" {
		ascii = net.JoinHostPort(ascii, p)
	}
	u.Host = ascii
	return nil
}
