package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// entry is a mutant that changes nothing that a test could see. It is known by its
// line's text, since the line's number changes with every edit above it.
type entry struct {
	file, change, code, reason string
	line                       int // of the list
}

func (e entry) matches(m mutant) bool {
	return e.file == m.file && e.change == m.change && e.code == m.code
}

func ignored(list []entry, m mutant) bool {
	for _, e := range list {
		if e.matches(m) {
			return true
		}
	}
	return false
}

// readIgnored reads a list of equivalent mutants: a mutant as it is printed,
// without its line's number, and below it, indented, the reason:
//
//	load/verdict.go: < to <=: if a < b {
//		a and b are never the same
func readIgnored(path string) ([]entry, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path) //nolint:gosec // the list that was named
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var all []entry
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		switch {
		case strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "\t"):
			if len(all) == 0 {
				return nil, fmt.Errorf("%s:%d: a reason without a mutant", path, n)
			}
			all[len(all)-1].reason += strings.TrimSpace(text) + " "
		default:
			parts := strings.SplitN(text, ": ", 3)
			if len(parts) != 3 {
				return nil, fmt.Errorf("%s:%d: not FILE: CHANGE: CODE", path, n)
			}
			all = append(all, entry{file: parts[0], change: parts[1], code: parts[2], line: n})
		}
	}
	for _, e := range all {
		if e.reason == "" {
			return nil, fmt.Errorf("%s:%d: no reason\nsay below it, indented, why no test can see it", path, e.line)
		}
	}
	return all, lines.Err()
}

// known is a mutant without its line's number, which changes with every edit above it.
func (m mutant) known() string { return m.file + ": " + m.change + ": " + m.code }

// printed is a mutant as a run prints it, with what became of it or without.
var printed = regexp.MustCompile(`^(?:(?:SURVIVED|killed)[^:]*: )?(\S+\.go):\d+: (.*)$`)

// readPrinted reads the mutants that an earlier run printed; its other lines are passed
// over. Without a file there is no choice.
func readPrinted(path string) (map[string]bool, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the file that was named
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if m := printed.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			all[m[1]+": "+m[2]] = true
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s names no mutant\nwrite what a run printed, such as SURVIVED: load/verdict.go:7: < to <=: if a < b {", path)
	}
	return all, nil
}
