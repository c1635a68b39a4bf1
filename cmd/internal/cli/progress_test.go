package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/unigate/unigate/load"
)

func TestProgressBarFitsATerminalAndIsDrawnOnce(t *testing.T) {
	var out bytes.Buffer
	show, done := showBar(&out)
	for _, c := range []struct {
		state load.Snapshot
		says  string
	}{
		{load.Snapshot{Phase: "preflight"}, "preflight, 0s left"},
		{load.Snapshot{Phase: "warm-up", Elapsed: time.Second, Total: 5 * time.Second, Asked: 50, Achieved: 49.7}, "warm-up, 4s left · 50/s of 50/s"},
		{load.Snapshot{Phase: "plan", Elapsed: 3 * time.Second, Total: time.Minute, Asked: 50, Achieved: 50, P99: 7200 * time.Microsecond}, "57s left · 50/s of 50/s · p99 7.2ms"},
		{load.Snapshot{Phase: "plan", Elapsed: time.Second, Total: time.Minute, Achieved: 8123, Errors: 12}, "59s left · 8123/s · 12 errors"},
		{load.Snapshot{
			Phase: "search", Elapsed: time.Minute, Total: 100 * time.Hour, Asked: 1e6, Achieved: 999999, P99: 29*time.Second + 123456*time.Microsecond,
			Errors: 123456789, BadTokens: 987654321,
		}, "987654321"},
		{load.Snapshot{Phase: "plan", Elapsed: 2 * time.Minute, Total: time.Minute}, "plan, 0s left"},
	} {
		out.Reset()
		show(c.state)
		drawn := out.String()
		frame := strings.TrimRight(drawn, "\r")
		frame = frame[strings.LastIndex(frame, "\r")+1:]
		if n := utf8.RuneCountInString(frame); n > 79 || n < 20 {
			t.Errorf("%d columns: %q", n, frame)
		}
		if !strings.Contains(frame, c.says) || strings.Contains(drawn, "\n") {
			t.Errorf("%q does not say %q, or more than a line", drawn, c.says)
		}
		if n := strings.Count(drawn, "%"); n != 1 {
			t.Errorf("drawn %d times: %q", n, drawn)
		}
	}
	out.Reset()
	done()
	if strings.TrimSpace(out.String()) != "" || out.Len() == 0 {
		t.Errorf("the end leaves %q", out.String())
	}
}
