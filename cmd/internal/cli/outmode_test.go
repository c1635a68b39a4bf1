package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutHasTheModeOfTheUmask has verify and load make the folder of --out: its mode
// and its files' are what the umask says, so that others can read what a container
// wrote as root.
func TestOutHasTheModeOfTheUmask(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join(dir, "sample")
	if err := os.Mkdir(sample, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(sample, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mode := func(path string) os.FileMode {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	folder, file := mode(sample), mode(filepath.Join(sample, "file"))
	for name, args := range map[string][]string{
		"verify": {"verify", "--requirement", "LOGIN-01"}, "load": {"load", "--rate", "20", "--duration", "100ms"},
	} {
		above := filepath.Join(dir, name)
		out := filepath.Join(above, "out")
		if o := unigate(t, append(args, "--out", out)...); o.exit == 2 {
			t.Fatal(o.all())
		}
		for _, path := range []string{above, out} {
			if got := mode(path); got != folder {
				t.Errorf("%s: %v, want %v", path, got, folder)
			}
		}
		for _, f := range []string{"run.json", "report.html", "junit.xml"} {
			if got := mode(filepath.Join(out, f)); got != file {
				t.Errorf("%s of %s: %v, want %v", f, name, got, file)
			}
		}
	}
}

// TestDashIsNoFile has "-" for a folder and a file, which no file gets for its name.
func TestDashIsNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for flag, args := range map[string][]string{
		"--out": {"verify", "--requirement", "LOGIN-01"}, "--results": {"load", "--duration", "100ms"},
	} {
		if o := unigate(t, append(args, flag, "-")...); o.exit != 2 || !strings.Contains(o.all(), flag+" -") {
			t.Errorf("%s -: exit %d\n%s", flag, o.exit, o.all())
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
