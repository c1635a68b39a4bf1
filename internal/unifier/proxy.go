package unifier

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpproxy"
)

// ProxyError is the error of a proxy, or of a network, that answered for itself.
type ProxyError struct {
	// Proxy is its host and port; empty where it is not known.
	Proxy  string
	Status int
}

// Error says what it answered. Its own words are left out: they may be anything.
func (e *ProxyError) Error() string {
	if e.Status == http.StatusNetworkAuthenticationRequired {
		return "something between this machine and the target wants a login to the network first (511)"
	}
	if e.Status == http.StatusProxyAuthRequired {
		return fmt.Sprintf("the proxy %s wants credentials, or refused these (407)", e.Proxy)
	}
	text := http.StatusText(e.Status)
	if text != "" {
		text = " " + text
	}
	return fmt.Sprintf("the proxy %s answered %d%s", e.Proxy, e.Status, text)
}

// refusedByProxy makes an error of a proxy's answer to CONNECT that opens no tunnel.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode}
}

// VariableError is the error of a proxy variable that cannot be read. It does not
// hold the value, which may have a password in it.
type VariableError struct{ Name string }

// Error names the variable.
func (e *VariableError) Error() string {
	if strings.EqualFold(e.Name, "NO_PROXY") {
		return e.Name + " seems to name the target, in a spelling that means nothing: it is a list of hosts with commas between, such as .example.com,10.0.0.0/8"
	}
	return e.Name + " is not the URL of a proxy, such as http://proxy.example:3128"
}

// placeholder stands for a proxy whose variable cannot be read.
const placeholder = "http://proxy.invalid"

// EnvironmentProxy returns the proxy rule of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY for
// what neither of these is set for, and NO_PROXY, upper or lower case. Loopback targets
// are never proxied by it, whatever name the hosts file gives them. For a
// target that a variable sends through a proxy which is no URL, the rule gives a
// *VariableError: to go past the proxy silently could carry credentials where
// they must not go. It gives one, too, where NO_PROXY means the target, by its look, in a
// spelling that no rule reads.
func EnvironmentProxy(env func(string) (string, bool)) func(*url.URL) (*url.URL, error) {
	return environmentProxy(env, isLoopbackAlias)
}

// hostsFile resolves names by the hosts file alone: it asks no DNS server, which
// might not know the name, or must not learn it, where proxies are used.
var hostsFile = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no DNS server is asked")
}}

// isLoopbackAlias reports whether the hosts file gives a name loopback addresses only.
func isLoopbackAlias(host string) bool {
	found, err := hostsFile.LookupNetIP(context.Background(), "ip", host)
	for _, ip := range found {
		if !ip.Unmap().IsLoopback() {
			return false
		}
	}
	return err == nil && len(found) > 0
}

// environmentProxy is EnvironmentProxy with its question to the hosts file.
func environmentProxy(env func(string) (string, bool), alias func(host string) bool) func(*url.URL) (*url.URL, error) {
	get := func(names ...string) (value, name string) {
		for _, n := range names {
			if v, ok := env(n); ok && v != "" {
				return v, n
			}
		}
		return "", ""
	}
	var c httpproxy.Config
	broken := map[string]string{} // by the scheme of targets
	for scheme, to := range map[string]*string{"http": &c.HTTPProxy, "https": &c.HTTPSProxy} {
		upper := strings.ToUpper(scheme) + "_PROXY"
		value, name := get(upper, strings.ToLower(upper), "ALL_PROXY", "all_proxy")
		if *to = value; value != "" && !isProxy(value) {
			*to, broken[scheme] = placeholder, name
		}
	}
	var noProxy string
	c.NoProxy, noProxy = get("NO_PROXY", "no_proxy")
	rule := c.ProxyFunc()
	c.NoProxy = meantHosts(c.NoProxy)
	meant := c.ProxyFunc()
	return func(target *url.URL) (*url.URL, error) {
		u, err := rule(target)
		if u != nil && alias(target.Hostname()) {
			return nil, nil
		}
		if name := broken[target.Scheme]; u != nil && name != "" {
			return nil, &VariableError{Name: name}
		}
		if direct, wrong := meant(target); u != nil && direct == nil && wrong == nil {
			return nil, &VariableError{Name: noProxy}
		}
		return u, err
	}
}

// meantHosts reads a list of hosts as somebody may have meant it who wrote URLs,
// quotation marks, or blanks or semicolons in the place of commas.
func meantHosts(list string) string {
	hosts := strings.FieldsFunc(list, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;|"'`, r) })
	for i, h := range hosts {
		if _, after, ok := strings.Cut(h, "://"); ok {
			h, _, _ = strings.Cut(after, "/")
		}
		hosts[i] = h
	}
	return strings.Join(hosts, ",")
}

// isProxy reports whether a value names a proxy, with or without "http://".
func isProxy(value string) bool {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" || u.Host == "" {
		if strings.Contains(value, "://") {
			return false
		}
		if u, err = url.Parse("http://" + value); err != nil {
			return false
		}
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u.Hostname() != "" && !strings.ContainsAny(u.Hostname(), " \\") && !strings.HasSuffix(u.Host, ":") && validPort(u.Port())
	}
	return false
}

// validPort reports whether a port is empty or a number that a port can be.
func validPort(p string) bool {
	n := 0
	for _, r := range p {
		n = n*10 + int(r-'0')
		if n > 65535 {
			return false
		}
	}
	return p == "" || n > 0
}

// FixedProxy returns the rule that always uses one proxy.
func FixedProxy(u *url.URL) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

// diagnoseProxy knows what proxies answer, and that one cannot be reached.
func diagnoseProxy(err error) (Diagnosis, bool) {
	var refused *ProxyError
	if errors.As(err, &refused) {
		hint := "may, and can, the proxy reach this host and port?"
		switch refused.Status {
		case http.StatusProxyAuthRequired:
			hint = "target.proxy takes credentials before the host: user:${env:PROXY_PASSWORD}@host:port"
		case http.StatusNetworkAuthenticationRequired:
			hint = "log in to the network with a browser, or take another way to the target"
		}
		return Diagnosis{"proxy", refused.Error(), hint}, true
	}
	const hint = "see target.proxy, HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
	if text := err.Error(); !strings.HasPrefix(text, "proxyconnect ") && !strings.Contains(text, "socks connect") {
		return Diagnosis{}, false
	}
	inner := errors.Unwrap(err)
	if inner == nil {
		return Diagnosis{"proxy", "the proxy cannot be reached", hint}, true
	}
	return Diagnosis{"proxy", "the proxy cannot be reached: " + Diagnose(inner).Cause, hint}, true
}
