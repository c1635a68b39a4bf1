package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/unigate/unigate/internal/config"
)

var update = flag.Bool("update", false, "rewrite the published schema and the table of variables")

const schemaFile = "../../docs/schema/unigate.schema.json"

func TestPublishedSchemaIsUpToDate(t *testing.T) {
	if *update {
		if err := os.MkdirAll(filepath.Dir(schemaFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(schemaFile, config.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(b, config.Schema()) {
		t.Errorf("run go test ./internal/config -update: %v", err)
	}
}

// validator compiles the schema.
func validator(t *testing.T) func(text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("unigate.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("unigate.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return err
		}
		return s.Validate(normal(v))
	}
}

// normal turns what the YAML library gives into what the validator takes.
func normal(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = normal(x[k])
		}
	case []any:
		for i := range x {
			x[i] = normal(x[i])
		}
	case uint64:
		return int64(x)
	}
	return v
}

// onlyParser are the mistakes that a schema cannot see, because they concern
// other files, variables, two keys at once, or the text rather than the values.
var onlyParser = []string{
	"two documents", "anchor", "merge key", "tag", "not UTF-8",
	"variable not set", "variable empty", "file missing", "file empty", "reference without end", "reference of another kind",
	"ca_file missing", "ca_file without certificate", "cert without key", "key without cert", "cert and key do not fit", "skip verify and ca_file",
	"jwks missing", "jwks of another scheme", "waivers missing", "edition unknown", "user twice", "user twice in other letters", "user with an invisible end", "variable with a blank", "oauth user with expiry",
	"two documents after a directive", "base URL with /ws/rest", "base URL with /ws/rest/", "base URL with an empty part", "base URL with another folder",
	"base URL with another folder, escaped", "host with an empty part", "host that begins with a point", "host with a long part", "time zone misspelt",
	"base URL with service", "base URL with bad port", "base URL with a colon and no port", "base URL with a colon and no path",
	"proxy with a colon and no port", "proxy with bad port", "key set with a colon and no port", "proxy is no URL", "proxy of another scheme",
	"timeout of zero", "skew too large", "time zone",
}

func TestSchemaAgreesWithTheParser(t *testing.T) {
	validate := validator(t)
	for _, good := range []string{whole, string(config.Starter), "{}"} {
		if err := validate(good); err != nil {
			t.Errorf("the schema refuses what the parser takes: %v", err)
		}
	}
	skip := map[string]bool{}
	for _, n := range onlyParser {
		skip[n] = true
	}
	for _, m := range mistakes {
		err := validate(m.text)
		if err == nil && !skip[m.name] {
			t.Errorf("%s: the schema takes what the parser refuses", m.name)
		}
	}
}

func TestStarterIsRight(t *testing.T) {
	p := write(t, string(config.Starter))
	c, err := config.Load(config.Options{File: p, Env: env("UNIGATE_PASSWORD=hunter22")})
	if err != nil || len(c.Users) != 1 || c.Safety.AllowLoad {
		t.Errorf("%+v %v", c, err)
	}
	// What is commented out must be right as well.
	var all []string
	for _, line := range strings.Split(string(config.Starter), "\n") {
		if i := strings.Index(line, "# "); i >= 0 && strings.TrimSpace(line[:i]) == "" {
			if rest := line[i+2:]; strings.HasPrefix(rest, "- {") || strings.HasPrefix(rest, "tls:") || strings.HasPrefix(rest, "  c") || strings.HasPrefix(rest, "  key_") ||
				strings.HasPrefix(rest, "headers:") || strings.HasPrefix(rest, "proxy:") || strings.HasPrefix(rest, "jwks:") || strings.HasPrefix(rest, "waivers:") {
				line = line[:i] + rest
			}
		}
		all = append(all, line)
	}
	if err := validator(t)(strings.Join(all, "\n")); err != nil {
		t.Error(err)
	}
	if strings.Count(strings.Join(all, "\n"), "- {name") != 3 {
		t.Error("the commented users were not found")
	}
}
