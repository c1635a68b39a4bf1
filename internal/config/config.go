// Package config reads unigate.yaml and the environment into a validated
// configuration. It is strict: an unknown key, a wrong type or a missing secret
// is a Problem with file, line, column and an excerpt that shows no secret.
package config

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/unifier"
)

// DefaultFile is read where no file is named and it exists.
const DefaultFile = "unigate.yaml"

// Config is a whole configuration: defaults, file, environment and flags joined.
type Config struct {
	// File is the path of the file that was read, empty for none.
	File   string
	Target Target
	Users  []unifier.User
	Safety Safety
	// Waivers is the path of the waivers file, empty for none.
	Waivers string
	// Secrets holds every secret besides the users' passwords, for the redactor.
	Secrets []string
	// Notes are what a careful person would change, such as a password that
	// stands in the file itself. They hold no secret.
	Notes []string
	// references say how the configuration refers to passwords, by account.
	references map[string]string
}

// Reference returns how the configuration refers to the password of a user, such as
// "${env:NAME}"; "" where the password itself stands there.
func (c *Config) Reference(u unifier.User) string { return c.references[account(u)] }

// account tells users apart: one name may belong to users of several types.
func account(u unifier.User) string { return u.Name + " " + string(u.Type) }

// Target is the system to examine and the way to it.
type Target struct {
	// BaseURL is nil where no target is configured.
	BaseURL *url.URL
	// Edition is empty where it is not configured.
	Edition string
	// ExpiryParameter says whether login takes ?expiry=N: "true", "false" or "auto".
	ExpiryParameter string
	// Resource is the path of a GET that needs a token, empty for none.
	Resource string
	// Header holds the additional header fields.
	Header http.Header
	// Timeout bounds one request as a whole.
	Timeout time.Duration
	// Proxy is nil for the environment's proxy and NoProxy for none at all.
	Proxy *url.URL
	TLS   TLS
	// MaxClockSkew is the largest offset of the target's clock that is tolerated.
	MaxClockSkew time.Duration
	// JWKS is a URL or a file's path, empty for none.
	JWKS string
}

// NoProxy stands for "go directly, whatever the environment says".
var NoProxy = &url.URL{}

// TLS configures TLS. Paths are absolute or relative to the working directory.
type TLS struct {
	CAFile             string
	CertFile           string
	KeyFile            string
	InsecureSkipVerify bool
}

// Safety bounds what unigate does to a target.
type Safety struct {
	// FailedLogins is how many wrong passwords one user may see in one run.
	FailedLogins int
	// AllowLoad permits load on a target that is not loopback. It holds only for
	// the target.base_url that stands in the same file.
	AllowLoad bool
	// AllowLoadDropped says why allow_load of the file does not hold, or is empty.
	AllowLoadDropped string
	// DedicatedUsers says that no live integration uses the configured users, so that
	// a fetch that ends a user's earlier token hurts nobody.
	DedicatedUsers bool
	// MaxRate bounds load on a target that is not loopback, in requests per second.
	MaxRate float64
}

// Default returns the configuration that holds where nothing is configured.
func Default() *Config {
	return &Config{
		Target: Target{ExpiryParameter: "auto", Timeout: 30 * time.Second, MaxClockSkew: 2 * time.Minute},
		Safety: Safety{FailedLogins: 3, MaxRate: 50},

		references: map[string]string{},
	}
}

// Options says where a configuration comes from.
type Options struct {
	// Context ends the waiting for a file that is a pipe; nil waits for ever.
	Context context.Context //nolint:containedctx // an option of one call
	// Secret is told each secret as soon as it is known, also where the
	// configuration turns out to be wrong; nil for nobody.
	Secret func(string)
	// File is the file to read; empty means DefaultFile if it exists.
	File string
	// Env looks up environment variables; nil means that there are none.
	Env func(string) (string, bool)
	// Environ holds the names of the variables that exist, and Flags those of the
	// variables that stand for flags. Where Environ is nil, misspelt names are not
	// found outside EnvFile.
	Environ, Flags []string
	// EnvFile is a file of NAME=value lines that is asked where Env knows no
	// variable; empty for none. No such file is read unasked.
	EnvFile string
	// Target and Edition are the values of the flags; empty means not given.
	Target, Edition string
	// TargetFlag says that the flag --target was given, with whatever value.
	TargetFlag bool
	// Editions lists the editions that exist; nil accepts any. IsEdition tells what
	// else stands for one, such as a release; nil stands for nothing else.
	Editions  []string
	IsEdition func(string) bool
}

// Load reads and joins the configuration. Its error is of type Problems where
// the configuration is wrong.
func Load(o Options) (*Config, error) {
	d := &decoder{options: o, values: map[string]value{}, env: o.Env}
	if d.env == nil {
		d.env = func(string) (string, bool) { return "", false }
	}
	d.readEnvFile(o.EnvFile)
	path, data, found := d.find()
	if len(d.problems) == 0 && found {
		d.file, d.dir = path, filepath.Dir(path)
		d.parse(data)
	}
	if u := get[*url.URL](d, "target.base_url", nil); u != nil {
		d.fileBase = u.String()
	}
	d.readEnvironment()
	d.readFlags()
	d.checkNames(data)
	d.checkTarget(found)
	c := d.build()
	if len(d.problems) > 0 {
		return nil, d.finish()
	}
	return c, nil
}

// find reads the configuration file that is to be read, if any.
func (d *decoder) find() (path string, data []byte, found bool) {
	path, source := d.options.File, "--config"
	if path == "" {
		path, source = DefaultFile, ""
		if v, ok := d.env(envConfig); ok {
			path, source = v, envConfig
		}
	}
	if path == "" {
		d.problems = append(d.problems, Problem{Source: source, Message: "is set, and empty", Hint: "unset it, or name a configuration file"})
		return "", nil, false
	}
	data, err := d.read(path, input.MaxText)
	if err == nil {
		return path, data, true
	}
	if os.IsNotExist(err) && source == "" {
		d.checkNearNames()
		return "", nil, false
	}
	if source == "" {
		source = DefaultFile
	}
	hint := ""
	if os.IsNotExist(err) {
		hint = "unigate init writes a starter file"
	}
	d.problems = append(d.problems, Problem{Source: source, Message: "cannot read the configuration: " + cause(err), Hint: hint})
	return "", nil, false
}
