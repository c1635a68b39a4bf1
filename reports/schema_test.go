package reports

import (
	"math"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sample"
	"github.com/unigate/unigate/reports/schema"
)

// Every record that is written keeps to the schema, whatever is in it.
func TestWrittenRecordsKeepToTheSchema(t *testing.T) {
	odd := sample.Run()
	odd.Load.All.Latency.P99 = math.Inf(1)
	odd.Load.Totals.RatePerS = math.NaN()
	odd.Load.Services = nil
	odd.Load.Thresholds = nil
	odd.Conformance.Scenarios[0].Exchanges[0].Response.Body = "\xff\xfe" + sample.Hostile
	odd.Conformance.Scenarios[0].Steps = nil
	odd.Conformance.Requirements[0].Scenarios = nil
	odd.Verdict.Reasons = nil
	for name, run := range map[string]*record.Run{
		"sample": sample.Run(), "verify": sample.Verify(), "odd": odd,
	} {
		b, err := Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(b), "\xff") {
			t.Errorf("%s: invalid UTF-8", name)
		}
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	whole, err := Encode(sample.Run())
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct{ doc, want string }{
		"cut":    {string(whole[:len(whole)/2]), "not a run record: unexpected end"},
		"other":  {`{"schema":"unigate.run/v2"}`, `schema is "unigate.run/v2"`},
		"broken": {strings.Replace(string(whole), `"planned": 1600`, `"planned": "x"`, 1), `at "/load/totals/planned": got string, want integer`},
	} {
		if _, err := Decode([]byte(k.doc)); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
