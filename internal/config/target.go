package config

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Environment variables whose emptiness is a mistake.
const (
	envConfig = "UNIGATE_CONFIG"
	envTarget = "UNIGATE_TARGET"
)

// checkTarget finds a target that was meant and is missing. An unset secret is an
// empty variable or flag in CI, and a gate that then examines the embedded
// service is green for nothing: only where no flag, no variable and no file is
// there at all, nobody meant a target.
func (d *decoder) checkTarget(file bool) {
	const hint = "is a secret missing, as in the build of a fork? name the base URL of the target, such as https://host/company/stage"
	if v, ok := d.env(envTarget); d.options.TargetFlag && strings.TrimSpace(d.options.Target) == "" {
		d.problems = append(d.problems, Problem{Source: "--target", Message: "is given, and empty", Hint: hint})
		return
	} else if ok && v == "" && d.options.Target == "" {
		d.problems = append(d.problems, Problem{Source: envTarget, Message: "is set, and empty", Hint: hint + "; or unset it"})
		return
	}
	if _, tried := d.values["target.base_url"]; file && len(d.problems) == 0 && !tried && get[*url.URL](d, "target.base_url", nil) == nil {
		d.problems = append(d.problems, Problem{Source: d.file, Message: "names no target: target.base_url is missing",
			Hint: "set it, or " + envTarget + " or --target; for the embedded reference service leave the configuration out"})
	}
}

// nearNames are names that a configuration file has by mistake, in small letters.
var nearNames = []string{"unigate.yml", "unigate.yaml", ".unigate.yaml", ".unigate.yml", "unigate.yaml.txt", "unigate.yml.txt", "unigate.json"}

// checkNearNames finds a file that looks like the configuration where there is
// none of the right name.
func (d *decoder) checkNearNames() {
	entries, err := os.ReadDir(filepath.Dir(DefaultFile))
	if err != nil {
		return // a folder that cannot be listed hides nothing that was read before
	}
	for _, e := range entries {
		if !e.IsDir() && slices.Contains(nearNames, strings.ToLower(e.Name())) {
			d.problems = append(d.problems, Problem{Source: e.Name(), Message: "is not read: the configuration is called " + DefaultFile,
				Hint: "rename it, or name it with --config " + e.Name()})
		}
	}
}
