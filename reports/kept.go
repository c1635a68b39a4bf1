package reports

import (
	"fmt"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// keptLines say what became of tokens that were stored before the run.
func keptLines(run *record.Run) []string {
	var out []string
	for _, k := range run.Kept {
		line := fmt.Sprintf("the kept token of %s (%s), fetched %s, is %s", k.User, k.Service, k.Fetched.UTC().Format(time.DateOnly), k.State)
		if k.State == record.KeptUnknown {
			line = fmt.Sprintf("whether the kept token of %s (%s) is accepted could not be told", k.User, k.Service)
		}
		if k.Reason != "" {
			line += ": " + k.Reason
		}
		out = append(out, line)
	}
	return out
}
