package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mostAtStart bounds the memory that unigate's own packages may take before main runs,
// in bytes. Expressions and templates are compiled when they are first used: compiled at
// every start they took 2,400,000 bytes and a quarter of its processor time.
const mostAtStart = 600_000

// asStarted makes the program of this test start as a bare unigate, which prints its version.
const asStarted = "UNIGATE_TEST_START"

// initialised finds a package of unigate's and the bytes that it took in a line of
// GODEBUG=inittrace=1.
var initialised = regexp.MustCompile(`(?m)^init (github\.com/unigate/unigate/\S+) @.* (\d+) bytes, `)

// atStart returns what each of unigate's packages took, and an error where that is too much.
func atStart(trace string) (map[string]int, error) {
	took, all := map[string]int{}, 0
	for _, m := range initialised.FindAllStringSubmatch(trace, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return nil, err
		}
		took[m[1]] += n
		all += n
	}
	if all > mostAtStart {
		names := slices.SortedFunc(maps.Keys(took), func(a, b string) int { return took[b] - took[a] })
		return took, fmt.Errorf("%d bytes are taken before main runs, and at most %d may be: most of it by %s (%d)", all, mostAtStart, names[0], took[names[0]])
	}
	return took, nil
}

func TestLittleIsMadeAtStart(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStartedBare$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", asStarted+"=yes")
	trace, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, trace)
	}
	took, err := atStart(string(trace))
	if err != nil {
		t.Error(err)
	}
	if took["github.com/unigate/unigate/internal/reference"] == 0 {
		t.Errorf("the trace names no package that is known to take something: %v\n%s", took, trace)
	}
}

// TestStartedBare is what TestLittleIsMadeAtStart starts: a program that does nothing.
func TestStartedBare(t *testing.T) {
	if os.Getenv(asStarted) == "" {
		t.Skip("it is started by TestLittleIsMadeAtStart")
	}
}

// The gate can fail: lines as Go wrote them when expressions were compiled at start.
func TestMuchAtStartIsSeen(t *testing.T) {
	before := strings.Join([]string{
		"init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs",
		"init github.com/santhosh-tekuri/jsonschema/v6 @7.1 ms, 15 ms clock, 1701744 bytes, 24567 allocs",
		"init github.com/unigate/unigate/internal/oracle @24 ms, 4.5 ms clock, 888944 bytes, 4471 allocs",
		"init github.com/unigate/unigate/internal/redact @29 ms, 3.0 ms clock, 252088 bytes, 1503 allocs",
	}, "\n")
	took, err := atStart(before)
	if err == nil || !strings.Contains(err.Error(), "1141032 bytes") || !strings.Contains(err.Error(), "internal/oracle (888944)") || len(took) != 2 {
		t.Errorf("%v: %v", took, err)
	}
}
