package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
)

// A record that contradicts itself, as somebody changed it, is refused: it would be green
// for nothing, or red.
func TestRecordsThatContradictThemselves(t *testing.T) {
	passing := func() *record.Run {
		r := loadRun(3, 0)
		r.Load.Thresholds = r.Load.Thresholds[3:]
		r.Load.Part = partRun(0, 2).Load.Part
		return r
	}
	for name, k := range map[string]struct {
		change func(r *record.Run)
		says   string
	}{
		"sound":                       {func(*record.Run) {}, ""},
		"a failure that exits with 0": {func(r *record.Run) { r.Verdict.State = record.VerdictFail }, `at "/verdict/exit": the exit status of the verdict fail is 1, and not 0`},
		"a pass that exits with 77":   {func(r *record.Run) { r.Verdict.Exit = 77 }, "the exit status of the verdict pass is 0, and not 77"},
		"no verdict":                  {func(r *record.Run) { r.Verdict = record.Verdict{} }, `at "/verdict/state"`},
		"a pass of nothing":           {func(r *record.Run) { r.Load, r.Behaviour = nil, nil }, "its verdict is a pass, of nothing"},
		"a threshold that fails":      {func(r *record.Run) { r.Load.Thresholds[1].State = record.ThresholdFail }, `at "/load/thresholds/1" a threshold does not hold`},
		"a requirement that fails": {func(r *record.Run) {
			r.Conformance = &record.Conformance{Gate: record.Sampled, Requirements: []record.Requirement{{ID: "LOGIN-01", Level: record.Documented, State: record.Fail}}}
		}, `at "/conformance/requirements/0" a requirement is not met`},
		"a requirement below the gate": {func(r *record.Run) {
			r.Conformance = &record.Conformance{Gate: record.Documented, Requirements: []record.Requirement{{ID: "LOGIN-01", Level: record.Sampled, State: record.Fail}}}
		}, ""},
		"hashes that were left out": {func(r *record.Run) { r.Load.Part.Hashes.Data = "" }, "of 100 tokens 100 hashes were kept, and it has 0"},
		"hashes that are none":      {func(r *record.Run) { r.Load.Part.Hashes.Data = "AAAA" }, "the hashes cannot be read"},
		"a user's histogram":        {func(r *record.Run) { r.Load.Users = []record.Service{{Name: "login:a", LatencyHistogram: "x"}} }, "the histogram of the latency of login:a"},
		"a phase's histogram": {func(r *record.Run) {
			r.Load.Phases = []record.PhaseFigures{{All: record.Service{Name: "all", ServiceTimeHistogram: "x"}}}
		}, "the histogram of the service time of all"},
		"a part's histogram":           {func(r *record.Run) { r.Load.All.CleanHistogram = "x" }, "the histogram of the latency of the target's own of all"},
		"the histogram of first bytes": {func(r *record.Run) { r.Load.Connections = &record.Connections{FirstByteHistogram: "x"} }, "the histogram of the times of connections"},
	} {
		r := passing()
		k.change(r)
		b, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); (err != nil) != (k.says != "") || err != nil && !strings.Contains(err.Error(), k.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where a file is no JSON, or in another encoding, is said.
func TestWhereAFileIsNoRecord(t *testing.T) {
	whole, err := json.MarshalIndent(sample.Verify(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		b    []byte
		says string
	}{
		"one more comma": {bytes.Replace(whole, []byte(`"command"`), []byte(`,"command"`), 1), "in line 7, column 2"},
		"text behind it": {append(bytes.Clone(whole), '\n', 'x'), "after top-level value in line"},
		"Latin-1":        {bytes.Replace(whole, []byte(`"verify"`), []byte("\"verif\xfd\""), 1), "it is no UTF-8 in line 7, column 19"},
		"cut in a rune":  {[]byte("{\"schema\": \"\xc3"), "it is no UTF-8 in line 1, column 13"},
	} {
		if _, err := Decode(k.b); err == nil || !strings.Contains(err.Error(), k.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
