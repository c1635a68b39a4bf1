package cli

import (
	"errors"
	"os"
	"slices"

	"github.com/unigate/unigate/internal/files"
	"github.com/unigate/unigate/steps"
)

// checkVerifyOutput finds, before anything is sent, that the result could not be
// shown or stored as it was asked for.
func (a *app) checkVerifyOutput(f verifyFlags, s *steps.Selection) error {
	if only := map[bool]string{f.dryRun: "--dry-run", f.list: "--list"}[true]; only != "" {
		return a.checkText(only)
	}
	loads := slices.ContainsFunc(s.Scenarios, func(c *steps.Scenario) bool { return slices.Contains(c.Tags, "@load") })
	if a.shared.format == "csv" && !loads {
		return usage("use --format json or junit; a table of figures comes from unigate load and from scenarios tagged @load",
			"--format csv shows load tests, and none is selected")
	}
	return checkOut(a.shared.out)
}

// checkLoadOutput is checkVerifyOutput for a load test.
func (a *app) checkLoadOutput(f loadFlags) error {
	if f.dryRun {
		return a.checkText("--dry-run")
	}
	return checkOut(a.shared.out)
}

// checkText finds a format that a flag, which prints lines for people, does not have.
func (a *app) checkText(flag string) error {
	if a.shared.format != "text" {
		return usage("leave --format and UNIGATE_FORMAT out", "%s prints text, not %s", flag, a.shared.format)
	}
	return nil
}

// checkOut makes the folder of --out and tries to write there.
func checkOut(dir string) error {
	if dir == "" {
		return nil
	}
	const hint = "name a folder that can be written with --out"
	if dir == "-" {
		return usage(hint+"; standard output takes one report, see --format", "--out - names no folder")
	}
	if err := files.MakeFolder(dir); err != nil {
		return usage(hint, "--out: %w", err)
	}
	f, err := os.CreateTemp(dir, ".unigate-*")
	if err != nil {
		return usage(hint, "--out: %w", err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return usage(hint, "--out: %w", err)
	}
	return nil
}
