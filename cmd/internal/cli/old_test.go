package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReportsOfAnEarlierRunDoNotSurvive has runs that end in a mistake: a CI
// server must not find the green reports of the run before.
func TestReportsOfAnEarlierRunDoNotSurvive(t *testing.T) {
	for name, c := range map[string]struct {
		args       []string
		gone, left []string
	}{
		"unknown flag":     {[]string{"verify", "--no-such-flag"}, []string{"junit.xml", "run.json", "series.csv"}, []string{"mine.txt"}},
		"unknown value":    {[]string{"verify", "--gate", "nonsense"}, []string{"junit.xml", "run.json"}, []string{"mine.txt"}},
		"no configuration": {[]string{"load", "--config", "/nowhere/unigate.yaml"}, []string{"junit.xml", "run.json"}, []string{"mine.txt"}},
		"a baseline":       {[]string{"verify", "--gate", "nonsense", "--baseline", "run.json"}, []string{"junit.xml"}, []string{"run.json", "mine.txt"}},
		"report":           {[]string{"report", "/nowhere/run.json"}, nil, []string{"junit.xml", "run.json", "mine.txt"}},
	} {
		out := t.TempDir()
		for _, f := range []string{"junit.xml", "run.json", "series.csv", "mine.txt"} {
			if err := os.WriteFile(filepath.Join(out, f), []byte("green"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if o := unigate(t, append(c.args, "--out", out)...); o.exit != 2 {
			t.Errorf("%s: exit %d\n%s", name, o.exit, o.all())
		}
		for _, f := range c.gone {
			if _, err := os.Stat(filepath.Join(out, f)); err == nil {
				t.Errorf("%s: %s is still there", name, f)
			}
		}
		for _, f := range c.left {
			if _, err := os.Stat(filepath.Join(out, f)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
