package config

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/unigate/unigate/internal/input"
)

// Environment variables that stand for a user.
const (
	envUser          = "UNIGATE_USER"
	envPassword      = "UNIGATE_PASSWORD" // #nosec G101 -- the variable's name, not a password
	envOAuthUser     = "UNIGATE_OAUTH_USER"
	envOAuthPassword = "UNIGATE_OAUTH_PASSWORD" // #nosec G101 -- the variable's name, not a password
)

// read reads a file of at most limit bytes.
func (d *decoder) read(path string, limit int64) ([]byte, error) {
	ctx := d.options.Context
	if ctx == nil {
		ctx = context.Background()
	}
	return input.Read(ctx, path, limit)
}

// resolve makes a path of the file relative to the file's own folder.
func (d *decoder) resolve(p string) string {
	if filepath.IsAbs(p) || d.dir == "" {
		return p
	}
	return filepath.Join(d.dir, p)
}

// parsePath reads the path of a file that must be readable.
func (d *decoder) parsePath(raw string) (any, error) {
	if raw == "" {
		return nil, nil
	}
	p := d.resolve(raw)
	if _, err := d.read(p, input.MaxText); err != nil {
		hint := "paths are relative to the configuration file"
		if d.dir == "" {
			hint = "paths in variables are relative to the working directory"
		}
		return nil, wrong(hint, "cannot be read: %s", cause(err))
	}
	return p, nil
}

// cause is the innermost part of a file error, with the path once.
func cause(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Path + ": " + p.Err.Error()
	}
	return err.Error()
}

// parseKeySet reads a URL or a file.
func (d *decoder) parseKeySet(raw string) (any, error) {
	if raw == "" {
		return nil, nil
	}
	if !strings.Contains(raw, "://") {
		return d.parsePath(raw)
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, wrong("", "is neither an http(s) URL without credentials nor a file")
	}
	if err := checkPort(u); err != nil {
		return nil, err
	}
	return raw, nil
}

// parseProxy reads the proxy: a URL, "none", or nothing.
func (d *decoder) parseProxy(raw string) (any, error) {
	if raw == "" {
		return nil, nil
	}
	expanded, err := d.expandWith(raw, inURL(raw))
	if err != nil {
		return nil, err
	}
	raw = expanded.(string)
	if raw == "none" {
		return NoProxy, nil
	}
	if user, password := ProxyCredentials(raw); password != "" {
		d.secret(password, user+":"+password)
	}
	u, err := url.Parse(raw)
	const hint = "for example http://proxy.example:3128, with credentials before the host (user:${env:PROXY_PASSWORD}@), or none"
	if err != nil || u.Hostname() == "" {
		return nil, wrong(hint, "is not the URL of a proxy")
	}
	if u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h" {
		return nil, wrong(hint, "is not an http, https or socks5 proxy")
	}
	if err := checkPort(u); err != nil {
		return nil, err
	}
	if err := asciiHost(u); err != nil {
		return nil, err
	}
	if password, ok := u.User.Password(); ok {
		d.secret(password, u.User.Username()+":"+password)
	}
	return u, nil
}

// refer finds ${…} in the text of a secret.
var refer = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([^{}]*)(\}?)`) })

// expand replaces ${env:NAME} and ${file:PATH} in the text of a secret. What
// comes from a variable or a file is not looked through again.
func (d *decoder) expand(raw string) (any, error) {
	return d.expandWith(raw, func(s string) string { return s })
}

// inURL returns how what a reference stands for is written into a URL: a whole
// URL as it is, a part of one percent-encoded (RFC 3986, section 3.2.1), unless
// it is so already.
func inURL(raw string) func(string) string {
	if whole := refer().FindString(raw); whole == raw {
		return func(s string) string { return s }
	}
	return func(s string) string {
		if decoded, err := url.PathUnescape(s); err == nil && decoded != s && strings.EqualFold(percentEncoded(decoded), s) {
			return s
		}
		return percentEncoded(s)
	}
}

// percentEncoded encodes all that is not unreserved.
func percentEncoded(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// expandWith is expand with a way to write what references stand for.
func (d *decoder) expandWith(raw string, write func(string) string) (any, error) {
	var first error
	out := refer().ReplaceAllStringFunc(raw, func(m string) string {
		s, err := d.lookup(m)
		if err != nil && first == nil {
			first = err
		}
		return write(s)
	})
	if first != nil {
		return nil, first
	}
	if out == "" {
		return nil, wrong("", "is empty")
	}
	return out, checkSecret("", out)
}

// lookup finds what one ${…} stands for and notes it as a secret.
func (d *decoder) lookup(m string) (found string, err error) {
	defer func() { d.secret(found) }()
	where, name, _ := strings.Cut(strings.Trim(m, "${}"), ":")
	if !strings.HasSuffix(m, "}") || name == "" || (where != "env" && where != "file") {
		return "", wrong("a secret that itself holds ${ belongs into an environment variable or a file",
			"has a ${ that begins neither ${env:NAME} nor ${file:PATH}")
	}
	if where == "env" && !variableName().MatchString(name) {
		return "", wrong("write ${env:NAME}, without blanks", "refers to %q, which is no name of a variable", name)
	}
	if where == "env" {
		v, ok := d.env(name)
		if !ok || v == "" {
			return "", wrong("set it, or name a file with --env-file", "the environment variable %s is not set", name)
		}
		return v, checkSecret("the environment variable "+name+" ", v)
	}
	b, err := d.read(d.resolve(name), input.MaxSecret)
	if err != nil {
		return "", wrong("paths are relative to the configuration file", "the secret cannot be read: %s", cause(err))
	}
	// An editor ends a file with a line break that is no part of the secret.
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if s == "" {
		return "", wrong("", "the file %s is empty", name)
	}
	return s, checkSecret("the file "+name+" ", s)
}

// readEnvironment lets the environment override the file.
func (d *decoder) readEnvironment() {
	root.walk("", func(at string, k key) {
		if k.env == "" {
			return
		}
		// An empty variable counts as not set: CI systems set what has no value to
		// nothing. Only for the target that must not go unnoticed: see checkTarget.
		if raw, ok := d.env(k.env); ok && raw != "" {
			dir := d.dir
			d.dir = "" // a path in the environment is relative to the working directory
			d.set(k, at, raw, value{source: k.env})
			d.dir = dir
		}
	})
}

// readFlags lets the flags override everything.
func (d *decoder) readFlags() {
	for _, f := range []struct{ flag, at, raw string }{
		{"--target", "target.base_url", d.options.Target},
		{"--edition", "target.edition", d.options.Edition},
	} {
		if f.raw != "" {
			k, _ := root.find(f.at)
			d.set(k, f.at, f.raw, value{source: f.flag})
		}
	}
}

// find returns the key with the given path.
func (k key) find(at string) (found key, ok bool) {
	k.walk("", func(p string, child key) {
		if p == at {
			found, ok = child, true
		}
	})
	return found, ok
}

// checkCertificates reads the PEM files, so that a wrong one is named here and not in a handshake.
func (d *decoder) checkCertificates(t TLS) {
	if t.CAFile != "" {
		b, err := d.read(t.CAFile, input.MaxText)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(b) {
			d.problemAt("target.tls.ca_file", "", "holds no certificate in PEM form")
		}
	}
	if t.CertFile == "" || t.KeyFile == "" {
		return
	}
	if _, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile); err != nil {
		d.problemAt("target.tls.cert_file", "both are PEM files, and the key belongs to the certificate", "and key_file do not fit: %s", err)
	}
	if b, err := d.read(t.KeyFile, input.MaxText); err == nil {
		d.secret(pemSecrets(string(b))...)
	}
}

// pemSecrets returns the whole text of a PEM file and each of its lines of
// base64, so that no part of a key is shown either.
func pemSecrets(text string) []string {
	out := []string{text}
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); len(line) >= 16 && !strings.HasPrefix(line, "-----") {
			out = append(out, line)
		}
	}
	return out
}
