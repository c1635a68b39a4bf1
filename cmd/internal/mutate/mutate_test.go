package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the tests of the tiny module do not look at survives, and nothing else does.
func TestTiny(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and tests a module for each mutant")
	}
	before, err := os.ReadFile("testdata/tiny/tiny.go")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = run(t.Context(), []string{"-C", "testdata/tiny", "-ignore", "testdata/tiny/ignored.txt", "-timeout", "5s", "."}, &out)
	if !errors.Is(err, errSurvivors) {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	score := regexp.MustCompile(`^\.: 20 of 22 mutants killed \([1-9] by running out of time\) \(90\.9 %\), 2 survived; 1 changed nothing, 0 did not compile; \d+s$`)
	if len(lines) != 3 || lines[0] != "SURVIVED: tiny.go:8: 100 to 101: func Loose(n int) bool { return n <= 100 }" ||
		lines[1] != "SURVIVED, no test reaches it: tiny.go:32: true to false: func Idle() bool { return true }" || !score.MatchString(lines[2]) {
		t.Errorf("%s", &out)
	}
	if after, err := os.ReadFile("testdata/tiny/tiny.go"); err != nil || !bytes.Equal(before, after) {
		t.Error("the file was changed", err)
	}
}

// What an earlier run printed is tested again, and nothing else; lines may have moved.
func TestAgain(t *testing.T) {
	list := filepath.Join(t.TempDir(), "survivors.txt")
	text := "SURVIVED: tiny.go:70: 10 to 11: func Held(n int) bool { return n < 10 }\n" +
		"SURVIVED, no test reaches it: tiny.go:32: true to false: func Idle() bool { return true }\n.: 1 of 2 mutants killed\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-C", "testdata/tiny", "-again", list, "."}, &out)
	if !errors.Is(err, errSurvivors) || !strings.Contains(out.String(), ".: 1 of 2 mutants killed (50.0 %)") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// Every kind of change is made where it can be.
func TestMutants(t *testing.T) {
	for source, want := range map[string][]string{
		`func f(a, b int) bool { return a < b }`:              {"< to <=", "< to >="},
		`func f(a, b int) bool { return a == b || true }`:     {"== to !=", "|| to &&", "true to false"},
		`func f(a int) { if !g(a) { return } }`:               {"never so", "without !"},
		`func f(a int) { for { if g(a) { break } } }`:         {"never so", "break removed"},
		`func f() int { return 0x10 }`:                        {"0x10 to 17"},
		`func f() float64 { return 0.25 }`:                    {"0.25 to 0.5"},
		`func f() float64 { return 0.0 }`:                     {"0.0 to 1.0"},
		`func f(p *int) { *p = 2; g(*p) }`:                    {"assignment removed", "2 to 3", "call removed"},
		`func f(p *int) { switch { case g(*p): *p++ } }`:      {"removed"},
		`func f(a int) { if g(a) { a = a } else { return } }`: {"assignment removed"},
		`func f(b [2]int, s string) string { return "1" }`:    nil,
		`func f(a int) int { g(a); panic(a) }`:                {"call removed"},
	} {
		mutants, err := mutate("x.go", "x.go", []byte("package x\n"+source+"\nfunc g(int) bool"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range mutants {
			got = append(got, m.change)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", source, got, want)
		}
	}
}

func TestApply(t *testing.T) {
	source := "package x\n\nfunc f(p *int) bool {\n\tg(\n\t\t*p)\n\tif *p > 1 {\n\t\treturn true\n\t}\n\treturn false\n}\nfunc g(int)\n"
	mutants, err := mutate("x.go", "below/x.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		got := string(m.apply([]byte(source)))
		if strings.Count(got, "\n") != strings.Count(source, "\n") || got == source {
			t.Errorf("%s: lines move\n%s", m, got)
		}
		if m.change == "never so" && (!strings.Contains(got, "if false && (*p > 1) {") || m.String() != "below/x.go:6: never so: if *p > 1 {") {
			t.Errorf("%s\n%s", m, got)
		}
	}
}

// TestIgnoredStillMatch sees every entry of the list match a mutant of the tree: what
// was edited away must not hide another day's survivor.
func TestIgnoredStillMatch(t *testing.T) {
	list, err := readIgnored("equivalent.txt")
	if err != nil {
		t.Fatal(err)
	}
	stale(t, filepath.Join("..", "..", ".."), list, func(e entry) { t.Errorf("equivalent.txt:%d: matches no mutant of %s", e.line, e.file) })
	stays, err := readIgnored("testdata/tiny/ignored.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	stays[0].code += " // edited"
	stale(t, "testdata/tiny", stays, func(entry) { found++ })
	if found != 1 {
		t.Error("an entry that matches nothing is not found")
	}
}

// stale calls back with each entry that matches no mutant of the tree at root.
func stale(t *testing.T, root string, list []entry, found func(entry)) {
	t.Helper()
	known := map[string][]mutant{}
	for _, e := range list {
		if _, ok := known[e.file]; !ok {
			path := filepath.Join(root, filepath.FromSlash(e.file))
			source, err := os.ReadFile(path)
			if err != nil {
				t.Errorf("line %d: %v", e.line, err)
			} else if known[e.file], err = mutate(path, e.file, source); err != nil {
				t.Error(err)
			}
		}
		if !slices.ContainsFunc(known[e.file], e.matches) {
			found(e)
		}
	}
}

func TestIgnoredNeedReasons(t *testing.T) {
	for text, want := range map[string]string{
		"a.go: < to <=: if a < b {\n":          ":1: no reason",
		"\ta reason\n":                         ":1: a reason without a mutant",
		"# comment\n\nsomething\n\ta reason\n": ":3: not FILE: CHANGE: CODE",
	} {
		path := filepath.Join(t.TempDir(), "list.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readIgnored(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"no package":                         nil,
		"stands before its package":          {"tiny.go", "."},
		"has no file other.go":               {"-C", "testdata/tiny", ".", "other.go"},
		"do not pass without a mutant":       {"-C", "testdata/tiny", "./red"},
		"no such file or directory":          {"-ignore", "testdata/none.txt", "."},
		"flag provided but not defined: -no": {"-no", "."},
		"names no mutant":                    {"-C", "testdata/tiny", "-again", "testdata/tiny/go.mod", "."},
	} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, not %q", args, err, want)
		}
	}
}

// Every mutant of the tiny module is switched on beside the code, but for the constant
// that others may use; a sample is as large as was asked for.
func TestSwitched(t *testing.T) {
	p, err := find(t.Context(), "testdata/tiny", target{pkg: "."})
	if err != nil {
		t.Fatal(err)
	}
	files, err := p.switched()
	if err != nil {
		t.Fatal(err)
	}
	var alone []string
	for _, m := range p.mutants {
		if m.id == 0 {
			alone = append(alone, m.String())
		}
	}
	if len(files) != 2 || !slices.Equal(alone, []string{"tiny.go:22: 7 to 8: Public = 7"}) {
		t.Errorf("%d files; %q", len(files), alone)
	}
	if p.choose(4, 1); len(p.mutants) != 4 {
		t.Errorf("a sample of %d", len(p.mutants))
	}
}
